package console

import (
	"context"
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"vmbackup-bot/bot/chat"
)

func TestViewChat(t *testing.T) {
	s := newScreen(t)
	first := s.operation("web01")
	s.operation("web02")
	s.post(first.Place, chat.Card{Summary: chat.T("Last word."), Mention: &chat.Actor{Platform: "console", User: "alice", Name: "alice"}})
	rows := strings.Join(s.rows(), "\n")
	at := -1
	for _, want := range []string{
		"m1   │ Root of web01.", "  m2   │ Card of web01.", "(small print)", "[Alt-2 Abort]", "  m5   │ @alice Last word.", "m3   │ Root of web02.",
		"  m4   │ Card of web02.", "[Alt-1 Abort]", " alice · #backups · server demo · connecting · 1 running", "alice> ",
	} {
		i := strings.Index(rows[at+1:], want)
		if i < 0 {
			t.Fatalf("%q is not shown, or not in this order:\n%s", want, rows)
		}
		at += 1 + i
	}
	s.edit(first, chat.Card{Summary: chat.T("Changed.")})
	s.shows("  m2   │ Changed.")
	if err := s.l.c.Delete(context.Background(), first); err != nil {
		t.Fatal(err)
	}
	s.shows("(deleted)")
	if got := s.transcript(); !strings.Contains(got, "m3   Root of web02.\n  m4   Card of web02.\n       (small print)\n") {
		t.Errorf("transcript:\n%s", got)
	}
}

func TestViewSize(t *testing.T) {
	s := newScreen(t)
	s.post(s.l.c.place, chat.Card{
		Summary: chat.T(strings.Repeat("広い🦊 ", 60)), Lines: []chat.Text{chat.T(strings.Repeat("x", 500))}, Note: chat.T("e\x1b[31m"),
		Buttons: []chat.Button{{Action: "a", Label: strings.Repeat("long ", 12)}},
	})
	for _, size := range [][2]int{{80, 24}, {30, 8}, {20, 5}, {3, 1}, {200, 60}} {
		_, _ = s.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
		s.input.set(strings.Repeat("字", 300))
		s.note = strings.Repeat("字", 300)
		rows := s.rows()
		width, height := max(size[0], leastWidth), max(size[1], leastHeight)
		if len(rows) != height {
			t.Errorf("%v: %d rows", size, len(rows))
		}
		for _, r := range rows {
			if w := lipgloss.Width(r); w > width {
				t.Errorf("%v: a row of %d columns: %q", size, w, r)
			}
		}
		if c := s.View().Cursor; c == nil || c.X >= width || c.Y != height-1 {
			t.Errorf("%v: the cursor is at %+v", size, c)
		}
	}
}

func TestViewScroll(t *testing.T) {
	s := newScreen(t)
	for i := range 60 {
		s.post(s.l.c.place, chat.Card{Summary: chat.T(fmt.Sprintf("Number %d.", i))})
	}
	s.shows("Number 59.")
	s.press(tea.Key{Code: tea.KeyPgUp})
	s.post(s.l.c.place, chat.Card{Summary: chat.T("Number 60.")})
	if strings.Contains(strings.Join(s.rows(), "\n"), "Number 60.") {
		t.Error("whoever reads above is dragged down")
	}
	for range 5 {
		s.press(tea.Key{Code: tea.KeyPgDown})
	}
	s.shows("Number 60.")
}

func TestViewEnd(t *testing.T) {
	for _, k := range []tea.Key{ctrlC, ctrlD} {
		s := newScreen(t)
		release := make(chan struct{})
		s.l.c.opts.Drain = func(ctx context.Context) error {
			select {
			case <-release:
			case <-ctx.Done():
			}
			return ctx.Err()
		}
		s.typing("x")
		s.press(ctrlD) // deletes forwards
		s.press(tea.Key{Code: tea.KeyBackspace})
		if s.ending {
			t.Fatal("ended although something is being typed")
		}
		if msg := s.press(k); msg != nil {
			t.Errorf("left at once: %v", msg)
		}
		s.shows("Waiting for the final words")
		s.typing("late")
		s.press(enter)
		_, _ = s.Update(tea.PasteMsg{Content: "late"})
		_, _ = s.Update(endMsg{})
		if s.input.text() != "" || s.View().Cursor != nil {
			t.Error("it can still be typed")
		}
		if msg := s.press(ctrlC); msg != tea.Quit() {
			t.Errorf("the second time came to %v", msg)
		}
		close(release)
		if _, cmd := s.Update(<-s.sent); cmd == nil {
			t.Error("does not leave after the final words")
		}
	}
}
