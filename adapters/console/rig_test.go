package console_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"vmbackup-bot/adapters/console"
	"vmbackup-bot/bot/chat"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	alice  = chat.Actor{Platform: "console", User: "alice", Name: "alice"}
	bob    = chat.Actor{Platform: "console", User: "bob", Name: "bob"}
	place  = chat.Place{Platform: "console", Channel: "#backups"}
	people = func(name string) (chat.Actor, error) {
		if name == "bob" {
			return bob, nil
		}
		return chat.Actor{}, errors.New("nobody is called so")
	}
)

// buffer is output that can be read while it is written.
type buffer struct {
	mu   sync.Mutex
	b    bytes.Buffer
	fail error
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail != nil {
		return 0, b.fail
	}
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func (b *buffer) lines() []string {
	s := strings.TrimSuffix(b.String(), "\n")
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

// rig is a console with a bot behind it that does as it is told.
type rig struct {
	*console.Console
	in      *io.PipeWriter
	out     *buffer
	log     *buffer
	do      func(ctx context.Context, r *rig, q chat.Request, a chat.Answer)
	refuse  error
	invalid map[string]string

	busy     sync.Mutex // held while something that belongs together is posted
	mu       sync.Mutex
	handled  []chat.Request
	claimed  []chat.Request
	settled  int
	drained  int
	onSettle func(ctx context.Context, r *rig) error
	onDrain  func(ctx context.Context, r *rig) error
}

func newRig(change func(*console.Options)) *rig {
	in, pipe := io.Pipe()
	r := &rig{in: pipe, out: &buffer{}, log: &buffer{}}
	o := console.Options{
		In: in, Out: r.out, Actor: alice, Switch: people, Channel: "#backups", Command: "/vmbackup", Zone: time.UTC,
		Logger: slog.New(slog.NewTextHandler(r.log, nil)),
		Settle: func(ctx context.Context) error {
			r.busy.Lock()
			defer r.busy.Unlock()
			r.mu.Lock()
			r.settled++
			f := r.onSettle
			r.mu.Unlock()
			if f != nil {
				return f(ctx, r)
			}
			return nil
		},
		Drain: func(ctx context.Context) error {
			r.mu.Lock()
			r.drained++
			f := r.onDrain
			r.mu.Unlock()
			if f != nil {
				return f(ctx, r)
			}
			return nil
		},
	}
	if change != nil {
		change(&o)
	}
	r.Console = console.New(o)
	return r
}

func (r *rig) Claim(_ context.Context, q chat.Request) (chat.Ack, map[string]string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.claimed = append(r.claimed, q)
	switch {
	case r.refuse != nil:
		return chat.AckNone, nil, r.refuse
	case q.Kind == chat.Submit && r.invalid != nil:
		invalid := r.invalid
		r.invalid = nil
		return chat.AckInvalid, invalid, nil
	}
	return chat.AckHandle, nil, nil
}

func (r *rig) Handle(ctx context.Context, q chat.Request, a chat.Answer) {
	r.mu.Lock()
	r.handled = append(r.handled, q)
	do := r.do
	r.mu.Unlock()
	if do != nil {
		do(ctx, r, q, a)
	}
}

func (r *rig) Suggest(context.Context, chat.Request) []chat.Choice { return nil }

func (r *rig) requests() []chat.Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]chat.Request(nil), r.handled...)
}

// script types lines in a bubble of fake time, ends the input, and returns what was written.
func script(t *testing.T, r *rig, lines ...string) []string {
	t.Helper()
	go func() {
		for _, l := range lines {
			if _, err := io.WriteString(r.in, l+"\n"); err != nil {
				return
			}
		}
		_ = r.in.Close()
	}()
	if err := r.Run(t.Context(), r); err != nil {
		t.Errorf("Run: %v", err)
	}
	synctest.Wait()
	return r.out.lines()
}

// inBubble runs a test of a rig in fake time.
func inBubble(t *testing.T, change func(*console.Options), test func(t *testing.T, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, newRig(change)) })
}

func (r *rig) mustPost(t testing.TB, to chat.Place, c chat.Card) chat.MessageRef {
	t.Helper()
	ref, err := r.Post(context.Background(), to, c)
	if err != nil {
		t.Errorf("post: %v", err)
	}
	return ref
}

func (r *rig) mustEdit(t testing.TB, ref chat.MessageRef, c chat.Card) {
	t.Helper()
	if err := r.Edit(context.Background(), ref, c); err != nil {
		t.Errorf("edit: %v", err)
	}
}

func say(words string) chat.Card { return chat.Card{Summary: chat.T(words)} }

// backup is a bot that posts root and card of an operation, and goes on when told.
func (r *rig) backup(t testing.TB, vm string) (root, card chat.MessageRef) {
	root = r.mustPost(t, place, say("Backup of "+vm+" asked for."))
	thread, err := r.OpenThread(context.Background(), root, vm)
	if err != nil {
		t.Errorf("thread: %v", err)
	}
	c := say(vm + ": accepted.")
	c.Buttons = []chat.Button{{Action: "abort", ID: "op-" + vm, Label: "Abort"}}
	return root, r.mustPost(t, thread, c)
}
