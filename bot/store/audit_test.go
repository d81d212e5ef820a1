package store_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"vmbackup-bot/bot/audit"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/bot/store"
	"vmbackup-bot/vmbackup"
)

func TestAuditLog(t *testing.T) {
	s := open(t, t.TempDir())
	o := walk(t, s, "abcdefghij")
	_, err := s.Apply(t.Context(), o.ID, operation.AbortAsked{At: t0, By: alice}, audit.Entry{Site: "demo", Actor: alice, Verb: "abort", Outcome: "abort asked"})
	ok(t, err)
	must[[]operation.Operation](t)(s.ApplyAll(t.Context(), []operation.Change{
		{ID: o.ID, Event: operation.AbortSent{At: t0}},
		{ID: o.ID, Event: operation.AbortAnswered{At: t0, OK: true}},
		{ID: o.ID, Event: operation.Saw{At: t0, Status: vmbackup.Status{JobID: o.GUID, Status: "Aborted"}}},
		{ID: o.ID, Event: operation.Read{At: t0, Zone: time.UTC, Reports: []vmbackup.Report{{
			DateTime: vmbackup.StampOf(t0, time.UTC), Word: "Aborted", Result: vmbackup.ResultAborted, Error: "Stopped (ALTERR_1)",
		}}}},
	}))
	lines := must[[]audit.Entry](t)(s.AuditLog(t.Context(), store.Filter{}))
	var outcomes []string
	for _, l := range lines {
		outcomes = append(outcomes, l.Outcome)
	}
	want := []string{"recorded", "sending", "accepted", "abort asked", "abort taken", "aborted"}
	if len(outcomes) != len(want) {
		t.Fatalf("%q, want %q", outcomes, want)
	}
	for i := range want {
		if outcomes[i] != want[i] {
			t.Errorf("line %d: %s, want %s", i, outcomes[i], want[i])
		}
	}
	if last := lines[len(lines)-1]; last.GUID != string(o.GUID) || last.VM != "web01" || last.Detail != "report: Stopped (ALTERR_1)" {
		t.Errorf("%+v", last)
	}
	for _, c := range []struct {
		f store.Filter
		n int
	}{
		{store.Filter{VM: "WEB01"}, 4},
		{store.Filter{VM: "web01@hv01"}, 4},
		{store.Filter{VM: string(ref)}, 4},
		{store.Filter{VM: "web"}, 0},
		{store.Filter{User: "slack:T1/U1"}, 6},
		{store.Filter{User: "u1"}, 6},
		{store.Filter{User: "alice", Limit: 2}, 2},
		{store.Filter{User: "bob"}, 0},
		{store.Filter{Since: t0.Add(time.Hour)}, 0},
	} {
		if lines := must[[]audit.Entry](t)(s.AuditLog(t.Context(), c.f)); len(lines) != c.n {
			t.Errorf("%+v: %d lines, want %d", c.f, len(lines), c.n)
		}
	}
}

// TestTampering changes a copy of the log in every way that comes to mind: each must show.
func TestTampering(t *testing.T) {
	for name, c := range map[string]struct {
		sql string
		ok  bool
	}{
		"nothing":              {`SELECT 1`, true},
		"a word":               {`UPDATE audit SET body = replace(body, 'line 2', 'line X') WHERE seq = 2`, false},
		"who, for searching":   {`UPDATE audit SET who = '' WHERE seq = 2`, false},
		"vm, for searching":    {`UPDATE audit SET vm = 'other' WHERE seq = 2`, false},
		"when":                 {`UPDATE audit SET at = at + 1 WHERE seq = 2`, false},
		"a hash":               {`UPDATE audit SET hash = 'ff' WHERE seq = 3`, false},
		"the first line gone":  {`DELETE FROM audit WHERE seq = 1`, false},
		"a middle line gone":   {`DELETE FROM audit WHERE seq = 2`, false},
		"the last line gone":   {`DELETE FROM audit WHERE seq = 4`, false}, // only a noted head can tell
		"all gone":             {`DELETE FROM audit`, false},
		"two lines swapped":    {`UPDATE audit SET seq = seq + 10 WHERE seq IN (2, 3); UPDATE audit SET seq = 25 - seq - 10 WHERE seq > 10`, false},
		"a line that is noise": {`UPDATE audit SET body = '{' WHERE seq = 2`, false},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			s := open(t, folder)
			for _, d := range []string{"line 1", "line 2", "line 3", "line 4"} {
				ok(t, s.Audit(t.Context(), audit.Entry{Site: "demo", Actor: alice, VM: "web01", Detail: d}))
			}
			head := must[audit.Head](t)(s.Head(t.Context()))
			ok(t, s.Close())
			tamper(t, filepath.Join(folder, "bot.db"), c.sql)

			r := must[*store.Store](t)(store.OpenReader(t.Context(), filepath.Join(folder, "bot.db")))
			closing(t, r)
			got, err := r.Verify(t.Context(), head)
			if broken, is := errors.AsType[*store.BrokenError](err); is == c.ok || (err != nil && !is) {
				t.Errorf("%v, %v", broken, err)
			}
			if c.ok && got != head {
				t.Errorf("head %v, want %v", got, head)
			}
		})
	}
}

func tamper(t *testing.T, path, query string) {
	t.Helper()
	db := must[*sql.DB](t)(sql.Open("sqlite", path))
	defer db.Close()
	for _, q := range []string{`DROP TRIGGER audit_no_update`, `DROP TRIGGER audit_no_delete`, query} {
		if _, err := db.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAppendOnly(t *testing.T) {
	folder := t.TempDir()
	s := open(t, folder)
	ok(t, s.Audit(t.Context(), audit.Entry{Site: "demo"}))
	db := must[*sql.DB](t)(sql.Open("sqlite", filepath.Join(folder, "bot.db")))
	defer db.Close()
	for _, q := range []string{`UPDATE audit SET body = ''`, `DELETE FROM audit`} {
		if _, err := db.ExecContext(context.WithoutCancel(t.Context()), q); err == nil {
			t.Errorf("%s was allowed", q)
		}
	}
}
