package console

import (
	"fmt"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"

	"vmbackup-bot/bot/chat"
)

// The styles of the live view. Colours say nothing that the words do not say; without colours (NO_COLOR) nothing is lost.
var (
	bold    = lipgloss.NewStyle().Bold(true)
	faint   = lipgloss.NewStyle().Faint(true)
	reverse = lipgloss.NewStyle().Reverse(true)
	tones   = map[chat.Tone]lipgloss.Style{
		chat.ToneWorking: lipgloss.NewStyle().Foreground(lipgloss.Blue),
		chat.ToneGood:    lipgloss.NewStyle().Foreground(lipgloss.Green),
		chat.ToneWarn:    lipgloss.NewStyle().Foreground(lipgloss.Yellow),
		chat.ToneBad:     lipgloss.NewStyle().Foreground(lipgloss.Red),
	}
)

// indent stands before everything in a thread, nameWidth is the room for a message's name.
const (
	indent    = "  "
	nameWidth = 5
)

// draw is the whole chat: roots in their order, each with its thread below it.
func (v *view) draw() string {
	var rows []string
	for _, m := range arranged(v.messages) {
		rows = append(rows, v.message(m)...)
	}
	return strings.Join(rows, "\n")
}

// arranged puts every message of a thread below its root.
func arranged(all []message) []message {
	threads := make(map[string][]message)
	for _, m := range all {
		threads[m.ref.Thread] = append(threads[m.ref.Thread], m)
	}
	var out []message
	for _, m := range threads[""] {
		out = append(out, m)
		out = append(out, threads[m.ref.ID]...)
	}
	return out
}

// message is one message, wrapped to the width of the screen.
func (v *view) message(m message) []string {
	in := ""
	if m.ref.Thread != "" {
		in = indent
	}
	tone, ok := tones[m.card.Tone]
	if !ok {
		tone = lipgloss.NewStyle()
	}
	name := fmt.Sprintf("%-*s", nameWidth-1, m.name)
	room := max(v.width-len(in)-nameWidth-2, 1)
	var rows []string
	add := func(style lipgloss.Style, text string) {
		for r := range strings.SplitSeq(lipgloss.Wrap(text, room, ""), "\n") {
			rows = append(rows, in+faint.Render(name)+" "+tone.Render("│")+" "+style.Render(r))
			name = strings.Repeat(" ", nameWidth-1)
		}
	}
	if m.gone {
		add(faint, m.text)
		return rows
	}
	if m.isPrivate() {
		add(faint, "only you see this")
	}
	for i, r := range body(m.card, v.l.c.opts.Zone) {
		if i == 0 {
			add(bold, r)
			continue
		}
		add(lipgloss.NewStyle(), r)
	}
	if note := line(m.card.Note.Plain(v.l.c.opts.Zone), maxShort); note != "" {
		add(faint, "("+note+")")
	}
	if b := v.buttons(m); b != "" {
		add(bold, b)
	}
	return rows
}

// buttons are the buttons with the keys that press them; one without a key says what "/press" calls it.
func (v *view) buttons(m message) string {
	var out []string
	for i, b := range m.card.Buttons {
		if i == maxButton {
			break
		}
		if n := v.keys.number(m, b); n > 0 {
			out = append(out, fmt.Sprintf("[Alt-%d %s]", n, line(b.Label, maxLabel)))
			continue
		}
		out = append(out, buttonText(b))
	}
	return strings.Join(out, " ")
}

// transcript is the chat as it stood at the end, for the terminal that is left behind.
func (v *view) transcript() string {
	all, _, _ := v.l.c.board.now()
	who := v.l.c.who()
	all = slices.DeleteFunc(all, func(m message) bool { return m.isPrivate() && !m.to.Same(who) })
	var b strings.Builder
	for _, m := range arranged(all) {
		in := strings.Repeat(" ", nameWidth)
		if m.ref.Thread != "" {
			in += indent
		}
		fmt.Fprintf(&b, "%-*s%s\n", len(in), in[nameWidth:]+m.name, strings.ReplaceAll(m.text, "\n", "\n"+in))
	}
	return b.String()
}

// cut shortens s to a width in columns.
func cut(s string, width int) string {
	if lipgloss.Width(s) <= width {
		return s
	}
	r := []rune(s)
	for len(r) > 0 && lipgloss.Width(string(r))+1 > width {
		r = r[:len(r)-1]
	}
	return string(r) + "…"
}
