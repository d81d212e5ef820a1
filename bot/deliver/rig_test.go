package deliver_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/chat/chattest"
	"vmbackup-bot/bot/deliver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var channel = chat.Place{Platform: "fake", Channel: "backups"}

// rig is a Deliverer at work between an outbox in memory and the fake platform.
type rig struct {
	*deliver.Deliverer
	t    *testing.T
	out  *chattest.Outbox
	fake *chattest.Fake
	log  *logged
	stop func()
}

// logged is a log that can be read while it is written.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) count(what string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.b.String(), what)
}

// inBubble runs a test in a bubble with a rig that is already running.
func inBubble(t *testing.T, o chattest.Options, do func(t *testing.T, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, chattest.NewOutbox(), chattest.NewFake(o))
		r.run()
		do(t, r)
		r.stop()
	})
}

func newRig(t *testing.T, out *chattest.Outbox, fake *chattest.Fake) *rig {
	r := &rig{t: t, out: out, fake: fake, log: &logged{}}
	r.Deliverer = deliver.New(deliver.Options{
		Outbox:    out,
		Platforms: map[string]deliver.Platform{"fake": {Chat: fake, Pacer: fake}},
		Logger:    slog.New(slog.NewTextHandler(r.log, nil)),
	})
	return r
}

func (r *rig) run() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			r.t.Errorf("Run: %v", err)
		}
	})
	r.t.Cleanup(r.stop)
}

// put puts a message into the outbox and wakes the Deliverer.
func (r *rig) put(key string, class chat.Class, words string) {
	r.putUnder("", key, class, words)
}

func (r *rig) putUnder(under, key string, class chat.Class, words string) {
	r.send(draft(under, key, class, words))
}

// send is what the store does: a draft, and a word to the deliverer that there is one.
func (r *rig) send(d chat.Draft) {
	r.out.Put(d)
	r.Wake()
}

func draft(under, key string, class chat.Class, words string) chat.Draft {
	return chat.Draft{Key: key, Under: under, To: channel, Class: class, Card: chat.Card{Key: key, Summary: chat.T(words)}}
}

// after lets time pass in the bubble, and everything that it brings.
func (r *rig) after(d time.Duration) {
	r.t.Helper()
	<-time.After(d)
	synctest.Wait()
}

// only is the one message with that key that can be seen.
func (r *rig) only(key string) chattest.Message {
	r.t.Helper()
	all := chattest.ByKey(r.fake.Messages(), key)
	if len(all) != 1 {
		r.t.Fatalf("%d messages with key %q, want 1: %v", len(all), key, all)
	}
	return all[0]
}

// shows checks that the one message with that key shows words.
func (r *rig) shows(key, words string) chattest.Message {
	r.t.Helper()
	m := r.only(key)
	if got := m.Now().Text(); got != words {
		r.t.Errorf("%s shows %q, want %q", key, got, words)
	}
	return m
}

func (r *rig) delivered() {
	r.t.Helper()
	if left := r.out.Undelivered(); len(left) > 0 {
		r.t.Errorf("not delivered: %v", left)
	}
}

// fault is trouble for the next n calls of a kind.
func (r *rig) fault(c chat.Call, n int, f chat.Fault) {
	r.fake.Inject(chattest.Rule{Call: c, Times: n, Fault: &f})
}
