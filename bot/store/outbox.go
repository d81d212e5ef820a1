package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/deliver"
)

var _ deliver.Outbox = (*Store)(nil)

// row is a message as the table keeps it: what deliver sees of it, and what only the outbox needs.
type row struct {
	deliver.Message
	Site string
	// Want is the card as it was drafted, to tell a new version from the same one again.
	Want json.RawMessage
	Seq  int64
	Next time.Time `json:",omitzero"` // not before
	Look time.Time `json:",omitzero"` // when to look for a twin
	// Below is the thread that was opened below the message.
	Below   chat.Place
	Dropped string `json:",omitempty"` // why nothing will be sent any more
	Since   time.Time
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
	want, err := json.Marshal(d.Card)
	if err != nil {
		return err
	}
	r, err := rowIn(ctx, tx, d.Key)
	if err != nil {
		return err
	}
	seq, err := nextSeq(ctx, tx)
	if err != nil {
		return err
	}
	now := s.o.Now()
	switch {
	case r == nil:
		r = &row{Site: site, Seq: seq, Since: now}
	case bytes.Equal(r.Want, want) && r.Class == d.Class && r.To == d.To && r.Under == d.Under:
		return nil
	case r.Sent == r.Version:
		r.Seq, r.Since = seq, now
	}
	if d.Class < r.Class {
		r.Next = time.Time{} // what was put off for progress is not put off for the last word
	}
	r.Key, r.Under, r.To, r.Class, r.Card, r.Want = d.Key, d.Under, d.To, d.Class, d.Card, want
	r.Version++
	return s.keepRow(ctx, tx, r)
}

func nextSeq(ctx context.Context, tx *sql.Tx) (int64, error) {
	var seq int64
	err := tx.QueryRowContext(ctx, `SELECT coalesce(max(seq), 0) + 1 FROM messages`).Scan(&seq)
	return seq, err
}

func rowIn(ctx context.Context, q querier, key string) (*row, error) {
	var body string
	err := q.QueryRowContext(ctx, `SELECT body FROM messages WHERE key = ?`, key).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r := new(row)
	if err := json.Unmarshal([]byte(body), r); err != nil {
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
	if at, ok := r.due(); ok {
		due = millis(at)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO messages (key, site, under, class, seq, due, posted, since, body) VALUES (`+marks(9)+`)
		ON CONFLICT (key) DO UPDATE SET site = excluded.site, under = excluded.under, class = excluded.class, seq = excluded.seq,
		due = excluded.due, posted = excluded.posted, since = excluded.since, body = excluded.body`,
		r.Key, r.Site, r.Under, int(r.Class), r.Seq, due, !r.Ref.IsZero(), millis(r.Since), string(body))
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

// ready is the condition of a message that may be sent once its time has come.
const ready = ` m.due IS NOT NULL AND (m.under = '' OR EXISTS (SELECT 1 FROM messages u WHERE u.key = m.under AND u.posted = 1)) `

// Due is deliver.Outbox.
func (s *Store) Due(ctx context.Context, now time.Time, n int) ([]deliver.Message, time.Time, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT m.body, coalesce(u.body, '') FROM messages m LEFT JOIN messages u ON u.key = m.under
		WHERE`+ready+`AND m.due <= ? ORDER BY m.class, m.seq LIMIT ?`, millis(now), n)
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("read the outbox: %w", err)
	}
	defer rows.Close()
	var out []deliver.Message
	for rows.Next() {
		var body, above string
		if err := rows.Scan(&body, &above); err != nil {
			return nil, time.Time{}, err
		}
		m, err := message(body, above)
		if err != nil {
			return nil, time.Time{}, err
		}
		out = append(out, m)
	}
	if err := rows.Err(); err != nil {
		return nil, time.Time{}, err
	}
	var next sql.NullInt64
	if err := s.read.QueryRowContext(ctx, `SELECT min(m.due) FROM messages m WHERE`+ready+`AND m.due > ?`, millis(now)).Scan(&next); err != nil {
		return nil, time.Time{}, err
	}
	return out, fromMillis(next.Int64), nil
}

// message is a row as deliver sees it; above is the row that it stands under, empty for none.
func message(body, above string) (deliver.Message, error) {
	var r row
	if err := json.Unmarshal([]byte(body), &r); err != nil {
		return deliver.Message{}, fmt.Errorf("read a message: %w", err)
	}
	m := r.Message
	m.Recheck = !r.Look.IsZero()
	if above != "" {
		var u row
		if err := json.Unmarshal([]byte(above), &u); err != nil {
			return deliver.Message{}, fmt.Errorf("read a message: %w", err)
		}
		m.UnderRef, m.Thread = u.Ref, u.Below
	}
	return m, nil
}

// change rewrites one row; a key that is not there is left alone.
func (s *Store) change(ctx context.Context, key string, do func(tx *sql.Tx, r *row) error) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		r, err := rowIn(ctx, tx, key)
		if err != nil || r == nil {
			return err
		}
		if err := do(tx, r); err != nil {
			return err
		}
		return s.keepRow(ctx, tx, r)
	})
}

// Attempt is deliver.Outbox.
func (s *Store) Attempt(ctx context.Context, key string, version int, at time.Time) error {
	return s.change(ctx, key, func(_ *sql.Tx, r *row) error {
		r.Attempt, r.AttemptVersion = at, version
		return nil
	})
}

// Done is deliver.Outbox.
func (s *Store) Done(ctx context.Context, key string, version int, ref chat.MessageRef, recheck time.Time) error {
	return s.change(ctx, key, func(tx *sql.Tx, r *row) error {
		if r.Ref != ref {
			r.Gone, r.Posted = false, s.o.Now()
		}
		r.Ref, r.Sent = ref, max(r.Sent, version)
		r.Attempt, r.AttemptVersion, r.Fails = time.Time{}, 0, 0
		r.Next, r.Look = time.Time{}, recheck
		seq, err := nextSeq(ctx, tx)
		if err != nil {
			return err
		}
		r.Seq = seq
		_, err = tx.ExecContext(ctx, `INSERT INTO message_refs (platform, channel, id, key) VALUES (?, ?, ?, ?)
			ON CONFLICT (platform, channel, id) DO UPDATE SET key = excluded.key`, ref.Platform, ref.Channel, ref.ID, key)
		return err
	})
}

// Opened is deliver.Outbox.
func (s *Store) Opened(ctx context.Context, key string, thread chat.Place) error {
	return s.change(ctx, key, func(_ *sql.Tx, r *row) error {
		r.Below = thread
		return nil
	})
}

// Fail is deliver.Outbox.
func (s *Store) Fail(ctx context.Context, key string, f *chat.Fault, next time.Time) error {
	return s.change(ctx, key, func(_ *sql.Tx, r *row) error {
		r.Fails++
		r.Next = next
		switch f.Kind {
		case chat.FaultLost:
			return nil
		case chat.FaultMessageGone, chat.FaultFrozen:
			r.Gone = true
		case chat.FaultBadCard:
			r.Card.Plain = true
		}
		r.Attempt, r.AttemptVersion = time.Time{}, 0
		return nil
	})
}

// Drop is deliver.Outbox.
func (s *Store) Drop(ctx context.Context, key string, f *chat.Fault) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT key FROM messages WHERE key = ? OR under = ?`, key, key)
		if err != nil {
			return err
		}
		defer rows.Close()
		var keys []string
		for rows.Next() {
			var k string
			if err := rows.Scan(&k); err != nil {
				return err
			}
			keys = append(keys, k)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		for _, k := range keys {
			r, err := rowIn(ctx, tx, k)
			if err != nil || r == nil {
				return err
			}
			r.Dropped = f.Error()
			if err := s.keepRow(ctx, tx, r); err != nil {
				return err
			}
		}
		return nil
	})
}
