package discord

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"vmbackup-bot/bot/chat"
)

// plain is the whole card as text, a line for each part, for when Discord refused the embed. The key is the last line, in
// small print, and is never cut.
func (r renderer) plain(c chat.Card, ping string) string {
	key := ""
	if isKey(c.Key) {
		key = "\n" + smallMark + c.Key
	}
	p := page{rest: maxContent - units(key) - units(ellipsis) - 1}
	before := ping + sign(c.Tone)
	p.add(func(most int) string {
		f := frame{limit: maxSummary, most: min(most, maxHead) - units(before), within: before != ""}
		for _, t := range []chat.Text{c.Summary, c.Title} {
			if s := r.text(t, f); s != "" {
				return before + s
			}
		}
		return before + ellipsis
	})
	if c.Progress != nil {
		p.add(func(most int) string { return whole(r.progress(*c.Progress), most) })
	}
	for _, f := range c.Fields {
		p.add(func(most int) string { return r.row(f, most) })
	}
	for _, l := range c.Lines {
		p.add(func(most int) string { return r.text(l, frame{limit: maxRow, most: min(most, maxLine)}) })
	}
	p.add(func(most int) string { return quote(c.Quote, min(most, maxQuote)) })
	p.add(func(most int) string { return r.text(c.Note, frame{limit: maxNote, most: min(most, maxLine)}) })
	return p.String() + key
}

// row is a labelled value on one line.
func (r renderer) row(f chat.Field, most int) string {
	label := ""
	if visible(f.Label) {
		label = r.text(chat.T(chat.Strong(strings.TrimSpace(f.Label)+":")), frame{limit: maxLabel, most: maxFieldName}) + " "
	}
	value := r.text(f.Value, frame{limit: maxRow, most: min(most, maxLine) - units(label), within: label != ""})
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
	p.full = line != draw(maxContent)
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

// bare is t for where Discord formats nothing, on one line.
func (r renderer) bare(t chat.Text, limit int) string {
	var b strings.Builder
	for _, s := range t {
		b.WriteString(r.shown(s))
	}
	return word(b.String(), limit)
}

// word is foreign text for where Discord formats nothing; empty where nothing of it can be seen.
func word(s string, limit int) string {
	s = cut(chat.OneLine(s), limit)
	if !visible(s) {
		return ""
	}
	return s
}

// shorten leaves of t what has at most limit units, with an ellipsis where something is missing.
func (r renderer) shorten(t chat.Text, limit int) chat.Text {
	total := 0
	for _, s := range t {
		total += units(r.shown(s))
	}
	if total <= limit {
		return t
	}
	left := limit - units(ellipsis)
	for i, s := range t {
		shown := r.shown(s)
		if n := units(shown); n <= left {
			left -= n
			continue
		}
		rest := cut(shown, left)
		if rest == "" || !s.At.IsZero() { // half an instant would be another one
			rest = ellipsis
		}
		s.Text, s.At, s.Who = rest, time.Time{}, nil
		s.Code, s.Command = s.Code || s.Command, false // the bot's word is in the rest already
		return append(t[:i:i], s)
	}
	return t
}

// shown is what a reader sees of a span where nothing is formatted.
func (r renderer) shown(s chat.Span) string {
	switch {
	case !s.At.IsZero():
		return chat.Text{s}.Plain(r.in())
	case s.Who != nil:
		return fold(s.Who.Label())
	case s.Command && r.command != "":
		return strings.TrimSpace(r.command + " " + fold(s.Text))
	}
	return fold(s.Text)
}

func (r renderer) in() *time.Location {
	if r.zone == nil {
		return time.UTC
	}
	return r.zone
}

// fold is chat.OneLine that keeps a blank at either end: a span often ends with one.
func fold(s string) string {
	line := chat.OneLine(s)
	if line == "" {
		return strings.Repeat(" ", min(len(s), 1))
	}
	if first, _ := utf8.DecodeRuneInString(s); gap(first) {
		line = " " + line
	}
	if last, _ := utf8.DecodeLastRuneInString(s); gap(last) {
		line += " "
	}
	return line
}

func gap(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

// visible reports whether a reader sees anything of s.
func visible(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return !gap(r) && !unicode.Is(unicode.Cf, r) })
}
