package discord

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vmbackup-bot/bot/chat"
)

// foreign is text from outside that tries everything.
func foreign() *rapid.Generator[string] {
	nasty := []string{
		"", " ", "\n", "@everyone", "@here @everyone", "<@1>", "<@!2> <@&3>", "<#4>", "</run:5>", "<t:1795608000:R>", "<:fox:6>", "<a:fox:7>",
		"<id:guide>", "<https://evil.example>", "[click](https://evil.example)", "](https://evil.example)", "`a` ```b``` c",
		"**b** _it_ ~~gone~~ ||spoiler||", `\@everyone \*`, "👩\u200d👩\u200d👧 :fox: :100: :+1:", "db_01_prod", "__init__", "> quote", ">>> all", "# head",
		"-# op1.card", "- list", "1. list", "\nForged: approved\r\n\u2028x", "\u202edrowssap\u2066x", "\x00\x07\x1b[31mred", "\xff\xfe", "\u200d", "\u200b",
		"*", "`", "\\", "@", "everyone", "<", strings.Repeat("x", 4100), strings.Repeat("ä_", 3000), strings.Repeat("🦊", 2500),
		strings.Repeat("<", 5000), strings.Repeat("a\n", 2000), " · op9.card", "a:b", "…", "e\u0301",
	}
	return rapid.OneOf(rapid.String(), rapid.SampledFrom(nasty), rapid.StringOf(rapid.RuneFrom([]rune("*_~`<>&|:!@#\\-[]()/ \na1"))),
		rapid.Custom(func(t *rapid.T) string { return string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")) }))
}

func anyText() *rapid.Generator[chat.Text] {
	return rapid.Map(rapid.SliceOfN(rapid.Custom(func(t *rapid.T) chat.Span {
		s := foreign().Draw(t, "s")
		switch rapid.IntRange(0, 6).Draw(t, "span") {
		case 0:
			return chat.Code(s)
		case 1:
			return chat.Strong(s)
		case 2:
			at := time.Unix(rapid.Int64Range(-1e11, 1e12).Draw(t, "unix"), 0)
			return chat.Span{At: at, Form: rapid.SampledFrom([]chat.TimeForm{chat.DateTime, chat.Clock}).Draw(t, "form")}
		case 3:
			return chat.Span{Who: &chat.Actor{Platform: Name, User: "9", Name: s}}
		case 4:
			thread := rapid.SampledFrom([]string{"", "801", "x", "1)", s}).Draw(t, "thread")
			return chat.LinkTo(chat.MessageRef{Place: chat.Place{Platform: Name, Channel: "800", Thread: thread}, ID: "900"}, s)
		case 5:
			return chat.Typed(s)
		}
		return chat.Span{Text: s}
	}), 0, 5), func(all []chat.Span) chat.Text { return all })
}

func anyCard() *rapid.Generator[chat.Card] {
	return rapid.Custom(func(t *rapid.T) chat.Card {
		text := func(name string) chat.Text { return anyText().Draw(t, name) }
		c := chat.Card{
			Key: rapid.OneOf(rapid.Just("op1.card"), rapid.StringN(0, 25, 25)).Draw(t, "key"), Summary: text("summary"), Title: text("title"),
			Note: text("note"), Quote: foreign().Draw(t, "quote"), Plain: rapid.Bool().Draw(t, "plain"),
			Tone: rapid.SampledFrom([]chat.Tone{chat.ToneNeutral, chat.ToneWorking, chat.ToneGood, chat.ToneWarn, chat.ToneBad, "odd"}).Draw(t, "tone"),
		}
		if rapid.Bool().Draw(t, "progress") {
			c.Progress = &chat.Progress{Percent: rapid.Float64().Draw(t, "percent"), Phase: foreign().Draw(t, "phase")}
		}
		for range rapid.IntRange(0, 30).Draw(t, "fields") {
			c.Fields = append(c.Fields, chat.Field{Label: foreign().Draw(t, "label"), Value: text("value")})
		}
		for range rapid.IntRange(0, 30).Draw(t, "lines") {
			c.Lines = append(c.Lines, text("line"))
		}
		for range rapid.IntRange(0, 40).Draw(t, "buttons") {
			c.Buttons = append(c.Buttons, anyButton().Draw(t, "button"))
		}
		if rapid.Bool().Draw(t, "mention") {
			c.Mention = &chat.Actor{Platform: Name, User: rapid.OneOf(rapid.Just(bob.User), foreign()).Draw(t, "user")}
		}
		return c
	})
}

func anyButton() *rapid.Generator[chat.Button] {
	return rapid.Custom(func(t *rapid.T) chat.Button {
		known := rapid.SampledFrom([]string{"abort", "snooze", "retry", "look"})
		b := chat.Button{Action: rapid.OneOf(known, foreign()).Draw(t, "action"), ID: rapid.OneOf(known, foreign()).Draw(t, "id"), Label: foreign().Draw(t, "label")}
		b.Arg = rapid.OneOf(rapid.SampledFrom([]string{"", "1h", "4h"}), foreign()).Draw(t, "arg")
		b.Style = rapid.SampledFrom([]chat.Style{chat.StyleDefault, chat.StylePrimary, chat.StyleDanger, "odd"}).Draw(t, "style")
		return b
	})
}

// Whatever a card holds, Discord takes what leaves, its key can be read, and nobody but the one who is meant hears of it.
func TestAnyCard(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyCard().Draw(t, "card")
		ping := ""
		if c.Mention != nil && c.Mention.User == bob.User {
			ping = bob.User
		} else if c.Mention != nil {
			c.Mention.User += "!"
		}
		checkBody(t, drawer().card(c), c.Key, ping)
	})
}

// Whatever a button carries, a press brings it back, or there is no button.
func TestAnyButton(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := anyButton().Draw(t, "button")
		id := customID(b)
		if units(id) > 100 {
			t.Fatalf("%q is too long", id)
		}
		if action, of, arg := readCustomID(id); id != "" && (action != b.Action || of != b.ID || arg != b.Arg) {
			t.Fatalf("%+v comes back as %q %q %q", b, action, of, arg)
		}
		readCustomID(b.Label)
	})
}
