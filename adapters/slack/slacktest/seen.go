package slacktest

import (
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// Form is what a message looked like, from its post or one of its edits on.
type Form struct {
	// Text is the text of the call.
	Text string
	// Blocks are those of the call, with the ids that Slack adds.
	Blocks json.RawMessage
	// Pings are whom this form mentions, as in Message.
	Pings []string
}

// Message is a post as people see it.
type Message struct {
	// Channel is the channel's id.
	Channel string
	// TS is the message's id in the channel.
	TS string
	// ThreadTS is the parent of a reply; empty for a message of the channel.
	ThreadTS string
	// User is who posted it: BotUser, or a person.
	User string
	// Text is the text; with blocks it shows in notifications only.
	Text string
	// Blocks are shown in place of the text; empty for none.
	Blocks json.RawMessage
	// Key is "key" in the payload of the metadata.
	Key string
	// Metadata is what the app attached; empty for none.
	Metadata json.RawMessage
	// Broadcast marks a reply that shows in the channel too.
	Broadcast bool
	// Deleted marks a message that is gone.
	Deleted bool
	// Forms are the post and every edit, oldest first.
	Forms []Form
	// Pings are whom any form mentioned, sorted: ids of users and user groups, and "channel", "here" and "everyone".
	Pings []string
}

// Ephemeral is a message that one person sees.
type Ephemeral struct {
	// Channel is where it shows.
	Channel string
	// User is who sees it.
	User string
	// ThreadTS is the thread it shows in; empty for the channel.
	ThreadTS string
	// TS is its id, which Press takes.
	TS string
	// Text is the text; with blocks it shows in notifications only.
	Text string
	// Blocks are shown in place of the text.
	Blocks json.RawMessage
	// Pings are whom it mentions, as in Message.
	Pings []string
	// Via is how it came: "response_url" or "chat.postEphemeral".
	Via string
	// Deleted marks one that was taken back through a response URL.
	Deleted bool
}

// View is a modal.
type View struct {
	// ID begins with V.
	ID string
	// User is who sees it.
	User string
	// Title is the text of the title.
	Title string
	// CallbackID is the app's name for it.
	CallbackID string
	// PrivateMetadata is what the app attached.
	PrivateMetadata string
	// Open reports whether it still stands.
	Open bool
	// JSON is the whole of it, as Slack sends it.
	JSON json.RawMessage
	// Errors are shown under its inputs, by block id. The empty id holds Slack's own complaint that the app did not answer well.
	Errors map[string]string

	root     string
	previous string
	external string
	hash     string
	offered  map[string][]Option // what the app last suggested, by action id
}

// Option is one entry of a select.
type Option struct {
	// Text is what people see.
	Text string
	// Value is what the app gets.
	Value string
}

// Ack is how an envelope was acknowledged.
type Ack struct {
	// After is the time from the first delivery to the first acknowledgement.
	After time.Duration
	// Payload is what the first one carried; empty for nothing.
	Payload json.RawMessage
	// Frames is how many WebSocket frames the newest one took. More than one is not counted as an acknowledgement.
	Frames int
	// Times is how often the envelope was acknowledged.
	Times int
}

// Messages returns what stands, thread replies too, oldest first.
func (s *Server) Messages() []Message { return s.listMessages(false) }

// All returns the same with what was deleted.
func (s *Server) All() []Message { return s.listMessages(true) }

func (s *Server) listMessages(deleted bool) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Message
	for _, m := range s.messages {
		if m.deleted && !deleted {
			continue
		}
		var all []string
		for _, f := range m.forms {
			all = append(all, f.Pings...)
		}
		slices.Sort(all)
		out = append(out, Message{
			Channel: m.channel, TS: m.ts, ThreadTS: m.thread, User: m.user, Text: m.text, Blocks: m.blocks,
			Key: metadataKey(m.metadata), Metadata: m.metadata, Broadcast: m.broadcast, Deleted: m.deleted,
			Forms: slices.Clone(m.forms), Pings: slices.Compact(all),
		})
	}
	return out
}

// Ephemerals returns what single people saw, oldest first, also what was taken back.
func (s *Server) Ephemerals() []Ephemeral {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Ephemeral
	for _, e := range s.ephemeral {
		out = append(out, *e)
	}
	return out
}

// Views returns every modal, oldest first.
func (s *Server) Views() []View {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []View
	for _, v := range s.views {
		c := *v
		c.Errors = maps.Clone(v.Errors)
		out = append(out, c)
	}
	return out
}

// Mistakes returns what tests had people do that people could not do.
func (s *Server) Mistakes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mistakes)
}
