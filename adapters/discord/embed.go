package discord

import (
	"fmt"
	"strings"

	"github.com/bwmarrin/discordgo"

	"vmbackup-bot/bot/chat"
)

// body is what a message, an edit or a private answer holds. Its slices are never nil, so that an edit clears what the
// new form does not have; Mentions is never nil, since Discord forgets it with each edit.
type body struct {
	Content    string
	Embeds     []*discordgo.MessageEmbed
	Components []discordgo.MessageComponent
	Mentions   *discordgo.MessageAllowedMentions
}

// card draws a card: one embed with buttons below it. A person who is notified is named in the text above, beside the
// summary, since nothing in an embed notifies. A plain card is text alone.
func (r renderer) card(c chat.Card) body {
	b := body{
		Embeds: []*discordgo.MessageEmbed{}, Components: []discordgo.MessageComponent{},
		Mentions: &discordgo.MessageAllowedMentions{Parse: []discordgo.AllowedMentionType{}},
	}
	ping := ""
	if id := mentioned(c.Mention); id != "" {
		b.Mentions.Users = []string{id}
		ping = "<@" + id + "> "
	}
	if c.Plain {
		b.Content = r.plain(c, ping)
		return b
	}
	told := false
	if ping != "" {
		s := r.text(c.Summary, frame{limit: maxSummary, most: maxContent - units(ping), within: true})
		told = s != ""
		b.Content = strings.TrimSpace(ping + s)
	}
	rows, left := buttonRows(c.Buttons)
	b.Components = rows
	if e := r.embed(c, told, left); e != nil {
		b.Embeds = append(b.Embeds, e)
	}
	return b
}

// mentioned is the id of the person whom a message notifies; empty for nobody, or for somebody of another platform.
func mentioned(a *chat.Actor) string {
	if a == nil || a.Platform != Name || !snowflake(a.User) {
		return ""
	}
	return a.User
}

// color is the bar at the side. It repeats what the words say.
func color(t chat.Tone) int {
	switch t {
	case chat.ToneWorking:
		return 0x3498db
	case chat.ToneGood:
		return 0x2ecc71
	case chat.ToneWarn:
		return 0xf1c40f
	case chat.ToneBad:
		return 0xe74c3c
	case chat.ToneNeutral:
	}
	return 0
}

// sign stands before words that say the same, for readers who do not tell the colors apart.
func sign(t chat.Tone) string {
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

// embed draws all but the buttons. told says that the summary stands above it already, left how many buttons found no
// room. Where it is too long its lines give way first. It is nil where nothing would be in it.
func (r renderer) embed(c chat.Card, told bool, left int) *discordgo.MessageEmbed {
	e := &discordgo.MessageEmbed{Color: color(c.Tone), Footer: r.footer(c), Fields: r.fields(c.Fields)}
	tone := sign(c.Tone)
	if s := r.text(c.Title, frame{limit: maxTitle, most: maxTitle - units(tone), head: true, within: tone != ""}); s != "" {
		e.Title = tone + s
	}
	var head, tail []string
	if e.Title == "" && !told {
		s := r.text(c.Summary, frame{limit: maxSummary, most: maxHead - units(tone), within: tone != ""})
		if s != "" {
			head = append(head, tone+s)
		}
	}
	if c.Progress != nil {
		head = append(head, r.progress(*c.Progress))
	}
	if q := quote(c.Quote, maxQuote); q != "" {
		tail = append(tail, q)
	}
	room := min(maxDescription, maxEmbeds-embedSize(e))
	for _, s := range append(head, tail...) {
		room -= units(s) + 1
	}
	parts := append(head, r.lines(c.Lines, room, left)...)
	e.Description = strings.Join(append(parts, tail...), "\n")
	if e.Title == "" && e.Description == "" && len(e.Fields) == 0 && e.Footer == nil {
		if told {
			return nil
		}
		e.Description = ellipsis
	}
	return e
}

// embedSize is all text that Discord counts.
func embedSize(e *discordgo.MessageEmbed) int {
	n := units(e.Title) + units(e.Description)
	if e.Footer != nil {
		n += units(e.Footer.Text)
	}
	for _, f := range e.Fields {
		n += units(f.Name) + units(f.Value)
	}
	return n
}

// progress is a bar, the percentage, and the server's own words.
func (r renderer) progress(p chat.Progress) string {
	done := percent(p.Percent)
	full := done * barWidth / 100
	s := fmt.Sprintf("`%s%s` %d %%", strings.Repeat("█", full), strings.Repeat("░", barWidth-full), done)
	if phase := r.text(chat.T(p.Phase), frame{limit: maxPhase, most: 2 * maxPhase, within: true}); phase != "" {
		s += " · " + phase
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

// fields draws labelled values as long as there is room, and says in a last one how many are missing.
func (r renderer) fields(fields []chat.Field) []*discordgo.MessageEmbedField {
	var all []*discordgo.MessageEmbedField
	for _, f := range fields {
		value := r.text(f.Value, frame{limit: maxRow, most: maxFieldValue})
		if value == "" {
			continue // Discord refuses a field without a value
		}
		name := r.text(chat.T(f.Label), frame{limit: maxLabel, most: maxFieldName, head: true})
		if name == "" {
			name = zeroWidth
		}
		all = append(all, &discordgo.MessageEmbedField{Name: name, Value: value, Inline: units(value) <= maxInline})
	}
	size := 0
	for _, f := range all {
		size += units(f.Name) + units(f.Value)
	}
	if size <= maxAllFields && len(all) <= maxFields {
		return all
	}
	kept, room := 0, maxAllFields-maxMore
	for kept < maxFields-1 && kept < len(all) {
		if room -= units(all[kept].Name) + units(all[kept].Value); room < 0 {
			break
		}
		kept++
	}
	return append(all[:kept:kept], &discordgo.MessageEmbedField{Name: ellipsis, Value: fmt.Sprintf("and %d more", len(all)-kept)})
}

// lines draws rows as long as there is room, and says how many are missing, with those that already are.
func (r renderer) lines(lines []chat.Text, room, missing int) []string {
	var all []string
	size := 0
	for _, l := range lines {
		if s := r.text(l, frame{limit: maxRow, most: maxLine}); s != "" {
			all = append(all, s)
			size += units(s) + 1
		}
	}
	if missing == 0 && size <= room {
		return all
	}
	kept := 0
	room -= maxMore
	for kept < len(all) {
		if room -= units(all[kept]) + 1; room < 0 {
			break // a row further down would seem to follow on the last one shown
		}
		kept++
	}
	return append(all[:kept:kept], fmt.Sprintf("%s and %d more", ellipsis, len(all)-kept+missing))
}

// footer is the small print and the key, by which the message is found again. Discord formats nothing in it.
func (r renderer) footer(c chat.Card) *discordgo.MessageEmbedFooter {
	s := r.bare(c.Note, maxNote)
	if isKey(c.Key) {
		if s != "" {
			s += keyMark
		}
		s += c.Key
	}
	if s == "" {
		return nil
	}
	return &discordgo.MessageEmbedFooter{Text: s}
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
	// What stands right behind the fence would be the name of a language.
	return fit(most, most, func(n int) string { return fence + "\n" + codeText(cut(s, n)) + "\n" + fence })
}
