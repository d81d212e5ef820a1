package slacktest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/slack-go/slack"

	"vmbackup-bot/adapters/slack/slacktest"
)

func long(n int) string { return strings.Repeat("x", n) }

func dividers(n int) (out []slack.Block) {
	for range n {
		out = append(out, slack.NewDividerBlock())
	}
	return out
}

func buttons(n int) *slack.ActionBlock {
	b := slack.NewActionBlock("b")
	for i := range n {
		b.Elements.ElementSet = append(b.Elements.ElementSet, button(fmt.Sprintf("a%d", i), "v", "x"))
	}
	return b
}

func words(n int) *slack.ContextBlock {
	b := slack.NewContextBlock("")
	for range n {
		b.ContextElements.Elements = append(b.ContextElements.Elements, plain("x"))
	}
	return b
}

func fields(n, size int) *slack.SectionBlock {
	b := slack.NewSectionBlock(nil, nil, nil)
	for range n {
		b.Fields = append(b.Fields, plain(long(size)))
	}
	return b
}

func sure(title, text, yes string) slack.Block {
	b := button("a", "v", "x")
	b.Confirm = slack.NewConfirmationBlockObject(plain(title), plain(text), plain(yes), plain("no"))
	return slack.NewActionBlock("", b)
}

func menu(n int, text, value string) slack.Block {
	e := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plain("x"), "a")
	for range n {
		e.Options = append(e.Options, slack.NewOptionBlockObject(value, plain(text), nil))
	}
	return slack.NewActionBlock("", e)
}

// border is what is just small enough, and what is just too large.
type border struct {
	good, bad []slack.Block
	pointer   string
	code      string // empty is invalid_blocks
}

func borders() map[string]border {
	return map[string]border{
		"blocks":      {good: dividers(50), bad: dividers(51), pointer: "/blocks", code: "msg_blocks_too_many"},
		"section":     {good: []slack.Block{section(long(3000))}, bad: []slack.Block{section(long(3001))}, pointer: "/blocks/0/text/text"},
		"empty":       {bad: []slack.Block{section("x"), section("")}, pointer: "/blocks/1/text/text"},
		"header":      {good: []slack.Block{slack.NewHeaderBlock(plain(long(150)))}, bad: []slack.Block{slack.NewHeaderBlock(plain(long(151)))}, pointer: "/blocks/0/text/text"},
		"header mark": {bad: []slack.Block{slack.NewHeaderBlock(mrkdwn("x"))}, pointer: "/blocks/0/text/type"},
		"actions":     {good: []slack.Block{buttons(25)}, bad: []slack.Block{buttons(26)}, pointer: "/blocks/0/elements"},
		"context":     {good: []slack.Block{words(10)}, bad: []slack.Block{words(11)}, pointer: "/blocks/0/elements"},
		"fields":      {good: []slack.Block{fields(10, 2000)}, bad: []slack.Block{fields(11, 1)}, pointer: "/blocks/0/fields"},
		"field":       {bad: []slack.Block{fields(1, 2001)}, pointer: "/blocks/0/fields/0/text"},
		"button text": {
			good: []slack.Block{slack.NewActionBlock("", button("a", long(2000), long(75)))},
			bad:  []slack.Block{slack.NewActionBlock("", button("a", "v", long(76)))}, pointer: "/blocks/0/elements/0/text/text",
		},
		"value":     {bad: []slack.Block{slack.NewActionBlock("", button("a", long(2001), "x"))}, pointer: "/blocks/0/elements/0/value"},
		"action id": {bad: []slack.Block{slack.NewActionBlock("", button(long(256), "v", "x"))}, pointer: "/blocks/0/elements/0/action_id"},
		"twice":     {bad: []slack.Block{slack.NewActionBlock("", button("a", "v", "x"), button("a", "w", "x"))}, pointer: "/blocks/0/elements/1/action_id"},
		"block id":  {bad: []slack.Block{slack.NewActionBlock(long(256), button("a", "v", "x"))}, pointer: "/blocks/0/block_id"},
		"block ids": {bad: []slack.Block{buttons(1), buttons(1)}, pointer: "/blocks/1/block_id"},
		"title":     {good: []slack.Block{sure(long(100), long(300), long(30))}, bad: []slack.Block{sure(long(101), "x", "x")}, pointer: "/blocks/0/elements/0/confirm/title/text"},
		"question":  {bad: []slack.Block{sure("x", long(301), "x")}, pointer: "/blocks/0/elements/0/confirm/text/text"},
		"yes":       {bad: []slack.Block{sure("x", "x", long(31))}, pointer: "/blocks/0/elements/0/confirm/confirm/text"},
		"options":   {good: []slack.Block{menu(100, long(75), long(75))}, bad: []slack.Block{menu(101, "x", "v")}, pointer: "/blocks/0/elements/0/options"},
		"option":    {bad: []slack.Block{menu(1, long(76), "v")}, pointer: "/blocks/0/elements/0/options/0/text/text"},
		"choice":    {bad: []slack.Block{menu(1, "x", long(76))}, pointer: "/blocks/0/elements/0/options/0/value"},
		"type":      {bad: []slack.Block{&slack.UnknownBlock{Type: "hologram"}}, pointer: "/blocks/0/type"},
		"alert":     {bad: []slack.Block{&slack.UnknownBlock{Type: "alert"}}, pointer: "/blocks/0/type"},
	}
}

func TestBlocksThatAreRefused(t *testing.T) {
	_, api, _ := start(t, slacktest.Options{Unlimited: true})
	for name, c := range borders() {

		if c.code == "" {
			c.code = "invalid_blocks"
		}
		post := func(blocks []slack.Block) error {
			_, _, err := api.PostMessageContext(t.Context(), "C0BACKUPS", slack.MsgOptionText("x", false), slack.MsgOptionBlocks(blocks...))
			return err
		}
		if c.good != nil {
			if err := post(c.good); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		e, _ := post(c.bad).(slack.SlackErrorResponse) //nolint:errorlint // the client hands out exactly this
		if m := e.ResponseMetadata.Messages; e.Err != c.code || len(m) != 1 || !strings.HasSuffix(m[0], "[json-pointer:"+c.pointer+"]") {
			t.Errorf("%s: got %v %q", name, e, m)
		}
	}
}

func TestReadAndPings(t *testing.T) {
	s, api, _ := start(t, slacktest.Options{})
	rich := slack.NewRichTextBlock("", slack.NewRichTextSection(
		slack.NewRichTextSectionTextElement("db_01 & <!here> ", nil), slack.NewRichTextSectionUserElement("U0BOB", nil),
		slack.NewRichTextSectionBroadcastElement("channel"),
	))
	plan := &slack.PlanBlock{Type: slack.MBTPlan, Title: "Backup", Tasks: []slack.TaskCardBlock{
		{Type: slack.MBTTaskCard, TaskID: "1", Title: "Snapshot", Status: slack.TaskCardStatusComplete},
	}}
	fallback := "x &lt;!everyone&gt; <!subteam^S0DBA>"
	_, _, err := api.PostMessageContext(t.Context(), "C0BACKUPS", slack.MsgOptionText(fallback, false), slack.MsgOptionBlocks(
		slack.NewHeaderBlock(plain("web01 <!here> &amp;")),
		section("*bold* `code` a &amp;lt; b <@U0ALICE> <https://a.example|there> <!date^1^{date}|1 January>"), rich, plan,
		slack.NewSectionBlock(mrkdwn("ask"), nil, slack.NewAccessory(button("a", "v", "Retry"))),
	))
	if err != nil {
		t.Fatal(err)
	}
	m := s.Messages()[0]
	want := "web01 <!here> &amp;\nbold code a &lt; b alice there 1 January\ndb_01 & <!here> bob@channel\n" +
		"Backup\nSnapshot (complete)\nask\n[Retry]"
	if got := s.Read(m.Text, m.Blocks); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := strings.Join(m.Pings, " "); got != "S0DBA U0ALICE U0BOB channel" {
		t.Errorf("got %q", got)
	}
	if got := s.Read(fallback, nil); got != "x <!everyone> @S0DBA" {
		t.Errorf("got %q", got)
	}
}
