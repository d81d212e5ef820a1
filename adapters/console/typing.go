package console

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"vmbackup-bot/bot/chat"
)

// maxPast is how many lines the history keeps.
const maxPast = 200

// history are the lines that were typed. The zero value is empty.
type history struct {
	lines []string
	// back is how many lines back the input is, and draft what was there before.
	at    int
	draft string
}

// add keeps a line; the same twice in a row is kept once.
func (h *history) add(text string) {
	h.at, h.draft = 0, ""
	if n := len(h.lines); n > 0 && h.lines[n-1] == text {
		return
	}
	h.lines = append(h.lines, text)
	h.lines = h.lines[max(0, len(h.lines)-maxPast):]
}

// back is the line before the one that is shown.
func (h *history) back(shown string) string {
	if h.at == len(h.lines) {
		return shown
	}
	if h.at == 0 {
		h.draft = shown
	}
	h.at++
	return h.lines[len(h.lines)-h.at]
}

// forth is the line after the one that is shown; after the last one what was being typed.
func (h *history) forth(shown string) string {
	switch h.at {
	case 0:
		return shown
	case 1:
		h.at = 0
		return h.draft
	}
	h.at--
	return h.lines[len(h.lines)-h.at]
}

// completion goes round the choices for what was typed. The zero value is none.
type completion struct {
	// head stays, and the choice comes after it; shown is the input while a choice stands there.
	head, shown string
	choices     []chat.Choice
	at          int
}

// choicesMsg are the choices for what was typed.
type choicesMsg struct {
	typed, head string
	choices     []chat.Choice
}

// complete asks for choices, or takes the next one.
func (v *view) complete() tea.Cmd {
	typed := v.input.text()
	if c := &v.completion; len(c.choices) > 1 && c.shown == typed {
		c.at = (c.at + 1) % len(c.choices)
		v.take()
		return nil
	}
	command := v.l.c.opts.Command
	rest, ok := strings.CutPrefix(typed, command+" ")
	if !ok {
		v.offer(choicesMsg{typed: typed, choices: ownWords(typed, command)})
		return nil
	}
	head := command + " "
	if verb, _, more := strings.Cut(strings.TrimLeft(rest, " "), " "); more {
		head += verb + " "
	}
	r := v.l.c.request(chat.Suggest)
	r.Text = rest
	return func() tea.Msg { return choicesMsg{typed, head, v.l.h.Suggest(v.l.ctx, r)} }
}

// ownWords are the console's own words that begin so.
func ownWords(begun, command string) []chat.Choice {
	var out []chat.Choice
	for _, w := range []string{command, "/as", "/press", "/wait"} {
		if strings.HasPrefix(w, begun) {
			out = append(out, chat.Choice{Label: w, Value: w + " "})
		}
	}
	return out
}

// offer takes choices up, unless something else was typed meanwhile.
func (v *view) offer(m choicesMsg) {
	if v.input.text() != m.typed {
		return
	}
	v.completion = completion{head: m.head, choices: m.choices}
	if len(m.choices) == 0 {
		v.note = "Nothing completes that."
		return
	}
	v.take()
}

// take puts the choice into the input. What it is called stands above, since its value may be an id.
func (v *view) take() {
	c := &v.completion
	choice := c.choices[c.at]
	c.shown = line(c.head+choice.Value, maxText)
	if strings.HasSuffix(choice.Value, " ") {
		c.shown += " "
	}
	v.input.set(c.shown)
	v.note = line(choice.Label, maxLong)
	if n := len(c.choices); n > 1 {
		v.note = fmt.Sprintf("%d of %d: %s", c.at+1, n, v.note)
	}
}

// buttonKeys gives buttons their numbers.
type buttonKeys struct {
	held map[int]heldButton
	last int
}

// heldButton is a button with the message that carries it.
type heldButton struct {
	message message
	button  chat.Button
}

// maxKeys: there are nine digits to press.
const maxKeys = 9

// assign gives every button that is new a number, and takes it from every one that is gone. A button keeps its number, and
// a number that became free is the last to be given again: whoever is about to press it must not hit another button.
func (k *buttonKeys) assign(all []message) {
	left := make(map[int]bool, len(k.held))
	var fresh []heldButton
	for _, m := range all {
		for _, b := range m.card.Buttons {
			if n := k.number(m, b); n > 0 {
				left[n] = true
				k.held[n] = heldButton{m, b}
			} else {
				fresh = append(fresh, heldButton{m, b})
			}
		}
	}
	for n := range k.held {
		if !left[n] {
			delete(k.held, n)
		}
	}
	for i := len(fresh) - 1; i >= 0 && len(k.held) < maxKeys; i-- { // the newest ones are wanted most
		for {
			k.last = k.last%maxKeys + 1
			if _, taken := k.held[k.last]; !taken {
				break
			}
		}
		k.held[k.last] = fresh[i]
	}
}

// number is the number of a button; 0 for none.
func (k *buttonKeys) number(m message, b chat.Button) int {
	for n, h := range k.held {
		if h.message.name == m.name && h.button.Action == b.Action && h.button.Arg == b.Arg && h.button.ID == b.ID {
			return n
		}
	}
	return 0
}
