package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"vmbackup-bot/bot/audit"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
)

// Audit appends lines that belong to nothing else that is stored.
func (s *Store) Audit(ctx context.Context, lines ...audit.Entry) error {
	return s.tx(ctx, func(tx *sql.Tx) error { return s.append(ctx, tx, lines...) })
}

// append adds lines to the chain.
func (s *Store) append(ctx context.Context, tx *sql.Tx, lines ...audit.Entry) error {
	if len(lines) == 0 {
		return nil
	}
	head, err := headIn(ctx, tx)
	if err != nil {
		return err
	}
	for _, e := range lines {
		if e.At.IsZero() {
			e.At = s.o.Now()
		}
		e.At = e.At.UTC().Truncate(time.Millisecond)
		body, err := json.Marshal(e)
		if err != nil {
			return err
		}
		// The hash covers what will be read back: JSON replaces bytes that are not UTF-8, and a name can hold any.
		e = audit.Entry{}
		if err := json.Unmarshal(body, &e); err != nil {
			return err
		}
		head = head.Next(e)
		if _, err := tx.ExecContext(ctx, `INSERT INTO audit (seq, at, vm, who, body, hash) VALUES (?, ?, ?, ?, ?, ?)`,
			head.Count, millis(e.At), searchVM(e), searchWho(e), string(body), head.Hash); err != nil {
			return fmt.Errorf("write the audit log: %w", err)
		}
	}
	return nil
}

// The searched columns hold what a person may ask for, lower case, one thing a line.
func searchVM(e audit.Entry) string {
	return strings.ToLower("\n" + e.VM + "\n" + e.Host + "\n" + e.VMRef + "\n" + e.VM + "@" + e.Host + "\n")
}

func searchWho(e audit.Entry) string {
	return strings.ToLower("\n" + e.Actor.ID() + "\n" + e.Actor.User + "\n" + e.Actor.Name + "\n")
}

func headIn(ctx context.Context, q querier) (audit.Head, error) {
	var h audit.Head
	err := q.QueryRowContext(ctx, `SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1`).Scan(&h.Count, &h.Hash)
	if errors.Is(err, sql.ErrNoRows) {
		return audit.Head{}, nil
	}
	return h, err
}

// Head is the end of the audit log: note it down elsewhere, and Verify can tell whether the log was cut.
func (s *Store) Head(ctx context.Context) (audit.Head, error) { return headIn(ctx, s.read) }

// Filter narrows the audit log; the zero value takes all of it.
type Filter struct {
	// VM is a name, host, name@host or id; User an id (slack:T01/U02, or U02 alone) or a name. Letter case does not count.
	VM, User string
	// Since leaves out what is older.
	Since time.Time
	// Limit keeps the newest lines; zero keeps all.
	Limit int
}

// AuditLog is the log, oldest line first.
func (s *Store) AuditLog(ctx context.Context, f Filter) ([]audit.Entry, error) {
	limit := -1
	if f.Limit > 0 {
		limit = f.Limit
	}
	rows, err := s.read.QueryContext(ctx, `SELECT body FROM (SELECT seq, body FROM audit
		WHERE at >= ? AND (? = '' OR instr(vm, ?) > 0) AND (? = '' OR instr(who, ?) > 0) ORDER BY seq DESC LIMIT ?) ORDER BY seq`,
		millis(f.Since), f.VM, "\n"+strings.ToLower(f.VM)+"\n", f.User, "\n"+strings.ToLower(f.User)+"\n", limit)
	if err != nil {
		return nil, fmt.Errorf("read the audit log: %w", err)
	}
	defer rows.Close()
	var out []audit.Entry
	for rows.Next() {
		var body string
		if err := rows.Scan(&body); err != nil {
			return nil, err
		}
		var e audit.Entry
		if err := json.Unmarshal([]byte(body), &e); err != nil {
			return nil, fmt.Errorf("read the audit log: %w", err)
		}
		out = append(out, e)
	}
	return out, rows.Err()
}

// BrokenError says where the audit log is not what was written.
type BrokenError struct {
	// Line is the first line that does not fit, counted from 1.
	Line int64
	Why  string
}

// Error is one line.
func (e *BrokenError) Error() string {
	return fmt.Sprintf("the audit log is broken at line %d: %s", e.Line, e.Why)
}

// Verify reads the whole log and checks its chain, and that it holds a head that was noted before (zero: none). It
// returns the head as it is; a *BrokenError says what is wrong.
func (s *Store) Verify(ctx context.Context, known audit.Head) (audit.Head, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT seq, at, vm, who, body, hash FROM audit ORDER BY seq`)
	if err != nil {
		return audit.Head{}, fmt.Errorf("read the audit log: %w", err)
	}
	defer rows.Close()
	var head audit.Head
	for rows.Next() {
		var seq, at int64
		var vm, who, body, hash string
		if err := rows.Scan(&seq, &at, &vm, &who, &body, &hash); err != nil {
			return head, err
		}
		var e audit.Entry
		if err := json.Unmarshal([]byte(body), &e); err != nil {
			return head, &BrokenError{Line: head.Count + 1, Why: "it cannot be read"}
		}
		next := head.Next(e)
		switch {
		case seq != next.Count:
			return head, &BrokenError{Line: next.Count, Why: "it is missing"}
		case hash != next.Hash, at != millis(e.At), vm != searchVM(e), who != searchWho(e):
			return head, &BrokenError{Line: seq, Why: "it is not what was written"}
		}
		head = next
		if head.Count == known.Count && head.Hash != known.Hash {
			return head, &BrokenError{Line: seq, Why: "it is not the line whose hash was noted"}
		}
	}
	if err := rows.Err(); err != nil {
		return head, err
	}
	if head.Count < known.Count {
		return head, &BrokenError{Line: head.Count + 1, Why: fmt.Sprintf("the log ends here, but %d lines were noted", known.Count)}
	}
	return head, nil
}

// transitions are the audit lines of one step of an operation's life: what the server and the bot did, after what people
// did.
func transitions(before, after operation.Operation) []audit.Entry {
	line := audit.Entry{
		At: after.Moved, Site: after.Site, Actor: after.Requester, Place: after.Place, Verb: string(after.Kind),
		VM: after.VM.Name, Host: after.VM.Host, VMRef: string(after.VM.Ref),
		Operation: string(after.ID), GUID: string(after.GUID), Rule: after.Rule,
	}
	var out []audit.Entry
	if after.State != before.State {
		switch after.State {
		case operation.Waiting, operation.Running, operation.Ended:
		default:
			step := line
			step.Outcome, step.Detail = string(after.State), detail(after)
			out = append(out, step)
		}
	}
	if a := after.Abort; a != nil && !a.Answered.IsZero() && (before.Abort == nil || !a.Answered.Equal(before.Abort.Answered)) {
		step := line
		step.At, step.Actor, step.Verb, step.Rule = a.Answered, a.By, "abort", ""
		step.Outcome, step.Detail = "abort taken", a.Words
		if !a.OK {
			step.Outcome = "abort refused"
		}
		out = append(out, step)
	}
	return out
}

// detail is what belongs to a state: the reason, the basis of an outcome, the server's words.
func detail(o operation.Operation) string {
	var parts []string
	for _, p := range []string{string(o.Why), string(o.Basis), o.Words} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	if o.By != nil {
		parts = append(parts, "by "+o.By.ID())
	}
	if o.Report != nil && o.Report.Error != "" {
		parts = append(parts, o.Report.Error)
	}
	return chat.Cut(chat.OneLine(strings.Join(parts, ": ")), 500)
}
