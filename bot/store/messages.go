package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/vmbackup"
)

// KeyAt is the key of the message that stands, or ever stood, at a place; false for one that is not the bot's.
func (s *Store) KeyAt(ctx context.Context, m chat.MessageRef) (string, bool, error) {
	var key string
	err := s.read.QueryRowContext(ctx, `SELECT key FROM message_refs WHERE platform = ? AND channel = ? AND id = ?`,
		m.Platform, m.Channel, m.ID).Scan(&key)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	return key, err == nil, err
}

// copySkew is how far the platform's clock may be from ours.
const copySkew = time.Minute

// Copy reports whether a message that is not known to be the bot's can only be a copy of one that is: it bears the key of a
// post whose end was not known, in that channel, and was posted while that was tried. From then on it is known.
func (s *Store) Copy(ctx context.Context, m chat.MessageRef, key string, posted time.Time) (bool, error) {
	r, err := rowIn(ctx, s.read, key, nil)
	if err != nil || r == nil || r.Lost.IsZero() || posted.IsZero() {
		return false, err
	}
	until := r.Posted
	if r.Ref.IsZero() {
		until = s.o.Now()
	}
	if m.Platform != r.To.Platform || m.Channel != r.To.Channel ||
		posted.Before(r.Lost.Add(-copySkew)) || posted.After(until.Add(copySkew)) {
		return false, nil
	}
	_, err = s.write.ExecContext(ctx, `INSERT INTO message_refs (platform, channel, id, key) VALUES (?, ?, ?, ?)
		ON CONFLICT (platform, channel, id) DO NOTHING`, m.Platform, m.Channel, m.ID, key)
	return err == nil, err
}

// MessageRef is where a message stands; false while it stands nowhere.
func (s *Store) MessageRef(ctx context.Context, key string) (chat.MessageRef, bool, error) {
	r, err := rowIn(ctx, s.read, key, nil)
	if err != nil || r == nil || r.Ref.IsZero() {
		return chat.MessageRef{}, false, err
	}
	return r.Ref, true, nil
}

// Undelivered counts the last words that wait to be told, and says since when the oldest of them does.
func (s *Store) Undelivered(ctx context.Context) (finals int, oldest time.Time, err error) {
	var since sql.NullInt64
	err = s.read.QueryRowContext(ctx, `SELECT count(*), min(since) FROM messages WHERE since > 0 AND class = ?`, int(chat.Final)).Scan(&finals, &since)
	return finals, fromMillis(since.Int64), err
}

// SaveVMs keeps a site's VM list as it was seen.
func (s *Store) SaveVMs(ctx context.Context, site string, vms []vmbackup.VM, at time.Time) error {
	body, err := json.Marshal(vms)
	if err != nil {
		return err
	}
	_, err = s.write.ExecContext(ctx, `INSERT INTO vm_lists (site, at, body) VALUES (?, ?, ?)
		ON CONFLICT (site) DO UPDATE SET at = excluded.at, body = excluded.body`, site, millis(at), string(body))
	return err
}

// VMs is a site's VM list as last seen, and when that was; nothing and the zero time where it never was.
func (s *Store) VMs(ctx context.Context, site string) ([]vmbackup.VM, time.Time, error) {
	var at int64
	var body string
	err := s.read.QueryRowContext(ctx, `SELECT at, body FROM vm_lists WHERE site = ?`, site).Scan(&at, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, time.Time{}, nil
	}
	if err != nil {
		return nil, time.Time{}, err
	}
	var vms []vmbackup.VM
	if err := json.Unmarshal([]byte(body), &vms); err != nil {
		return nil, time.Time{}, err
	}
	return vms, fromMillis(at), nil
}
