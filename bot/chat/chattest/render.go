package chattest

import (
	"fmt"
	"strings"
	"time"

	"vmbackup-bot/bot/chat"
)

// The fake platform's limits, in characters as people read them.
const (
	maxText    = 4000
	maxButtons = 25
)

// What the renderer cuts to, so that any card stays below maxText.
const (
	cutTitle = 150
	cutSpan  = 200
	cutCell  = 80
	cutRow   = 120
	cutQuote = 400
	maxRows  = 10
)

// Render is a card in the fake platform's syntax: cut first, then escaped.
func Render(c chat.Card) Shown {
	r := renderer{cut: chat.Cut, line: chat.OneLine, escape: escapeRaw}
	return r.render(c)
}

// renderer holds the three things that an adapter must not forget, so that a test can forget them.
type renderer struct {
	cut    func(string, int) string
	line   func(string) string
	escape func(string) string
}

func (r renderer) render(c chat.Card) Shown {
	var b strings.Builder
	row := func(s string) {
		if s != "" {
			b.WriteString(s + "\n")
		}
	}
	row(r.text(c.Title, cutTitle))
	if len(c.Title) == 0 || c.Plain {
		row(r.text(c.Summary, 2*cutSpan))
	}
	if p := c.Progress; p != nil && !c.Plain {
		row(fmt.Sprintf("%.0f %% %s", p.Percent, r.data(p.Phase, cutSpan)))
	}
	for i, f := range c.Fields {
		if i == maxRows {
			row(fmt.Sprintf("… and %d more", len(c.Fields)-i))
			break
		}
		row(r.data(f.Label, cutCell) + ": " + r.text(f.Value, cutCell))
	}
	for i, t := range c.Lines {
		if i == maxRows {
			row(fmt.Sprintf("… and %d more", len(c.Lines)-i))
			break
		}
		row(r.text(t, cutRow))
	}
	if c.Quote != "" {
		row("> " + r.data(c.Quote, cutQuote))
	}
	row(r.text(c.Note, cutRow))
	if c.Mention != nil {
		row("<@" + c.Mention.User + ">")
	}
	s := Shown{Card: c, Raw: strings.TrimSuffix(b.String(), "\n")}
	if !c.Plain {
		s.Buttons = c.Buttons[:min(len(c.Buttons), maxButtons)]
	}
	return s
}

// text is a text on one line. Instants are shown in UTC: nobody reads the fake platform in another zone.
func (r renderer) text(t chat.Text, limit int) string { return r.data(t.Plain(time.UTC), limit) }

// data is foreign text: on one line, cut, then escaped.
func (r renderer) data(s string, limit int) string { return r.escape(r.cut(r.line(s), limit)) }
