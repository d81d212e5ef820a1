package slacktest

import (
	"encoding/json"
	"fmt"
)

// Quirk is a shape of a payload that Slack was seen to send. Several are joined with |.
type Quirk uint

// Without a quirk a command has is_enterprise_install as a string, and a press has it as a boolean.
const (
	// InstallAbsent leaves is_enterprise_install out.
	InstallAbsent Quirk = 1 << iota
	// InstallNull makes is_enterprise_install null.
	InstallNull
	// InstallBool makes is_enterprise_install a boolean.
	InstallBool
	// InstallString makes is_enterprise_install a string.
	InstallString
	// TextNull makes the text of a command null.
	TextNull
	// TextAbsent leaves the text of a command out.
	TextAbsent
)

// apply puts is_enterprise_install into a body, in the form that a quirk asks for, else in the usual one.
func (q Quirk) apply(body object, usual any) {
	body["is_enterprise_install"] = usual
	switch {
	case q&InstallAbsent != 0:
		delete(body, "is_enterprise_install")
	case q&InstallNull != 0:
		body["is_enterprise_install"] = nil
	case q&InstallBool != 0:
		body["is_enterprise_install"] = false
	case q&InstallString != 0:
		body["is_enterprise_install"] = "false"
	}
}

// Command is a slash command that someone types.
type Command struct {
	// Team is the workspace it is typed in; empty is the server's.
	Team string
	// Enterprise is the organisation; empty is the server's.
	Enterprise string
	// Channel is where it is typed; empty is C0BACKUPS.
	Channel string
	// User types it; empty is U0ALICE.
	User string
	// Text is what follows the name.
	Text string
	// Name is the command; empty is /vmbackup.
	Name string
	// Quirk is the shape of the payload.
	Quirk Quirk
}

// Command types a slash command and returns the envelope's id.
func (s *Server) Command(c Command) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	fallback(&c.Team, s.opts.Team)
	fallback(&c.Enterprise, s.opts.Enterprise)
	fallback(&c.Channel, "C0BACKUPS")
	fallback(&c.User, "U0ALICE")
	fallback(&c.Name, "/vmbackup")
	u := s.user(c.User, "")
	body := object{
		"token": "verification-token", "team_id": c.Team, "team_domain": "backup-team", "channel_id": c.Channel,
		"channel_name": s.channelName(c.Channel), "user_id": u.ID, "user_name": u.Name, "command": c.Name, "text": c.Text,
		"api_app_id": AppID,
	}
	if c.Enterprise != "" {
		body["enterprise_id"], body["enterprise_name"] = c.Enterprise, "Backup Organisation"
	}
	c.Quirk.apply(body, "false")
	if c.Quirk&TextNull != 0 {
		body["text"] = nil
	}
	if c.Quirk&TextAbsent != 0 {
		delete(body, "text")
	}
	return s.dispatch(&envelope{
		kind: "slash_commands", body: body, trigger: s.newTrigger(u.ID, ""),
		response: s.newResponder(&responder{channel: c.Channel, user: u.ID}),
	})
}

// Press is a click on a button, or a choice in a select, of a message.
type Press struct {
	// User presses; empty is U0ALICE.
	User string
	// Team is the presser's home workspace; empty is that of the user.
	Team string
	// Channel is where the message is; empty is C0BACKUPS.
	Channel string
	// TS is the message.
	TS string
	// Ephemeral looks for it among what single people see.
	Ephemeral bool
	// ActionID is that of the button.
	ActionID string
	// Value is that of the button, or of the option chosen. Empty takes the first button with the action id.
	Value string
	// BlockID is the button's block; empty is any, or "forged" when Forged.
	BlockID string
	// Forged sends a press although the message has no such button, or is not there.
	Forged bool
	// Quirk is the shape of the payload.
	Quirk Quirk
}

// Press presses a button and returns the envelope's id, or "" when there is no such button.
func (s *Server) Press(p Press) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	fallback(&p.User, "U0ALICE")
	fallback(&p.Channel, "C0BACKUPS")
	at := s.spotOf(p)
	action := findAction(at.blocks, p)
	switch {
	case action != nil:
	case !p.Forged:
		return s.mistake("press: no %q with value %q in %s %s", p.ActionID, p.Value, p.Channel, p.TS)
	default:
		fallback(&p.BlockID, "forged")
		action = object{
			"type": "button", "action_id": p.ActionID, "block_id": p.BlockID, "value": p.Value,
			"text": object{"type": "plain_text", "text": "Press", "emoji": true},
		}
	}
	action["action_ts"] = s.newTS()
	u := s.user(p.User, p.Team)
	body := s.interaction("block_actions", u)
	container := object{"type": "message", "message_ts": p.TS, "channel_id": p.Channel, "is_ephemeral": p.Ephemeral}
	if at.thread != "" {
		container["thread_ts"] = at.thread
	}
	body["container"], body["actions"] = container, []object{action}
	body["channel"] = object{"id": p.Channel, "name": s.channelName(p.Channel)}
	body["state"] = object{"values": object{}}
	if !p.Ephemeral {
		body["message"] = at.wire
	}
	p.Quirk.apply(body, false)
	return s.dispatch(&envelope{
		kind: "interactive", body: body, trigger: s.newTrigger(u.ID, ""),
		response: s.newResponder(&responder{
			channel: p.Channel, user: u.ID, message: at.message, ephemeral: at.ephemeral, pressed: true,
		}),
	})
}

// interaction is what all interactions have in common.
func (s *Server) interaction(kind string, u User) object {
	body := object{
		"type": kind, "token": "verification-token", "api_app_id": AppID, "enterprise": nil, "is_enterprise_install": false,
		"team": object{"id": s.opts.Team, "domain": "backup-team"},
		"user": object{"id": u.ID, "username": u.Name, "name": u.Name, "team_id": u.Team},
	}
	if s.opts.Enterprise != "" {
		body["enterprise"] = object{"id": s.opts.Enterprise, "name": "Backup Organisation"}
		body["team"].(object)["enterprise_id"] = s.opts.Enterprise
		body["team"].(object)["enterprise_name"] = "Backup Organisation"
	}
	return body
}

// spot is the message that a press is on.
type spot struct {
	message   *message
	ephemeral *Ephemeral
	blocks    json.RawMessage
	thread    string
	wire      json.RawMessage
}

func (s *Server) spotOf(p Press) spot {
	if p.Ephemeral {
		for _, e := range s.ephemeral {
			if e.TS == p.TS && e.Channel == p.Channel && e.User == p.User && !e.Deleted {
				return spot{ephemeral: e, blocks: e.Blocks, thread: e.ThreadTS}
			}
		}
		return spot{}
	}
	m := s.find(p.Channel, p.TS)
	if m == nil {
		return spot{wire: encode(object{"type": "message", "ts": p.TS, "text": "", "bot_id": BotID, "app_id": AppID, "user": BotUser})}
	}
	return spot{message: m, blocks: m.blocks, thread: m.thread, wire: encode(s.wireMessage(m, true))}
}

func (s *Server) channelName(id string) string {
	ch := s.channels[id]
	switch {
	case ch == nil || ch.IM:
		return "directmessage"
	case ch.Private:
		return "privategroup"
	}
	return ch.Name
}

// mistake notes what a test had someone do that cannot be done, and returns "".
func (s *Server) mistake(format string, args ...any) string {
	s.mistakes = append(s.mistakes, fmt.Sprintf(format, args...))
	return ""
}

func fallback(p *string, v string) {
	if *p == "" {
		*p = v
	}
}
