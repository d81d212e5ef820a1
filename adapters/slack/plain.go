package slack

import (
	"strings"

	"vmbackup-bot/bot/chat"
)

// plain is the whole card as one text, a line for each part, for when Slack refused its blocks. The sentence comes first:
// notifications show it.
func (r renderer) plain(c chat.Card) string {
	p := page{rest: maxText - units(ellipsis) - 1}
	ping := mention(c.Mention) + emoji(c.Tone)
	p.add(func(most int) string {
		for _, t := range []chat.Text{c.Summary, c.Title} {
			if s := r.text(t, maxSentence, min(most, maxHead)-units(ping), false); s != "" {
				return ping + s
			}
		}
		return ping + ellipsis
	})
	if c.Progress != nil {
		p.add(func(most int) string { return whole(r.progress(*c.Progress), most) })
	}
	for _, f := range c.Fields {
		p.add(func(most int) string { return r.field(f, most) })
	}
	for _, l := range c.Lines {
		p.add(func(most int) string { return r.text(l, maxRow, most, false) })
	}
	p.add(func(most int) string { return quote(c.Quote, most) })
	p.add(func(most int) string { return r.text(c.Note, maxNote, most, false) })
	return p.String()
}

// field is a labelled value on one line.
func (r renderer) field(f chat.Field, most int) string {
	label := ""
	if visible(f.Label) {
		label = r.text(chat.T(strings.TrimSpace(f.Label), ":"), maxLabel, maxField/2, true) + " "
	}
	value := r.text(f.Value, maxRow, most-units(label), false)
	if value == "" {
		return ""
	}
	return label + value
}

// whole is s, or nothing of it.
func whole(s string, most int) string {
	if units(s) > most {
		return ""
	}
	return s
}

// page is lines of text as long as there is room.
type page struct {
	lines []string
	// rest is the room for what is still to come; full says that something was left out for want of it.
	rest int
	full bool
}

// add draws one more line. The first that does not fit is cut, and nothing comes after it.
func (p *page) add(draw func(most int) string) {
	if p.full {
		return
	}
	line := draw(p.rest)
	p.full = line != draw(maxText)
	if line == "" {
		return
	}
	p.lines = append(p.lines, line)
	p.rest -= units(line) + 1
}

// String is the page, with an ellipsis at its end where something is missing.
func (p *page) String() string {
	s := strings.Join(p.lines, "\n")
	if p.full && !strings.HasSuffix(s, ellipsis) {
		s += "\n" + ellipsis
	}
	return s
}
