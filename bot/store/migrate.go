package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
)

//go:embed migrations/*.sql
var migrations embed.FS

// NewerSchemaError says that the file was written by a newer version of this program.
type NewerSchemaError struct{ Have, Know int }

// Error says what to do, too: there is no way back.
func (e *NewerSchemaError) Error() string {
	return fmt.Sprintf("the state was written by a newer version (schema %d, this one knows %d); use that version, or restore a copy from before the upgrade", e.Have, e.Know)
}

// OlderSchemaError says that the file is from an older version of this program, or none of its files at all, and was
// opened for reading alone.
type OlderSchemaError struct{ Have, Know int }

// Error says what to do, too: a reader changes nothing.
func (e *OlderSchemaError) Error() string {
	return fmt.Sprintf("the state is from an older version (schema %d, this one knows %d); start the bot once, which brings it up to date", e.Have, e.Know)
}

// steps are the migrations in order; the number of the last is the newest schema.
func steps() ([]string, error) { return fs.Glob(migrations, "migrations/*.sql") }

func newest() (int, error) {
	names, err := steps()
	return len(names), err
}

// migrate brings the schema up to date, one numbered file after the other, each with its number in one transaction.
func migrate(ctx context.Context, db *sql.DB) error {
	names, err := steps()
	if err != nil {
		return err
	}
	var have int
	if err := db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&have); err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	if have > len(names) {
		return &NewerSchemaError{Have: have, Know: len(names)}
	}
	for i := have; i < len(names); i++ {
		if err := step(ctx, db, names[i], i+1); err != nil {
			return fmt.Errorf("bring the schema to version %d: %w", i+1, err)
		}
	}
	return nil
}

func step(ctx context.Context, db *sql.DB, name string, version int) error {
	text, err := migrations.ReadFile(name)
	if err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, string(text)); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf(`PRAGMA user_version = %d`, version)); err != nil {
		return err
	}
	return tx.Commit()
}
