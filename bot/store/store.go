package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
)

// Options make a Store. Path and Render are required.
type Options struct {
	// Path is the database file; its folder is made where it is missing.
	Path string
	// Render says how an operation's messages look now.
	Render func(operation.Operation) []chat.Draft
	// Now is the clock; nil is the system's.
	Now func() time.Time
	// Wake is called after each commit that changed an operation or the outbox; nil for nobody.
	Wake   func()
	Logger *slog.Logger
}

// Store is the state of one bot. Make it with [Open].
type Store struct {
	o      Options
	write  *sql.DB // one connection: transactions queue here
	read   *sql.DB
	boot   string
	rows   readRows
	gate   gate // in front of write
	claims batch
}

// readers is how many questions are answered at once.
const readers = 4

// Open opens the database and brings its schema up to date. A schema newer than this program is refused.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Wake == nil {
		o.Wake = func() {}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(filepath.Dir(o.Path), 0o700); err != nil {
		return nil, fmt.Errorf("make the state directory: %w", err)
	}
	if err := private(o.Path); err != nil {
		return nil, err
	}
	s := &Store{o: o}
	var err error
	if s.write, err = sql.Open("sqlite", dsn(o.Path, "rwc")+"&_txlock=immediate"); err != nil {
		return nil, fmt.Errorf("open %s: %w", o.Path, err)
	}
	s.write.SetMaxOpenConns(1)
	if err := migrate(ctx, s.write); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", o.Path, err), s.write.Close())
	}
	if s.read, err = sql.Open("sqlite", dsn(o.Path, "ro")); err != nil {
		return nil, errors.Join(err, s.write.Close())
	}
	s.read.SetMaxOpenConns(readers)
	return s, nil
}

// private makes the file, so that nobody else can read it from its first byte on.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("the state cannot be written: %w", err)
	}
	return f.Close()
}

// dsn opens durably (synchronous FULL: one fsync a commit) and waits for another process's lock for five seconds.
func dsn(path, mode string) string {
	q := "?mode=" + mode + "&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)&_pragma=synchronous(FULL)"
	if mode == "rwc" {
		q += "&_pragma=journal_mode(WAL)"
	}
	file := filepath.ToSlash(path)
	if filepath.VolumeName(path) != "" {
		file = "/" + file
	}
	return "file:" + (&url.URL{Path: file}).EscapedPath() + q
}

// Close closes the database.
func (s *Store) Close() error {
	s.claims.wg.Wait()
	err := s.write.Close()
	if s.read != nil {
		err = errors.Join(s.read.Close(), err)
	}
	return err
}

// Begin starts a run and returns its name. unclean says that the run before was not ended.
func (s *Store) Begin(ctx context.Context) (boot string, unclean bool, err error) {
	s.boot = rand.Text()
	err = s.tx(ctx, func(tx *sql.Tx) error {
		var open int
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM runs WHERE ended IS NULL`).Scan(&open); err != nil {
			return err
		}
		unclean = open > 0
		// What is known of an unclean stop has been told now; the next one is news again.
		if _, err := tx.ExecContext(ctx, `DELETE FROM runs`); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO runs (boot, began) VALUES (?, ?)`, s.boot, millis(s.o.Now()))
		return err
	})
	return s.boot, unclean, err
}

// End marks the run as ended cleanly, and brings everything from the log into the database file, so that a copy of that
// file alone is whole.
func (s *Store) End(ctx context.Context) error {
	if _, err := s.write.ExecContext(ctx, `UPDATE runs SET ended = ? WHERE boot = ?`, millis(s.o.Now()), s.boot); err != nil {
		return err
	}
	_, err := s.write.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
	return err
}

// tx runs do in one transaction. A panic in do, which an adapter survives, must not keep the one writer for ever.
func (s *Store) tx(ctx context.Context, do func(*sql.Tx) error) error {
	return s.inTurn(ctx, false, do)
}

// urgently is tx before all others that wait.
func (s *Store) urgently(ctx context.Context, do func(*sql.Tx) error) error {
	return s.inTurn(ctx, true, do)
}

func (s *Store) inTurn(ctx context.Context, urgent bool, do func(*sql.Tx) error) error {
	if err := s.gate.enter(ctx, urgent); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer s.gate.leave()
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback()
	if err := do(tx); err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// millis is a time as the tables keep it; zero for the zero time.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

// marks is a list of n place-holders.
func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?,", n), ",") }
