package cli

import (
	"database/sql"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"
)

// tamperCmd changes a line of the audit log behind the program's back, as somebody could who has the file.
func tamperCmd(ts *testscript.TestScript, _ bool, _ []string) {
	db, err := sql.Open("sqlite", filepath.Join(ts.Getenv("STATE_DIR"), databaseName))
	ts.Check(err)
	defer db.Close()
	for _, q := range []string{
		"DROP TRIGGER audit_no_update",
		"UPDATE audit SET body = replace (body, 'web01', 'web02') WHERE seq = 2",
	} {
		_, err = db.Exec(q)
		ts.Check(err)
	}
}
