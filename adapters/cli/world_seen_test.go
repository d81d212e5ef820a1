package cli

import (
	"slices"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	"vmbackup-bot/bot/chat/chattest"
	"vmbackup-bot/bot/operation"
)

// operations are all that the store knows, newest first.
func (w *world) operations() []operation.Operation {
	w.t.Helper()
	ops, err := w.app.store.Recent(w.t.Context(), "demo", time.Time{}, 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	return ops
}

// newest is the newest operation.
func (w *world) newest() operation.Operation {
	w.t.Helper()
	ops := w.operations()
	if len(ops) == 0 {
		w.t.Fatalf("no operation was recorded:\n%s", w.chat.transcript())
	}
	return ops[0]
}

// until lets time go by until the newest operation is in one of the states.
func (w *world) until(limit time.Duration, states ...operation.State) operation.Operation {
	w.t.Helper()
	deadline := time.After(limit)
	for {
		heard := w.app.news.next()
		o := w.newest()
		if slices.Contains(states, o.State) {
			w.pass(20 * time.Second) // what is to be told is told
			return w.newest()
		}
		select {
		case <-heard:
			synctest.Wait()
		case <-deadline:
			w.t.Fatalf("still %s after %v, want %v:\n%s", o.State, limit, states, w.chat.transcript())
		}
	}
}

// part is the text of one of the newest operation's messages as it stands now; it must stand exactly once.
func (w *world) part(part string) string {
	w.t.Helper()
	key := w.newest().ID.Key(part)
	m := chattest.ByKey(w.chat.Messages(), key)
	if len(m) != 1 {
		w.t.Fatalf("%d messages with key %s:\n%s", len(m), key, w.chat.transcript())
	}
	return m[0].Now().Text()
}

// ends checks the last words: on each of the three messages, and nowhere before.
func (w *world) ends(limit time.Duration, state operation.State, word string, also ...string) {
	w.t.Helper()
	w.until(limit, state)
	for _, part := range []string{operation.PartRoot, operation.PartCard, operation.PartDone} {
		if text := w.part(part); strings.Count(text, word) != 1 {
			w.t.Errorf("%s does not say %q exactly once:\n%s", part, word, text)
		}
	}
	text := w.part(operation.PartCard)
	for _, want := range also {
		if !strings.Contains(text, want) {
			w.t.Errorf("the card does not say %q:\n%s", want, text)
		}
	}
}

// noSecrets greps everything that anybody could read for what nobody may.
func (w *world) noSecrets() {
	w.t.Helper()
	w.tokens[secretPassword] = true
	for _, s := range w.chat.secrets() {
		w.tokens[s] = true
	}
	for s := range w.tokens {
		if strings.Contains(w.log.String(), s) {
			w.t.Errorf("the log holds the secret %.6s…", s)
		}
		if strings.Contains(w.chat.transcript(), s) {
			w.t.Errorf("a message holds the secret %.6s…", s)
		}
	}
}

// syncBuffer is a log that many write to.
type syncBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
