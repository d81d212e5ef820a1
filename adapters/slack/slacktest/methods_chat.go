package slacktest

import (
	"encoding/json"
	"strings"
)

// Sizes of a message's text in characters.
const (
	maxPostText   = 40000 // longer ones are cut off, with a warning
	maxUpdateText = 4000  // longer ones are refused
	maxBlocks     = 50
)

// content is what a call wants a message to show.
type content struct {
	text     string
	blocks   json.RawMessage
	given    bool // blocks were given, perhaps none
	metadata json.RawMessage
	names    bool // @channel and the like in plain text are read as mentions
}

// readContent checks text, blocks and metadata of a call.
func readContent(c *call) (content, *answer) {
	no := func(a answer) (content, *answer) { return content{}, &a }
	out := content{text: c.arg("text")}
	out.names = c.arg("parse") == "full" || c.yes("link_names")
	if raw := c.arg("blocks"); raw != "" {
		var list []any
		if json.Unmarshal([]byte(raw), &list) != nil {
			return no(refuse("invalid_blocks_format"))
		}
		out.given = true
		if len(list) > maxBlocks {
			return no(refuseAt("msg_blocks_too_many", "[ERROR] no more than 50 items allowed [json-pointer:/blocks]"))
		}
		if wrong := checkBlocks(list, inMessage); len(wrong) > 0 {
			return no(refuseAt("invalid_blocks", wrong...))
		}
		if len(list) > 0 {
			identify(list)
			out.blocks = encode(list)
		}
	}
	if raw := c.arg("metadata"); raw != "" {
		o, fine := decodeObject([]byte(raw))
		if !fine || len(o) > 0 && (o.text("event_type") == "" || o.child("event_payload") == nil) {
			return no(refuse("invalid_metadata_format"))
		}
		out.metadata = json.RawMessage(raw)
		if len(o) == 0 {
			out.metadata = json.RawMessage("{}")
		}
	}
	if strings.TrimSpace(out.text) == "" && out.blocks == nil {
		return no(refuse("no_text"))
	}
	return out, nil
}

func (s *Server) chatPost(c *call) answer {
	ch, code := s.writable(c)
	if code != "" {
		return refuse(code)
	}
	if wait := s.throttlePost(postMethod, ch.ID, postBurst); wait > 0 {
		return throttled(wait)
	}
	in, no := readContent(c)
	if no != nil {
		return *no
	}
	a := ok(nil)
	if length(in.text) > maxPostText {
		in.text = in.text[:cutAt(in.text, maxPostText)]
		a.warnings = append(a.warnings, "message_truncated")
	}
	if thread := c.arg("thread_ts"); thread != "" {
		if _, fine := parseTS(thread); !fine {
			return refuse("invalid_thread_ts")
		}
	}
	m := &message{channel: ch.ID, thread: c.arg("thread_ts"), user: BotUser, metadata: in.metadata}
	m.broadcast = c.yes("reply_broadcast") && m.thread != ""
	m.set(in.text, in.blocks, in.names)
	s.store(m)
	a.body["channel"], a.body["ts"], a.body["message"] = m.channel, m.ts, s.wireMessage(m, true)
	return a
}

func (s *Server) chatUpdate(c *call) answer {
	ch := s.channels[c.arg("channel")]
	if ch == nil || ch.Private && !ch.Member {
		return refuse("channel_not_found")
	}
	if ch.Archived {
		return refuse("is_inactive")
	}
	m := s.find(ch.ID, c.arg("ts"))
	switch {
	case m == nil:
		return refuse("message_not_found")
	case m.user != BotUser:
		return refuse("cant_update_message")
	}
	in, no := readContent(c)
	if no != nil {
		return *no
	}
	if length(in.text) > maxUpdateText {
		return refuse("msg_too_long")
	}
	if c.yes("reply_broadcast") {
		if m.thread == "" {
			return refuse("cant_broadcast_message")
		}
		m.broadcast = true
	}
	// The way plain text is read falls back to the clients' own when an edit does not say.
	in.names = in.names || c.arg("parse") == ""
	if m.text != in.text && in.blocks == nil {
		m.edited = s.newTS()
	}
	if in.metadata != nil {
		m.metadata = in.metadata
	}
	m.set(in.text, in.blocks, in.names)
	return ok(object{"channel": m.channel, "ts": m.ts, "text": m.text, "message": s.wireMessage(m, true)})
}

func (s *Server) chatDelete(c *call) answer {
	ch := s.channels[c.arg("channel")]
	if ch == nil || ch.Private && !ch.Member {
		return refuse("channel_not_found")
	}
	m := s.find(ch.ID, c.arg("ts"))
	switch {
	case m == nil:
		return refuse("message_not_found")
	case m.user != BotUser:
		return refuse("cant_delete_message")
	}
	m.deleted = true
	return ok(object{"channel": m.channel, "ts": m.ts})
}

func (s *Server) chatPostEphemeral(c *call) answer {
	ch, code := s.writable(c)
	if code != "" {
		return refuse(code)
	}
	if u := s.users[c.arg("user")]; u == nil || u.Deleted {
		return refuse("user_not_in_channel")
	}
	in, no := readContent(c)
	if no != nil {
		return *no
	}
	if length(in.text) > maxPostText {
		return refuse("msg_too_long")
	}
	e := &Ephemeral{
		Channel: ch.ID, User: c.arg("user"), ThreadTS: c.arg("thread_ts"), TS: s.newTS(),
		Text: in.text, Blocks: in.blocks, Pings: pings(in.text, in.blocks, in.names), Via: "chat.postEphemeral",
	}
	s.ephemeral = append(s.ephemeral, e)
	return ok(object{"message_ts": e.TS})
}

func (s *Server) chatPermalink(c *call) answer {
	ch := s.channels[c.arg("channel")]
	if ch == nil || ch.Private && !ch.Member {
		return refuse("channel_not_found")
	}
	ts := c.arg("message_ts")
	m := s.find(ch.ID, ts)
	if m == nil {
		return refuse("message_not_found")
	}
	link := "https://" + strings.ToLower(s.opts.Team) + ".slack.com/archives/" + ch.ID + "/p" + strings.ReplaceAll(ts, ".", "")
	if m.thread != "" {
		link += "?thread_ts=" + m.thread + "&cid=" + ch.ID
	}
	return ok(object{"channel": ch.ID, "permalink": link})
}

// cutAt returns how many bytes of a text hold its first n characters.
func cutAt(text string, n int) int {
	for i, r := range text {
		if n -= length(string(r)); n < 0 {
			return i
		}
	}
	return len(text)
}
