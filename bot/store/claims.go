package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"vmbackup-bot/bot/audit"
	"vmbackup-bot/bot/chat"
)

// claimsKept is for how long a repeat of a delivery is recognised (design, rule 2).
const claimsKept = 7 * 24 * time.Hour

// Claim stores the delivery ids of a request, in one short commit, which it may share with others. Any id that is known makes it a repeat, and the others
// are then known as well. A claim that an earlier process never finished becomes this one's.
func (s *Store) Claim(ctx context.Context, c chat.Claim) (id int64, st chat.Standing, err error) {
	if len(c.Deliveries) == 0 {
		return 0, 0, errors.New("a request without a delivery id")
	}
	body, err := json.Marshal(c)
	if err != nil {
		return 0, 0, err
	}
	call := &claimCall{claim: c, body: string(body), done: make(chan struct{})}
	s.claims.add(call, s.storeClaims) //nolint:contextcheck // others' claims are stored with it, which outlive this one's caller
	select {
	case <-call.done:
	case <-ctx.Done():
		// Where it is being stored just now it is left there: nothing follows from it, and a repeat of it is recognised.
		s.claims.leave(call)
		return 0, 0, fmt.Errorf("claim: %w", ctx.Err())
	}
	if call.err != nil {
		return 0, 0, fmt.Errorf("claim: %w", call.err)
	}
	return call.id, call.st, nil
}

// claimIn stores one claim.
func (s *Store) claimIn(ctx context.Context, tx *sql.Tx, c *claimCall) (int64, chat.Standing, error) {
	id, st, found, err := s.known(ctx, tx, c.claim.Deliveries)
	if err != nil {
		return 0, 0, err
	}
	if !found {
		r, err := tx.ExecContext(ctx, `INSERT INTO claims (boot, at, body) VALUES (?, ?, ?)`, s.boot, millis(s.o.Now()), c.body)
		if err != nil {
			return 0, 0, err
		}
		if id, err = r.LastInsertId(); err != nil {
			return 0, 0, err
		}
		st = chat.ClaimNew
	}
	for _, d := range c.claim.Deliveries {
		if _, err := tx.ExecContext(ctx, `INSERT OR IGNORE INTO deliveries (delivery, claim) VALUES (?, ?)`, d, id); err != nil {
			return 0, 0, err
		}
	}
	return id, st, nil
}

// known is the claim that has one of the deliveries, and what it came to.
func (s *Store) known(ctx context.Context, tx *sql.Tx, deliveries []string) (int64, chat.Standing, bool, error) {
	args := make([]any, len(deliveries))
	for i, d := range deliveries {
		args[i] = d
	}
	var id int64
	var boot string
	var done bool
	err := tx.QueryRowContext(ctx, `SELECT c.id, c.boot, c.done FROM deliveries d JOIN claims c ON c.id = d.claim
		WHERE d.delivery IN (`+marks(len(deliveries))+`) ORDER BY c.id LIMIT 1`, args...).Scan(&id, &boot, &done)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return 0, 0, false, nil
	case err != nil:
		return 0, 0, false, err
	case done || boot == s.boot:
		return id, chat.ClaimRepeat, true, nil
	}
	_, err = tx.ExecContext(ctx, `UPDATE claims SET boot = ? WHERE id = ?`, s.boot, id)
	return id, chat.ClaimTakenUp, true, err
}

// FinishClaim says that everything about a request has been done.
func (s *Store) FinishClaim(ctx context.Context, id int64) error {
	return s.tx(ctx, func(tx *sql.Tx) error { return finish(ctx, tx, id) })
}

func finish(ctx context.Context, tx *sql.Tx, id int64) error {
	_, err := tx.ExecContext(ctx, `UPDATE claims SET done = 1 WHERE id = ?`, id)
	return err
}

// Interrupted are the claims that earlier processes took before a time and never finished.
func (s *Store) Interrupted(ctx context.Context, before time.Time) ([]chat.Claim, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT id, body FROM claims WHERE done = 0 AND boot <> ? AND at < ? ORDER BY id`, s.boot, millis(before))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []chat.Claim
	for rows.Next() {
		var id int64
		var body string
		if err := rows.Scan(&id, &body); err != nil {
			return nil, err
		}
		var c chat.Claim
		if err := json.Unmarshal([]byte(body), &c); err != nil {
			return nil, fmt.Errorf("claim %d: %w", id, err)
		}
		c.ID = id
		out = append(out, c)
	}
	return out, rows.Err()
}

// TellInterrupted finishes a claim that came to nothing, with the message that says so and its audit line, in one commit.
// A claim that was finished or taken up meanwhile is left alone.
func (s *Store) TellInterrupted(ctx context.Context, c chat.Claim, d chat.Draft, e audit.Entry) error {
	told := false
	err := s.tx(ctx, func(tx *sql.Tx) error {
		r, err := tx.ExecContext(ctx, `UPDATE claims SET done = 1 WHERE id = ? AND done = 0 AND boot <> ?`, c.ID, s.boot)
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			return err
		}
		told = true
		if err := s.put(ctx, tx, e.Site, d); err != nil {
			return err
		}
		return s.append(ctx, tx, e)
	})
	if err == nil && told {
		s.o.Wake()
	}
	return err
}

// Prune removes the claims whose repeats need no longer be recognised.
func (s *Store) Prune(ctx context.Context) error {
	_, err := s.write.ExecContext(ctx, `DELETE FROM claims WHERE at < ?`, millis(s.o.Now().Add(-claimsKept)))
	return err
}
