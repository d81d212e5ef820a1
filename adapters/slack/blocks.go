package slack

import (
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"vmbackup-bot/bot/chat"
)

// renderer draws cards for one workspace. The zero value works; links are then shown as text only.
type renderer struct {
	// workspace is the workspace's address, as auth.test says it.
	workspace string
	// zone is for clients that cannot show a time in their reader's own; nil is UTC.
	zone *time.Location
	// command stands before a command that people can type, such as "/vmbackup"; empty for nothing.
	command string
}

// message is what leaves: the text that notifications and screen readers use, and the blocks that are seen. Both are
// always sent together, since text alone may leave the blocks of an earlier form standing.
type message struct {
	text string
	// blocks is never nil: an empty array clears what stood there.
	blocks []slack.Block
}

// card draws a card. A plain one is text alone.
func (r renderer) card(c chat.Card) message {
	if c.Plain {
		return message{text: r.plain(c), blocks: []slack.Block{}}
	}
	m := message{text: r.sentence(c), blocks: r.blocks(c)}
	sign(m, c.Key)
	return m
}

// sentence is the whole card in one sentence, never empty.
func (r renderer) sentence(c chat.Card) string {
	ping := mention(c.Mention)
	for _, t := range []chat.Text{c.Summary, c.Title} {
		if s := r.text(t, maxSentence, maxText-units(ping), false); s != "" {
			return ping + s
		}
	}
	return ping + ellipsis
}

// mention is what notifies one person, with a blank behind it; empty where nobody is to be, or nobody of Slack's.
func mention(a *chat.Actor) string {
	if a == nil || a.Platform != Name || a.User == "" || len(a.User) > maxUserID {
		return ""
	}
	if strings.ContainsFunc(a.User, func(c rune) bool { return (c < 'A' || c > 'Z') && (c < '0' || c > '9') }) {
		return ""
	}
	return "<@" + a.User + "> "
}

// emoji stands before words that say the same.
func emoji(t chat.Tone) string {
	switch t {
	case chat.ToneWorking:
		return "⏳ "
	case chat.ToneGood:
		return "✅ "
	case chat.ToneWarn:
		return "⚠️ "
	case chat.ToneBad:
		return "❌ "
	case chat.ToneNeutral:
	}
	return ""
}

// part is one block and what it counts for.
type part struct {
	block slack.Block
	// size is the text in it; items is how many rows of the card it holds.
	size, items int
}

// blocks draws the card. Where it is too long its rows give way, never its head, quote, small print or buttons.
func (r renderer) blocks(c chat.Card) []slack.Block {
	head, tail := r.head(c), r.tail(c)
	buttons, more := actions(c)
	tail = append(tail, buttons...)
	room, left := maxBlocks-len(head)-len(tail)-1, maxTotal // a block is kept for saying what is missing
	for _, fixed := range [][]part{head, tail} {
		for _, p := range fixed {
			left -= p.size
		}
	}
	parts := head
	for _, p := range append(r.fields(c.Fields), r.lines(c.Lines)...) {
		if room < 1 || left < p.size {
			room = 0 // a row further down would seem to follow on the last one shown
			more += p.items
			continue
		}
		room--
		left -= p.size
		parts = append(parts, p)
	}
	if more > 0 {
		parts = append(parts, smallPrint(fmt.Sprintf("%s and %d more", ellipsis, more)))
	}
	blocks := []slack.Block{}
	for _, p := range append(parts, tail...) {
		blocks = append(blocks, p.block)
	}
	return blocks
}

// head is title or summary, and how far the job is.
func (r renderer) head(c chat.Card) []part {
	ping, tone := mention(c.Mention), emoji(c.Tone)
	most := maxHead - units(ping+tone)
	words := r.text(c.Title, maxTitle, most, true)
	if words == "" {
		words = r.text(c.Summary, maxSentence, most, false)
	}
	var parts []part
	switch {
	case words != "":
		parts = append(parts, section(ping+tone+words))
	case ping != "":
		parts = append(parts, section(strings.TrimSpace(ping)))
	}
	if c.Progress != nil {
		parts = append(parts, section(r.progress(*c.Progress)))
	}
	return parts
}

// progress is a bar, the percentage, and the server's own words.
func (r renderer) progress(p chat.Progress) string {
	done := percent(p.Percent)
	full := done * barWidth / 100
	s := fmt.Sprintf("`%s%s` %d %%", strings.Repeat("█", full), strings.Repeat("░", barWidth-full), done)
	if phase := r.text(chat.T(" · ", p.Phase), maxProgress, maxProgress-units(s)-1, false); visible(fold(p.Phase)) {
		s += " " + phase
	}
	return s
}

// percent is never 100 before the job is there; what is no number is nothing.
func percent(p float64) int {
	switch {
	case p >= 100:
		return 100
	case p >= 1:
		return int(p)
	}
	return 0
}

// fields draws labelled values, as many to a section as it holds.
func (r renderer) fields(fields []chat.Field) []part {
	var parts []part
	var objects []*slack.TextBlockObject
	size := 0
	flush := func() {
		if len(objects) > 0 {
			parts = append(parts, part{block: slack.NewSectionBlock(nil, objects, nil), size: size, items: len(objects)})
		}
		objects, size = nil, 0
	}
	for _, f := range fields {
		s := r.text(chat.Text{{Text: f.Label}}, maxLabel, maxField/2, true)
		if s != "" {
			s += "\n"
		}
		value := r.text(f.Value, maxRow, maxField-units(s), false)
		if value == "" {
			continue
		}
		if s += value; len(objects) == maxFields || size+units(s) > maxSection {
			flush()
		}
		objects = append(objects, mrkdwn(s))
		size += units(s)
	}
	flush()
	return parts
}

// lines draws rows, as many to a section as it holds.
func (r renderer) lines(lines []chat.Text) []part {
	var parts []part
	var rows []string
	size := 0
	flush := func() {
		if len(rows) > 0 {
			p := section(strings.Join(rows, "\n"))
			p.items = len(rows)
			parts = append(parts, p)
		}
		rows, size = nil, 0
	}
	for _, l := range lines {
		s := r.text(l, maxRow, maxSection, false)
		if s == "" {
			continue
		}
		if size+units(s)+1 > maxSection {
			flush()
		}
		rows = append(rows, s)
		size += units(s) + 1
	}
	flush()
	return parts
}

// tail is quote and small print.
func (r renderer) tail(c chat.Card) []part {
	var parts []part
	if s := quote(c.Quote, maxQuote); s != "" {
		parts = append(parts, section(s))
	}
	if s := r.text(c.Note, maxNote, maxNote, false); s != "" {
		parts = append(parts, smallPrint(s))
	}
	return parts
}

// quote is text of several lines between fences; empty where there is nothing to read.
func quote(s string, most int) string {
	const fence = "```"
	var lines []string
	for l := range strings.Lines(s) {
		// Blanks at the beginning may mean something, as in a policy file.
		indent := len(l) - len(strings.TrimLeft(l, " "))
		if l = chat.OneLine(l); l != "" {
			l = strings.Repeat(" ", min(indent, maxIndent)) + l
		}
		lines = append(lines, l)
	}
	s = strings.Trim(strings.Join(lines, "\n"), "\n")
	if !visible(s) {
		return ""
	}
	return fit(most, most, func(n int) string { return fence + code(cut(s, n), false) + fence })
}

func mrkdwn(s string) *slack.TextBlockObject {
	// Verbatim keeps Slack from making links of addresses and names of channels of its own accord.
	return slack.NewTextBlockObject(slack.MarkdownType, s, false, true)
}

func section(s string) part {
	return part{block: slack.NewSectionBlock(mrkdwn(s), nil, nil), size: units(s)}
}

func smallPrint(s string) part {
	return part{block: slack.NewContextBlock("", mrkdwn(s)), size: units(s)}
}
