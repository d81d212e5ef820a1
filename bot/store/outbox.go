package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/deliver"
)

// row is a message as the table keeps it: what deliver sees of it, and what only the outbox needs.
type row struct {
	deliver.Message
	Site string
	Seq  int64
	Next time.Time `json:",omitzero"` // not before
	Look time.Time `json:",omitzero"` // when to look for a twin
	// Below is the thread that was opened below the message.
	Below   chat.Place
	Dropped string `json:",omitempty"` // why nothing will be sent any more
	Since   time.Time
	// Lost is when the first post was tried whose end nobody knows; zero when the end of each is known. A copy may stand
	// there since then.
	Lost time.Time `json:",omitzero"`
	want []byte    // digest of the newest draft
}

// due is when the row wants attention; false for one that wants none. What it stands under is not looked at.
func (r *row) due() (time.Time, bool) {
	switch {
	case r.Dropped != "", r.Gone && r.Class != chat.Final:
		return time.Time{}, false
	case r.Sent < r.Version:
		return r.Next, true
	case r.Look.IsZero():
		return time.Time{}, false
	case r.Next.After(r.Look):
		return r.Next, true
	}
	return r.Look, true
}

// put makes a draft the newest version of its message. A draft like the newest one changes nothing.
func (s *Store) put(ctx context.Context, tx *sql.Tx, site string, d chat.Draft) error {
	if len(d.Key) > chat.MaxKey || d.Key == "" {
		return fmt.Errorf("message key %q must have 1 to %d characters", d.Key, chat.MaxKey)
	}
	d.Card.Key = d.Key
	want, err := digest(d)
	if err != nil {
		return err
	}
	r, err := rowIn(ctx, tx, d.Key, want)
	if errors.Is(err, errSame) {
		return nil
	}
	if err != nil {
		return err
	}
	if r == nil {
		r = &row{Site: site}
		if r.Dropped, err = droppedAbove(ctx, tx, d.Under); err != nil {
			return err
		}
	}
	if r.Sent == r.Version {
		if r.Seq, err = nextSeq(ctx, tx); err != nil {
			return err
		}
		r.Since = s.o.Now()
	}
	if d.Class < r.Class {
		r.Next = time.Time{} // what was put off for progress is not put off for the last word
		r.Since = s.o.Now()
	}
	r.Key, r.Under, r.To, r.Class, r.Card, r.want = d.Key, d.Under, d.To, d.Class, d.Card, want
	r.Version++
	return s.keepRow(ctx, tx, r)
}

// digest tells a new draft from the same one again; it is cheaper to compare than the draft.
func digest(d chat.Draft) ([]byte, error) {
	body, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("draft of message %s: %w", d.Key, err)
	}
	sum := sha256.Sum256(body)
	return sum[:], nil
}

// droppedAbove is why nothing can be sent below a message: it was dropped before it stood anywhere, and never will.
func droppedAbove(ctx context.Context, tx *sql.Tx, key string) (string, error) {
	if key == "" {
		return "", nil
	}
	above, err := rowIn(ctx, tx, key, nil)
	if err != nil || above == nil || !above.Ref.IsZero() {
		return "", err
	}
	return above.Dropped, nil
}

func nextSeq(ctx context.Context, tx *sql.Tx) (int64, error) {
	var seq int64
	err := tx.QueryRowContext(ctx, `SELECT coalesce(max(seq), 0) + 1 FROM messages`).Scan(&seq)
	return seq, err
}

// errSame means that the newest draft of a message is the very one that is at hand.
var errSame = errors.New("the same draft again")

// rowIn reads a message; nil where there is none. With the digest of its newest draft it says errSame instead.
func rowIn(ctx context.Context, q querier, key string, than []byte) (*row, error) {
	var body, want []byte
	err := q.QueryRowContext(ctx, `SELECT body, want FROM messages WHERE key = ?`, key).Scan(&body, &want)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read message %s: %w", key, err)
	case than != nil && bytes.Equal(than, want):
		return nil, errSame
	}
	r := &row{want: want}
	if err := json.Unmarshal(body, r); err != nil {
		return nil, fmt.Errorf("read message %s: %w", key, err)
	}
	return r, nil
}

func (s *Store) keepRow(ctx context.Context, tx *sql.Tx, r *row) error {
	body, err := json.Marshal(r)
	if err != nil {
		return err
	}
	var due any
	var since int64
	if at, ok := r.due(); ok {
		due = millis(at)
		if r.Sent < r.Version { // else only a twin is looked for
			since = millis(r.Since)
		}
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO messages (key, site, under, class, seq, due, posted, since, want, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (key) DO UPDATE SET site = excluded.site, under = excluded.under, class = excluded.class, seq = excluded.seq,
		due = excluded.due, posted = excluded.posted, since = excluded.since, want = excluded.want, body = excluded.body`,
		r.Key, r.Site, r.Under, int(r.Class), r.Seq, due, !r.Ref.IsZero(), since, r.want, string(body))
	if err != nil {
		return fmt.Errorf("save message %s: %w", r.Key, err)
	}
	return nil
}

// Enqueue stores a message that belongs to no operation.
func (s *Store) Enqueue(ctx context.Context, site string, d chat.Draft) error {
	err := s.tx(ctx, func(tx *sql.Tx) error { return s.put(ctx, tx, site, d) })
	if err == nil {
		s.o.Wake()
	}
	return err
}
