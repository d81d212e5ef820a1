package console

import (
	"slices"
	"strings"
	"unicode"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
)

// editor is the line that is being typed. The zero value is empty.
type editor struct {
	value []rune
	pos   int // before which rune the cursor stands
}

func (e *editor) text() string { return string(e.value) }

// set puts a text in the place of everything, and the cursor behind it.
func (e *editor) set(text string) { e.value = []rune(text); e.pos = len(e.value) }

// insert puts a text in where the cursor stands, as far as there is room.
func (e *editor) insert(text string) {
	r := []rune(strings.Map(printable, text))
	r = r[:min(len(r), max(0, maxText-len(e.value)))]
	e.value = slices.Insert(e.value, e.pos, r...)
	e.pos += len(r)
}

// printable keeps what may stand in a line.
func printable(r rune) rune {
	if unicode.IsControl(r) || isBidi(r) {
		return -1
	}
	return r
}

// key does what a key means for a line.
func (e *editor) key(k tea.KeyPressMsg) {
	switch k.Keystroke() {
	case "left", "ctrl+b":
		e.pos = max(e.pos-1, 0)
	case "right", "ctrl+f":
		e.pos = min(e.pos+1, len(e.value))
	case "ctrl+left", "alt+left", "alt+b":
		e.pos = e.wordBack()
	case "ctrl+right", "alt+right", "alt+f":
		e.pos = e.wordForth()
	case "home", "ctrl+a":
		e.pos = 0
	case "end", "ctrl+e":
		e.pos = len(e.value)
	case "backspace", "ctrl+h":
		e.remove(max(e.pos-1, 0), e.pos)
	case "delete", "ctrl+d":
		e.remove(e.pos, min(e.pos+1, len(e.value)))
	case "ctrl+w", "alt+backspace":
		e.remove(e.wordBack(), e.pos)
	case "ctrl+u":
		e.remove(0, e.pos)
	case "ctrl+k":
		e.remove(e.pos, len(e.value))
	default:
		e.insert(k.Text)
	}
}

func (e *editor) remove(from, to int) {
	e.value = slices.Delete(e.value, from, to)
	e.pos = from
}

// wordBack is where the word before the cursor begins.
func (e *editor) wordBack() int {
	i := e.pos
	for i > 0 && unicode.IsSpace(e.value[i-1]) {
		i--
	}
	for i > 0 && !unicode.IsSpace(e.value[i-1]) {
		i--
	}
	return i
}

// wordForth is where the word after the cursor ends.
func (e *editor) wordForth() int {
	i := e.pos
	for i < len(e.value) && unicode.IsSpace(e.value[i]) {
		i++
	}
	for i < len(e.value) && !unicode.IsSpace(e.value[i]) {
		i++
	}
	return i
}

// shown is the part of the line around the cursor that fits a width in columns, and the column of the cursor in it.
func (e *editor) shown(width int) (string, int) {
	from := 0
	for from < e.pos && lipgloss.Width(string(e.value[from:e.pos])) >= width {
		from++
	}
	to := len(e.value)
	for to > e.pos && lipgloss.Width(string(e.value[from:to])) > width {
		to--
	}
	return string(e.value[from:to]), lipgloss.Width(string(e.value[from:e.pos]))
}
