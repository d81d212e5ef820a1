package discordtest

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Message flags, as Discord numbers them.
const (
	flagSuppressEmbeds = 1 << 2
	flagEphemeral      = 1 << 6
	flagLoading        = 1 << 7
	flagSilent         = 1 << 12
	flagComponentsV2   = 1 << 15
)

// Form is what a message looked like from one moment on.
type Form struct {
	// Content is as it was sent.
	Content string
	// Embeds and Components are JSON arrays as Discord keeps them, never empty.
	Embeds, Components json.RawMessage
	// Highlights are the ids that this form mentions, for an edit without notifying anybody; "everyone" for a channel.
	Highlights []string
	// At is when it came.
	At time.Time
}

// Message is a message of the bot, or what a person said, as it stands now and as it was.
type Message struct {
	// ID is a snowflake.
	ID string
	// Channel is where it stands, the thread's id in a thread; Parent is that thread's channel, empty elsewhere.
	Channel, Parent string
	// Author is a user's id.
	Author string
	// Content is as it was sent.
	Content string
	// Embeds and Components are JSON arrays as Discord keeps them, never empty.
	Embeds, Components json.RawMessage
	// Nonce is what came with its creation.
	Nonce string
	// Key is the last word of the last embed's footer, or of a last small line ("-# key") of the content.
	Key string
	// Interaction is the id of the one that it answers; empty for an ordinary message.
	Interaction string
	// Loading says that it is a deferred answer that has no content yet.
	Loading bool
	// Forms are its creation and every edit.
	Forms []Form
	// Pings are the people and roles that its creation notified; "everyone" for a channel. An edit never notifies.
	Pings []string
	// Deleted says that it is not there any more.
	Deleted bool
	// At is when it was created.
	At time.Time
}

// message is a message as the guild keeps it, private answers included.
type message struct {
	id, channel, author string
	content             string
	embeds, components  []object
	nonce               string
	flags               int
	reference           string
	mentions            []string // of the form that stands
	pings               []string
	interaction         *interaction
	user                string // the only one who sees it, for a private answer
	deleted             bool
	forms               []Form
	at, edited          time.Time
}

func (m *message) loading() bool { return m.flags&flagLoading != 0 }

// form notes what the message looks like now.
func (m *message) form() {
	m.forms = append(m.forms, Form{
		Content: m.content, Embeds: encode(m.embeds), Components: encode(m.components), Highlights: m.mentions, At: time.Now(),
	})
}

// store gives a message its id and keeps it.
func (s *Server) store(m *message) {
	m.id, m.at = s.newID(), time.Now()
	m.embeds, m.components = orEmpty(m.embeds), orEmpty(m.components)
	m.form()
	s.messages = append(s.messages, m)
	if c := s.channels[m.channel]; c != nil && m.user == "" {
		c.active, c.archived = m.at, false
		s.dispatchTo(intentGuildMessages, "MESSAGE_CREATE", s.wireMessage(m))
	}
}

func orEmpty(list []object) []object {
	if list == nil {
		return []object{}
	}
	return list
}

// find returns a message that stands and that everybody sees, or nil.
func (s *Server) find(channel, id string) *message {
	for _, m := range s.messages {
		if m.id == id && m.channel == channel && !m.deleted && m.user == "" {
			return m
		}
	}
	return nil
}

// newestIn returns the id of the newest message of a channel.
func (s *Server) newestIn(channel string) string {
	for _, m := range slices.Backward(s.messages) {
		if m.channel == channel && m.user == "" {
			return m.id
		}
	}
	return ""
}

func (s *Server) dropMessages(channel string) {
	for _, m := range s.messages {
		if m.channel == channel {
			m.deleted = true
		}
	}
}

// drop deletes a message.
func (s *Server) drop(m *message) {
	m.deleted = true
	if m.user == "" {
		s.dispatchTo(intentGuildMessages, "MESSAGE_DELETE", object{"id": m.id, "channel_id": m.channel, "guild_id": s.opts.Guild})
	}
}

// DeleteMessage deletes a message as a person does it. A thread that was started from it stays.
func (s *Server) DeleteMessage(channel, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.find(channel, id); m != nil {
		s.drop(m)
	} else {
		s.mistake("no message %s to delete in %s", id, channel)
	}
}

// Say lets a person post, and returns the message's id. The bot sees that there is a message, but not its content.
func (s *Server) Say(channel, user, content string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known(channel) == nil {
		return ""
	}
	m := &message{channel: channel, author: s.member(user).ID, content: content}
	s.store(m)
	return m.id
}

// Messages returns what everybody sees or saw, oldest first, deleted messages included.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Message
	for _, m := range s.messages {
		if m.user != "" {
			continue
		}
		v := Message{
			ID: m.id, Channel: m.channel, Author: m.author, Content: m.content, Embeds: encode(m.embeds),
			Components: encode(m.components), Nonce: m.nonce, Key: keyOf(m), Loading: m.loading(), Forms: slices.Clone(m.forms),
			Pings: slices.Clone(m.pings), Deleted: m.deleted, At: m.at,
		}
		if c := s.channels[m.channel]; c != nil {
			v.Parent = c.parent
		}
		if m.interaction != nil {
			v.Interaction = m.interaction.id
		}
		all = append(all, v)
	}
	return all
}

// keyOf returns the last word of a message's last footer, or of its last small line.
func keyOf(m *message) string {
	for _, e := range slices.Backward(m.embeds) {
		if words := strings.Fields(e.child("footer").text("text")); len(words) > 0 {
			return words[len(words)-1]
		}
	}
	lines := strings.Split(strings.TrimSpace(m.content), "\n")
	small, found := strings.CutPrefix(lines[len(lines)-1], "-# ")
	if words := strings.Fields(small); found && len(words) > 0 {
		return words[len(words)-1]
	}
	return ""
}
