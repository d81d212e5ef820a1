package slacktest

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Channel is a place to post in.
type Channel struct {
	// ID begins with C, or with D for a direct conversation.
	ID string
	// Name is without the #.
	Name string
	// Private channels are unknown to a bot that is not in them.
	Private bool
	// Member reports whether the bot is in it.
	Member bool
	// Archived channels take no posts and no edits.
	Archived bool
	// IM marks a direct conversation with one person.
	IM bool
}

// User is a person or a bot.
type User struct {
	// ID begins with U or W.
	ID string
	// Team is the user's home workspace; empty is the server's.
	Team string
	// Name is what people see.
	Name string
	// Guest marks an account with restricted rights.
	Guest bool
	// Stranger marks someone of another workspace, seen through a shared channel.
	Stranger bool
	// Bot marks an app's user.
	Bot bool
	// Deleted marks an account that was switched off.
	Deleted bool
	// Enterprise is the organisation of the user; empty for none.
	Enterprise string
}

// message is a post as the workspace keeps it.
type message struct {
	channel   string
	ts        string
	thread    string // ts of the parent, for replies
	user      string // the bot's, unless a person said it
	text      string
	blocks    json.RawMessage
	metadata  json.RawMessage
	broadcast bool
	deleted   bool
	edited    string // ts of the last edit of the text
	at        time.Time
	forms     []Form
}

// AddChannel adds a channel, or replaces the one with its id.
func (s *Server) AddChannel(c Channel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.channels[c.ID] = &c
}

// AddUser adds a user, or replaces the one with this id.
func (s *Server) AddUser(u User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u.Team == "" {
		u.Team = s.opts.Team
	}
	if u.Name == "" {
		u.Name = strings.ToLower(u.ID)
	}
	s.users[u.ID] = &u
}

// SetGroup sets the members of a user group, which it makes if there is none.
func (s *Server) SetGroup(id string, users ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.groups[id] = slices.Clone(users)
}

// SetMember puts the bot into a channel or takes it out.
func (s *Server) SetMember(channel string, member bool) {
	s.change(channel, func(c *Channel) { c.Member = member })
}

// Archive archives a channel.
func (s *Server) Archive(channel string) { s.change(channel, func(c *Channel) { c.Archived = true }) }

func (s *Server) change(channel string, f func(*Channel)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.channels[channel]; c != nil {
		f(c)
	} else {
		s.mistakes = append(s.mistakes, "no channel "+channel)
	}
}

// RemoveChannel deletes a channel with everything in it.
func (s *Server) RemoveChannel(channel string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.channels, channel)
	for _, m := range s.messages {
		if m.channel == channel {
			m.deleted = true
		}
	}
}

// DeleteMessage deletes a message as a person does it. Replies stay.
func (s *Server) DeleteMessage(channel, ts string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.find(channel, ts); m != nil {
		m.deleted = true
	} else {
		s.mistakes = append(s.mistakes, "no message "+ts+" to delete in "+channel)
	}
}

// Say lets a person post, and returns the ts. A thread of "" is none.
func (s *Server) Say(channel, user, thread, text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := &message{channel: channel, thread: thread, user: user}
	m.set(text, nil, false)
	s.store(m)
	return m.ts
}

// store gives a message its ts and keeps it. A reply to a parent that is gone becomes a message of the channel.
func (s *Server) store(m *message) {
	m.ts, m.at = s.newTS(), time.Now()
	if m.thread != "" {
		if p := s.find(m.channel, m.thread); p == nil || p.thread != "" {
			m.thread, m.broadcast = "", false
		}
	}
	s.messages = append(s.messages, m)
}

// set gives a message a new form.
func (m *message) set(text string, blocks json.RawMessage, names bool) {
	m.text, m.blocks = text, blocks
	m.forms = append(m.forms, Form{Text: text, Blocks: blocks, Pings: pings(text, blocks, names)})
}

// find returns a message that stands, or nil.
func (s *Server) find(channel, ts string) *message {
	for _, m := range s.messages {
		if m.ts == ts && m.channel == channel && !m.deleted {
			return m
		}
	}
	return nil
}

// user returns a user, made up when nobody added them: anyone may see a message and press its buttons.
func (s *Server) user(id, team string) User {
	u := User{ID: id, Team: s.opts.Team, Name: strings.ToLower(id)}
	if known := s.users[id]; known != nil {
		u = *known
	}
	if team != "" {
		u.Team = team
	}
	return u
}

// metadataKey returns what the payload of a message's metadata holds as "key".
func metadataKey(metadata json.RawMessage) string {
	o, _ := decodeObject(metadata)
	return o.child("event_payload").text("key")
}
