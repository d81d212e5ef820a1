package bot

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vmbackup-bot/bot/chat"
)

func TestParse(t *testing.T) {
	for typed, want := range map[string][]string{
		"":                                  {""},
		"   ":                               {""},
		"backup web01":                      {"backup", "web01"},
		"BACKUP Web01":                      {"backup", "Web01"},
		"backup\u00a0web01\u2003now":        {"backup", "web01", "now"},
		"backup\u200b web\u200b01":          {"backup", "web01"},
		"backup \u202eweb01\u202c":          {"backup", "web01"},
		`backup "File Server 01" tonight`:   {"backup", "File Server 01", "tonight"},
		"backup “File Server 01” tonight":   {"backup", "File Server 01", "tonight"},
		"backup „File Server 01“ tonight":   {"backup", "File Server 01", "tonight"},
		"backup «File Server 01»":           {"backup", "File Server 01"},
		"backup ‘File Server 01’":           {"backup", "File Server 01"},
		`backup "File Server 01"@HV02`:      {"backup", "File Server 01@HV02"},
		"backup `web01`":                    {"backup", "web01"},
		`backup it's 5" wide`:               {"backup", "it's", `5"`, "wide"},
		`backup "never closed`:              {"backup", `"never`, "closed"},
		"backup <http://web01.de|web01.de>": {"backup", "web01.de"},
		"backup <https://web01.de/>":        {"backup", "web01.de"},
		"backup &lt;!channel&gt;":           {"backup", "<!channel>"},
		"backup <!channel>":                 {"backup", "<!channel>"},
		"backup a&amp;b":                    {"backup", "a&b"},
		"backup a\tb\nc":                    {"backup", "a", "b", "c"},
		"backup Ju\u0308rgens-PC":           {"backup", "Jürgens-PC"},
		"backup \xff":                       {"backup", "\ufffd"},
	} {
		in := parse(chat.Request{Text: typed})
		got := []string{in.verb}
		for _, w := range in.words {
			got = append(got, w.text)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q:\n%s", typed, diff)
		}
	}
}

func TestNote(t *testing.T) {
	in := parse(chat.Request{Text: `backup "File Server 01"   before  "release" 4711 `})
	if got, want := in.note(1), `before  "release" 4711`; got != want {
		t.Errorf("note %q, want %q", got, want)
	}
	if got := in.note(9); got != "" {
		t.Errorf("note %q behind the end", got)
	}
	in = parse(chat.Request{Options: map[string]string{"verb": "Backup", "vm": "File Server 01", "note": "before release"}})
	if in.verb != "backup" || len(in.words) != 3 || !in.words[0].quoted || in.note(1) != "before release" {
		t.Errorf("options: %+v", in)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"backup web01", `backup "a b"@c note`, "<http://a|b> <", "“„»’`", "backup \xff\xfe", "a @ b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		in := parse(chat.Request{Text: typed})
		for i, w := range in.words {
			if w.from < 0 || w.from > len(in.text) {
				t.Fatalf("word %d of %q begins at %d of %d", i, typed, w.from, len(in.text))
			}
			if !w.quoted && strings.ContainsRune(w.text, ' ') {
				t.Fatalf("a blank in the unquoted word %q", w.text)
			}
			_ = in.note(i)
		}
	})
}

// A command that an answer names is marked as one: each platform has its own word for the bot to put before it.
func TestCommandsAreMarked(t *testing.T) {
	for _, hint := range []chat.Text{
		noSuchCommand("fly", commands()).Hint, noSuchCommand("offsite", commands()).Hint,
		noSuchCommand("backu", commands()).Lines[0], (roster{}).noSuch("x").Hint,
	} {
		if !slices.ContainsFunc(hint, func(s chat.Span) bool { return s.Command }) {
			t.Errorf("%+v names no command", hint)
		}
	}
}
