package chattest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/deliver"
)

// bot is a small bot behind the adapter: it recognises repeats, remembers what it handled, and does as it is told.
type bot struct {
	h       Harness
	mu      sync.Mutex
	claimed map[string]bool
	claims  int
	handled []chat.Request
	refuse  error
	do      func(context.Context, chat.Request, chat.Answer)
	choices []chat.Choice
}

// Claim is chat.Handler.
func (b *bot) Claim(_ context.Context, r chat.Request) (chat.Ack, map[string]string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.claims++
	if b.refuse != nil {
		return chat.AckNone, nil, b.refuse
	}
	repeat := false
	for _, id := range r.Deliveries {
		repeat = repeat || b.claimed[id]
		b.claimed[id] = true
	}
	if repeat {
		return chat.AckRepeat, nil, nil
	}
	return chat.AckHandle, nil, nil
}

// Handle is chat.Handler.
func (b *bot) Handle(ctx context.Context, r chat.Request, a chat.Answer) {
	b.mu.Lock()
	b.handled = append(b.handled, r)
	do := b.do
	b.mu.Unlock()
	if do != nil {
		do(ctx, r, a)
	}
}

// Suggest is chat.Handler.
func (b *bot) Suggest(context.Context, chat.Request) []chat.Choice {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.choices
}

// requests are what was handled so far.
func (b *bot) requests() []chat.Request {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]chat.Request(nil), b.handled...)
}

// runBot runs the adapter with a bot behind it, and ends it when the case is over.
func runBot(t testing.TB, h Harness, do func(context.Context, chat.Request, chat.Answer)) *bot {
	t.Helper()
	b := &bot{h: h, claimed: make(map[string]bool), do: do}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.Adapter.Run(ctx, b) }()
	t.Cleanup(func() {
		cancel()
		ended := false
		eventually(t, h, "Run has returned after its context ended", func() bool {
			select {
			case err := <-done:
				ended = true
				if err != nil && !errors.Is(err, context.Canceled) {
					t.Errorf("Run: %v", err)
				}
			default:
			}
			return ended
		})
	})
	eventually(t, h, "the adapter is well", func() bool { return h.Adapter.Health().OK })
	return b
}

// command is a typed command of the harness's actor.
func command(h Harness, text string) chat.Request {
	return chat.Request{Kind: chat.Command, Actor: h.Actor, Place: h.Place, Text: text}
}

// runDeliver runs a Deliverer for the harness's platform, with short waits, and ends it when the case is over.
func runDeliver(t testing.TB, h Harness) (*deliver.Deliverer, *Outbox) {
	t.Helper()
	out := NewOutbox()
	d := deliver.New(deliver.Options{
		Outbox:    out,
		Platforms: map[string]deliver.Platform{h.Place.Platform: {Chat: h.Chat, Pacer: h.Pacer}},
		LookAgain: 50 * time.Millisecond,
		Recheck:   200 * time.Millisecond,
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = d.Run(ctx) // ends with ctx
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return d, out
}

// drained waits until everything that matters was delivered.
func drained(t testing.TB, h Harness, d *deliver.Deliverer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*h.patience())
	defer cancel()
	if err := d.Drained(ctx); err != nil {
		t.Fatalf("not everything was delivered: %v", err)
	}
}

// card is a card with a title, as a message of the bot has it.
func card(key, words string) chat.Card {
	return chat.Card{Key: key, Title: chat.T(words), Summary: chat.T(words + ".")}
}

// post posts a card that must be accepted.
func post(t testing.TB, h Harness, to chat.Place, c chat.Card) chat.MessageRef {
	t.Helper()
	ref, err := h.Chat.Post(context.Background(), to, c)
	if err != nil {
		t.Fatalf("post: %v", err)
	}
	if ref.IsZero() || ref.Platform != to.Platform || ref.Channel != to.Channel {
		t.Fatalf("post to %v returned %+v", to, ref)
	}
	return ref
}

func edit(t testing.TB, h Harness, ref chat.MessageRef, c chat.Card) {
	t.Helper()
	if err := h.Chat.Edit(context.Background(), ref, c); err != nil {
		t.Fatalf("edit: %v", err)
	}
}

// showing are the messages whose text holds words.
func showing(all []Seen, words string) []Seen {
	var out []Seen
	for _, s := range all {
		if strings.Contains(s.Text, words) {
			out = append(out, s)
		}
	}
	return out
}

// one is the only message that shows words, once it is there.
func one(t testing.TB, h Harness, words string) Seen {
	t.Helper()
	var found []Seen
	eventually(t, h, "people see "+words, func() bool {
		found = showing(h.Seen(t), words)
		return len(found) > 0
	})
	if len(found) != 1 {
		t.Fatalf("%q stands %d times, want once", words, len(found))
	}
	return found[0]
}

// kindOf is the kind of a call's fault; the call must have failed with one.
func kindOf(t testing.TB, err error) chat.FaultKind {
	t.Helper()
	f, ok := errors.AsType[*chat.Fault](err)
	if !ok {
		t.Fatalf("the error is %T (%v), want a *chat.Fault", err, err)
	}
	return f.Kind
}
