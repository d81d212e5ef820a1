package store_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"vmbackup-bot/bot/audit"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/bot/store"
)

func TestProbeUTF8(t *testing.T) {
	s := open(t, t.TempDir())
	ok(t, s.Audit(t.Context(), audit.Entry{Detail: "a\xffb", VM: "w\xfe"}))
	_, err := s.Verify(t.Context(), audit.Head{})
	ok(t, err)
}

func TestProbeReplace(t *testing.T) {
	f := t.TempDir()
	s := open(t, f)
	ok(t, s.Audit(t.Context(), audit.Entry{Detail: "a"}))
	db := must[*sql.DB](t)(sql.Open("sqlite", filepath.Join(f, "bot.db")))
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), `INSERT OR REPLACE INTO audit SELECT seq, at, vm, who, '{}', hash FROM audit`); err == nil {
		t.Error("replaced")
	}
}

func TestProbeDropped(t *testing.T) {
	s := open(t, t.TempDir())
	ok(t, s.Enqueue(t.Context(), "demo", draft("k", chat.First, "x")))
	ok(t, s.Drop(t.Context(), "k", &chat.Fault{Kind: chat.FaultPlaceGone}))
	c := draft("c", chat.Final, "late child")
	c.Under = "k"
	ok(t, s.Enqueue(t.Context(), "demo", c))
	if n, _, _ := s.Undelivered(t.Context()); n != 0 {
		t.Errorf("%d", n)
	}
}

func TestProbePanic(t *testing.T) {
	s := must[*store.Store](t)(store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "b.db"), Render: func(operation.Operation) []chat.Draft { panic("x") }}))
	func() {
		defer func() { _ = recover() }()
		_ = s.Record(t.Context(), 0, wish("abcdefghij"), audit.Entry{})
	}()
	ctx, c := contextTimeout(t)
	defer c()
	ok(t, s.Audit(ctx, audit.Entry{}))
}

func TestProbeReader(t *testing.T) {
	f := filepath.Join(t.TempDir(), "bot.db")
	db := must[*sql.DB](t)(sql.Open("sqlite", f))
	_, err := db.ExecContext(t.Context(), `PRAGMA user_version = 99; CREATE TABLE x (y)`)
	ok(t, err)
	db.Close()
	if s, err := store.OpenReader(t.Context(), f); err == nil {
		s.Close()
		t.Error("read a newer schema")
	}
}

func TestProbeRefusedLine(t *testing.T) {
	s := open(t, t.TempDir())
	o := walk(t, s, "abcdefghij")
	before := must[audit.Head](t)(s.Head(t.Context()))
	_, err := s.Apply(t.Context(), o.ID, operation.Sent{At: time.Now()}, audit.Entry{Outcome: "asked too late"})
	if err == nil {
		t.Fatal()
	}
	if after := must[audit.Head](t)(s.Head(t.Context())); after.Count != before.Count+1 {
		t.Error("line lost")
	}
}

func TestProbeRecheckCount(t *testing.T) {
	s := open(t, t.TempDir())
	ok(t, s.Enqueue(t.Context(), "demo", draft("k", chat.Final, "x")))
	ok(t, s.Done(t.Context(), "k", 1, at("m1"), t0.Add(time.Minute)))
	if n, _, _ := s.Undelivered(t.Context()); n != 0 {
		t.Errorf("%d", n)
	}
}

func contextTimeout(t *testing.T) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), 2*time.Second)
}
