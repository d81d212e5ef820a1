package slack

import (
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"pgregory.net/rapid"

	"vmbackup-bot/bot/chat"
)

func TestText(t *testing.T) {
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	place := chat.Place{Platform: Name, Channel: "C01"}
	inThread := place
	inThread.Thread = "1790000000.000100"
	for _, c := range []struct {
		in   chat.Text
		want string
	}{
		{chat.T("a & b <c> <!channel>"), "a &amp; b &lt;c&gt; &lt;!channel&gt;"},
		{chat.T("&lt;!channel&gt;"), "&amp;lt;!channel&amp;gt;"},
		{chat.T("*b* _i_ ~s~ `c`"), "∗b∗ ˍiˍ ∼s∼ ˋcˋ"},
		{chat.T("db_01_prod, _x, x_, a__b"), "db_01_prod, ˍx, xˍ, aˍˍb"},
		{chat.T("db", "_01"), "db_01"},
		{chat.T("> a"), "› a"},
		{chat.T(" >>> a > b"), "››› a &gt; b"},
		{chat.T("x", "> a"), "x&gt; a"},
		{chat.T(":tada: :+1: :100: 12:30:45 a:b :"), "∶tada: ∶+1: ∶100: 12:30:45 a:b :"},
		{chat.T(chat.Code("db_*1*`x`")), "`db_*1*ˋxˋ`"},
		{chat.T("VM ", chat.Code(" a "), "b"), "VM `a` b"},
		{chat.T("a", chat.Code("b"), "c", chat.Strong("d"), "."), "a `b` c *d*."},
		{chat.T(chat.Code("a"), chat.Code("b")), "`a` `b`"},
		{chat.T("(", chat.Code("a"), ")"), "(`a`)"},
		{chat.T(chat.Code(" "), chat.Strong(""), "x"), "x"},
		{chat.T("Type ", chat.Typed("why backup <vm>"), "."), "Type `/vmbackup why backup &lt;vm&gt;`."},
		{chat.T(chat.Typed(" "), " opens it"), "`/vmbackup` opens it"},
		{chat.T(chat.Strong("a*b")), "*a∗b*"},
		{chat.T("one\ntwo\u2028three\u202e"), "one two three"},
		{chat.T("\u200d"), ""},
		{chat.T("at ", at), "at <!date^1795608000^{date_short_pretty} {time}|2026-11-25 13:00 CET>"},
		{chat.T("at ", chat.At(at)), "at <!date^1795608000^{time}|13:00 CET>"},
		{chat.T(time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC)), "1601-01-01 01:00 CET"},
		{chat.T(chat.Actor{Platform: Name, User: "U01", Name: "<@U02>"}), "&lt;@U02&gt;"},
		{chat.T(chat.LinkTo(chat.MessageRef{Place: place, ID: "1790000000.000100"}, "a|b>")), "<https://team.slack.com/archives/C01/p1790000000000100|a¦b&gt;>"},
		{
			chat.T(chat.LinkTo(chat.MessageRef{Place: inThread, ID: "1790000001.000200"}, "card")),
			"<https://team.slack.com/archives/C01/p1790000001000200?thread_ts=1790000000.000100&amp;cid=C01|card>",
		},
		{chat.T(chat.LinkTo(chat.MessageRef{Place: inThread, ID: "1790000000.000100"}, "root")), "<https://team.slack.com/archives/C01/p1790000000000100|root>"},
		{chat.T(chat.LinkTo(chat.MessageRef{Place: chat.Place{Platform: "discord", Channel: "1"}, ID: "2"}, "card")), "card"},
		{chat.T(chat.LinkTo(chat.MessageRef{Place: chat.Place{Platform: Name, Channel: "C|1"}, ID: "2"}, "card")), "card"},
	} {
		if got := drawer().text(c.in, 1000, 1000, false); got != c.want {
			t.Errorf("%+v\n got %q\nwant %q", c.in, got, c.want)
		}
	}
	bold := chat.T("Backup of ", chat.Code("a*b"), " on ", chat.Strong("HV01"))
	if got, want := drawer().text(bold, 100, 100, true), "*Backup of `a∗b` on HV01*"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for limit, want := range map[int]string{14: "`/vmbackup help`", 13: "`/vmbackup h…`", 5: "`/vm…`"} {
		if got := drawer().text(chat.T(chat.Typed("help")), limit, 100, false); got != want {
			t.Errorf("a command cut to %d is %q, want %q", limit, got, want)
		}
	}
	if got := (renderer{}).text(chat.T(chat.Typed("help")), 100, 100, false); got != "`help`" {
		t.Errorf("without the bot's word %q", got)
	}
	link := chat.T(chat.LinkTo(chat.MessageRef{Place: place, ID: "1.2"}, "card"), " at ", at)
	if got, want := (renderer{}).text(link, 100, 100, false), "card at <!date^1795608000^{date_short_pretty} {time}|2026-11-25 12:00 UTC>"; got != want {
		t.Errorf("without a workspace %q, want %q", got, want)
	}
}

// What is cut fits, ends in an ellipsis, and is no broken entity.
func TestCutting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, n := anyText().Draw(t, "text"), rapid.IntRange(1, 80).Draw(t, "n")
		bold := rapid.Bool().Draw(t, "bold")
		got := drawer().text(text, n, n, bold)
		if u := len(utf16.Encode([]rune(got))); u > n || !utf8.ValidString(got) {
			t.Fatalf("%d units of %d: %q", u, n, got)
		}
		if all := drawer().text(text, 1e6, 1e6, bold); got != all && got != "" && !strings.Contains(got, ellipsis) {
			t.Fatalf("%q was cut to %q", all, got)
		}
		v := validator{tester: t}
		v.mrkdwn("text", got)
	})
}

func TestCutUnits(t *testing.T) {
	for _, c := range []struct {
		in    string
		limit int
		want  string
	}{{"🦊🦊", 4, "🦊🦊"}, {"🦊🦊", 3, "…"}, {"🦊🦊🦊", 5, "🦊…"}, {"🦊", 1, ""}, {"ab", 2, "ab"}, {"abc", 2, "a…"}, {"\xff", 1, "\ufffd"}} {
		if got := cut(c.in, c.limit); got != c.want {
			t.Errorf("cut(%q, %d) = %q, want %q", c.in, c.limit, got, c.want)
		}
	}
}

func TestPlainIsCut(t *testing.T) {
	c := everything()
	c.Plain = true
	for range 60 {
		c.Lines = append(c.Lines, chat.T(strings.Repeat("<row> ", 50)))
	}
	m := drawer().card(c)
	checkMessage(t, m, "<@U02BOB>")
	if !strings.HasSuffix(m.text, ellipsis) || len(m.blocks) > 0 {
		t.Errorf("%d blocks, the text ends %q", len(m.blocks), m.text[len(m.text)-20:])
	}
}
