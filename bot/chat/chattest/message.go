package chattest

import (
	"slices"
	"strings"
	"time"

	"vmbackup-bot/bot/chat"
)

// Shown is one form of a message: what a post or an edit made people see.
type Shown struct {
	// Card is what the bot meant.
	Card chat.Card `json:"card"`
	// Raw is what was sent, in the fake platform's own syntax.
	Raw     string        `json:"raw"`
	Buttons []chat.Button `json:"buttons,omitempty"`
	At      time.Time     `json:"at,omitzero"`
}

// Text is what people read.
func (s Shown) Text() string { return readRaw(s.Raw) }

// Pings are the people whom this form notifies: their ids, or "everyone".
func (s Shown) Pings() []string { return pingsIn(s.Raw) }

// Message is one message of the fake platform, with its whole history.
type Message struct {
	Ref chat.MessageRef `json:"ref"`
	Key string          `json:"key"`
	At  time.Time       `json:"at"`
	// Forms are the post and then each edit; the last one is what stands there.
	Forms []Shown `json:"forms"`
	// Deleted says that it is not there any more.
	Deleted bool `json:"deleted,omitempty"`
}

// Now is the form that stands.
func (m Message) Now() Shown { return m.Forms[len(m.Forms)-1] }

func (m Message) clone() Message {
	m.Forms = slices.Clone(m.Forms)
	return m
}

// ByKey are the messages with a key that are not deleted, oldest first.
func ByKey(all []Message, key string) []Message {
	return slices.DeleteFunc(slices.Clone(all), func(m Message) bool { return m.Key != key || m.Deleted })
}

// The fake platform's syntax, in which text can do harm as on a real one: <!everyone> and <@id> notify, and so does a
// bare @everyone. Entities stand for the three characters of the syntax; a zero-width space breaks the bare form.
const (
	everyone = "everyone"
	zeroWide = "\u200b"
)

// escapeRaw makes text from outside harmless.
func escapeRaw(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "@"+everyone, "@"+zeroWide+everyone).Replace(s)
}

func readRaw(raw string) string {
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&", zeroWide, "").Replace(raw)
}

func pingsIn(raw string) []string {
	var who []string
	if strings.Contains(raw, "<!"+everyone+">") || strings.Contains(raw, "<!channel>") || strings.Contains(raw, "@"+everyone) {
		who = append(who, everyone)
	}
	for rest := raw; ; {
		_, after, ok := strings.Cut(rest, "<@")
		if !ok {
			return who
		}
		id, tail, ok := strings.Cut(after, ">")
		if !ok {
			return who
		}
		who, rest = append(who, id), tail
	}
}
