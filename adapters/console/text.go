package console

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"vmbackup-bot/bot/chat"
)

// How many runes a message shows. The bot's own cards stay below all of them; what is longer is cut part by part, so that
// one endless part cannot hide the others, and the end of a message (small print, buttons) is kept.
const (
	maxText   = 4000
	maxEnd    = 1500
	maxLong   = 1500 // summary, quote
	maxShort  = 300  // title, phase, small print
	maxRow    = 700
	maxLabel  = 80
	maxButton = 20 // buttons
)

// barWidth is how many characters the progress bar has.
const barWidth = 20

// errEmpty is why a card is refused.
var errEmpty = errors.New("the card says nothing")

// spelled is a card in which every command stands as it is typed here, behind the word that begins one.
func spelled(c chat.Card, command string) chat.Card {
	text := func(t chat.Text) chat.Text {
		t = slices.Clone(t)
		for i, s := range t {
			if s.Command && command != "" {
				t[i].Text, t[i].Code, t[i].Command = strings.TrimSpace(command+" "+s.Text), true, false
			}
		}
		return t
	}
	c.Title, c.Summary, c.Note = text(c.Title), text(c.Summary), text(c.Note)
	c.Fields, c.Lines = slices.Clone(c.Fields), slices.Clone(c.Lines)
	for i, f := range c.Fields {
		c.Fields[i].Value = text(f.Value)
	}
	for i, l := range c.Lines {
		c.Lines[i] = text(l)
	}
	return c
}

// render is a card as people read it: the summary first, then the rest, a line each.
func render(c chat.Card, zone *time.Location) string {
	end := chat.Cut(strings.Join(ending(c, zone), "\n"), maxEnd)
	text := chat.Cut(strings.Join(body(c, zone), "\n"), maxText-utf8.RuneCountInString(end)-1)
	if end == "" {
		return text
	}
	return text + "\n" + end
}

// body is everything but small print and buttons.
func body(c chat.Card, zone *time.Location) []string {
	summary := line(c.Summary.Plain(zone), maxLong)
	first := summary
	if c.Mention != nil {
		first = "@" + line(c.Mention.Label(), maxLabel) + " " + summary
	}
	rows := []string{first}
	add := func(s string) {
		if s != "" {
			rows = append(rows, s)
		}
	}
	if title := line(c.Title.Plain(zone), maxShort); !strings.Contains(summary, title) {
		add(title)
	}
	if c.Progress != nil {
		add(progress(*c.Progress, summary))
	}
	for _, f := range c.Fields {
		label, value := line(f.Label, maxLabel), line(f.Value.Plain(zone), maxRow)
		switch {
		case value == "":
		case label == "":
			add(value)
		default:
			add(label + ": " + value)
		}
	}
	for _, l := range c.Lines {
		add(line(l.Plain(zone), maxRow))
	}
	for l := range strings.Lines(chat.Cut(c.Quote, maxLong)) {
		if l = line(l, maxLong); l != "" {
			add("> " + l)
		}
	}
	return rows
}

// ending is the small print and the buttons.
func ending(c chat.Card, zone *time.Location) []string {
	var rows []string
	if note := line(c.Note.Plain(zone), maxShort); note != "" {
		rows = append(rows, "("+note+")")
	}
	var buttons []string
	for i, b := range c.Buttons {
		if i == maxButton {
			buttons = append(buttons, fmt.Sprintf("… and %d more", len(c.Buttons)-i))
			break
		}
		buttons = append(buttons, buttonText(b))
	}
	if len(buttons) > 0 {
		rows = append(rows, strings.Join(buttons, " "))
	}
	return rows
}

// buttonText is a button with what "/press" calls it.
func buttonText(b chat.Button) string {
	return "[" + line(b.Label, maxLabel) + ": " + line(strings.TrimSpace(b.Action+" "+b.Arg), maxLabel) + "]"
}

// progress is bar, percent and phase; a phase that the summary names already is left out.
func progress(p chat.Progress, summary string) string {
	percent := min(max(p.Percent, 0), 100)
	if math.IsNaN(percent) {
		percent = 0
	}
	full := int(percent * barWidth / 100)
	s := fmt.Sprintf("[%s%s] %d %%", strings.Repeat("#", full), strings.Repeat(".", barWidth-full), int(percent))
	if phase := line(p.Phase, maxShort); phase != "" && !strings.Contains(summary, phase) {
		s += " " + phase
	}
	return s
}

// line is text from outside on one line, and cut: no control character reaches the terminal, and nothing turns the
// reading direction of what follows.
func line(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if isBidi(r) {
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(chat.Cut(chat.OneLine(s), limit))
}

// isBidi reports whether r embeds, overrides, isolates or marks a reading direction.
func isBidi(r rune) bool {
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f || r == 0x61c
}
