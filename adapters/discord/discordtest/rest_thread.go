package discordtest

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Limits of threads.
const (
	maxThreadName      = 100
	defaultAutoArchive = 1440 // minutes
)

func archiveDurations() []int { return []int{60, 1440, 4320, 10080} }

// postThread starts a thread from a message, whose id it gets.
func (s *Server) postThread(c *call) *answer {
	ch, m, refused := s.messageIn(c)
	if refused != nil {
		return refused
	}
	switch {
	case ch.kind != typeText:
		return refuse(http.StatusBadRequest, 50024, "Cannot execute action on this channel type")
	case !s.may(ch, CreatePublicThreads):
		return missingPermissions()
	}
	name := strings.TrimSpace(c.fields.text("name"))
	minutes := defaultAutoArchive
	var p problems
	checkThreadName(&p, name)
	if _, there := c.fields["auto_archive_duration"]; there {
		minutes = checkArchiveDuration(&p, c.fields)
	}
	if a := p.answer(); a != nil {
		return a
	}
	if s.channels[m.id] != nil {
		return refuse(http.StatusBadRequest, 160004, "A thread has already been created for this message")
	}
	t := &channel{
		id: m.id, name: name, kind: typePublicThread, parent: ch.id, active: time.Now(),
		autoArchive: time.Duration(minutes) * time.Minute,
	}
	s.channels[t.id] = t
	o := s.wireChannel(t)
	s.dispatchTo(intentGuilds, "THREAD_CREATE", o)
	return &answer{status: http.StatusCreated, body: o}
}

func checkThreadName(p *problems, name string) {
	switch n := length(name); {
	case n == 0:
		p.add("name", "BASE_TYPE_REQUIRED", "This field is required")
	case n > maxThreadName:
		p.add("name", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and %d in length.", maxThreadName)
	}
}

func checkArchiveDuration(p *problems, fields object) int {
	minutes := fields.number("auto_archive_duration")
	if !slices.Contains(archiveDurations(), minutes) {
		p.add("auto_archive_duration", "BASE_TYPE_CHOICES", "Value must be one of {60, 1440, 4320, 10080}.")
	}
	return minutes
}

// patchChannel changes a thread. Channels themselves are nothing that a backup bot may touch.
func (s *Server) patchChannel(c *call) *answer {
	ch, refused := s.see(c.id("channel"))
	if refused != nil {
		return refused
	}
	if !ch.isThread() {
		return missingPermissions()
	}
	moderator := s.may(ch, ManageThreads)
	_, lock := c.fields["locked"]
	_, rename := c.fields["name"]
	_, archive := c.fields["archived"]
	_, duration := c.fields["auto_archive_duration"]
	var p problems
	minutes := 0
	if duration {
		minutes = checkArchiveDuration(&p, c.fields)
	}
	if rename {
		checkThreadName(&p, strings.TrimSpace(c.fields.text("name")))
	}
	opens := archive && !c.fields.yes("archived")
	switch {
	case p.answer() != nil:
		return p.answer()
	case (lock || ch.locked) && !moderator, opens && !s.may(ch, SendMessagesInThreads):
		return missingPermissions()
	case ch.isArchived() && !opens:
		return refuse(http.StatusBadRequest, 50083, "Thread is archived")
	}
	if rename {
		ch.name = strings.TrimSpace(c.fields.text("name"))
	}
	if lock {
		ch.locked = c.fields.yes("locked")
	}
	if duration {
		ch.autoArchive, ch.active = time.Duration(minutes)*time.Minute, time.Now()
	}
	if archive {
		ch.archived, ch.active = c.fields.yes("archived"), time.Now()
	}
	o := s.wireChannel(ch)
	s.dispatchTo(intentGuilds, "THREAD_UPDATE", o)
	return ok(o)
}

// joinThread makes the bot a member of a thread; it has no other effect here.
func (s *Server) joinThread(c *call) *answer {
	ch, refused := s.see(c.id("channel"))
	switch {
	case refused != nil:
		return refused
	case !ch.isThread():
		return refuse(http.StatusBadRequest, 50024, "Cannot execute action on this channel type")
	case ch.isArchived():
		return refuse(http.StatusBadRequest, 50083, "Thread is archived")
	}
	return noContent()
}
