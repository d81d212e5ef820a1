package store_test

import (
	"flag"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/chat/chattest"
	"vmbackup-bot/bot/deliver"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/bot/store"
)

// twin is the stored outbox beside the one in memory that package deliver is tested with: whatever is done to both, both
// must say the same is due.
type twin struct {
	t       *rapid.T
	stored  *store.Store
	memory  *chattest.Outbox
	now     time.Time
	n       int               // drafts and places so far
	above   map[string]string // key to the key it stands under
	version map[string]int
	class   map[string]chat.Class
	stands  map[string]bool
	dropped map[string]bool
}

func (w *twin) both(do func(o deliver.Outbox) error) {
	w.t.Helper()
	for _, o := range []deliver.Outbox{w.stored, w.memory} {
		if err := do(o); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *twin) key(label string, also func(key string) bool) string {
	var keys []string
	for k := range w.above {
		if w.version[k] > 0 && !w.dropped[k] && also(k) {
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		w.t.Skip("no such message")
	}
	return rapid.SampledFrom(sorted(keys)).Draw(w.t, label)
}

func anyKey(string) bool { return true }

func (w *twin) put(t *rapid.T) {
	key := rapid.SampledFrom([]string{"a", "a1", "a2", "b", "b1", "c"}).Draw(t, "key")
	w.n++
	d := chat.Draft{
		Key: key, Under: w.above[key], To: room, Class: chat.Class(rapid.IntRange(0, 2).Draw(t, "class")),
		Card: chat.Card{Key: key, Summary: chat.T(fmt.Sprint("draft ", w.n))},
	}
	if w.version[key] > 0 && w.class[key] == chat.Final {
		d.Class = chat.Final // a last word is followed by last words alone
	}
	if err := w.stored.Enqueue(t.Context(), "demo", d); err != nil {
		t.Fatal(err)
	}
	if err := w.stored.Enqueue(t.Context(), "demo", d); err != nil { // the same again is nothing new
		t.Fatal(err)
	}
	w.memory.Put(d)
	w.version[key]++
	w.class[key] = d.Class
}

func (w *twin) attempt(t *rapid.T) {
	key := w.key("key", anyKey)
	w.both(func(o deliver.Outbox) error { return o.Attempt(t.Context(), key, w.version[key], w.now) })
}

func (w *twin) done(t *rapid.T) {
	key := w.key("key", anyKey)
	v := rapid.IntRange(1, w.version[key]).Draw(t, "version")
	ref := at("at " + key)
	if rapid.Bool().Draw(t, "elsewhere") {
		w.n++
		ref = at(fmt.Sprint("at ", key, w.n))
	}
	var recheck time.Time
	if rapid.Bool().Draw(t, "recheck") {
		recheck = w.now.Add(time.Minute)
	}
	w.both(func(o deliver.Outbox) error { return o.Done(t.Context(), key, v, ref, recheck) })
	w.stands[key] = true
	if got, found, err := w.stored.KeyAt(t.Context(), ref); err != nil || !found || got != key {
		t.Fatalf("at %s stands %q, %v, %v", ref.ID, got, found, err)
	}
}

func (w *twin) fail(t *rapid.T) {
	key := w.key("key", anyKey)
	kind := rapid.SampledFrom([]chat.FaultKind{
		chat.FaultLost, chat.FaultRetry, chat.FaultThrottled, chat.FaultMessageGone, chat.FaultFrozen, chat.FaultBadCard, chat.FaultForbidden,
	}).Draw(t, "kind")
	next := w.now.Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "minutes")) * time.Minute)
	w.both(func(o deliver.Outbox) error { return o.Fail(t.Context(), key, &chat.Fault{Kind: kind}, next) })
}

func (w *twin) opened(t *rapid.T) {
	key := w.key("key", func(k string) bool { return w.stands[k] })
	thread := room
	thread.Thread = "below " + key
	w.both(func(o deliver.Outbox) error { return o.Opened(t.Context(), key, thread) })
}

// drop leaves out messages with something standing below them: there the stored outbox keeps more.
func (w *twin) drop(t *rapid.T) {
	key := w.key("key", func(k string) bool {
		for below, above := range w.above {
			if above == k && w.stands[below] {
				return false
			}
		}
		return true
	})
	w.both(func(o deliver.Outbox) error { return o.Drop(t.Context(), key, &chat.Fault{Kind: chat.FaultPlaceGone}) })
	w.dropped[key] = true
	for below, above := range w.above {
		if above == key && w.version[below] > 0 {
			w.dropped[below] = true
		}
	}
}

func (w *twin) pass(t *rapid.T) {
	w.now = w.now.Add(time.Duration(rapid.IntRange(0, 90).Draw(t, "seconds")) * time.Second)
}

// same is checked after each step.
func (w *twin) same(t *rapid.T) {
	n := rapid.SampledFrom([]int{1, 3, 100}).Draw(t, "n")
	got, gotNext, err := w.stored.Due(t.Context(), w.now, n)
	if err != nil {
		t.Fatal(err)
	}
	want, wantNext, err := w.memory.Due(t.Context(), w.now, n)
	if err != nil {
		t.Fatal(err)
	}
	// Posted is by the memory's own clock. An instant is the same in every zone.
	opts := []cmp.Option{
		cmpopts.IgnoreFields(deliver.Message{}, "Posted"), cmpopts.EquateEmpty(),
		cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) }),
	}
	if diff := cmp.Diff(want, got, opts...); diff != "" {
		t.Fatalf("due at %v (-memory +stored):\n%s", w.now, diff)
	}
	if !gotNext.Equal(wantNext) {
		t.Fatalf("next %v, want %v", gotNext, wantNext)
	}
	for i, m := range got {
		if m.Version != w.version[m.Key] {
			t.Fatalf("version %d of %s is due, newest is %d", m.Version, m.Key, w.version[m.Key])
		}
		if i > 0 && m.Class < got[i-1].Class {
			t.Fatal("a less urgent message goes first")
		}
	}
}

// drain delivers everything, as an untroubled platform would: every last word must arrive.
func (w *twin) drain(t *rapid.T) {
	far := w.now.Add(24 * time.Hour)
	for round := 0; ; round++ {
		out, _, err := w.stored.Due(t.Context(), far, 2)
		if err != nil || round > 100 {
			t.Fatal("it never ends", err)
		}
		if len(out) == 0 {
			break
		}
		for _, m := range out {
			if err := w.stored.Done(t.Context(), m.Key, m.Version, at("end "+m.Key), time.Time{}); err != nil {
				t.Fatal(err)
			}
			w.stands[m.Key] = true
		}
	}
	for key, v := range w.version {
		if v > 0 && w.class[key] == chat.Final && !w.dropped[key] && !w.stands[key] && (w.above[key] == "" || w.stands[w.above[key]]) {
			t.Fatalf("the last word of %s never arrived", key)
		}
	}
}

func TestOutboxModel(t *testing.T) {
	// Each check makes a database of its own and each step commits to it: a hundred checks take too long.
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		ok(t, f.Value.Set("30"))
		defer func() { ok(t, f.Value.Set(f.DefValue)) }()
	}
	folder, count := t.TempDir(), 0
	rapid.Check(t, func(rt *rapid.T) {
		count++
		s, err := store.Open(rt.Context(), store.Options{
			Path: filepath.Join(folder, fmt.Sprint(count), "bot.db"), Now: func() time.Time { return t0 },
			Render: func(operation.Operation) []chat.Draft { return nil },
		})
		if err != nil {
			rt.Fatal(err)
		}
		closing(rt, s)
		w := &twin{
			t: rt, stored: s, memory: chattest.NewOutbox(), now: t0,
			above:   map[string]string{"a": "", "a1": "a", "a2": "a", "b": "", "b1": "b", "c": ""},
			version: map[string]int{}, class: map[string]chat.Class{}, stands: map[string]bool{}, dropped: map[string]bool{},
		}
		rt.Repeat(map[string]func(*rapid.T){
			"put": w.put, "put more": w.put, "attempt": w.attempt, "done": w.done, "fail": w.fail, "opened": w.opened,
			"drop": w.drop, "time passes": w.pass, "": w.same,
		})
		w.drain(rt)
	})
}
