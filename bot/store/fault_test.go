package store_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"vmbackup-bot/bot/audit"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/bot/store"
	"vmbackup-bot/vmbackup"
)

func outcomes(t *testing.T, s *store.Store) []string {
	t.Helper()
	var out []string
	for _, l := range must[[]audit.Entry](t)(s.AuditLog(t.Context(), store.Filter{})) {
		out = append(out, l.Outcome)
	}
	return out
}

// TestAuditedSteps walks every way through an operation's life that the log must tell of.
func TestAuditedSteps(t *testing.T) {
	late := vmbackup.Report{DateTime: vmbackup.StampOf(t0, time.UTC), Word: "Success", Result: vmbackup.ResultSuccess}
	guid := vmbackup.OperationGUID("1d005355-7d57-444b-b55b-393c1e0a4287")
	for name, c := range map[string]struct {
		events []operation.Event
		want   string
	}{
		"cancelled": {[]operation.Event{operation.AbortAsked{At: t0, By: alice}}, "recorded, not started"},
		"rejected":  {[]operation.Event{operation.Sent{At: t0}, operation.Refused{At: t0, Words: "no"}}, "recorded, sending, rejected"},
		"lost": {[]operation.Event{
			operation.Sent{At: t0}, operation.AnswerLost{At: t0}, operation.Read{At: t0.Add(time.Hour), Zone: time.UTC},
		}, "recorded, sending, lost, unknown"},
		"found out late": {[]operation.Event{
			operation.Sent{At: t0},
			operation.Taken{At: t0, GUID: guid},
			operation.Missed{At: t0.Add(time.Minute)},
			operation.Missed{At: t0.Add(2 * time.Minute)},
			operation.Read{At: t0.Add(time.Hour), Zone: time.UTC},
			operation.Read{At: t0.Add(2 * time.Hour), Zone: time.UTC, Reports: []vmbackup.Report{late}},
		}, "recorded, sending, accepted, unknown, succeeded"},
		"abort refused": {[]operation.Event{
			operation.Sent{At: t0},
			operation.Taken{At: t0, GUID: guid},
			operation.AbortAsked{At: t0, By: alice},
			operation.AbortSent{At: t0},
			operation.AbortAnswered{At: t0, Words: "not now"},
		}, "recorded, sending, accepted, abort refused"},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, t.TempDir())
			o := wish("abcdefghij")
			ok(t, s.Record(t.Context(), 0, o, audit.Entry{Outcome: "recorded"}))
			for _, e := range c.events {
				_, err := s.Apply(t.Context(), o.ID, e)
				ok(t, err)
			}
			if got := strings.Join(outcomes(t, s), ", "); got != c.want {
				t.Errorf("%s\nwant %s", got, c.want)
			}
			must[audit.Head](t)(s.Verify(t.Context(), audit.Head{}))
		})
	}
}

// TestRefusedEventIsAudited: what a person asked for is written down also when it came too late, and nothing else is.
func TestRefusedEventIsAudited(t *testing.T) {
	s := open(t, t.TempDir())
	o := walk(t, s, "abcdefghij")
	before := due(t, s, t0)
	after, err := s.Apply(t.Context(), o.ID, operation.Sent{At: t0}, audit.Entry{Outcome: "asked in vain"})
	if !errors.Is(err, operation.ErrOutOfTurn) || after.State != operation.Accepted {
		t.Errorf("%v, %s", err, after.State)
	}
	if got := outcomes(t, s); got[len(got)-1] != "asked in vain" {
		t.Errorf("%q", got)
	}
	if now := due(t, s, t0); len(now) != len(before) || now[0].Version != before[0].Version {
		t.Error("a refused event changed the messages")
	}
}

// TestForeignBytes: a name may hold bytes that are no text, and the chain must stand all the same.
func TestForeignBytes(t *testing.T) {
	s := open(t, t.TempDir())
	ok(t, s.Audit(t.Context(), audit.Entry{
		VM: "web\xff\xfe", Host: "\x00", Detail: "<!channel>\u2028\xc3", Actor: chat.Actor{Platform: "console", User: "\xed\xa0\x80", Roles: []string{"\xff"}},
	}, audit.Entry{Detail: "after"}))
	head, err := s.Verify(t.Context(), audit.Head{})
	if err != nil || head.Count != 2 {
		t.Errorf("%v, %v", head, err)
	}
}

// TestReplaceIsNoWayRound: SQLite's REPLACE deletes a line without firing the trigger for deletes.
func TestReplaceIsNoWayRound(t *testing.T) {
	folder := t.TempDir()
	s := open(t, folder)
	ok(t, s.Audit(t.Context(), audit.Entry{Detail: "a"}, audit.Entry{Detail: "b"}))
	db := must[*sql.DB](t)(sql.Open("sqlite", filepath.Join(folder, "bot.db")))
	defer db.Close()
	for _, q := range []string{
		`INSERT OR REPLACE INTO audit SELECT seq, at, vm, who, '{}', hash FROM audit WHERE seq = 2`,
		`REPLACE INTO audit SELECT 1, at, vm, who, body, hash FROM audit WHERE seq = 2`,
		`INSERT INTO audit SELECT 9, at, vm, who, body, hash FROM audit WHERE seq = 2`,
		`INSERT INTO audit SELECT -1, at, vm, who, body, hash FROM audit WHERE seq = 2`,
	} {
		if _, err := db.ExecContext(t.Context(), q); err == nil {
			t.Errorf("%s was allowed", q)
		}
	}
	if head, err := s.Verify(t.Context(), audit.Head{}); err != nil || head.Count != 2 {
		t.Errorf("%v, %v", head, err)
	}
	// A line at the end is allowed to anybody who can write the file, and shows unless it is chained.
	if _, err := db.ExecContext(t.Context(), `INSERT INTO audit SELECT 3, at, vm, who, body, hash FROM audit WHERE seq = 2`); err != nil {
		t.Fatal(err)
	}
	_, err := s.Verify(t.Context(), audit.Head{})
	if broken, is := errors.AsType[*store.BrokenError](err); !is || broken.Line != 3 {
		t.Errorf("a line that was added: %v", err)
	}
}

// TestPanicKeepsNobodyOut: adapters survive a panic in a handler; the one writer must survive it as well.
func TestPanicKeepsNobodyOut(t *testing.T) {
	s := must[*store.Store](t)(store.Open(t.Context(), store.Options{
		Path:   filepath.Join(t.TempDir(), "bot.db"),
		Render: func(operation.Operation) []chat.Draft { panic("a card that cannot be drawn") },
	}))
	closing(t, s)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = s.Record(t.Context(), 0, wish("abcdefghij"), audit.Entry{})
	}()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ok(t, s.Audit(ctx, audit.Entry{Outcome: "afterwards"}))
	if _, found, err := s.Operation(t.Context(), "abcdefghij"); found || err != nil {
		t.Errorf("half a commit was kept: %v %v", found, err)
	}
}

// TestClaimGivesUp: a claim that cannot be stored in time fails, and leaves nothing behind.
func TestClaimGivesUp(t *testing.T) {
	folder := t.TempDir()
	s := open(t, folder)
	db := must[*sql.DB](t)(sql.Open("sqlite", "file:"+filepath.ToSlash(filepath.Join(folder, "bot.db"))+"?_txlock=immediate"))
	defer db.Close()
	other := must[*sql.Tx](t)(db.BeginTx(t.Context(), nil))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	c := chat.Claim{Deliveries: []string{"envelope:1"}, At: t0}
	if _, _, err := s.Claim(ctx, c); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	ok(t, other.Rollback())
	if _, st, err := s.Claim(t.Context(), c); err != nil || st != chat.ClaimNew {
		t.Errorf("%v, %v", st, err)
	}
}

func TestCancelledContext(t *testing.T) {
	s := open(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, claimErr := s.Claim(ctx, chat.Claim{Deliveries: []string{"x"}})
	_, applyErr := s.ApplyAll(ctx, []operation.Change{{ID: "abcdefghij", Event: operation.Restarted{}}})
	_, _, dueErr := s.Due(ctx, t0, 1)
	_, headErr := s.Head(ctx)
	for i, err := range []error{
		claimErr, applyErr, dueErr, headErr, s.Audit(ctx, audit.Entry{}), s.Enqueue(ctx, "demo", draft("k", chat.Final, "x")),
		s.Record(ctx, 0, wish("abcdefghij"), audit.Entry{}), s.FinishClaim(ctx, 1), s.Prune(ctx), s.SaveVMs(ctx, "demo", nil, t0),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("call %d: %v", i, err)
		}
	}
}

func TestReader(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "bot.db")
	s := open(t, folder)
	r := must[*store.Store](t)(store.OpenReader(t.Context(), path))
	closing(t, r)
	ok(t, s.Audit(t.Context(), audit.Entry{Outcome: "written beside a reader"}))
	if got := outcomes(t, r); !slices.Equal(got, []string{"written beside a reader"}) {
		t.Errorf("%q", got)
	}
	if err := r.Audit(t.Context(), audit.Entry{}); err == nil {
		t.Error("a reader wrote")
	}
	ok(t, s.Close())
	alone := must[*store.Store](t)(store.OpenReader(t.Context(), path))
	closing(t, alone)
	if got := outcomes(t, alone); len(got) != 1 {
		t.Errorf("without a bot: %q", got)
	}
}

func TestReaderRefusesOtherSchemas(t *testing.T) {
	for version, check := range map[string]func(error) bool{
		"99": func(err error) bool { _, is := errors.AsType[*store.NewerSchemaError](err); return is },
		"0":  func(err error) bool { _, is := errors.AsType[*store.OlderSchemaError](err); return is },
	} {
		path := filepath.Join(t.TempDir(), "bot.db")
		db := must[*sql.DB](t)(sql.Open("sqlite", path))
		_, err := db.ExecContext(t.Context(), `CREATE TABLE x (y); PRAGMA user_version = `+version)
		ok(t, err)
		ok(t, db.Close())
		if _, err := store.OpenReader(t.Context(), path); !check(err) || err.Error() == "" {
			t.Errorf("schema %s: %v", version, err)
		}
	}
}

// TestPlaces: any folder will do, and nobody else may read what is in it.
func TestPlaces(t *testing.T) {
	name := "a b#c%20 ü&mode=memory"
	if runtime.GOOS != "windows" {
		name += "?x"
	}
	folder := filepath.Join(t.TempDir(), name)
	s := open(t, folder)
	ok(t, s.Audit(t.Context(), audit.Entry{}))
	if runtime.GOOS == "windows" {
		return
	}
	if info := must[os.FileInfo](t)(os.Stat(folder)); info.Mode().Perm() != 0o700 {
		t.Errorf("folder: %v", info.Mode())
	}
	files := must[[]os.DirEntry](t)(os.ReadDir(folder))
	if len(files) < 2 {
		t.Errorf("%d files, want the database and its log", len(files))
	}
	for _, f := range files {
		if info := must[os.FileInfo](t)(f.Info()); info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v", f.Name(), info.Mode())
		}
	}
}
