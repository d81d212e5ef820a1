package console_test

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"vmbackup-bot/adapters/console"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/deliver"
)

var (
	_ chat.Adapter  = (*console.Console)(nil)
	_ deliver.Chat  = (*console.Console)(nil)
	_ deliver.Pacer = (*console.Console)(nil)
)

func TestCard(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		card chat.Card
		want string
	}{
		"everything": {
			chat.Card{
				Title: chat.T("Backup of web01"), Summary: chat.T("web01: 7 %, since ", chat.At(at), "."), Progress: &chat.Progress{Percent: 7, Phase: "Copying"},
				Fields: []chat.Field{{Label: "Next", Value: chat.T(at)}, {Label: "By", Value: chat.T(alice)}}, Lines: []chat.Text{chat.T("a "), chat.T("b")},
				Quote: "one\r\n\ntwo\n", Note: chat.T("server demo"), Mention: &bob,
				Buttons: []chat.Button{{Action: "abort", Label: "Abort"}, {Action: "snooze", Arg: "4h", Label: "4 h"}},
			},
			`@bob web01: 7 %, since 12:30 UTC.\nBackup of web01\n[#...................] 7 % Copying\nNext: 2026-03-01 12:30 UTC\nBy: alice\na\nb\n> one\n> two\n(server demo)\n[Abort: abort] [4 h: snooze 4h]`,
		},
		"empty parts": {
			chat.Card{Summary: chat.T("s"), Fields: []chat.Field{{Label: "", Value: chat.T("x")}, {Label: "Size"}}, Lines: []chat.Text{nil, chat.T(" ")}, Quote: " \n", Note: chat.T(" ")},
			`s\nx`,
		},
		"nothing twice": {
			chat.Card{Title: chat.T("web01"), Summary: chat.T("web01: Copying."), Progress: &chat.Progress{Percent: 250, Phase: "Copying"}},
			`web01: Copying.\n[####################] 100 %`,
		},
		"no number": {chat.Card{Summary: chat.T("s"), Progress: &chat.Progress{Percent: math.NaN()}}, `s\n[....................] 0 %`},
		"hostile": {
			chat.Card{Summary: chat.T("a\x1b[31mb\u202ec\nm9 new #backups d\x00\u009be\xff"), Note: chat.T("x\u2066y"), Quote: "\x1b]0;t\a"},
			`a [31mbc m9 new #backups d e` + "\ufffd" + `\n> ]0;t\n(xy)`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(nil)
			r.mustPost(t, place, tt.card)
			if diff := cmp.Diff([]string{"m1 new #backups " + tt.want}, r.out.lines()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCommandsAreSpelledAsTyped(t *testing.T) {
	r := newRig(nil)
	c := chat.Card{
		Summary: chat.T("Type ", chat.Typed("whoami"), "."), Lines: []chat.Text{chat.T(chat.Typed("help"), ": all")},
		Fields: []chat.Field{{Label: "Try", Value: chat.T(chat.Typed("vms"))}}, Note: chat.T(chat.Code("web*"), ", ", chat.Typed("")),
	}
	r.mustPost(t, place, c)
	want := `m1 new #backups Type /vmbackup whoami.\nTry: /vmbackup vms\n/vmbackup help: all\n(web*, /vmbackup)`
	if got := r.out.lines()[0]; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if c.Lines[0][0].Text != "help" {
		t.Error("the caller's card was changed")
	}
}

func TestLongCard(t *testing.T) {
	r := newRig(nil)
	long := strings.Repeat("wörd🦊 ", 3000)
	c := chat.Card{Summary: chat.T(long), Title: chat.T("The title ", long), Quote: long, Note: chat.T("small print")}
	for range 60 {
		c.Fields = append(c.Fields, chat.Field{Label: long, Value: chat.T(long)})
		c.Buttons = append(c.Buttons, chat.Button{Action: "abort", Label: "Abort"})
	}
	r.mustPost(t, place, c)
	text := strings.TrimPrefix(r.out.lines()[0], "m1 new #backups ")
	text = strings.ReplaceAll(text, `\n`, "\n")
	if n := utf8.RuneCountInString(text); n > 4000 {
		t.Errorf("%d runes", n)
	}
	for _, want := range []string{"The title", "…", "(small print)", "[Abort: abort]", "… and 40 more"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %q", want, text)
		}
	}
}

func TestMessages(t *testing.T) {
	ctx := context.Background()
	r := newRig(nil)
	kind := func(what string, err error, want chat.FaultKind) {
		t.Helper()
		if f := chat.AsFault(err); f == nil || f.Kind != want {
			t.Errorf("%s: %v, want %s", what, err, want)
		}
	}
	key := func(words string) chat.Card { c := say(words); c.Key = "op.root"; return c }
	root := r.mustPost(t, place, key("one"))
	r.mustEdit(t, root, key("one"))
	thread, err := r.OpenThread(ctx, root, "title")
	if err != nil {
		t.Fatal(err)
	}
	in := r.mustPost(t, thread, key("two"))
	if again, err := r.OpenThread(ctx, in, ""); err != nil || again != thread {
		t.Errorf("a thread in a thread: %v, %v", again, err)
	}
	for at, want := range map[chat.Place][]chat.MessageRef{place: {root}, thread: {in}} {
		if refs, err := r.Find(ctx, at, "op.root", time.Now().Add(-time.Minute)); err != nil || !cmp.Equal(refs, want) {
			t.Errorf("found %v, %v; want %v", refs, err, want)
		}
	}
	if refs, _ := r.Find(ctx, place, "op.root", time.Now().Add(time.Hour)); refs != nil {
		t.Errorf("found %v", refs)
	}

	other := newRig(nil) // an earlier process has the same names
	old := other.mustPost(t, place, key("old"))
	kind("edit of an old message", r.Edit(ctx, old, key("x")), chat.FaultMessageGone)
	oldThread, _ := other.OpenThread(ctx, old, "")
	_, err = r.Post(ctx, oldThread, key("x"))
	kind("post in an old thread", err, chat.FaultMessageGone)
	_, err = r.OpenThread(ctx, old, "")
	kind("thread of an old message", err, chat.FaultMessageGone)
	_, err = r.Post(ctx, chat.Place{Platform: "console", Channel: "#other"}, key("x"))
	kind("post elsewhere", err, chat.FaultPlaceGone)
	_, err = r.Post(ctx, place, chat.Card{Title: chat.T("x")})
	kind("post without a summary", err, chat.FaultBadCard)
	kind("edit without a summary", r.Edit(ctx, root, chat.Card{}), chat.FaultBadCard)
	over, cancel := context.WithCancel(ctx)
	cancel()
	_, err = r.Post(over, place, key("x"))
	kind("post when it is over", err, chat.FaultRetry)

	if err := r.Delete(ctx, in); err != nil {
		t.Error(err)
	}
	kind("deleted twice", r.Delete(ctx, in), chat.FaultMessageGone)
	kind("edit of a deleted one", r.Edit(ctx, in, key("x")), chat.FaultMessageGone)
	if r.SafeRepeat() != 0 || r.Budgets(chat.CallPost, place, 0) != nil {
		t.Error("the console has limits")
	}
	want := []string{"m1 new #backups one", "m2 new #backups/m1 two", "m2 edit #backups/m1 (deleted)"}
	if diff := cmp.Diff(want, r.out.lines()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
