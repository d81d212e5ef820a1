package discordtest

import (
	"net/http"
	"slices"
	"time"
)

// getGateway names the gateway on the host that the request was sent to.
func (s *Server) getGateway(c *call) *answer {
	return ok(object{"url": "ws://" + c.r.Host + "/gateway/"})
}

func (s *Server) getGatewayBot(c *call) *answer {
	now := time.Now()
	s.identified = slices.DeleteFunc(s.identified, func(t time.Time) bool { return now.Sub(t) >= 24*time.Hour })
	return ok(object{"url": "ws://" + c.r.Host + "/gateway/", "shards": 1, "session_start_limit": object{
		"total": identifiesPerDay, "remaining": max(0, identifiesPerDay-len(s.identified)),
		"reset_after": int((24 * time.Hour).Milliseconds()), "max_concurrency": 1,
	}})
}

func (s *Server) getMe(*call) *answer {
	o := wireUser(s.member(s.opts.BotUser))
	o["verified"], o["mfa_enabled"], o["email"], o["flags"] = true, true, nil, 0
	return ok(o)
}

func (s *Server) getMyGuilds(*call) *answer {
	return ok([]object{{
		"id": s.opts.Guild, "name": "Backup Guild", "icon": nil, "owner": false, "features": []string{},
		"permissions": formatPermissions(AllPermissions),
	}})
}

func (s *Server) getApplication(*call) *answer { return ok(s.wireApplication()) }

// inGuild returns the refusal for a guild that the bot is not in.
func (s *Server) inGuild(c *call) *answer {
	switch id := c.id("guild"); {
	case id == s.opts.Guild:
		return nil
	case !isID(id):
		return invalidForm("guild_id", "NUMBER_TYPE_COERCE", "Value \""+id+"\" is not snowflake.")
	}
	return refuse(http.StatusNotFound, 10004, "Unknown Guild")
}

func (s *Server) getGuild(c *call) *answer {
	if a := s.inGuild(c); a != nil {
		return a
	}
	return ok(s.wireGuild())
}

func (s *Server) getRoles(c *call) *answer {
	if a := s.inGuild(c); a != nil {
		return a
	}
	return ok(s.wireRoles())
}

func (s *Server) getChannels(c *call) *answer {
	if a := s.inGuild(c); a != nil {
		return a
	}
	list := []object{}
	for _, ch := range s.sortedChannels() {
		if ch.kind == typeText {
			list = append(list, s.wireChannel(ch))
		}
	}
	return ok(list)
}

func (s *Server) getActiveThreads(c *call) *answer {
	if a := s.inGuild(c); a != nil {
		return a
	}
	list := []object{}
	for _, ch := range s.sortedChannels() {
		if ch.isThread() && !ch.isArchived() && s.may(ch, ViewChannel) {
			list = append(list, s.wireChannel(ch))
		}
	}
	return ok(object{"threads": list, "members": []object{}})
}

func (s *Server) getMember(c *call) *answer {
	if a := s.inGuild(c); a != nil {
		return a
	}
	id := c.id("user")
	if !isID(id) {
		return invalidForm("user_id", "NUMBER_TYPE_COERCE", "Value \""+id+"\" is not snowflake.")
	}
	m := s.members[id]
	if m == nil {
		return refuse(http.StatusNotFound, 10007, "Unknown Member")
	}
	return ok(wireMember(m))
}

func (s *Server) getChannel(c *call) *answer {
	ch, refused := s.see(c.id("channel"))
	if refused != nil {
		return refused
	}
	return ok(s.wireChannel(ch))
}
