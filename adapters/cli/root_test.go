package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vmbackup-bot/vmbackup"
)

func TestHints(t *testing.T) {
	inner := withHint(errors.New("a"), "do a")
	server := &vmbackup.Error{Call: "x", Hint: "do b", Err: errors.New("y")}
	err := fmt.Errorf("all: %w", errors.Join(withHint(inner, "do c"), usageError{server}, inner, &vmbackup.Error{Call: "z"}))
	if got := hintsOf(err); !slices.Equal(got, []string{"do c", "do a", "do b"}) {
		t.Errorf("got %q", got)
	}
	if got := hintsOf(nil); got != nil {
		t.Errorf("no error has the hints %q", got)
	}
}

func TestLiveNeedsTerminals(t *testing.T) {
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, std := range []IO{{In: f, Out: f}, {In: strings.NewReader(""), Out: f}, {In: f, Out: &bytes.Buffer{}}} {
		if live(std, false) {
			t.Errorf("%T and %T are taken for a terminal", std.In, std.Out)
		}
	}
}

func TestConsoleLog(t *testing.T) {
	var stderr bytes.Buffer
	cfg := Config{StateDir: t.TempDir()}
	w, done, err := consoleLog(cfg, false, IO{Err: &stderr})
	if err != nil || w != &stderr || done() != nil {
		t.Errorf("a plain console logs to %v, %v", w, err)
	}
	path := filepath.Join(cfg.StateDir, consoleLogName)
	for range 2 { // the second run begins anew
		w, done, err := consoleLog(cfg, true, IO{Err: &stderr})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(w, "line")
		if err := done(); err != nil {
			t.Fatal(err)
		}
	}
	if data, err := os.ReadFile(path); string(data) != "line" || err != nil || stderr.Len() > 0 {
		t.Errorf("the log holds %q, %v; on the terminal is %q", data, err, stderr.String())
	}
	cfg.StateDir = filepath.Join(path, "x")
	if _, _, err := consoleLog(cfg, true, IO{}); err == nil {
		t.Error("a log was opened below a file")
	}
}

func TestCheckStops(t *testing.T) {
	clearEnvironment(t, login("STATE_DIR", t.TempDir(), "VMBACKUP_URL", "https://localhost:1/api/rest"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out bytes.Buffer
	if _, err := runCheck(ctx, "text", IO{Out: &out}); err == nil || out.Len() > 0 {
		t.Errorf("ended with %v and %q", err, out.String())
	}
}
