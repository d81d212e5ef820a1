package slacktest

import (
	"slices"
	"strings"
)

// Methods that are named in more than one place. The last is no method, but counted and troubled like one.
const (
	openLink       = "apps.connections.open"
	postMethod     = "chat.postMessage"
	responseMethod = "response_url"
)

// method is how the server answers one method of the Web API.
type method struct {
	scope string // that the token needs; empty for none, or for one that depends on the channel
	tier  int    // calls per minute
	run   func(*Server, *call) answer
}

// methodNamed returns the method with this name.
func methodNamed(name string) (method, bool) {
	switch name {
	case "auth.test":
		return method{run: (*Server).authTest}, true
	case openLink:
		return method{tier: tier3, run: (*Server).openLink}, true
	case postMethod:
		return method{scope: "chat:write", run: (*Server).chatPost}, true
	case "chat.update":
		return method{scope: "chat:write", tier: tier3, run: (*Server).chatUpdate}, true
	case "chat.delete":
		return method{scope: "chat:write", tier: tier3, run: (*Server).chatDelete}, true
	case "chat.postEphemeral":
		return method{scope: "chat:write", tier: tier4, run: (*Server).chatPostEphemeral}, true
	case "chat.getPermalink":
		return method{run: (*Server).chatPermalink}, true
	case "conversations.info":
		return method{tier: tier3, run: (*Server).conversationsInfo}, true
	case "conversations.history":
		return method{tier: tier3, run: (*Server).conversationsHistory}, true
	case "conversations.replies":
		return method{tier: tier3, run: (*Server).conversationsReplies}, true
	case "users.conversations":
		return method{tier: tier3, run: (*Server).usersConversations}, true
	case "users.info":
		return method{scope: "users:read", tier: tier4, run: (*Server).usersInfo}, true
	case "bots.info":
		return method{scope: "users:read", tier: tier3, run: (*Server).botsInfo}, true
	case "usergroups.list":
		return method{scope: "usergroups:read", tier: tier2, run: (*Server).usergroupsList}, true
	case "usergroups.users.list":
		return method{scope: "usergroups:read", tier: tier2, run: (*Server).usergroupsUsers}, true
	case "views.open":
		return method{tier: tier4, run: (*Server).viewsOpen}, true
	case "views.push":
		return method{tier: tier4, run: (*Server).viewsPush}, true
	case "views.update":
		return method{tier: tier4, run: (*Server).viewsUpdate}, true
	}
	return method{}, false
}

func (s *Server) authTest(*call) answer {
	body := object{
		"url":                   "https://" + strings.ToLower(s.opts.Team) + ".slack.com/",
		"team":                  "Backup Team",
		"user":                  "vmbackup",
		"team_id":               s.opts.Team,
		"user_id":               BotUser,
		"bot_id":                BotID,
		"is_enterprise_install": false,
	}
	if s.opts.Enterprise != "" {
		body["enterprise_id"] = s.opts.Enterprise
	}
	return ok(body)
}

// scopeFor is the scope that reading a channel takes: read for what it is, history for what was said.
func scopeFor(ch *Channel, what string) string {
	switch {
	case ch.IM:
		return "im:" + what
	case ch.Private:
		return "groups:" + what
	}
	return "channels:" + what
}

// readable returns the channel of a call that reads it, or the refusal. A private channel without the bot does not exist for it.
func (s *Server) readable(c *call, what string) (*Channel, *answer) {
	no := func(a answer) (*Channel, *answer) { return nil, &a }
	ch := s.channels[c.arg("channel")]
	if ch == nil || ch.Private && !ch.Member {
		return no(refuse("channel_not_found"))
	}
	if scope := scopeFor(ch, what); !slices.Contains(s.trouble.scopes, scope) {
		return no(s.missing(scope))
	}
	if what == "history" && !ch.Member && !ch.IM {
		return no(refuse("not_in_channel"))
	}
	return ch, nil
}

// writable returns the channel of a call that posts, or the error code.
func (s *Server) writable(c *call) (*Channel, string) {
	name := c.arg("channel")
	ch := s.channels[name]
	if ch == nil {
		ch = s.channelBesides(name)
	}
	switch {
	case ch == nil || ch.Private && !ch.Member:
		return nil, "channel_not_found"
	case ch.Archived:
		return nil, "is_archived"
	case !ch.Member && !ch.IM && !slices.Contains(s.trouble.scopes, "chat:write.public"):
		return nil, "not_in_channel"
	}
	return ch, ""
}

// channelBesides returns the channel with a name, or the conversation with a user, which is opened when needed.
func (s *Server) channelBesides(name string) *Channel {
	for _, ch := range s.channels {
		if !ch.IM && !ch.Private && ch.Name != "" && ch.Name == strings.TrimPrefix(name, "#") {
			return ch
		}
	}
	u := s.users[name]
	if u == nil {
		return nil
	}
	id := "D" + strings.TrimLeft(u.ID, "UW")
	if s.channels[id] == nil {
		s.channels[id] = &Channel{ID: id, IM: true, Member: true}
	}
	return s.channels[id]
}
