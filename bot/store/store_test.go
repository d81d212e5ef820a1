package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"vmbackup-bot/bot/audit"
	"vmbackup-bot/bot/card"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/bot/store"
	"vmbackup-bot/vmbackup"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	alice = chat.Actor{Platform: "slack", Team: "T1", User: "U1", Name: "Alice"}
	room  = chat.Place{Platform: "slack", Team: "T1", Channel: "C1"}
	t0    = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
)

const ref = vmbackup.VMRef("BA2E9CDC-0d85-48e6-8db7-a45c5a40819e")

// open opens a store in a folder; it is closed when the test ends.
func open(t *testing.T, folder string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{
		Path: filepath.Join(folder, "bot.db"), Render: card.Style{Zone: time.UTC}.Operation, Now: func() time.Time { return t0 },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if _, _, err := s.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func wish(id operation.ID) operation.Operation {
	return operation.Operation{
		ID: id, Site: "demo", Kind: vmbackup.KindBackup, VM: operation.VM{Ref: ref, Name: "web01", Host: "HV01"},
		Requester: alice, Place: room, Rule: "developers", State: operation.Waiting, Asked: t0, Moved: t0,
	}
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestClaims(t *testing.T) {
	folder := t.TempDir()
	s := open(t, folder)
	claim := func(s *store.Store, deliveries ...string) (int64, chat.Standing) {
		t.Helper()
		id, st, err := s.Claim(t.Context(), chat.Claim{Deliveries: deliveries, Kind: chat.Command, Actor: alice, Place: room, Text: "backup web01", At: t0})
		ok(t, err)
		return id, st
	}
	first, st := claim(s, "envelope:1", "trigger:1")
	if st != chat.ClaimNew {
		t.Fatalf("standing %d of a new one", st)
	}
	if id, st := claim(s, "envelope:2", "trigger:1"); st != chat.ClaimRepeat || id != first {
		t.Errorf("the same trigger in another envelope: %d, %d", id, st)
	}
	if _, st := claim(s, "envelope:2"); st != chat.ClaimRepeat {
		t.Errorf("the id learnt from a repeat: %d", st)
	}
	second, _ := claim(s, "envelope:3")
	ok(t, s.FinishClaim(t.Context(), second))
	ok(t, s.Close())

	s = open(t, folder)
	if _, st := claim(s, "envelope:3"); st != chat.ClaimRepeat {
		t.Errorf("finished by an earlier process: %d", st)
	}
	left := must[[]chat.Claim](t)(s.Interrupted(t.Context(), t0.Add(time.Hour)))
	if len(left) != 1 || left[0].ID != first || left[0].Text != "backup web01" {
		t.Fatalf("interrupted: %+v", left)
	}
	if id, st := claim(s, "envelope:1"); st != chat.ClaimTakenUp || id != first {
		t.Errorf("never finished by an earlier process: %d, %d", id, st)
	}
	d := chat.Draft{Key: "claim.1", To: room, Class: chat.Final, Card: card.Interrupted("backup web01")}
	ok(t, s.TellInterrupted(t.Context(), left[0], d, audit.Entry{Site: "demo", Outcome: "not started"}))
	if due, _, _ := s.Due(t.Context(), t0, 10); len(due) != 0 {
		t.Error("a claim that was taken up was told as interrupted")
	}
	ok(t, s.Close())

	s = open(t, folder)
	ok(t, s.TellInterrupted(t.Context(), left[0], d, audit.Entry{Site: "demo", Outcome: "not started"}))
	if due, _, _ := s.Due(t.Context(), t0, 10); len(due) != 1 {
		t.Error("an interrupted claim was not told")
	}
	if _, st := claim(s, "trigger:1"); st != chat.ClaimRepeat {
		t.Errorf("told as interrupted, and yet %d", st)
	}
	if _, _, err := s.Claim(t.Context(), chat.Claim{}); err == nil {
		t.Error("a claim without a delivery")
	}
	ok(t, s.Prune(t.Context()))
}

func TestOneWinner(t *testing.T) {
	s := open(t, t.TempDir())
	var wg sync.WaitGroup
	var mu sync.Mutex
	claims, wishes := 0, 0
	for i := range 20 {
		wg.Go(func() {
			_, st, err := s.Claim(t.Context(), chat.Claim{Deliveries: []string{"same", fmt.Sprint(i)}})
			recorded := s.Record(t.Context(), 0, wish(operation.ID(fmt.Sprintf("abcdefgh%02d", i))), audit.Entry{Site: "demo", Outcome: "recorded"})
			mu.Lock()
			defer mu.Unlock()
			if err == nil && st == chat.ClaimNew {
				claims++
			}
			if recorded == nil {
				wishes++
			} else if e, is := errors.AsType[*operation.OpenError](recorded); !is || e.Operation.VM.Name != "web01" {
				t.Errorf("the loser got %v", recorded)
			}
		})
	}
	wg.Wait()
	if claims != 1 || wishes != 1 {
		t.Errorf("%d claims and %d wishes won", claims, wishes)
	}
}

// walk takes an operation to accepted.
func walk(t *testing.T, s *store.Store, id operation.ID) operation.Operation {
	t.Helper()
	ok(t, s.Record(t.Context(), 0, wish(id), audit.Entry{Site: "demo", Actor: alice, Place: room, Operation: string(id), Outcome: "recorded"}))
	ops := must[[]operation.Operation](t)(s.ApplyAll(t.Context(), []operation.Change{
		{ID: id, Event: operation.Sent{At: t0}},
		{ID: id, Event: operation.Taken{At: t0, GUID: "1D005355-7d57-444b-b55b-393c1e0a4287"}},
		{ID: id, Event: operation.Sent{At: t0}}, // out of turn: left out
	}))
	if len(ops) != 1 || ops[0].State != operation.Accepted {
		t.Fatalf("%+v", ops)
	}
	return ops[0]
}

func TestOperations(t *testing.T) {
	s := open(t, t.TempDir())
	o := walk(t, s, "abcdefghij")
	back, found, err := s.Operation(t.Context(), o.ID)
	if err != nil || !found {
		t.Fatal(found, err)
	}
	if diff := cmp.Diff(o, back, cmp.Comparer(func(a, b vmbackup.Stamp) bool { return a == b })); diff != "" {
		t.Errorf("not what was stored:\n%s", diff)
	}
	if _, found, err := s.Operation(t.Context(), "zzzzzzzzzz"); found || err != nil {
		t.Errorf("an operation that is not there: %v, %v", found, err)
	}
	for text, n := range map[string]int{
		"ABCDEFGHIJ": 1, "1d005355": 1, "1D005355-7D57-444B-B55B-393C1E0A4287": 1, "1d00535": 0, "": 0, "%%%%%%%%": 0, "abcdefghi": 0,
	} {
		if ops := must[[]operation.Operation](t)(s.FindOperations(t.Context(), "demo", text)); len(ops) != n {
			t.Errorf("%q names %d operations, want %d", text, len(ops), n)
		}
	}
	for name, list := range map[string]func(context.Context, string) ([]operation.Operation, error){"unfinished": s.Unfinished, "watched": s.Watched} {
		if ops := must[[]operation.Operation](t)(list(t.Context(), "demo")); len(ops) != 1 {
			t.Errorf("%d %s", len(ops), name)
		}
		if ops := must[[]operation.Operation](t)(list(t.Context(), "elsewhere")); len(ops) != 0 {
			t.Errorf("%d %s at another site", len(ops), name)
		}
	}
	r := vmbackup.Report{DateTime: vmbackup.StampOf(t0, time.UTC), Result: vmbackup.ResultSuccess, Word: "Success"}
	must[[]operation.Operation](t)(s.ApplyAll(t.Context(), []operation.Change{
		{ID: o.ID, Event: operation.Saw{At: t0, Status: vmbackup.Status{JobID: o.GUID, Status: "Success"}}},
		{ID: o.ID, Event: operation.Read{At: t0, Reports: []vmbackup.Report{r}, Zone: time.UTC}},
	}))
	after, err := s.Apply(t.Context(), o.ID, operation.AbortAsked{At: t0, By: alice}, audit.Entry{Outcome: "abort asked"})
	if !errors.Is(err, operation.ErrOver) || after.State != operation.Succeeded {
		t.Errorf("%v, %s", err, after.State)
	}
	if claimed := must[[]vmbackup.Report](t)(s.Claimed(t.Context(), "demo", ref, "zzzzzzzzzz")); len(claimed) != 1 || !claimed[0].Same(r) {
		t.Errorf("claimed: %+v", claimed)
	}
	if claimed := must[[]vmbackup.Report](t)(s.Claimed(t.Context(), "demo", ref, o.ID)); len(claimed) != 0 {
		t.Errorf("claimed by others than itself: %+v", claimed)
	}
	if n := must[int](t)(s.StartsToday(t.Context(), "demo", "developers", ref, t0.Add(-time.Hour))); n != 1 {
		t.Errorf("%d starts today", n)
	}
	if ops := must[[]operation.Operation](t)(s.Recent(t.Context(), "demo", t0, 10)); len(ops) != 1 {
		t.Errorf("%d recent", len(ops))
	}
	if _, err := s.Apply(t.Context(), "zzzzzzzzzz", operation.Restarted{}); !errors.Is(err, store.ErrNoOperation) {
		t.Errorf("apply to nothing: %v", err)
	}
	if _, err := s.ApplyAll(t.Context(), []operation.Change{{ID: "zzzzzzzzzz", Event: operation.Restarted{}}}); !errors.Is(err, store.ErrNoOperation) {
		t.Errorf("apply to nothing: %v", err)
	}
}

func TestForce(t *testing.T) {
	s := open(t, t.TempDir())
	ok(t, s.Record(t.Context(), 0, wish("aaaaaaaaaa"), audit.Entry{}))
	forced := func(id operation.ID) operation.Operation {
		o := wish(id)
		o.Forced, o.After = true, "aaaaaaaaaa"
		return o
	}
	if err := s.Record(t.Context(), 0, forced("bbbbbbbbbb"), audit.Entry{}); err == nil {
		t.Error("forced beside one that is not lost")
	}
	must[[]operation.Operation](t)(s.ApplyAll(t.Context(), []operation.Change{
		{ID: "aaaaaaaaaa", Event: operation.Sent{At: t0}}, {ID: "aaaaaaaaaa", Event: operation.AnswerLost{At: t0}},
	}))
	if err := s.Record(t.Context(), 0, wish("cccccccccc"), audit.Entry{}); err == nil {
		t.Error("an ordinary wish beside a lost one")
	}
	ok(t, s.Record(t.Context(), 0, forced("dddddddddd"), audit.Entry{}))
	if err := s.Record(t.Context(), 0, forced("eeeeeeeeee"), audit.Entry{}); err == nil {
		t.Error("forced twice")
	}
}

func TestRuns(t *testing.T) {
	folder := t.TempDir()
	s := open(t, folder)
	ok(t, s.Audit(t.Context(), audit.Entry{Site: "demo"}))
	ok(t, s.End(t.Context()))
	if log, err := os.Stat(filepath.Join(folder, "bot.db-wal")); err != nil || log.Size() != 0 {
		t.Errorf("what was stored is not in the database file after a clean end: %v", err)
	}
	if _, unclean, err := s.Begin(t.Context()); err != nil || unclean {
		t.Errorf("unclean after a clean end: %v %v", unclean, err)
	}
	if _, unclean, err := s.Begin(t.Context()); err != nil || !unclean {
		t.Errorf("clean without an end: %v %v", unclean, err)
	}
}

func TestVMs(t *testing.T) {
	s := open(t, t.TempDir())
	if vms, at, err := s.VMs(t.Context(), "demo"); err != nil || vms != nil || !at.IsZero() {
		t.Errorf("%v %v %v before any list", vms, at, err)
	}
	want := []vmbackup.VM{{Ref: ref, Name: "web01", LastBackup: vmbackup.Run{Time: vmbackup.StampOf(t0, time.UTC)}}}
	ok(t, s.SaveVMs(t.Context(), "demo", nil, t0))
	ok(t, s.SaveVMs(t.Context(), "demo", want, t0))
	vms, at, err := s.VMs(t.Context(), "demo")
	if err != nil || !at.Equal(t0) || len(vms) != 1 || vms[0] != want[0] {
		t.Errorf("%v %v %v", vms, at, err)
	}
}

func TestRefusesANewerSchema(t *testing.T) {
	folder := t.TempDir()
	s := open(t, folder)
	ok(t, s.Close())
	db := must[*sql.DB](t)(sql.Open("sqlite", filepath.Join(folder, "bot.db")))
	defer db.Close()
	_, err := db.ExecContext(t.Context(), `PRAGMA user_version = 99`)
	ok(t, err)
	_, err = store.Open(t.Context(), store.Options{Path: filepath.Join(folder, "bot.db")})
	if newer, is := errors.AsType[*store.NewerSchemaError](err); !is || newer.Have != 99 || !strings.Contains(err.Error(), "newer version") {
		t.Errorf("%v", err)
	}
}

func TestOpenFails(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	ok(t, os.WriteFile(file, []byte("not a database at all, and long enough to be read as one"), 0o600))
	if _, err := store.Open(t.Context(), store.Options{Path: file}); err == nil {
		t.Error("opened something that is no database")
	}
	if _, err := store.Open(t.Context(), store.Options{Path: filepath.Join(file, "below", "bot.db")}); err == nil {
		t.Error("opened below a file")
	}
	if _, err := store.OpenReader(t.Context(), filepath.Join(t.TempDir(), "none.db")); err == nil {
		t.Error("read a file that is not there")
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}
