package discord

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

// tester is what testing.T and rapid.T have in common here.
type tester interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

var _ tester = (*testing.T)(nil)

// leaving is the message as it goes over the wire.
func leaving(t tester, b body) map[string]any {
	t.Helper()
	return tree(t, map[string]any{
		"content": b.Content, "embeds": b.Embeds, "components": b.Components, "allowed_mentions": b.Mentions,
	})
}

// tree is v as JSON, read again without any types.
func tree(t tester, v any) map[string]any {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("%v", err)
	}
	var back map[string]any
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatalf("%v", err)
	}
	return back
}

// checkBody holds what leaves against everything that Discord would refuse, and against every way to do harm. The numbers
// are written down a second time on purpose. ping is the id of the one person who may be notified.
func checkBody(t tester, b body, key, ping string) {
	t.Helper()
	out := leaving(t, b)
	w := walker{tester: t}
	for _, name := range []string{"embeds", "components"} {
		if out[name] == nil {
			t.Errorf("%s are null: old ones would stay", name)
		}
	}
	content, _ := out["content"].(string)
	embeds, _ := out["embeds"].([]any)
	w.length("content", content, 0, 2000)
	if strings.TrimSpace(content) == "" && len(embeds) == 0 {
		t.Errorf("an empty message")
	}
	if len(embeds) > 1 {
		t.Errorf("%d embeds", len(embeds))
	}
	for _, e := range embeds {
		w.embed(e.(map[string]any))
	}
	if w.sum > 6000 {
		t.Errorf("%d characters in all embeds", w.sum)
	}
	rows, _ := out["components"].([]any)
	w.rows(rows)
	w.mentions(out["allowed_mentions"].(map[string]any), content, ping)
	if got := keyIn(b.Content, b.Embeds); isKey(key) && got != key {
		t.Errorf("the key is read as %q, want %q", got, key)
	}
}

// walker checks one message.
type walker struct {
	tester
	sum int
	ids []string
}

// length checks one text and counts it. What is trimmed away counts for nothing.
func (w *walker) length(what, s string, least, most int) {
	w.Helper()
	n := len(utf16.Encode([]rune(s)))
	w.sum += n
	if trimmed := strings.TrimSpace(s); n > most || len(trimmed) < least || trimmed != s {
		w.Errorf("%s has %d characters: %q", what, n, s)
	}
	if !utf8.ValidString(s) {
		w.Errorf("%s is cut within a character: %q", what, s)
	}
	for _, r := range s {
		if r < ' ' && r != '\n' || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			w.Errorf("%s holds %U: %q", what, r, s)
		}
	}
}

func (w *walker) embed(e map[string]any) {
	w.Helper()
	w.sum = 0
	filled := false
	for name, most := range map[string]int{"title": 256, "description": 4096} {
		if s, ok := e[name].(string); ok {
			w.length(name, s, 1, most)
			filled = true
		}
	}
	if f, ok := e["footer"].(map[string]any); ok {
		w.length("footer", f["text"].(string), 1, 2048)
		filled = true
	}
	fields, _ := e["fields"].([]any)
	if len(fields) > 25 {
		w.Errorf("%d fields", len(fields))
	}
	for _, f := range fields {
		w.length("name", f.(map[string]any)["name"].(string), 1, 256)
		w.length("value", f.(map[string]any)["value"].(string), 1, 1024)
	}
	if !filled && len(fields) == 0 {
		w.Errorf("an empty embed")
	}
}

func (w *walker) rows(rows []any) {
	w.Helper()
	if len(rows) > 5 {
		w.Errorf("%d rows", len(rows))
	}
	for _, row := range rows {
		buttons := row.(map[string]any)["components"].([]any)
		if len(buttons) == 0 || len(buttons) > 5 {
			w.Errorf("%d buttons in a row", len(buttons))
		}
		for _, b := range buttons {
			b := b.(map[string]any)
			id := b["custom_id"].(string)
			w.length("label", b["label"].(string), 1, 80)
			if n := utf8.RuneCountInString(id); n == 0 || n > 100 || slices.Contains(w.ids, id) {
				w.Errorf("the id %q", id)
			}
			w.ids = append(w.ids, id)
		}
	}
}

// mentions checks that one person at most is notified, and that nothing else even looks like it.
func (w *walker) mentions(allowed map[string]any, content, ping string) {
	w.Helper()
	if parse, ok := allowed["parse"].([]any); !ok || len(parse) > 0 {
		w.Errorf("what may be notified: %v", allowed)
	}
	users, _ := allowed["users"].([]any)
	if ping == "" && len(users) > 0 || ping != "" && (len(users) != 1 || users[0] != ping) || allowed["roles"] != nil {
		w.Errorf("who may be notified: %v, want %q", allowed, ping)
	}
	rest, found := strings.CutPrefix(content, "<@"+ping+">")
	if ping != "" && !found {
		w.Errorf("nobody is named in %q", content)
	}
	if mark := regexp.MustCompile("<[@#:/]|<id:|@everyone|@here").FindString(outsideCode(rest)); mark != "" {
		w.Errorf("%q in %q", mark, content)
	}
}

// outsideCode is s without its code and its escaped characters, in which Discord reads nothing.
func outsideCode(s string) string {
	return regexp.MustCompile("(?s)```.*?```|\\\\.|`[^`\n]*`").ReplaceAllString(s, " ")
}
