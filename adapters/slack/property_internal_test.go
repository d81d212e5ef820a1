package slack

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
		"", " ", "\n", "<!channel>", "<!here> <!everyone>", "<@U0VICTIM>", "<!subteam^S0123>", "<#C0123>", "<https://evil.example|click>",
		"`a` ```b``` c", "*bold* _it_ ~gone~", "a&amp;b &lt;!channel&gt;", "👩‍👩‍👧 :fox: :100: :+1:", "db_01_prod", "__init__", "> quote", ">>> all",
		"&gt; quote", "\nForged: approved\r\n\u2028x", "\u202edrowssap\u2066x", "\x00\x07\x1b[31mred", "\xff\xfe", "\u200d", "\u200b", "*", "`", "|", "^",
		strings.Repeat("x", 4100), strings.Repeat("ä&", 3000), strings.Repeat("🦊", 2500), strings.Repeat("<", 5000), strings.Repeat("a\n", 2000),
		"k|x|1|2", "…", "e\u0301",
	}
	return rapid.OneOf(rapid.String(), rapid.SampledFrom(nasty), rapid.StringOf(rapid.RuneFrom([]rune("*_~`<>&|:!@#^ \na1"))),
		rapid.Custom(func(t *rapid.T) string { return string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")) }))
}

func anyText() *rapid.Generator[chat.Text] {
	spans := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) chat.Span {
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
			return chat.Span{Who: &chat.Actor{Platform: Name, User: "U09", Name: s}}
		case 4:
			ids := rapid.SampledFrom([]string{"", "1790000000.000100", "C01", "x|y", "<", s})
			return chat.LinkTo(chat.MessageRef{Place: chat.Place{Platform: Name, Channel: "C01", Thread: ids.Draw(t, "thread")}, ID: "1790000000.000100"}, s)
		case 5:
			return chat.Typed(s)
		}
		return chat.Span{Text: s}
	}), 0, 5)
	return rapid.Map(spans, func(s []chat.Span) chat.Text { return s })
}

func anyCard() *rapid.Generator[chat.Card] {
	return rapid.Custom(func(t *rapid.T) chat.Card {
		text := func(name string) chat.Text { return anyText().Draw(t, name) }
		c := chat.Card{
			Key: rapid.StringN(0, 25, 25).Draw(t, "key"), Summary: text("summary"), Title: text("title"), Note: text("note"), Quote: foreign().Draw(t, "quote"),
			Tone:  rapid.SampledFrom([]chat.Tone{chat.ToneNeutral, chat.ToneWorking, chat.ToneGood, chat.ToneWarn, chat.ToneBad, "odd"}).Draw(t, "tone"),
			Plain: rapid.Bool().Draw(t, "plain"),
		}
		if rapid.Bool().Draw(t, "progress") {
			c.Progress = &chat.Progress{Percent: rapid.Float64().Draw(t, "percent"), Phase: foreign().Draw(t, "phase")}
		}
		for range rapid.IntRange(0, 12).Draw(t, "fields") {
			c.Fields = append(c.Fields, chat.Field{Label: foreign().Draw(t, "label"), Value: text("value")})
		}
		for range rapid.IntRange(0, 12).Draw(t, "lines") {
			c.Lines = append(c.Lines, text("line"))
		}
		for range rapid.SampledFrom([]int{0, 1, 3, 30}).Draw(t, "buttons") {
			c.Buttons = append(c.Buttons, anyButton().Draw(t, "button"))
		}
		if rapid.Bool().Draw(t, "menu") {
			b := anyButton().Draw(t, "menu button")
			c.Menu = &b
		}
		if rapid.Bool().Draw(t, "mention") {
			c.Mention = &chat.Actor{Platform: Name, User: rapid.OneOf(rapid.Just("U02BOB"), foreign()).Draw(t, "user")}
		}
		return c
	})
}

func anyButton() *rapid.Generator[chat.Button] {
	return rapid.Custom(func(t *rapid.T) chat.Button {
		word := rapid.SampledFrom([]string{"abort", "snooze", "retry", "look"})
		b := chat.Button{Action: rapid.OneOf(word, foreign()).Draw(t, "action"), ID: rapid.OneOf(word, foreign()).Draw(t, "id"), Label: foreign().Draw(t, "label")}
		b.Arg = rapid.SampledFrom([]string{"", "1h", "4h"}).Draw(t, "arg")
		b.Style = rapid.SampledFrom([]chat.Style{chat.StyleDefault, chat.StylePrimary, chat.StyleDanger, "odd"}).Draw(t, "style")
		if rapid.Bool().Draw(t, "confirm") {
			b.Confirm = &chat.Confirm{Title: foreign().Draw(t, "title"), Text: foreign().Draw(t, "text"), Yes: foreign().Draw(t, "yes"), No: foreign().Draw(t, "no")}
		}
		return b
	})
}

// Whatever a card holds, Slack takes what leaves, and nobody but the one who is meant hears of it.
func TestAnyCard(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyCard().Draw(t, "card")
		ping := ""
		if c.Mention != nil && c.Mention.User == "U02BOB" {
			ping = "<@U02BOB>"
		} else if c.Mention != nil {
			c.Mention.User += "!"
		}
		checkMessage(t, drawer().card(c), ping)
	})
}

// Whatever a form asks, Slack takes the view, and each value that can be chosen comes back as it was.
func TestAnyForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := chat.Form{Title: foreign().Draw(t, "title"), Submit: foreign().Draw(t, "submit")}
		for range rapid.SampledFrom([]int{0, 1, 3, 3, 3, 120}).Draw(t, "inputs") {
			in := chat.Input{
				Name: rapid.StringN(0, 8, 20).Draw(t, "name"), Label: foreign().Draw(t, "label"), Hint: foreign().Draw(t, "hint"),
				Initial: foreign().Draw(t, "initial"), Optional: rapid.Bool().Draw(t, "optional"), Complete: rapid.Bool().Draw(t, "complete"),
			}
			for range rapid.SampledFrom([]int{0, 0, 2}).Draw(t, "choices") {
				in.Choices = append(in.Choices, chat.Choice{Label: foreign().Draw(t, "choice"), Value: foreign().Draw(t, "value")})
			}
			f.Inputs = append(f.Inputs, in)
		}
		checkView(t, drawer().view(f, "meta"), f)
	})
}
