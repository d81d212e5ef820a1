package discordtest

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// messageIn returns the message in a call's path and its channel, or the refusal.
func (s *Server) messageIn(c *call) (*channel, *message, *answer) {
	ch, refused := s.see(c.id("channel"))
	if refused != nil {
		return nil, nil, refused
	}
	id := c.id("message")
	if !isID(id) {
		return nil, nil, invalidForm("message_id", "NUMBER_TYPE_COERCE", "Value \""+id+"\" is not snowflake.")
	}
	m := s.find(ch.id, id)
	if m == nil {
		return nil, nil, refuse(http.StatusNotFound, 10008, "Unknown Message")
	}
	return ch, m, nil
}

// postMessage creates a message, or returns the one that was created with the same enforced nonce.
func (s *Server) postMessage(c *call) *answer {
	ch, refused := s.see(c.id("channel"))
	if refused == nil {
		refused = s.maySend(ch)
	}
	if refused != nil {
		return refused
	}
	d, refused := s.readDraft(c.fields, draft{origin: fromBot, channel: ch})
	if refused != nil {
		return refused
	}
	if first := s.withNonce(d); first != nil {
		return s.created(first)
	}
	if d.empty() && !d.dropped {
		return emptyMessage()
	}
	m := &message{channel: ch.id, author: s.opts.BotUser, nonce: d.nonce, flags: d.flags, reference: d.reference}
	d.fill(m)
	m.pings = m.mentions
	s.store(m)
	return s.created(m)
}

func (s *Server) created(m *message) *answer {
	o := s.wireMessage(m)
	if m.nonce != "" {
		o["nonce"] = m.nonce
	}
	return ok(o)
}

func emptyMessage() *answer {
	return refuse(http.StatusBadRequest, 50006, "Cannot send an empty message")
}

// withNonce returns the message that stands with a draft's enforced nonce, if it is new enough.
func (s *Server) withNonce(d draft) *message {
	if d.nonce == "" || !d.enforce {
		return nil
	}
	for _, m := range slices.Backward(s.messages) {
		if m.nonce == d.nonce && m.author == s.opts.BotUser && !m.deleted && time.Since(m.at) < s.opts.NonceFor {
			return m
		}
	}
	return nil
}

func (s *Server) getMessage(c *call) *answer {
	ch, m, refused := s.messageIn(c)
	switch {
	case refused != nil:
		return refused
	case !s.may(ch, ReadMessageHistory):
		return missingPermissions()
	}
	return ok(s.wireMessage(m))
}

// patchMessage edits a message of the bot's.
func (s *Server) patchMessage(c *call) *answer {
	ch, m, refused := s.messageIn(c)
	if refused == nil {
		refused = s.mayEdit(ch)
	}
	if refused != nil {
		return refused
	}
	if m.author != s.opts.BotUser {
		return refuse(http.StatusForbidden, 50005, "Cannot edit a message authored by another user")
	}
	d, refused := s.readDraft(c.fields, draft{origin: fromBot, channel: ch, edits: m})
	if refused == nil {
		refused = s.throttleOld(c, m)
	}
	if refused != nil {
		return refused
	}
	if d.empty() && !d.dropped {
		return emptyMessage()
	}
	s.edit(m, d)
	return ok(s.wireMessage(m))
}

// edit gives a message a new form. It notifies nobody.
func (s *Server) edit(m *message, d draft) {
	d.fill(m)
	m.flags = m.flags&^(flagSuppressEmbeds|flagLoading) | d.flags&(flagSuppressEmbeds|flagComponentsV2)
	m.edited = time.Now()
	m.form()
	if m.user == "" {
		s.dispatchTo(intentGuildMessages, "MESSAGE_UPDATE", s.wireMessage(m))
	}
}

func (s *Server) deleteMessage(c *call) *answer {
	ch, m, refused := s.messageIn(c)
	switch {
	case refused != nil:
		return refused
	case m.author != s.opts.BotUser && !s.may(ch, ManageMessages):
		return missingPermissions()
	case ch.isArchived():
		return refuse(http.StatusBadRequest, 50083, "Thread is archived")
	}
	s.drop(m)
	return noContent()
}

// getMessages lists messages, newest first. Without the permission to read history there are none, and no error.
func (s *Server) getMessages(c *call) *answer {
	ch, refused := s.see(c.id("channel"))
	if refused != nil {
		return refused
	}
	limit := 50
	if text := c.query.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 100 {
			return invalidForm("limit", "NUMBER_TYPE_MAX", "int value should be between 1 and 100.")
		}
		limit = n
	}
	before, after := c.query.Get("before"), c.query.Get("after")
	for name, id := range map[string]string{"before": before, "after": after} {
		if id != "" && !isID(id) && id != "0" {
			return invalidForm(name, "NUMBER_TYPE_COERCE", "Value \""+id+"\" is not snowflake.")
		}
	}
	if before != "" && after != "" {
		return invalidForm("", "MUTUALLY_EXCLUSIVE", "before and after exclude each other")
	}
	if !s.may(ch, ReadMessageHistory) {
		return ok([]object{})
	}
	var found []*message
	for _, m := range s.messages {
		old := time.Since(m.at) >= s.opts.HistoryLag
		if m.channel == ch.id && !m.deleted && m.user == "" && old &&
			(before == "" || later(before, m.id)) && (after == "" || later(m.id, after)) {
			found = append(found, m)
		}
	}
	if n := len(found); n > limit && after == "" {
		found = found[n-limit:]
	} else if n > limit {
		found = found[:limit] // the oldest of them, as Discord does it
	}
	list := []object{}
	for _, m := range slices.Backward(found) {
		list = append(list, s.wireMessage(m))
	}
	return ok(list)
}
