package slacktest

import "encoding/json"

// wireMessage is a message as methods and presses show it.
func (s *Server) wireMessage(m *message, metadata bool) object {
	o := object{"type": "message", "ts": m.ts, "user": m.user, "text": m.text, "team": s.opts.Team}
	if m.user == BotUser {
		o["bot_id"], o["app_id"] = BotID, AppID
		o["bot_profile"] = object{"id": BotID, "app_id": AppID, "name": "vmbackup", "team_id": s.opts.Team, "deleted": false, "updated": 1700000000}
	}
	if len(m.blocks) > 0 {
		o["blocks"] = m.blocks
	}
	if m.thread != "" {
		o["thread_ts"] = m.thread
		if p := s.find(m.channel, m.thread); p != nil {
			o["parent_user_id"] = p.user
			if m.broadcast {
				o["subtype"], o["root"] = "thread_broadcast", s.wireMessage(p, metadata)
			}
		}
	}
	if m.edited != "" {
		o["edited"] = object{"user": BotUser, "ts": m.edited}
	}
	if metadata && len(m.metadata) > 0 && string(m.metadata) != "{}" {
		o["metadata"] = json.RawMessage(m.metadata)
	}
	return o
}

// wireThreaded is a message as history and replies show it: a parent tells of its replies, a deleted one leaves a stone.
func (s *Server) wireThreaded(m *message, metadata bool) object {
	replies, latest := 0, ""
	for _, r := range s.messages {
		if r.channel == m.channel && r.thread == m.ts && !r.deleted && s.visible(r) {
			replies, latest = replies+1, r.ts
		}
	}
	o := s.wireMessage(m, metadata)
	if m.deleted {
		o = object{
			"type": "message", "subtype": "tombstone", "hidden": true, "user": "USLACKBOT",
			"ts": m.ts, "text": "This message was deleted.",
		}
	}
	if replies > 0 {
		o["thread_ts"], o["reply_count"], o["latest_reply"] = m.ts, replies, latest
	}
	return o
}
