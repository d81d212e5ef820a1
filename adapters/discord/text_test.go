package discord

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"vmbackup-bot/bot/chat"
)

// roomy is a frame in which nothing needs to be cut.
func roomy() frame { return frame{limit: 20000, most: 100000} }

func TestText(t *testing.T) {
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	there := chat.MessageRef{Place: chat.Place{Platform: Name, Channel: "800"}, ID: "900"}
	slack := chat.MessageRef{Place: chat.Place{Platform: "slack", Channel: "800"}, ID: "900"}
	for _, c := range []struct {
		in   chat.Text
		want string
	}{
		{chat.T("web-@everyone @here @anna"), "web-@\u200beveryone @\u200bhere @anna"},
		{chat.T("@", "every", "one"), "@\u200beveryone"},
		{chat.T("<@1> <#2> <t:3:f> <:a:4>"), "<\u200b@1> <\u200b#2> <\u200bt\\:3:f> <\u200b\\:a:4>"},
		{chat.T("[click](https://evil.example)"), "\\[click\\](https:\u200b//evil.example)"},
		{chat.T("*b* __u__ ~~s~~ ||x|| `c` D:\\Backups"), "\\*b\\* \\_\\_u\\_\\_ \\~\\~s\\~\\~ \\|\\|x\\|\\| \\`c\\` D:\\\\Backups"},
		{chat.T(" # head"), "\\# head"},
		{chat.T("-# small"), "\\-# small"},
		{chat.T("1. first"), "1\\. first"},
		{chat.T("12 VMs - 3 > 2"), "12 VMs - 3 > 2"},
		{chat.T(chat.Code(" a`b` "), chat.Code("c")), "`aˋbˋ` `c`"},
		{chat.T(chat.Strong("a"), chat.Strong("*b")), "**a**\u200b**\\*b**"},
		{chat.T(chat.Code(" "), chat.Strong("")), ""},
		{chat.T("Type ", chat.Typed("why backup <vm>"), "."), "Type `/vmbackup why backup <vm>`."},
		{chat.T(chat.Typed(" "), " opens it"), "`/vmbackup` opens it"},
		{chat.T("a\nForged: b"), "a Forged: b"},
		{chat.T("x\u202ey\u2066z\x00\x1b[31m"), "xyz \\[31m"},
		{chat.T(at, " ", chat.At(at)), "<t:1795608000:f> <t:1795608000:t>"},
		{chat.T(time.Unix(-5, 0)), "1970-01-01 00:59 CET"},
		{chat.T(chat.LinkTo(there, "a [b](c) @everyone")), "[a (b)(c) @\u200beveryone](https://discord.com/channels/700/800/900)"},
		{chat.T(chat.LinkTo(slack, "a_b")), "a\\_b"},
		{chat.T(chat.Actor{Platform: Name, User: "1", Name: "**Ann**\n<@2>"}), "\\*\\*Ann\\*\\* <\u200b@2>"},
		{nil, ""},
	} {
		if got := drawer().text(c.in, roomy()); got != c.want {
			t.Errorf("%q\n is %q\nwant %q", c.in.Plain(time.UTC), got, c.want)
		}
	}
	if got := (renderer{}).text(chat.T(chat.LinkTo(there, "there")), roomy()); got != "there" {
		t.Errorf("%q links to a guild that nobody knows", got)
	}
	for limit, want := range map[int]string{14: "`/vmbackup help`", 13: "`/vmbackup h…`", 5: "`/vm…`"} {
		if got := drawer().text(chat.T(chat.Typed("help")), frame{limit: limit, most: 100, head: true}); got != want {
			t.Errorf("a command cut to %d is %q, want %q", limit, got, want)
		}
	}
	if got := (renderer{}).text(chat.T(chat.Typed("help")), roomy()); got != "`help`" {
		t.Errorf("without the bot's word %q", got)
	}
	head := frame{limit: 100, most: 100, head: true}
	if got, want := drawer().text(chat.T(chat.Strong("a_b"), " ", at, " ", chat.LinkTo(there, "c")), head), "a\\_b 2026-11-25 13:00 CET c"; got != want {
		t.Errorf("a title is %q, want %q", got, want)
	}
}

// What is cut is never cut within an escape, nor within code.
func TestCutBeforeEscape(t *testing.T) {
	for most := range 40 {
		got := drawer().text(chat.T(strings.Repeat("_*", 5), chat.Code(strings.Repeat("🦊", 30))), frame{limit: 100, most: most})
		if units(got) > most {
			t.Errorf("%q has more than %d", got, most)
		}
		seen(t, got)
	}
}

// seen reads markdown as Discord's client does, as far as the bot writes any: what people see, and whether anything is
// formatted that is not a mark of ours.
func seen(t tester, s string) string {
	t.Helper()
	token := regexp.MustCompile("^(?:" + `\\[^0-9A-Za-z\s]` + "|`[^`]+`|" + `<t:(\d+):([ft])>` + `|\[([^\[\]]+)\]\(https://discord\.com/channels/\d+/\d+/\d+\)|\*\*` + ")")
	bad := regexp.MustCompile("^(?:[*_~|`\\\\\\[\\]]|<[@#:/at]|@everyone|@here|://|:[\\pL\\d_+~-]+:)")
	if regexp.MustCompile(`^(#{1,3} |-# |[-*+] |\d+[.)] |>)`).MatchString(s) {
		t.Errorf("%q begins with a mark", s)
	}
	var b strings.Builder
	bold := 0
	for s != "" {
		m := token.FindStringSubmatch(s)
		switch {
		case m == nil:
			if found := bad.FindString(s); found != "" {
				t.Errorf("%q means something in %q", found, s)
			}
			r, n := utf8.DecodeRuneInString(s)
			b.WriteRune(r)
			s = s[n:]
			continue
		case m[0] == "**":
			bold++
		case m[0][0] == '`':
			b.WriteString(strings.Trim(m[0], "`"))
		case m[1] != "":
			n, err := strconv.ParseInt(m[1], 10, 64)
			if err != nil {
				t.Errorf("%v", err)
			}
			form := map[string]chat.TimeForm{"f": chat.DateTime, "t": chat.Clock}[m[2]]
			b.WriteString(chat.Text{{At: time.Unix(n, 0), Form: form}}.Plain(drawer().zone))
		case m[3] != "":
			b.WriteString(m[3])
		default:
			b.WriteString(m[0][1:])
		}
		s = s[len(m[0]):]
	}
	if bold%2 != 0 {
		t.Errorf("what is bold has no end")
	}
	return b.String()
}

// read is s without what tells an escaped text from the one it was made of.
func read(s string) string {
	return strings.NewReplacer("\u200b", "", " ", "", likeAsterisk, "*", likeUnderscore, "_", likeTilde, "~", likeBacktick, "`",
		likeBar, "|", likeBackslash, "\\", "[", "(", "]", ")").Replace(s)
}

// Whatever a text holds, people read just that, and nothing of it is formatted.
func TestAnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anyText().Draw(t, "text")
		var want strings.Builder
		for _, s := range in {
			want.WriteString(drawer().shown(s))
		}
		out := drawer().text(in, roomy())
		if got := read(seen(t, out)); got != read(want.String()) && visible(want.String()) && units(want.String()) < 20000 {
			t.Errorf("%q is read as %q, want %q", out, got, read(want.String()))
		}
		seen(t, drawer().text(in, frame{limit: 30, most: 50}))
	})
}
