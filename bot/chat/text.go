package chat

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Text is a run of spans. The zero value is empty.
type Text []Span

// Span is one piece of text. Exactly one of its members is set, beside the flags.
type Span struct {
	// Text is data: shown as it is, never read as formatting or as a mention.
	Text string `json:"text,omitempty"`
	// Strong and Code say how Text is shown.
	Strong bool `json:"strong,omitempty"`
	Code   bool `json:"code,omitempty"`
	// Command says that Text is a command to type, without the platform's own word for the bot before it; shown as code.
	Command bool `json:"command,omitempty"`
	// At is an instant, shown in the reader's own zone. Form says how.
	At   time.Time `json:"at,omitzero"`
	Form TimeForm  `json:"form,omitempty"`
	// Who is a person, shown by name. Only Card.Mention decides who is notified.
	Who *Actor `json:"who,omitempty"`
	// Link is a message; Text is then what it is called.
	Link *MessageRef `json:"link,omitempty"`
}

// TimeForm says how an instant is shown.
type TimeForm string

// The forms.
const (
	// DateTime is date and time to the minute.
	DateTime TimeForm = ""
	// Clock is the time alone.
	Clock TimeForm = "clock"
)

// T joins strings, spans, texts, instants and people to one Text; anything else is shown as fmt would.
func T(parts ...any) Text {
	var t Text
	for _, p := range parts {
		switch v := p.(type) {
		case string:
			if v != "" {
				t = append(t, Span{Text: v})
			}
		case Span:
			t = append(t, v)
		case Text:
			t = append(t, v...)
		case time.Time:
			t = append(t, Span{At: v})
		case Actor:
			t = append(t, Span{Who: &v})
		default:
			t = append(t, Span{Text: fmt.Sprint(v)})
		}
	}
	return t
}

// Strong is text that stands out.
func Strong(s string) Span { return Span{Text: s, Strong: true} }

// Code is text shown as it is typed.
func Code(s string) Span { return Span{Text: s, Code: true} }

// Typed is a command to type, without the platform's own word for the bot.
func Typed(s string) Span { return Span{Text: s, Command: true} }

// At shows t's time of day.
func At(t time.Time) Span { return Span{At: t, Form: Clock} }

// LinkTo names a message that can be jumped to.
func LinkTo(m MessageRef, label string) Span { return Span{Text: label, Link: &m} }

// Plain is the text without any formatting; instants are shown in loc, with its zone's name.
func (t Text) Plain(loc *time.Location) string {
	var b strings.Builder
	for _, s := range t {
		switch {
		case !s.At.IsZero() && s.Form == Clock:
			b.WriteString(s.At.In(loc).Format("15:04 MST"))
		case !s.At.IsZero():
			b.WriteString(s.At.In(loc).Format("2006-01-02 15:04 MST"))
		case s.Who != nil:
			b.WriteString(s.Who.Label())
		default:
			b.WriteString(s.Text)
		}
	}
	return b.String()
}

// Cut shortens s to at most limit runes, the last one an ellipsis where something was left out. It never cuts inside a
// rune; bytes that are not UTF-8 become the replacement character.
func Cut(s string, limit int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if limit <= 0 {
		return ""
	}
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	r := []rune(s)
	end := limit - 1
	// A combining mark or a joiner belongs to the rune before it.
	for end > 0 && joins(r[end]) {
		end--
	}
	return strings.TrimRight(string(r[:end]), " \u200d") + "…"
}

// OneLine folds every run of white space and control characters to one blank and drops what cannot be seen (direction
// marks, zero-width characters), so that foreign text can neither break a line nor turn it round. The joiner that holds
// emoji together stays.
func OneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) && r != '\u200d' {
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
}

// joins reports whether a rune is drawn together with the one before it.
func joins(r rune) bool {
	switch {
	case r >= 0x300 && r <= 0x36f, r >= 0x1ab0 && r <= 0x1aff, r >= 0x20d0 && r <= 0x20ff: // combining marks
		return true
	case r >= 0xfe00 && r <= 0xfe0f, r >= 0x1f3fb && r <= 0x1f3ff, r == 0x200d: // variants, skin tones, joiner
		return true
	}
	return false
}
