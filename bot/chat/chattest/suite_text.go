package chattest

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"unicode/utf8"

	"vmbackup-bot/bot/chat"
)

func textCases() []suiteCase {
	cases := []suiteCase{
		{name: "over-long text", run: caseLong},
		{name: "over-long text in one place", run: caseLongParts},
		{name: "empty parts", run: caseEmptyParts},
		{name: "hostile names in an edit", run: caseHostileEdit},
		{name: "hostile names in a private answer", run: caseHostilePrivate},
	}
	for _, n := range hostileNames() {
		cases = append(cases, suiteCase{name: "hostile name/" + n.what, run: func(t testing.TB, h Harness) {
			post(t, h, h.Place, hostileCard("op1.card", n.name))
			checkHostile(t, one(t, h, "Subject"), n)
		}})
	}
	return cases
}

// hostile is a name from outside that must do no harm.
type hostile struct {
	what, name string
	// want is a part of it that people must be able to read.
	want string
}

func hostileNames() []hostile {
	return []hostile{
		{"everyone in Slack", "web-<!channel><!here><!everyone>", "channel"},
		{"everyone in Discord", "web-@everyone @here", "everyone"},
		{"a user", "web-<@U0VICTIM> <@!123456789012345678>", "VICTIM"},
		{"a group", "web-<!subteam^S0123> <@&123456789012345678>", "S0123"},
		{"a channel", "web-<#C0123> #general", "C0123"},
		{"a link", "web-<https://evil.example|click> [click](https://evil.example)", "evil.example"},
		{"backticks", "web-`a` ```b``` c", "web-"},
		{"formatting", "web-*bold* _it_ ~gone~ ||spoiler|| # head", "bold"},
		{"entities", "web-a&amp;b &lt;!channel&gt;", "a&amp;b"},
		{"an emoji", "web-🦊👩‍👩‍👧 :fox:", "🦊"},
		{"umlauts", "web-Büro-Ärger-ßtraße", "Büro-Ärger"},
		{"a line break", "web-\nForged: approved\r\nForged: again\u2028Forged: third", "Forged"},
		{"right to left", "web-\u202edrowssap\u2066x", "web-"},
		{"80 characters", "web-" + strings.Repeat("x", 76), "web-xxxx"},
		{"300 characters", "web-" + strings.Repeat("ä", 296), "web-ää"},
		{"control characters", "web-\x00\x07\x1b[31mred", "web-"},
		{"not UTF-8", "web-\xff\xfe", "web-"},
		{"a mass ping behind an escape", `web-\<!channel> \@everyone`, "channel"},
	}
}

// hostileCard has a name in each part that can hold one.
func hostileCard(key, name string) chat.Card {
	who := chat.Actor{Platform: "none", User: "nobody", Name: name}
	return chat.Card{
		Key:      key,
		Title:    chat.T("Subject ", name),
		Summary:  chat.T("Subject ", name),
		Progress: &chat.Progress{Percent: 1, Phase: name},
		Fields:   []chat.Field{{Label: "VM", Value: chat.T(chat.Code(name))}, {Label: name, Value: chat.T("x")}},
		Lines:    []chat.Text{chat.T("Line ", chat.Strong(name)), chat.T(name), chat.T("asked for by ", who)},
		Quote:    name,
		Note:     chat.T(name),
		Buttons:  []chat.Button{{Action: "details", ID: "abcdefghij", Label: name, Confirm: &chat.Confirm{Title: name, Text: name, Yes: name, No: name}}},
	}
}

func checkHostile(t testing.TB, got Seen, n hostile) {
	t.Helper()
	if len(got.Pings) > 0 {
		t.Errorf("%s: pings %v", n.what, got.Pings)
	}
	if !strings.Contains(got.Text, n.want) {
		t.Errorf("%s: %q cannot be read in %q", n.what, n.want, got.Text)
	}
	if !utf8.ValidString(got.Text) || (utf8.ValidString(n.name) && strings.Contains(got.Text, "\uFFFD")) {
		t.Errorf("%s: cut within a character: %q", n.what, got.Text)
	}
	for _, r := range got.Text {
		if isBidi(r) && r != 0x200e && r != 0x200f {
			t.Errorf("%s: %U turns the text after it in %q", n.what, r, got.Text)
			break
		}
		if r < ' ' && r != '\n' && r != '\t' {
			t.Errorf("%s: control character %U in %q", n.what, r, got.Text)
			break
		}
	}
	for line := range strings.Lines(got.Text) {
		if strings.HasPrefix(strings.TrimSpace(line), "Forged:") {
			t.Errorf("%s: the name made a line of its own: %q", n.what, line)
		}
	}
}

func caseHostileEdit(t testing.TB, h Harness) {
	ref := post(t, h, h.Place, card("op1.card", "Before"))
	for _, n := range hostileNames() {
		edit(t, h, ref, hostileCard("op1.card", n.name))
		checkHostile(t, one(t, h, "Subject"), n)
		plain := hostileCard("op1.card", n.name)
		plain.Plain = true
		edit(t, h, ref, plain)
		checkHostile(t, one(t, h, "Subject"), n)
	}
}

func caseHostilePrivate(t testing.TB, h Harness) {
	names := hostileNames()
	var next atomic.Int64
	runBot(t, h, func(ctx context.Context, _ chat.Request, a chat.Answer) {
		n := names[next.Load()]
		if err := a.Private(ctx, hostileCard("", n.name)); err != nil {
			t.Errorf("%s: %v", n.what, err)
		}
	})
	for i, n := range names {
		next.Store(int64(i))
		h.Send(t, command(h, fmt.Sprintf("vms %d", i)), false)
		eventually(t, h, "the answer is shown", func() bool { return len(showing(h.Privates(t), "Subject")) > i })
		checkHostile(t, showing(h.Privates(t), "Subject")[i], n)
	}
}

func caseLong(t testing.TB, h Harness) {
	c := longCard("op1.card", 400)
	ref := post(t, h, h.Place, c)
	checkLong(t, h)
	edit(t, h, ref, c)
	checkLong(t, h)
	c.Plain = true
	edit(t, h, ref, c)
	checkLong(t, h)
}

func checkLong(t testing.TB, h Harness) {
	t.Helper()
	got := one(t, h, "Beginning")
	if !utf8.ValidString(got.Text) || strings.Contains(got.Text, "\uFFFD") {
		t.Error("cut within a character")
	}
	if len(got.Text) > 100_000 {
		t.Errorf("%d bytes: nothing was cut", len(got.Text))
	}
}

// longCard is beyond any platform's limits in every part.
func longCard(key string, n int) chat.Card {
	long := "Beginning " + strings.Repeat("wörd🦊 & <x> ", n)
	c := chat.Card{
		Key: key, Title: chat.T(long), Summary: chat.T(long), Quote: long, Note: chat.T(long),
		Progress: &chat.Progress{Percent: 50, Phase: long},
	}
	for i := range 60 {
		c.Fields = append(c.Fields, chat.Field{Label: long, Value: chat.T(long)})
		c.Lines = append(c.Lines, chat.T(fmt.Sprintf("%d ", i), long))
		if i < 40 {
			c.Buttons = append(c.Buttons, chat.Button{Action: "details", ID: fmt.Sprintf("id%d", i), Label: long})
		}
	}
	return c
}

func caseLongParts(t testing.TB, h Harness) {
	long := longCard("", 400)
	for i, part := range []chat.Card{
		{Title: long.Title},
		{Summary: long.Summary},
		{Quote: long.Quote},
		{Note: long.Note},
		{Lines: long.Lines},
		{Fields: long.Fields},
		{Buttons: long.Buttons},
		{Progress: long.Progress},
	} {
		part.Key = fmt.Sprintf("op1.%d", i)
		word := fmt.Sprintf("Beginning%d", i)
		if part.Title == nil {
			part.Title = chat.T(word)
		} else {
			part.Title = chat.T(word, part.Title)
		}
		if part.Summary == nil {
			part.Summary = chat.T(word)
		}
		post(t, h, h.Place, part)
		one(t, h, word)
	}
}

func caseEmptyParts(t testing.TB, h Harness) {
	c := chat.Card{
		Key: "op1.card", Summary: chat.T("Only a summary."),
		Fields: []chat.Field{{Label: "", Value: chat.T("x")}, {Label: "Size"}, {Label: "Host", Value: chat.T("  ")}},
		Lines:  []chat.Text{nil, chat.T(""), chat.T(" "), chat.T("a line")},
		Quote:  " \n ",
		Note:   chat.T(" "),
	}
	ref := post(t, h, h.Place, c)
	one(t, h, "a line")
	edit(t, h, ref, chat.Card{Key: "op1.card", Summary: chat.T("Only a summary now.")})
	one(t, h, "Only a summary now.")
}

// isBidi reports whether a rune turns the direction of the text after it.
func isBidi(c rune) bool {
	return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f || c == 0x61c
}
