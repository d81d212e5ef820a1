package card_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vmbackup-bot/bot/chat"
)

// update rewrites the golden files: go test ./bot/card -update.
var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares value with testdata/<name>.json, and what a person reads with testdata/<name>.txt.
func golden(t *testing.T, name string, value any, text string) {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(value); err != nil {
		t.Fatal(err)
	}
	same(t, name+".json", b.Bytes())
	same(t, name+".txt", []byte(text))
}

func same(t *testing.T, file string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", file)
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (run with -update to make it)", err)
	}
	want = bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n"))
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// readCard is a card as text, part by part.
func readCard(c chat.Card) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("%s", c.Summary.Plain(time.UTC))
	if len(c.Title) > 0 {
		line("  # %s", c.Title.Plain(time.UTC))
	}
	if p := c.Progress; p != nil {
		line("  [%3.0f %%] %s", p.Percent, p.Phase)
	}
	for _, f := range c.Fields {
		line("  %s: %s", f.Label, f.Value.Plain(time.UTC))
	}
	for _, l := range c.Lines {
		line("  - %s", l.Plain(time.UTC))
	}
	for l := range strings.Lines(c.Quote) {
		line("  > %s", strings.TrimRight(l, "\n"))
	}
	if len(c.Note) > 0 {
		line("  (%s)", c.Note.Plain(time.UTC))
	}
	for _, btn := range c.Buttons {
		line("  [%s] %s:%s %s", btn.Label, btn.Action, btn.ID, btn.Style)
		if btn.Confirm != nil {
			line("      %s %s [%s] [%s]", btn.Confirm.Title, btn.Confirm.Text, btn.Confirm.Yes, btn.Confirm.No)
		}
	}
	if c.Menu != nil {
		line("  [%s] %s:%s, beside them", c.Menu.Label, c.Menu.Action, c.Menu.ID)
	}
	if c.Mention != nil {
		line("  mentions %s", c.Mention.ID())
	}
	if c.Broadcast {
		line("  broadcast")
	}
	return b.String()
}

// readDrafts is all messages of an operation as text.
func readDrafts(drafts []chat.Draft) string {
	var b strings.Builder
	for _, d := range drafts {
		class := map[chat.Class]string{chat.Final: "final", chat.First: "first", chat.Ongoing: "ongoing"}[d.Class]
		fmt.Fprintf(&b, "== %s (%s) %s\n%s\n", d.Key, class, d.Card.Tone, readCard(d.Card))
	}
	return b.String()
}
