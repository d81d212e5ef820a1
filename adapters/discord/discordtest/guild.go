package discordtest

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Channel types, as Discord numbers them.
const (
	typeText         = 0
	typeDM           = 1
	typePublicThread = 11
)

// Channel is a text channel of the guild.
type Channel struct {
	// ID is a snowflake.
	ID string
	// Name is without the #.
	Name string
	// Permissions are the bot's; zero is AllPermissions. SetPermissions can take all away.
	Permissions uint64
}

// Member is somebody in the guild.
type Member struct {
	// ID is a snowflake.
	ID string
	// Name is what people see.
	Name string
	// Roles are the ids of the member's roles.
	Roles []string
	// Permissions are the member's in every channel; zero is what people commonly have.
	Permissions uint64
	// Bot marks an application's user.
	Bot bool
	// Pending marks a member who has not accepted the guild's rules yet.
	Pending bool
}

// Thread is a thread as it stands now.
type Thread struct {
	// ID is the id of the message that it was started from, and Parent the id of that message's channel.
	ID, Parent string
	// Name is its title.
	Name string
	// Archived says that it has to be opened before anything in it can change, and Locked that only moderators may do so.
	Archived, Locked bool
	// AutoArchive is the idle time in minutes after which it is archived.
	AutoArchive int
}

// channel is a channel, a thread or a direct conversation.
type channel struct {
	id, name    string
	kind        int
	parent      string // of a thread
	user        string // of a direct conversation
	permissions uint64
	archived    bool
	locked      bool
	autoArchive time.Duration
	active      time.Time // last activity; editing a message is none
}

func (c *channel) isThread() bool { return c.kind == typePublicThread }

// isArchived tells of what people did and of what idleness does.
func (c *channel) isArchived() bool {
	return c.isThread() && (c.archived || time.Since(c.active) >= c.autoArchive)
}

// AddChannel adds a channel, or replaces the one with its id.
func (s *Server) AddChannel(c Channel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.channels[c.ID] = &channel{
		id: c.ID, name: cmp.Or(c.Name, "channel"), kind: typeText, permissions: cmp.Or(c.Permissions, AllPermissions),
	}
}

// AddMember adds a member, or replaces the one with this id.
func (s *Server) AddMember(m Member) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m.Roles = slices.Clone(m.Roles)
	s.members[m.ID] = &m
}

// RemoveMember lets somebody leave the guild.
func (s *Server) RemoveMember(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.members, id)
}

// SetPermissions sets what the bot may do in a channel; zero is nothing at all.
func (s *Server) SetPermissions(channel string, permissions uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.known(channel); c != nil {
		c.permissions = permissions
	}
}

// RemoveChannel deletes a channel or thread with everything in it.
func (s *Server) RemoveChannel(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.known(id)
	if c == nil {
		return
	}
	for _, t := range slices.Collect(maps.Values(s.channels)) {
		if t.id == id || t.parent == id {
			delete(s.channels, t.id)
			s.dropMessages(t.id)
		}
	}
	event := "CHANNEL_DELETE"
	if c.isThread() {
		event = "THREAD_DELETE"
	}
	s.dispatchTo(intentGuilds, event, s.wireChannel(c))
}

// ArchiveThread archives a thread, as time or a person does.
func (s *Server) ArchiveThread(id string) { s.changeThread(id, func(c *channel) { c.archived = true }) }

// LockThread locks a thread, as a moderator does. It stays open until it is archived.
func (s *Server) LockThread(id string) { s.changeThread(id, func(c *channel) { c.locked = true }) }

func (s *Server) changeThread(id string, change func(*channel)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.known(id)
	if c == nil {
		return
	}
	if !c.isThread() {
		s.mistake("%s is no thread", id)
		return
	}
	change(c)
	s.dispatchTo(intentGuilds, "THREAD_UPDATE", s.wireChannel(c))
}

// known returns a channel, or notes that there is none.
func (s *Server) known(id string) *channel {
	c := s.channels[id]
	if c == nil {
		s.mistake("no channel %s", id)
	}
	return c
}

// Threads returns the threads, oldest first.
func (s *Server) Threads() []Thread {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Thread
	for _, c := range s.sortedChannels() {
		if c.isThread() {
			all = append(all, Thread{
				ID: c.id, Parent: c.parent, Name: c.name, Archived: c.isArchived(), Locked: c.locked,
				AutoArchive: int(c.autoArchive / time.Minute),
			})
		}
	}
	return all
}

func (s *Server) sortedChannels() []*channel {
	return slices.SortedFunc(maps.Values(s.channels), func(a, b *channel) int {
		if later(a.id, b.id) {
			return 1
		}
		return -1
	})
}

// direct returns the direct conversation with somebody, which it makes if there is none.
func (s *Server) direct(user string) *channel {
	for _, c := range s.channels {
		if c.kind == typeDM && c.user == user {
			return c
		}
	}
	c := &channel{id: s.newID(), kind: typeDM, user: user, permissions: AllPermissions}
	s.channels[c.id] = c
	return c
}

// member returns a member, made up and kept when nobody added them: anyone who sees a message may press its buttons.
func (s *Server) member(id string) *Member {
	m := s.members[id]
	if m == nil {
		m = &Member{ID: id, Name: "user" + id[max(0, len(id)-4):]}
		s.members[id] = m
	}
	return m
}
