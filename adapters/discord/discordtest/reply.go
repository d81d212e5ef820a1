package discordtest

import (
	"net/http"
	"slices"
	"time"
)

// original is the name of the first answer in paths.
const original = "@original"

// tokenOf returns the interaction of a call's token, or the refusal: the token is too old, or nothing was answered yet.
func (s *Server) tokenOf(c *call) (*interaction, *answer) {
	i := slices.IndexFunc(s.ordered, func(x *interaction) bool { return x.token == c.id("token") })
	if i < 0 || c.id("app") != s.opts.App {
		return nil, refuse(http.StatusNotFound, 10015, "Unknown Webhook")
	}
	x := s.ordered[i]
	switch {
	case time.Since(x.at) > s.trouble.lives:
		return nil, refuse(http.StatusUnauthorized, 50027, "Invalid Webhook Token")
	case x.ackType == 0:
		return nil, refuse(http.StatusNotFound, 10015, "Unknown Webhook")
	}
	return x, nil
}

// replyIn returns the answer in a call's path, or the refusal.
func (s *Server) replyIn(c *call) (*interaction, *message, *answer) {
	x, refused := s.tokenOf(c)
	if refused != nil {
		return nil, nil, refused
	}
	id := c.id("message")
	if id == original {
		if x.original != nil && !x.original.deleted {
			return x, x.original, nil
		}
		return nil, nil, refuse(http.StatusNotFound, 10008, "Unknown Message")
	}
	for _, m := range s.messages {
		if m.id == id && !m.deleted && m.interaction == x {
			return x, m, nil
		}
	}
	return nil, nil, refuse(http.StatusNotFound, 10008, "Unknown Message")
}

func (s *Server) getReply(c *call) *answer {
	_, m, refused := s.replyIn(c)
	if refused != nil {
		return refused
	}
	return ok(s.wireMessage(m))
}

func (s *Server) patchReply(c *call) *answer {
	x, m, refused := s.replyIn(c)
	if refused != nil {
		return refused
	}
	if ch := s.channels[m.channel]; ch != nil && ch.isArchived() && m.user == "" {
		return refuse(http.StatusBadRequest, 50083, "Thread is archived")
	}
	d, refused := s.readReply(x, c.fields, m, "")
	if refused != nil {
		return refused
	}
	if m.loading() {
		m.forms = nil // what was shown so far was no answer
	}
	s.edit(m, d)
	return ok(s.wireMessage(m))
}

func (s *Server) deleteReply(c *call) *answer {
	_, m, refused := s.replyIn(c)
	if refused != nil {
		return refused
	}
	s.drop(m)
	return noContent()
}

// postFollowUp answers once more. Straight after a deferral it fills the deferred answer, whose privacy it cannot change.
func (s *Server) postFollowUp(c *call) *answer {
	x, refused := s.tokenOf(c)
	if refused != nil {
		return refused
	}
	d, refused := s.readReply(x, c.fields, nil, "")
	if refused != nil {
		return refused
	}
	if m := x.original; m != nil && m.loading() && !m.deleted {
		m.forms = nil
		s.edit(m, d)
		return ok(s.wireMessage(m))
	}
	if ch := s.channels[x.channel]; ch == nil {
		return refuse(http.StatusNotFound, 10003, "Unknown Channel")
	}
	return ok(s.wireMessage(s.reply(x, d)))
}
