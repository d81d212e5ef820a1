package console

import (
	"fmt"
	"slices"
	"strings"

	"charm.land/bubbles/v2/viewport"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
)

// The screen before the terminal has told its size, and the least that is drawn: what is smaller is cut off.
const (
	firstWidth, firstHeight = 80, 24
	leastWidth, leastHeight = 20, 5
	// belowChat are the note, the status line and the input.
	belowChat = 3
)

// view is the state of the live chat: the tea.Model.
type view struct {
	l             *live
	messages      []message
	page          viewport.Model
	input         editor
	width, height int
	keys          buttonKeys
	past          history
	completion    completion
	// note is the line above the status: what the last key came to.
	note   string
	ending bool
}

func newView(l *live) *view {
	v := &view{
		l: l, page: viewport.New(), keys: buttonKeys{held: make(map[int]heldButton)},
		note: "Begin with " + l.c.opts.Command + " help. Tab completes, Alt and a number press a button, PgUp scrolls, Ctrl-D ends.",
	}
	v.page.KeyMap = viewport.KeyMap{}
	v.resize(firstWidth, firstHeight)
	v.refresh()
	return v
}

// Init is tea.Model.
func (v *view) Init() tea.Cmd { return nil }

// Update is tea.Model.
func (v *view) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		v.resize(msg.Width, msg.Height)
		v.refresh()
	case newsMsg:
		v.refresh()
	case endMsg:
		if !v.ending {
			return v, v.end()
		}
	case drainedMsg:
		v.l.err = msg.err
		return v, tea.Quit
	case choicesMsg:
		v.offer(msg)
	case tea.KeyPressMsg:
		return v, v.key(msg)
	case tea.PasteMsg:
		if !v.ending {
			v.input.insert(line(msg.Content, maxText)) // one line: what was pasted does not send itself
		}
	}
	return v, nil
}

// key is one key.
func (v *view) key(msg tea.KeyPressMsg) tea.Cmd {
	k := msg.Keystroke()
	switch {
	case k == "ctrl+c", k == "ctrl+d" && len(v.input.value) == 0:
		return v.end()
	case k == "pgup":
		v.page.PageUp()
		return nil
	case k == "pgdown":
		v.page.PageDown()
		return nil
	case v.ending:
		return nil
	case len(k) == len("alt+1") && strings.HasPrefix(k, "alt+") && k[4] >= '1' && k[4] <= '9':
		v.pressKey(int(k[4] - '0'))
		return nil
	case k == "tab":
		return v.complete()
	}
	v.completion = completion{}
	switch k {
	case "enter", "ctrl+j": // the latter is what Enter was before the terminal was ours
		v.enter()
	case "up", "ctrl+p":
		v.input.set(v.past.back(v.input.text()))
	case "down", "ctrl+n":
		v.input.set(v.past.forth(v.input.text()))
	default:
		v.input.key(msg)
	}
	return nil
}

// enter does what was typed.
func (v *view) enter() {
	text := v.input.text()
	v.input.set("")
	v.note = ""
	v.page.GotoBottom()
	if strings.TrimSpace(text) != "" {
		v.past.add(text)
	}
	v.l.c.heard()
	v.l.begin(v.l.c.typed(text))
	v.refresh()
}

// pressKey presses the button that a number stands for.
func (v *view) pressKey(n int) {
	held, ok := v.keys.held[n]
	if !ok {
		v.note = fmt.Sprintf("No button has the number %d now.", n)
		return
	}
	v.note = fmt.Sprintf("Pressed %s on %s.", line(held.button.Label, maxLabel), held.message.name)
	v.l.c.heard()
	v.l.begin(v.l.c.presses(held.message, held.button))
}

// end is the end of input. The second time it does not wait for the final words.
func (v *view) end() tea.Cmd {
	if v.ending {
		return tea.Quit
	}
	v.ending = true
	v.note = "Waiting for the final words; Ctrl-C leaves at once (operations go on at the server)."
	v.l.end()
	return nil
}

func (v *view) resize(width, height int) {
	v.width, v.height = max(width, leastWidth), max(height, leastHeight)
	v.page.SetWidth(v.width)
	v.page.SetHeight(v.height - belowChat)
}

// refresh takes over what the board has now. Whoever reads the newest message goes on doing so.
func (v *view) refresh() {
	v.messages, _, _ = v.l.c.board.now()
	who := v.l.c.who()
	v.messages = slices.DeleteFunc(v.messages, func(m message) bool { return m.isPrivate() && !m.to.Same(who) })
	v.keys.assign(v.messages)
	bottom := v.page.AtBottom()
	v.page.SetContent(v.draw())
	if bottom {
		v.page.GotoBottom()
	}
}

// View is tea.Model.
func (v *view) View() tea.View {
	prompt := cut(line(v.l.c.who().Label(), maxLabel), v.width/2) + "> "
	text, column := v.input.shown(max(v.width-lipgloss.Width(prompt)-1, 1))
	s := strings.Join([]string{v.page.View(), faint.Render(cut(v.note, v.width)), reverse.Render(v.status()), bold.Render(prompt) + text}, "\n")
	screen := tea.NewView(s)
	screen.AltScreen = true
	if !v.ending {
		screen.Cursor = tea.NewCursor(lipgloss.Width(prompt)+column, v.height-1)
	}
	return screen
}

// status says who types where, on which server, how the link is, and what is running.
func (v *view) status() string {
	c := v.l.c
	parts := []string{line(c.who().Label(), maxLabel), placeName(c.place)}
	if s := line(c.opts.Server, maxLabel); s != "" {
		parts = append(parts, "server "+s)
	}
	parts = append(parts, c.Health().State, fmt.Sprintf("%d running", running(v.messages)))
	s := cut(" "+strings.Join(parts, " · "), v.width)
	return s + strings.Repeat(" ", max(v.width-lipgloss.Width(s), 0))
}

// running counts the threads whose last reply is still to come.
func running(all []message) int {
	over := make(map[string]bool)
	for _, m := range all {
		if t := m.ref.Thread; t != "" && !m.isPrivate() && !m.gone {
			over[t] = over[t] || m.card.Mention != nil
		}
	}
	n := 0
	for _, o := range over {
		if !o {
			n++
		}
	}
	return n
}
