package slack

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"vmbackup-bot/bot/chat"
)

// ellipsis marks what was left out.
const ellipsis = "…"

// units is the length of s as we count it for Slack.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// cut is chat.Cut with limit counted in UTF-16 units.
func cut(s string, limit int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	runes, used := 0, 0
	for _, r := range s {
		if used += utf16.RuneLen(r); used > limit {
			return chat.Cut(s, runes)
		}
		runes++
	}
	return s
}

// fit draws something of at most limit units before it is escaped so that it has at most most after it. It never cuts
// what was drawn, since that could leave half an entity: it draws less of it again.
func fit(limit, most int, draw func(limit int) string) string {
	limit = min(limit, most)
	for limit > 0 {
		s := draw(limit)
		n := units(s)
		if n <= most {
			return s
		}
		limit = min(limit-1, limit*most/n)
	}
	return ""
}

// text is t as mrkdwn on one line, all of it bold if asked for; empty where nothing of it can be seen.
func (r renderer) text(t chat.Text, limit, most int, bold bool) string {
	return fit(limit, most, func(n int) string {
		d := drawing{bold: bold}
		for _, s := range r.shorten(t, n) {
			r.span(&d, s)
		}
		return d.String()
	})
}

// shorten leaves of t what has at most limit units, with an ellipsis where something is missing.
func (r renderer) shorten(t chat.Text, limit int) chat.Text {
	total := 0
	for _, s := range t {
		total += units(r.shown(s))
	}
	if total <= limit {
		return t
	}
	left := limit - 1 // for the ellipsis
	for i, s := range t {
		shown := r.shown(s)
		if n := units(shown); n <= left {
			left -= n
			continue
		}
		rest := cut(shown, left)
		if rest == "" || !s.At.IsZero() {
			rest = ellipsis
		}
		s.Text, s.At, s.Who = rest, time.Time{}, nil
		s.Code, s.Command = s.Code || s.Command, false // the bot's word is in the rest already
		return append(t[:i:i], s)
	}
	return t
}

// shown is what a reader sees of a span, without formatting.
func (r renderer) shown(s chat.Span) string {
	if !s.At.IsZero() {
		return chat.Text{s}.Plain(r.in())
	}
	if s.Who != nil {
		return fold(s.Who.Label())
	}
	if s.Command && r.command != "" {
		return strings.TrimSpace(r.command + " " + fold(s.Text))
	}
	return fold(s.Text)
}

// in is the zone of the instants that Slack cannot show in the reader's own.
func (r renderer) in() *time.Location {
	if r.zone == nil {
		return time.UTC
	}
	return r.zone
}

// span draws one span.
func (r renderer) span(d *drawing, s chat.Span) {
	switch shown := r.shown(s); {
	case !s.At.IsZero():
		if token := r.instant(s, shown); token != "" {
			d.token(token)
		} else {
			d.plain(shown)
		}
	case s.Who != nil:
		d.plain(shown)
	case s.Link != nil && r.address(*s.Link) != "" && visible(shown):
		// A second bar in a label is not provided for.
		label := strings.ReplaceAll(literal(strings.TrimSpace(shown), true), "|", "¦")
		d.token("<" + entities(r.address(*s.Link)) + "|" + label + ">")
	case s.Code || s.Command:
		d.marked("`", shown, func(s string) string { return code(s, d.bold) })
	case s.Strong && !d.bold:
		d.marked("*", shown, func(s string) string { return literal(s, true) })
	default:
		d.plain(shown)
	}
}

// instant is a time that each reader's client shows in the reader's zone, with a fallback for clients that cannot; empty
// for times that no clock of Slack's shows.
func (r renderer) instant(s chat.Span, fallback string) string {
	if s.At.Unix() <= 0 || s.At.Year() > 9999 {
		return ""
	}
	form := "{date_short_pretty} {time}"
	if s.Form == chat.Clock {
		form = "{time}"
	}
	fallback = strings.NewReplacer("|", "¦", "^", "ˆ").Replace(literal(fallback, true))
	return fmt.Sprintf("<!date^%d^%s|%s>", s.At.Unix(), form, fallback)
}

// address is where a message can be seen; empty where that is not known.
func (r renderer) address(m chat.MessageRef) string {
	if !strings.HasPrefix(r.workspace, "http") || strings.ContainsFunc(r.workspace, unfitForURL) || (m.Platform != "" && m.Platform != Name) {
		return ""
	}
	for _, part := range []string{m.Channel, m.ID, m.Thread} {
		if strings.ContainsFunc(part, func(c rune) bool { return c != '.' && !asciiWord(c) }) {
			return ""
		}
	}
	if m.Channel == "" || m.ID == "" {
		return ""
	}
	u := strings.TrimSuffix(r.workspace, "/") + "/archives/" + m.Channel + "/p" + strings.ReplaceAll(m.ID, ".", "")
	if m.Thread != "" && m.Thread != m.ID {
		u += "?thread_ts=" + m.Thread + "&cid=" + m.Channel
	}
	if units(u) > maxURL {
		return ""
	}
	return u
}

// unfitForURL reports whether a character would end an address, or the link around it.
func unfitForURL(c rune) bool {
	return c <= ' ' || c > '~' || strings.ContainsRune("<>|\"`", c)
}

func asciiWord(c rune) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// fold is chat.OneLine that keeps a blank at either end: a span often ends with one.
func fold(s string) string {
	line := chat.OneLine(s)
	if line == "" {
		return strings.Repeat(" ", min(len(s), 1))
	}
	if r, _ := utf8.DecodeRuneInString(s); gap(r) {
		line = " " + line
	}
	if r, _ := utf8.DecodeLastRuneInString(s); gap(r) {
		line += " "
	}
	return line
}

func gap(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

// visible reports whether a reader sees anything of s.
func visible(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return !gap(r) && !unicode.Is(unicode.Cf, r) })
}
