package store_test

import (
	"testing"
	"time"

	"vmbackup-bot/bot/audit"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/deliver"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/bot/store"
	"vmbackup-bot/vmbackup"
)

func due(t *testing.T, s *store.Store, at time.Time) []deliver.Message {
	t.Helper()
	out, _, err := s.Due(t.Context(), at, 100)
	ok(t, err)
	return out
}

func draft(key string, class chat.Class, text string) chat.Draft {
	return chat.Draft{Key: key, To: room, Class: class, Card: chat.Card{Summary: chat.T(text)}}
}

func at(id string) chat.MessageRef { return chat.MessageRef{Place: room, ID: id} }

func TestOutbox(t *testing.T) {
	s := open(t, t.TempDir())
	ctx := t.Context()
	ok(t, s.Enqueue(ctx, "demo", draft("progress", chat.Ongoing, "1 %")))
	ok(t, s.Enqueue(ctx, "demo", draft("first", chat.First, "begun")))
	ok(t, s.Enqueue(ctx, "demo", draft("final", chat.Final, "over")))
	below := draft("below", chat.Final, "reply")
	below.Under = "first"
	ok(t, s.Enqueue(ctx, "demo", below))

	keys := func() string {
		out := ""
		for _, m := range due(t, s, t0) {
			out += m.Key + " "
		}
		return out
	}
	if got := keys(); got != "final first progress " {
		t.Errorf("due: %s", got)
	}
	ok(t, s.Enqueue(ctx, "demo", draft("final", chat.Final, "over")))
	if m := due(t, s, t0)[0]; m.Version != 1 {
		t.Errorf("the same draft again made version %d", m.Version)
	}
	ok(t, s.Attempt(ctx, "first", 1, t0))
	ok(t, s.Enqueue(ctx, "demo", draft("first", chat.First, "newer")))
	ok(t, s.Done(ctx, "first", 1, at("m1"), time.Time{}))
	if got := keys(); got != "final below first progress " {
		t.Errorf("due once the one above stands: %s", got)
	}
	ok(t, s.Opened(ctx, "first", chat.Place{Platform: "slack", Channel: "C1", Thread: "m1"}))
	for _, m := range due(t, s, t0) {
		if m.Key == "below" && (m.UnderRef != at("m1") || m.Thread.Thread != "m1") {
			t.Errorf("below: %+v", m)
		}
		if m.Key == "first" && (m.Version != 2 || m.Sent != 1 || m.Ref != at("m1") || !m.Attempt.IsZero() || m.Posted.IsZero()) {
			t.Errorf("first: %+v", m)
		}
	}
	ok(t, s.Done(ctx, "first", 2, at("m1"), t0.Add(time.Minute)))
	if out := due(t, s, t0.Add(2*time.Minute)); len(out) != 4 || !out[2].Recheck {
		t.Errorf("the look for a twin is not due: %+v", out)
	}
	if key, found, err := s.KeyAt(ctx, at("m1")); err != nil || !found || key != "first" {
		t.Errorf("%q %v %v", key, found, err)
	}
	if _, found, err := s.KeyAt(ctx, at("m2")); err != nil || found {
		t.Errorf("a message that is not ours: %v %v", found, err)
	}
	if ref, found, err := s.MessageRef(ctx, "first"); err != nil || !found || ref != at("m1") {
		t.Errorf("%v %v %v", ref, found, err)
	}
	if _, found, _ := s.MessageRef(ctx, "progress"); found {
		t.Error("a message that stands nowhere has a place")
	}
	if n, oldest, err := s.Undelivered(ctx); err != nil || n != 2 || !oldest.Equal(t0) {
		t.Errorf("%d undelivered since %v, %v", n, oldest, err)
	}
}

func TestOutboxFaults(t *testing.T) {
	later := t0.Add(time.Minute)
	for name, c := range map[string]struct {
		fault chat.FaultKind
		check func(deliver.Message) bool
	}{
		"lost":      {chat.FaultLost, func(m deliver.Message) bool { return !m.Attempt.IsZero() && m.AttemptVersion == 1 }},
		"retry":     {chat.FaultRetry, func(m deliver.Message) bool { return m.Attempt.IsZero() && m.Fails == 1 }},
		"gone":      {chat.FaultMessageGone, func(m deliver.Message) bool { return m.Gone && m.Attempt.IsZero() }},
		"frozen":    {chat.FaultFrozen, func(m deliver.Message) bool { return m.Gone }},
		"bad card":  {chat.FaultBadCard, func(m deliver.Message) bool { return m.Card.Plain }},
		"throttled": {chat.FaultThrottled, func(m deliver.Message) bool { return !m.Gone && m.Fails == 1 }},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, t.TempDir())
			ok(t, s.Enqueue(t.Context(), "demo", draft("k", chat.Final, "over")))
			ok(t, s.Attempt(t.Context(), "k", 1, t0))
			ok(t, s.Fail(t.Context(), "k", &chat.Fault{Kind: c.fault}, later))
			out, next, err := s.Due(t.Context(), t0, 10)
			if err != nil || len(out) != 0 || !next.Equal(later) {
				t.Fatalf("%v, next %v, %v", out, next, err)
			}
			out = due(t, s, later)
			if len(out) != 1 || !c.check(out[0]) {
				t.Errorf("%+v", out)
			}
		})
	}
	t.Run("gone progress waits for the last word", func(t *testing.T) {
		s := open(t, t.TempDir())
		ok(t, s.Enqueue(t.Context(), "demo", draft("k", chat.Ongoing, "1 %")))
		ok(t, s.Done(t.Context(), "k", 1, at("m1"), time.Time{}))
		ok(t, s.Enqueue(t.Context(), "demo", draft("k", chat.Ongoing, "2 %")))
		ok(t, s.Fail(t.Context(), "k", &chat.Fault{Kind: chat.FaultMessageGone}, later))
		if out := due(t, s, later); len(out) != 0 {
			t.Errorf("%+v", out)
		}
		ok(t, s.Enqueue(t.Context(), "demo", draft("k", chat.Final, "over")))
		if out := due(t, s, t0); len(out) != 1 || !out[0].Gone || out[0].Ref != at("m1") {
			t.Errorf("%+v", out)
		}
		ok(t, s.Done(t.Context(), "k", out0(t, s).Version, at("m2"), time.Time{}))
		if _, found, _ := s.KeyAt(t.Context(), at("m1")); !found {
			t.Error("the first copy is forgotten")
		}
	})
	t.Run("drop", func(t *testing.T) {
		s := open(t, t.TempDir())
		ok(t, s.Enqueue(t.Context(), "demo", draft("k", chat.Final, "over")))
		child := draft("c", chat.Final, "below")
		child.Under = "k"
		ok(t, s.Enqueue(t.Context(), "demo", child))
		ok(t, s.Drop(t.Context(), "k", &chat.Fault{Kind: chat.FaultPlaceGone}))
		if n, _, _ := s.Undelivered(t.Context()); n != 0 {
			t.Errorf("%d undelivered after a drop", n)
		}
		ok(t, s.Done(t.Context(), "nobody", 1, at("m9"), time.Time{}))
	})
}

func out0(t *testing.T, s *store.Store) deliver.Message {
	t.Helper()
	return due(t, s, t0)[0]
}

func TestMessagesFollowTheOperation(t *testing.T) {
	s := open(t, t.TempDir())
	o := walk(t, s, "abcdefghij")
	root := o.ID.Key(operation.PartRoot)
	out := due(t, s, t0)
	if len(out) != 1 || out[0].Key != root {
		t.Fatalf("due: %+v", out)
	}
	ok(t, s.Done(t.Context(), root, out[0].Version, at("m1"), time.Time{}))
	if out = due(t, s, t0); len(out) != 1 || out[0].Key != o.ID.Key(operation.PartCard) {
		t.Fatalf("due below the root: %+v", out)
	}
	if err := s.Enqueue(t.Context(), "demo", draft("a key that is far too long to be one", chat.Final, "x")); err == nil {
		t.Error("a key that no platform could keep")
	}
	if err := s.Audit(t.Context(), audit.Entry{VMRef: string(vmbackup.VMRef(ref))}); err != nil {
		t.Error(err)
	}
}
