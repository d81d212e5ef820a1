package chat_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"vmbackup-bot/bot/chat"
)

func TestCut(t *testing.T) {
	for _, c := range []struct {
		in    string
		limit int
		want  string
	}{
		{"short", 5, "short"},
		{"longer", 5, "long…"},
		{"a blank here", 3, "a…"},
		{"Jürgens", 3, "Jü…"},
		{"Ju\u0308rgens", 3, "J…"},   // not between a letter and its dots
		{"👩\u200d🚒 engine", 3, "👩…"}, // not behind a joiner
		{"👍🏽👍🏽👍🏽", 4, "👍🏽…"},         // not before a skin tone
		{"\xff\xfe", 5, "\ufffd"},    // what is no text is shown as such
		{"x", 0, ""},
		{"", 3, ""},
		{"ab", 1, "…"},
	} {
		if got := chat.Cut(c.in, c.limit); got != c.want {
			t.Errorf("Cut(%q, %d) = %q, want %q", c.in, c.limit, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s, n := rapid.String().Draw(t, "s"), rapid.IntRange(0, 20).Draw(t, "n")
		got := chat.Cut(s, n)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > n {
			t.Fatalf("Cut(%q, %d) = %q", s, n, got)
		}
		if utf8.RuneCountInString(s) <= n && got != s {
			t.Fatalf("Cut(%q, %d) changed what fits: %q", s, n, got)
		}
	})
}

func TestOneLine(t *testing.T) {
	for in, want := range map[string]string{
		" a \t b\r\nc ":           "a b c",
		"a\u2028b\u0085c\x00d":    "a b c d",
		"a\u202eb\u200b\ufeffc":   "abc",
		"👩\u200d🚒":                "👩\u200d🚒",
		"\x1b[31mred\x1b[0m":      "[31mred [0m",
		"web01\u00a0on\u3000HV01": "web01 on HV01",
	} {
		if got := chat.OneLine(in); got != want {
			t.Errorf("OneLine(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestText(t *testing.T) {
	at := time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC)
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	who := chat.Actor{Platform: "slack", Team: "T1", User: "U1", Name: "Anna"}
	text := chat.T("a ", chat.Strong("b"), " ", chat.Code("c"), " ", at, " ", chat.At(at), " ", who, " ", chat.T("d", ""), 5,
		chat.LinkTo(chat.MessageRef{ID: "m1"}, "e"), " ", chat.Typed("help"))
	if got, want := text.Plain(berlin), "a b c 2026-10-25 02:30 CEST 02:30 CEST Anna d5e help"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	b, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	var back chat.Text
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if back.Plain(berlin) != text.Plain(berlin) || !back[len(back)-1].Command {
		t.Errorf("%q after being stored", back.Plain(berlin))
	}
}

func TestActors(t *testing.T) {
	for want, a := range map[string]chat.Actor{
		"slack:T1/U1": {Platform: "slack", Team: "T1", User: "U1"},
		"discord:42":  {Platform: "discord", Team: "7", User: "42", Roles: []string{"1"}},
		"console:ann": {Platform: "console", User: "ann", Name: " "},
	} {
		if a.ID() != want || a.Label() != want || a.IsZero() {
			t.Errorf("%q, %q, want %q", a.ID(), a.Label(), want)
		}
	}
	p := chat.Place{Platform: "slack", Channel: "C1", Thread: "9.1"}
	if p.String() != "slack:C1/9.1" || p.Root().String() != "slack:C1" {
		t.Errorf("%s, %s", p, p.Root())
	}
}

func TestErrors(t *testing.T) {
	cause := errors.New("disk full")
	e := &chat.Error{Kind: chat.Unavailable, Say: chat.T("No."), Err: cause}
	if got := chat.AsError(fmt.Errorf("while recording: %w", e)); got != e || !errors.Is(got, cause) {
		t.Errorf("%v", got)
	}
	inner := chat.AsError(cause)
	if inner.Kind != chat.Internal || strings.Contains(inner.Say.Plain(time.UTC), "disk") || !errors.Is(inner, cause) {
		t.Errorf("an internal fault is told as %q", inner.Say.Plain(time.UTC))
	}
	if !strings.Contains(e.Error(), "disk full") {
		t.Errorf("the log's line: %v", e)
	}
	f := &chat.Fault{Kind: chat.FaultForbidden, Need: "chat:write", Err: cause}
	if chat.AsFault(fmt.Errorf("post: %w", f)) != f || !errors.Is(f, cause) || f.Error() != "forbidden (needs chat:write): disk full" {
		t.Errorf("%v", f)
	}
	if got := chat.AsFault(cause); got.Kind != chat.FaultLost {
		t.Errorf("an error of which nothing is known counts as %s", got.Kind)
	}
	if chat.AsFault(nil) != nil {
		t.Error("a fault out of nothing")
	}
}
