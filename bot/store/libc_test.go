package store_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestLibc: SQLite's Go code is generated against one version of libc, and only that pair is tested by its author.
func TestLibc(t *testing.T) {
	gotool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go command here: ", err)
	}
	list := func(format, module string) string {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), gotool, "list", "-m", "-f", format, module).Output()
		ok(t, err)
		return strings.TrimSpace(string(out))
	}
	mod := string(must[[]byte](t)(os.ReadFile(list("{{.GoMod}}", "modernc.org/sqlite"))))
	want := ""
	for line := range strings.Lines(mod) {
		if f := strings.Fields(strings.TrimPrefix(line, "require ")); len(f) >= 2 && f[0] == "modernc.org/libc" {
			want = f[1]
		}
	}
	if have := list("{{.Version}}", "modernc.org/libc"); want == "" || have != want {
		t.Errorf("modernc.org/libc is %s, but modernc.org/sqlite is made for %q: set it in go.mod", have, want)
	}
}
