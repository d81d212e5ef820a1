package store

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"vmbackup-bot/bot/audit"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
)

// TestNoRoom: on a full disk, and on one that turned read-only, every writing method says so, nothing is half stored, and
// once there is room again work goes on.
func TestNoRoom(t *testing.T) {
	for name, c := range map[string]struct{ hurt, mend string }{
		"full":      {`PRAGMA max_page_count = 1`, `PRAGMA max_page_count = 1000000`},
		"read-only": {`PRAGMA query_only = 1`, `PRAGMA query_only = 0`},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			s, err := Open(ctx, Options{
				Path: filepath.Join(t.TempDir(), "bot.db"), Render: func(operation.Operation) []chat.Draft { return nil },
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			if err := s.Audit(ctx, audit.Entry{Outcome: "before"}); err != nil {
				t.Fatal(err)
			}
			set := func(pragma string) {
				t.Helper()
				if _, err := s.write.ExecContext(context.WithoutCancel(ctx), pragma); err != nil {
					t.Fatal(err)
				}
			}
			set(c.hurt)
			long := strings.Repeat("x", 1<<16)
			claim := chat.Claim{Deliveries: []string{"envelope:1"}, Text: long}
			_, _, claimErr := s.Claim(ctx, claim)
			for what, err := range map[string]error{
				"claim":   claimErr,
				"record":  s.Record(ctx, 0, operation.Operation{ID: "abcdefghij", State: operation.Waiting, Note: long}, audit.Entry{}),
				"audit":   s.Audit(ctx, audit.Entry{Detail: long}),
				"enqueue": s.Enqueue(ctx, "demo", chat.Draft{Key: "k", Card: chat.Card{Quote: long}}),
			} {
				if err == nil {
					t.Errorf("%s was not told", what)
				}
			}
			set(c.mend)
			if head, err := s.Verify(ctx, audit.Head{}); err != nil || head.Count != 1 {
				t.Errorf("%v, %v", head, err)
			}
			if _, st, err := s.Claim(ctx, claim); err != nil || st != chat.ClaimNew {
				t.Errorf("with room again: %v, %v", st, err)
			}
		})
	}
}

// TestDurable: every connection is as durable and as strict as the package says. No test of a killed process can tell, since
// what the process wrote is safe with the operating system; a power failure would.
func TestDurable(t *testing.T) {
	s, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "bot.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for pragma, want := range map[string]string{"synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000", "journal_mode": "wal"} {
		for name, db := range map[string]*sql.DB{"writer": s.write, "reader": s.read} {
			var got string
			if err := db.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
				t.Errorf("%s: %s is %s, %v; want %s", name, pragma, got, err, want)
			}
		}
	}
	if n := s.write.Stats().MaxOpenConnections; n != 1 {
		t.Errorf("%d writers", n)
	}
}
