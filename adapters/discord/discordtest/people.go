package discordtest

import (
	"fmt"
	"slices"
)

// Press is a person pressing a button.
type Press struct {
	// User presses it, in Channel (the thread's id in a thread); an empty Channel is Backups.
	User, Channel string
	// Message is the one that the button stands on; empty is the newest that has it.
	Message string
	// CustomID is the button's.
	CustomID string
	// Private says that the message is an answer that only User sees.
	Private bool
	// Forged presses a button that nobody checks for: the message may be unknown, or without such a button.
	Forged bool
}

// Press presses a button and returns the interaction's id; "" when a person could not.
func (s *Server) Press(p Press) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.place(p.Channel, false, p.User)
	if c == nil {
		return ""
	}
	m := s.pressable(p, c)
	switch {
	case m == nil && p.Forged:
		m = s.forge(p, c)
	case m == nil:
		return s.mistake("%s sees no button %q on message %q in %s", p.User, p.CustomID, p.Message, c.id)
	}
	x := &interaction{kind: kindComponent, user: p.User, channel: c.id, pressed: m}
	return s.interact(x, object{"component_type": componentButton, "custom_id": p.CustomID, "id": 2})
}

// pressable returns the message with the button, if a person could press it.
func (s *Server) pressable(p Press, c *channel) *message {
	for _, m := range slices.Backward(s.messages) {
		switch {
		case m.deleted || m.channel != c.id || p.Message != "" && m.id != p.Message:
		case p.Private && m.user != p.User || !p.Private && m.user != "":
		case p.Forged || s.hasButton(m.components, p.CustomID):
			return m
		}
	}
	return nil
}

// hasButton reports whether an enabled button with the custom id is among components.
func (s *Server) hasButton(components []object, id string) bool {
	return slices.ContainsFunc(components, func(o object) bool {
		if o.number("type") == componentButton && o.text("custom_id") == id && id != "" {
			return !o.yes("disabled")
		}
		accessory := o.child("accessory")
		return s.hasButton(o.children("components"), id) || accessory != nil && s.hasButton([]object{accessory}, id)
	})
}

// forge makes up the message that a forged press claims to stand on. It can be seen nowhere else.
func (s *Server) forge(p Press, c *channel) *message {
	m := &message{id: p.Message, channel: c.id, author: s.opts.BotUser, embeds: []object{}}
	if m.id == "" {
		m.id = s.newID()
	}
	m.components = []object{{"type": componentRow, "id": 1, "components": []object{{
		"type": componentButton, "id": 2, "style": 1, "label": "Press", "custom_id": p.CustomID,
	}}}}
	return m
}

// place returns where somebody acts, or notes why nobody can act there.
func (s *Server) place(id string, direct bool, user string) *channel {
	if id == "" && direct {
		return s.direct(user)
	}
	if id == "" {
		id = Backups
	}
	c := s.known(id)
	if c != nil && (c.isArchived() || c.locked) {
		s.mistake("nobody can act in %s: it is archived or locked", id)
		return nil
	}
	return c
}

// mistake notes what cannot be done, and returns the empty id.
func (s *Server) mistake(format string, args ...any) string {
	s.mistakes = append(s.mistakes, fmt.Sprintf(format, args...))
	return ""
}
