package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"vmbackup-bot/bot/audit"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/vmbackup"
)

// Record stores a wish with its audit line and its first messages, and finishes its claim (zero for none), in one
// commit. Where the VM already has an open operation nothing is stored, and an *operation.OpenError names it; a forced
// wish is only kept out by one that is not lost.
func (s *Store) Record(ctx context.Context, claim int64, o operation.Operation, e audit.Entry) error {
	err := s.tx(ctx, func(tx *sql.Tx) error {
		open, err := operationsIn(ctx, tx, `site = ? AND ref = ? AND open = 1 ORDER BY asked DESC`, o.Site, o.VM.Ref.Key())
		if err != nil {
			return err
		}
		for _, other := range open {
			if !o.Forced || other.State != operation.Lost {
				return &operation.OpenError{Operation: other}
			}
		}
		if err := s.save(ctx, tx, o, true); err != nil {
			return err
		}
		if err := s.append(ctx, tx, e); err != nil {
			return err
		}
		if claim == 0 {
			return nil
		}
		return finish(ctx, tx, claim)
	})
	if err == nil {
		s.o.Wake()
	}
	return err
}

// Apply stores an event, with what follows from it and the caller's audit lines, in one commit. An error of the state
// machine comes back with the operation as it is; then nothing but the lines is stored, since what a person asked for is
// worth knowing although it came to nothing.
func (s *Store) Apply(ctx context.Context, id operation.ID, e operation.Event, lines ...audit.Entry) (operation.Operation, error) {
	var after operation.Operation
	var refused error
	err := s.tx(ctx, func(tx *sql.Tx) error {
		before, err := operationIn(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.append(ctx, tx, lines...); err != nil {
			return err
		}
		if after, refused = before.Apply(e); refused != nil {
			return nil
		}
		if err := s.append(ctx, tx, transitions(before, after)...); err != nil {
			return err
		}
		return s.save(ctx, tx, after, false)
	})
	if err != nil {
		return after, err
	}
	if refused == nil {
		s.o.Wake()
	}
	return after, refused
}

// ApplyAll applies the changes in order, in one commit, and returns the operations as they are then, each once. An event
// that comes too late or out of turn is left out: between a look and its commit an operation may have moved on.
func (s *Store) ApplyAll(ctx context.Context, changes []operation.Change) ([]operation.Operation, error) {
	after := make(map[operation.ID]operation.Operation)
	var order []operation.ID
	err := s.tx(ctx, func(tx *sql.Tx) error {
		for _, c := range changes {
			o, ok := after[c.ID]
			if !ok {
				var err error
				if o, err = operationIn(ctx, tx, c.ID); err != nil {
					return err
				}
				after[c.ID] = o
				order = append(order, c.ID)
			}
			next, err := o.Apply(c.Event)
			if err != nil {
				s.o.Logger.Debug("an event was left out", "operation", c.ID, "error", err)
				continue
			}
			// Each step leaves its own audit line; the messages show only where it all led to.
			if err := s.append(ctx, tx, transitions(o, next)...); err != nil {
				return err
			}
			after[c.ID] = next
		}
		for _, id := range order {
			if err := s.save(ctx, tx, after[id], false); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.o.Wake()
	out := make([]operation.Operation, 0, len(order))
	for _, id := range order {
		out = append(out, after[id])
	}
	return out, nil
}

// save writes an operation and its messages as they look now.
func (s *Store) save(ctx context.Context, tx *sql.Tx, o operation.Operation, fresh bool) error {
	body, err := json.Marshal(o)
	if err != nil {
		return err
	}
	query := `UPDATE operations SET site = ?, ref = ?, guid = ?, rule = ?, state = ?, asked = ?, open = ?, watched = ?, forced = ?, decided = ?, body = ? WHERE id = ?`
	if fresh {
		query = `INSERT INTO operations (site, ref, guid, rule, state, asked, open, watched, forced, decided, body, id) VALUES (` + marks(12) + `)`
	}
	if _, err := tx.ExecContext(ctx, query, o.Site, o.VM.Ref.Key(), strings.ToLower(string(o.GUID)), o.Rule, string(o.State), millis(o.Asked),
		o.State.Open(), o.Watched(), o.Forced, millis(o.Decided), string(body), string(o.ID)); err != nil {
		return fmt.Errorf("save operation %s: %w", o.ID, err)
	}
	for _, d := range s.o.Render(o) {
		if err := s.put(ctx, tx, o.Site, d); err != nil {
			return err
		}
	}
	return nil
}

// querier is a transaction or the readers.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// ErrNoOperation means that there is no operation with that id.
var ErrNoOperation = errors.New("no such operation")

func operationIn(ctx context.Context, q querier, id operation.ID) (operation.Operation, error) {
	ops, err := operationsIn(ctx, q, `id = ?`, string(id))
	if err == nil && len(ops) == 0 {
		err = fmt.Errorf("%w: %s", ErrNoOperation, id)
	}
	if err != nil {
		return operation.Operation{}, err
	}
	return ops[0], nil
}

// operationsIn reads operations by a condition of this package's own making.
func operationsIn(ctx context.Context, q querier, where string, args ...any) ([]operation.Operation, error) {
	rows, err := q.QueryContext(ctx, `SELECT body FROM operations WHERE `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read operations: %w", err)
	}
	defer rows.Close()
	var out []operation.Operation
	for rows.Next() {
		var body string
		if err := rows.Scan(&body); err != nil {
			return nil, err
		}
		var o operation.Operation
		if err := json.Unmarshal([]byte(body), &o); err != nil {
			return nil, fmt.Errorf("read an operation: %w", err)
		}
		out = append(out, o)
	}
	return out, rows.Err()
}

// Operation is one operation; false where there is none with that id.
func (s *Store) Operation(ctx context.Context, id operation.ID) (operation.Operation, bool, error) {
	o, err := operationIn(ctx, s.read, id)
	if errors.Is(err, ErrNoOperation) {
		return o, false, nil
	}
	return o, err == nil, err
}

// shortest is how many characters of an OperationGuid name an operation.
const shortest = 8

// FindOperations are the operations that a text names: by their own id, or by their OperationGuid, whole or from its
// first eight characters on. Letter case does not count.
func (s *Store) FindOperations(ctx context.Context, site, text string) ([]operation.Operation, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	if len(text) < shortest || strings.ContainsAny(text, "%_") {
		return nil, nil
	}
	return operationsIn(ctx, s.read, `site = ? AND (id = ? OR guid LIKE ?) ORDER BY asked DESC`, site, text, text+"%")
}

// Unfinished are the operations that hold a VM, oldest first.
func (s *Store) Unfinished(ctx context.Context, site string) ([]operation.Operation, error) {
	return operationsIn(ctx, s.read, `site = ? AND open = 1 ORDER BY asked, id`, site)
}

// Watched are the operations that must be looked after, oldest first.
func (s *Store) Watched(ctx context.Context, site string) ([]operation.Operation, error) {
	return operationsIn(ctx, s.read, `site = ? AND watched = 1 ORDER BY asked, id`, site)
}

// Recent are the newest n operations since a time, newest first.
func (s *Store) Recent(ctx context.Context, site string, since time.Time, n int) ([]operation.Operation, error) {
	return operationsIn(ctx, s.read, `site = ? AND asked >= ? ORDER BY asked DESC, id LIMIT ?`, site, millis(since), n)
}

// claimedFor is for how long a report that an operation rests on is kept from others: longer than any late look-up.
const claimedFor = 7 * 24 * time.Hour

// Claimed are the reports of a VM that other operations than this one rest on.
func (s *Store) Claimed(ctx context.Context, site string, ref vmbackup.VMRef, except operation.ID) ([]vmbackup.Report, error) {
	ops, err := operationsIn(ctx, s.read, `site = ? AND ref = ? AND decided >= ? AND id <> ?`,
		site, ref.Key(), millis(s.o.Now().Add(-claimedFor)), string(except))
	var out []vmbackup.Report
	for _, o := range ops {
		if o.Report != nil {
			out = append(out, *o.Report)
		}
	}
	return out, err
}

// StartsToday counts what was started of a VM under a rule since the day began; what came to nothing does not count.
func (s *Store) StartsToday(ctx context.Context, site, rule string, ref vmbackup.VMRef, dayStart time.Time) (int, error) {
	ops, err := operationsIn(ctx, s.read, `site = ? AND ref = ? AND asked >= ? AND rule = ?`, site, ref.Key(), millis(dayStart), rule)
	ops = slices.DeleteFunc(ops, func(o operation.Operation) bool {
		return o.State == operation.NotStarted || o.State == operation.Rejected
	})
	return len(ops), err
}
