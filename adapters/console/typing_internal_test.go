package console

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"vmbackup-bot/bot/chat"
)

func TestViewTyping(t *testing.T) {
	s := newScreen(t)
	s.typing("/vmbackup status web01")
	s.press(enter)
	if r := s.request(); r.Kind != chat.Command || r.Text != "status web01" || r.Actor.User != "alice" {
		t.Errorf("asked %+v", r)
	}
	s.typing("hello")
	s.press(tea.Key{Code: 'j', Mod: tea.ModCtrl})
	s.shows("A command begins with /vmbackup", "only you see this")
	s.typing("/as bob")
	s.press(enter)
	s.shows("You are bob now.", " bob · #backups", "bob> ")
	if rows := strings.Join(s.rows(), "\n"); strings.Contains(rows, "A command begins") {
		t.Error("bob reads what alice was told")
	}
	_, _ = s.Update(tea.PasteMsg{Content: "one\ntwo\x1b"})
	if got := s.input.text(); got != "one two" {
		t.Errorf("pasted %q", got)
	}
}

func TestViewHistory(t *testing.T) {
	s := newScreen(t)
	up, down := tea.Key{Code: tea.KeyUp}, tea.Key{Code: tea.KeyDown}
	want := func(text string) {
		t.Helper()
		if got := s.input.text(); got != text {
			t.Errorf("the input is %q, want %q", got, text)
		}
	}
	s.press(up)
	s.press(down)
	want("")
	for _, l := range []string{"# one", "# two", "# two", " "} {
		s.typing(l)
		s.press(enter)
	}
	s.typing("draft")
	s.press(up)
	want("# two")
	s.press(up)
	want("# one")
	s.press(up)
	want("# one")
	s.press(down)
	want("# two")
	s.press(down)
	want("draft")
}

func TestViewCompletion(t *testing.T) {
	s := newScreen(t)
	want := func(text string) {
		t.Helper()
		if got := s.input.text(); got != text {
			t.Errorf("the input is %q, want %q", got, text)
		}
	}
	s.typing("/v")
	s.press(tab)
	want("/vmbackup ")
	s.bot.choices = []chat.Choice{{Label: "backup", Value: "backup"}}
	s.typing("b")
	s.press(tab)
	if r := s.request(); r.Kind != chat.Suggest || r.Text != "b" {
		t.Errorf("asked %+v", r)
	}
	want("/vmbackup backup")
	s.bot.choices = []chat.Choice{{Label: "web01 on HV01", Value: "id1"}, {Label: "web02 on HV01", Value: "id2"}}
	s.typing(" we")
	s.press(tab)
	if r := s.request(); r.Text != "backup we" {
		t.Errorf("asked %+v", r)
	}
	want("/vmbackup backup id1")
	s.shows("1 of 2: web01 on HV01")
	s.press(tab)
	want("/vmbackup backup id2")
	s.press(tab)
	want("/vmbackup backup id1")
	s.bot.choices = nil
	s.typing("x")
	s.press(tab)
	want("/vmbackup backup id1x")
	s.shows("Nothing completes that.")
	_, _ = s.Update(choicesMsg{typed: "something else", choices: []chat.Choice{{Value: "late"}}})
	want("/vmbackup backup id1x")
}

func TestViewButtons(t *testing.T) {
	s := newScreen(t)
	first := s.operation("web01")
	s.shows("[Alt-1 Abort]")
	s.press(alt('1'))
	if r := s.request(); r.Kind != chat.Press || r.Action != "abort" || r.ID != "web01" || r.On != first || r.Confirmed {
		t.Errorf("asked %+v", r)
	}
	s.edit(first, chat.Card{Summary: chat.T("Over.")})
	s.operation("web02")
	s.shows("[Alt-2 Abort]")
	s.press(alt('1')) // a moment too late: it must not hit the other operation
	s.shows("No button has the number 1 now.")
	if len(s.bot.asked) > 0 {
		t.Errorf("asked %+v", <-s.bot.asked)
	}
	s.typing("/press m4 abort")
	s.press(enter)
	if r := s.request(); r.ID != "web02" {
		t.Errorf("asked %+v", r)
	}
}

func TestButtonKeys(t *testing.T) {
	carrier := func(i int) message {
		return message{name: fmt.Sprintf("m%d", i), card: chat.Card{Buttons: []chat.Button{{Action: "abort", ID: "x"}}}}
	}
	k := buttonKeys{held: make(map[int]heldButton)}
	var all []message
	for i := range 12 {
		all = append(all, carrier(i))
	}
	k.assign(all)
	if len(k.held) != maxKeys {
		t.Fatalf("%d keys", len(k.held))
	}
	number := func(m message) int { return k.number(m, m.card.Buttons[0]) }
	if number(all[11]) == 0 || number(all[0]) != 0 {
		t.Error("the oldest are preferred to the newest")
	}
	was := number(all[5])
	k.assign(append(all[1:6], carrier(20)))
	if number(all[5]) != was {
		t.Errorf("a button's number went from %d to %d", was, number(all[5]))
	}
	if number(carrier(20)) == 0 {
		t.Error("a free number is not given")
	}
}

func TestEditor(t *testing.T) {
	key := func(code rune, mod tea.KeyMod) tea.Key { return tea.Key{Code: code, Mod: mod} }
	for name, tt := range map[string]struct {
		keys []tea.Key
		want string
	}{
		"insert":       {[]tea.Key{{Code: tea.KeyHome}, {Code: '字', Text: "字"}}, "字|one two"},
		"left, right":  {[]tea.Key{{Code: tea.KeyLeft}, {Code: tea.KeyLeft}, {Code: tea.KeyRight}}, "one tw|o"},
		"ends":         {[]tea.Key{key('a', tea.ModCtrl), {Code: tea.KeyLeft}, key('e', tea.ModCtrl), {Code: tea.KeyRight}}, "one two|"},
		"words":        {[]tea.Key{key(tea.KeyLeft, tea.ModCtrl), key('b', tea.ModAlt), key('f', tea.ModAlt), key(tea.KeyRight, tea.ModCtrl), key('b', tea.ModAlt)}, "one |two"},
		"backspace":    {[]tea.Key{{Code: tea.KeyBackspace}}, "one tw|"},
		"delete":       {[]tea.Key{{Code: tea.KeyHome}, {Code: tea.KeyBackspace}, {Code: tea.KeyDelete}}, "|ne two"},
		"a word":       {[]tea.Key{key('w', tea.ModCtrl)}, "one |"},
		"to the end":   {[]tea.Key{{Code: tea.KeyLeft}, key('k', tea.ModCtrl), {Code: tea.KeyDelete}}, "one tw|"},
		"to the start": {[]tea.Key{{Code: tea.KeyLeft}, key('u', tea.ModCtrl)}, "|o"},
		"no text":      {[]tea.Key{{Code: tea.KeyF5}, {Code: 'x', Text: "\x1b\u202e"}}, "one two|"},
	} {
		t.Run(name, func(t *testing.T) {
			var e editor
			e.set("one two")
			for _, k := range tt.keys {
				e.key(tea.KeyPressMsg(k))
			}
			if got := string(e.value[:e.pos]) + "|" + string(e.value[e.pos:]); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}
