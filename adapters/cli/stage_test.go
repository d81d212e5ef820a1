package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/chat/chattest"
)

// stage is a chat as the scenarios use it: whoever talks there, and what they see.
type stage interface {
	// platforms are the bot's links to it; called for each start of the bot.
	platforms(a *app) map[string]platform
	// wait returns once the bot listens.
	wait(t *testing.T)
	// say is one command; the answer is what the person was told privately.
	say(w *world, who, text string) string
	// press is one press of a button.
	press(w *world, who string, on chattest.Message, b chat.Button) string
	// Messages are all that were ever posted, with their whole history.
	Messages() []chattest.Message
	// transcript is everything that people saw, for a failed test.
	transcript() string
	// rename turns names of the fake chat in a text into the chat's own.
	rename(text string) string
	// secrets are what nobody may read anywhere.
	secrets() []string
	close()
}

func actor(name string) chat.Actor { return chat.Actor{Platform: "fake", User: name, Name: name} }

var backups = chat.Place{Platform: "fake", Channel: "backups"}

// room is the fake chat with an adapter in the same process.
type room struct {
	*chattest.Fake
	mu      sync.Mutex
	handler chat.Handler
	ready   chan struct{}
	sent    int
	private []string
	arg     string // of the newest private button
}

// lastArg is what the newest private button carries.
func (r *room) lastArg() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.arg
}

func newRoom() *room {
	return &room{Fake: chattest.NewFake(chattest.Options{}), ready: make(chan struct{}, 1)}
}

func (r *room) Run(ctx context.Context, h chat.Handler) error {
	r.mu.Lock()
	r.handler = h
	r.mu.Unlock()
	r.ready <- struct{}{}
	<-ctx.Done()
	return ctx.Err()
}

func (r *room) Health() chat.Health { return chat.Health{OK: true, State: "connected"} }

func (r *room) wait(t *testing.T) {
	t.Helper()
	select {
	case <-r.ready:
	case <-time.After(time.Minute):
		t.Fatal("the adapter was not started")
	}
}

// send delivers a request once, with ids of its own unless it has some.
func (r *room) send(t *testing.T, req chat.Request) string {
	t.Helper()
	r.mu.Lock()
	r.sent++
	if len(req.Deliveries) == 0 {
		req.Deliveries = []string{fmt.Sprintf("fake:%d", r.sent)}
	}
	h := r.handler
	r.mu.Unlock()
	req.At = time.Now()
	ack, _, err := h.Claim(t.Context(), req)
	if err != nil {
		return "claim: " + err.Error()
	}
	if ack != chat.AckHandle {
		return ""
	}
	a := &heard{room: r}
	h.Handle(t.Context(), req, a)
	synctest.Wait()
	return strings.Join(a.told, "\n")
}

// transcript is everything that stands in the room, for a failed test.
func (r *room) transcript() string {
	var b strings.Builder
	for _, m := range r.Messages() {
		for i, f := range m.Forms {
			fmt.Fprintf(&b, "%s #%d (%s): %s\n", m.Key, i, m.Ref.Place, f.Text())
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.private {
		fmt.Fprintf(&b, "private: %s\n", p)
	}
	return b.String()
}

// heard is what one person was told privately.
type heard struct {
	room *room
	told []string
}

func (a *heard) Private(_ context.Context, c chat.Card) error {
	text := plainText(c)
	a.told = append(a.told, text)
	a.room.mu.Lock()
	defer a.room.mu.Unlock()
	a.room.private = append(a.room.private, text)
	for _, b := range c.Buttons {
		a.room.arg = b.Arg
	}
	return nil
}

func (a *heard) Form(context.Context, chat.Form) error { return errors.New("no forms here") }

func plainText(c chat.Card) string {
	parts := []string{c.Title.Plain(time.UTC), c.Summary.Plain(time.UTC)}
	for _, f := range c.Fields {
		parts = append(parts, f.Label+": "+f.Value.Plain(time.UTC))
	}
	for _, l := range c.Lines {
		parts = append(parts, l.Plain(time.UTC))
	}
	parts = append(parts, c.Quote, c.Note.Plain(time.UTC))
	for _, b := range c.Buttons {
		parts = append(parts, "["+b.Label+"]")
	}
	return strings.Join(parts, "\n")
}

func (r *room) platforms(*app) map[string]platform { return map[string]platform{"fake": r} }

func (r *room) say(w *world, who, text string) string {
	w.t.Helper()
	return r.send(w.t, chat.Request{Kind: chat.Command, Actor: actor(who), Place: backups, Text: text})
}

func (r *room) press(w *world, who string, on chattest.Message, b chat.Button) string {
	w.t.Helper()
	return r.send(w.t, chat.Request{
		Kind: chat.Press, Actor: actor(who), Place: on.Ref.Place, On: on.Ref,
		Action: b.Action, ID: b.ID, Arg: b.Arg, Confirmed: b.Confirm != nil,
	})
}

func (r *room) rename(text string) string { return text }
func (r *room) secrets() []string         { return nil }
func (r *room) close()                    {}
