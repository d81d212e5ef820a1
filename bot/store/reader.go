package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"
)

// OpenReader opens the state of a bot that may be running, for reading alone. Only the methods that read may be used.
func OpenReader(ctx context.Context, path string) (*Store, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("there is no state at %s: %w", path, err)
	}
	db, err := sql.Open("sqlite", dsn(path, "ro"))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	var have int
	if err := db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&have); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), db.Close())
	}
	know, err := newest()
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	switch {
	case have > know:
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, &NewerSchemaError{Have: have, Know: know}), db.Close())
	case have < know: // only the bot itself may bring it up to date
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, &OlderSchemaError{Have: have, Know: know}), db.Close())
	}
	return &Store{o: Options{Now: time.Now, Wake: func() {}}, write: db, read: db}, nil
}
