package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/deliver"
)

var _ deliver.Outbox = (*Store)(nil)

// ready is the condition of a message that may be sent once its time has come.
const ready = ` m.due IS NOT NULL AND (m.under = '' OR EXISTS (SELECT 1 FROM messages u WHERE u.key = m.under AND u.posted = 1)) `

// Due is deliver.Outbox.
func (s *Store) Due(ctx context.Context, now time.Time, n int) ([]deliver.Message, time.Time, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT m.body, coalesce(u.body, '') FROM messages m INDEXED BY messages_order LEFT JOIN messages u ON u.key = m.under
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
		m, err := s.message(body, above)
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
func (s *Store) message(body, above string) (deliver.Message, error) {
	r, err := s.rows.read(body)
	if err != nil {
		return deliver.Message{}, err
	}
	m := r.Message
	m.Recheck = !r.Look.IsZero()
	if above != "" {
		u, err := s.rows.read(above)
		if err != nil {
			return deliver.Message{}, err
		}
		m.UnderRef, m.Thread = u.Ref, u.Below
	}
	return m, nil
}

// mostRead bounds the rows that are remembered as they were read: more messages than ever wait at once.
const mostRead = 4096

// readRows remembers what stored rows mean. While a platform is slower than the bot, hundreds of messages are looked at
// again for each one that leaves, and reading them anew each time costs more than everything else.
type readRows struct {
	mu   sync.Mutex
	seen map[string]row // by their stored text, so that a changed row is another one
}

func (c *readRows) read(body string) (row, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r, ok := c.seen[body]; ok {
		return r, nil
	}
	var r row
	if err := json.Unmarshal([]byte(body), &r); err != nil {
		return row{}, fmt.Errorf("read a message: %w", err)
	}
	if c.seen == nil || len(c.seen) >= mostRead {
		c.seen = make(map[string]row)
	}
	c.seen[body] = r
	return r, nil
}

// change rewrites one row; a key that is not there is left alone.
func (s *Store) change(ctx context.Context, key string, do func(tx *sql.Tx, r *row) error) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		r, err := rowIn(ctx, tx, key, nil)
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
			if r.Lost.IsZero() && (r.Ref.IsZero() || r.Gone) {
				r.Lost = r.Attempt
			}
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

// Drop is deliver.Outbox. What already stands below the message goes on: a call for it will tell whether it still can.
func (s *Store) Drop(ctx context.Context, key string, f *chat.Fault) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT key FROM messages WHERE key = ? OR (under = ? AND posted = 0)`, key, key)
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
			r, err := rowIn(ctx, tx, k, nil)
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
