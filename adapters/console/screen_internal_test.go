package console

import (
	"context"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"vmbackup-bot/bot/chat"
)

// notes is a bot that notes what it is asked.
type notes struct {
	asked   chan chat.Request
	choices []chat.Choice
}

func (n *notes) Claim(context.Context, chat.Request) (chat.Ack, map[string]string, error) {
	return chat.AckHandle, nil, nil
}
func (n *notes) Handle(_ context.Context, r chat.Request, _ chat.Answer) { n.asked <- r }
func (n *notes) Suggest(_ context.Context, r chat.Request) []chat.Choice {
	n.asked <- r
	return n.choices
}

// screen is a view without a terminal.
type screen struct {
	t *testing.T
	*view
	bot  *notes
	sent chan tea.Msg
}

func newScreen(t *testing.T) *screen {
	t.Helper()
	c := New(Options{
		Live: true, Actor: chat.Actor{Platform: "console", User: "alice", Name: "alice"}, Channel: "#backups", Command: "/vmbackup",
		Server: "demo", Zone: time.UTC,
		Switch: func(n string) (chat.Actor, error) { return chat.Actor{Platform: "console", User: n, Name: n}, nil },
	})
	s := &screen{t: t, bot: &notes{asked: make(chan chat.Request, 100)}, sent: make(chan tea.Msg, 100)}
	l := &live{c: c, h: s.bot, send: func(m tea.Msg) { s.sent <- m }}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	s.view = newView(l)
	t.Cleanup(func() {
		l.cancel()
		l.deeds.Wait()
		l.drain.Wait()
	})
	return s
}

// press presses a key; the message of its command, if any, is taken up.
func (s *screen) press(k tea.Key) tea.Msg {
	s.t.Helper()
	_, cmd := s.Update(tea.KeyPressMsg(k))
	if cmd == nil {
		return nil
	}
	msg := cmd()
	_, _ = s.Update(msg)
	return msg
}

func (s *screen) typing(text string) {
	for _, r := range text {
		s.press(tea.Key{Code: r, Text: string(r)})
	}
}

// request is what the bot was asked next.
func (s *screen) request() chat.Request {
	s.t.Helper()
	select {
	case r := <-s.bot.asked:
		return r
	case <-time.After(10 * time.Second):
		s.t.Fatal("the bot was asked nothing")
		return chat.Request{}
	}
}

// rows are the screen without styles.
func (s *screen) rows() []string {
	_, _ = s.Update(newsMsg{})
	return strings.Split(ansi.Strip(s.View().Content), "\n")
}

func (s *screen) shows(want ...string) {
	s.t.Helper()
	all := strings.Join(s.rows(), "\n")
	for _, w := range want {
		if !strings.Contains(all, w) {
			s.t.Errorf("%q is not shown in\n%s", w, all)
		}
	}
}

func (s *screen) post(to chat.Place, c chat.Card) chat.MessageRef {
	s.t.Helper()
	ref, err := s.l.c.Post(context.Background(), to, c)
	if err != nil {
		s.t.Fatal(err)
	}
	return ref
}

func (s *screen) edit(ref chat.MessageRef, c chat.Card) {
	s.t.Helper()
	if err := s.l.c.Edit(context.Background(), ref, c); err != nil {
		s.t.Fatal(err)
	}
}

// operation posts root and card.
func (s *screen) operation(vm string) (card chat.MessageRef) {
	root := s.post(s.l.c.place, chat.Card{Summary: chat.T("Root of ", vm, ".")})
	thread, _ := s.l.c.OpenThread(context.Background(), root, vm)
	return s.post(thread, cardOf(vm))
}

func cardOf(vm string) chat.Card {
	return chat.Card{
		Summary: chat.T("Card of ", vm, "."), Tone: chat.ToneWorking, Note: chat.T("small print"),
		Buttons: []chat.Button{{Action: "abort", ID: vm, Label: "Abort"}},
	}
}

var (
	enter = tea.Key{Code: tea.KeyEnter}
	tab   = tea.Key{Code: tea.KeyTab}
	ctrlC = tea.Key{Code: 'c', Mod: tea.ModCtrl}
	ctrlD = tea.Key{Code: 'd', Mod: tea.ModCtrl}
)

func alt(n rune) tea.Key { return tea.Key{Code: n, Mod: tea.ModAlt} }
