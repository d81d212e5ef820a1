package store_test

import (
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vmbackup-bot/bot/audit"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/bot/store"
)

// TestDamage: what cannot be read is an error, never a guess and never a panic; and it stops nothing else.
func TestDamage(t *testing.T) {
	key := operation.ID("abcdefghij").Key(operation.PartRoot)
	for name, c := range map[string]struct {
		sql  string
		call func(t *testing.T, s *store.Store) error
	}{
		"an operation": {`UPDATE operations SET body = '{'`, func(t *testing.T, s *store.Store) error {
			_, _, err := s.Operation(t.Context(), "abcdefghij")
			return err
		}},
		"an operation, applied to": {`UPDATE operations SET body = '{'`, func(t *testing.T, s *store.Store) error {
			_, err := s.Apply(t.Context(), "abcdefghij", operation.Restarted{At: t0})
			return err
		}},
		"a message that is due": {`UPDATE messages SET body = '{'`, func(t *testing.T, s *store.Store) error {
			_, _, err := s.Due(t.Context(), t0, 10)
			return err
		}},
		"a message above": {`UPDATE messages SET body = '{', due = NULL, posted = 1 WHERE under = ''`, func(t *testing.T, s *store.Store) error {
			_, _, err := s.Due(t.Context(), t0, 10)
			return err
		}},
		"a message, drafted anew": {`UPDATE messages SET body = '{'`, func(t *testing.T, s *store.Store) error {
			return s.Enqueue(t.Context(), "demo", draft(key, chat.Final, "new"))
		}},
		"a message, done": {`UPDATE messages SET body = '{'`, func(t *testing.T, s *store.Store) error {
			return s.Done(t.Context(), key, 1, at("m1"), time.Time{})
		}},
		"a message, dropped": {`UPDATE messages SET body = '{'`, func(t *testing.T, s *store.Store) error {
			return s.Drop(t.Context(), key, &chat.Fault{Kind: chat.FaultPlaceGone})
		}},
		"a claim": {`UPDATE claims SET body = '{', boot = 'earlier'`, func(t *testing.T, s *store.Store) error {
			_, err := s.Interrupted(t.Context(), t0.Add(time.Hour))
			return err
		}},
		"the VM list": {`UPDATE vm_lists SET body = '{'`, func(t *testing.T, s *store.Store) error {
			_, _, err := s.VMs(t.Context(), "demo")
			return err
		}},
		"an audit line": {`DROP TRIGGER audit_no_update; UPDATE audit SET body = '{'`, func(t *testing.T, s *store.Store) error {
			_, err := s.AuditLog(t.Context(), store.Filter{})
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			s := open(t, folder)
			walk(t, s, "abcdefghij")
			_, _, err := s.Claim(t.Context(), chat.Claim{Deliveries: []string{"x"}})
			ok(t, err)
			ok(t, s.SaveVMs(t.Context(), "demo", nil, t0))
			db := must[*sql.DB](t)(sql.Open("sqlite", filepath.Join(folder, "bot.db")))
			defer db.Close()
			_, err = db.ExecContext(t.Context(), c.sql)
			ok(t, err)
			if err := c.call(t, s); err == nil {
				t.Error("it was taken as read")
			}
			ok(t, s.Enqueue(t.Context(), "demo", draft("other", chat.Final, "goes on")))
			ok(t, s.Audit(t.Context(), audit.Entry{Outcome: "goes on"}))
		})
	}
}

// TestBrokenMigration: a database that a migration does not fit is left as it was, and the error says which step.
func TestBrokenMigration(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bot.db")
	db := must[*sql.DB](t)(sql.Open("sqlite", path))
	defer db.Close()
	_, err := db.ExecContext(t.Context(), `CREATE TABLE audit (other TEXT)`)
	ok(t, err)
	if _, err := store.Open(t.Context(), store.Options{Path: path}); err == nil || !strings.Contains(err.Error(), "to version 1") {
		t.Errorf("%v", err)
	}
	var tables int
	ok(t, db.QueryRowContext(t.Context(), `SELECT count(*) FROM sqlite_schema`).Scan(&tables))
	if tables != 1 {
		t.Errorf("%d tables are left of a migration that failed", tables)
	}
}

// TestWhereItBroke: the error of a broken log names the line, for a person to look it up.
func TestWhereItBroke(t *testing.T) {
	folder := t.TempDir()
	s := open(t, folder)
	for range 3 {
		ok(t, s.Audit(t.Context(), audit.Entry{Site: "demo"}))
	}
	tamper(t, filepath.Join(folder, "bot.db"), `DELETE FROM audit WHERE seq = 2`)
	_, err := s.Verify(t.Context(), audit.Head{})
	if broken, is := errors.AsType[*store.BrokenError](err); !is || broken.Line != 2 || !strings.Contains(err.Error(), "line 2: it is missing") {
		t.Errorf("%v", err)
	}
}
