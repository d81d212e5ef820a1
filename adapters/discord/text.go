package discord

import (
	"cmp"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"

	"vmbackup-bot/bot/chat"
)

// ellipsis marks what was left out.
const ellipsis = "…"

// Discord's markdown takes a backslash before any mark, but not in code and not in the label of a link, where a mark is
// replaced by a character that looks alike. Mentions, instants and addresses are broken by a character without width:
// they cannot ping anyway (allowed_mentions), but would be shown as something else than what was written.
const (
	zeroWidth      = "\u200b"
	likeAsterisk   = "∗" // U+2217
	likeUnderscore = "ˍ" // U+02CD
	likeTilde      = "∼" // U+223C
	likeBacktick   = "ˋ" // U+02CB
	likeBar        = "¦" // U+00A6
	likeBackslash  = "∖" // U+2216
)

// renderer draws cards. The zero value works: instants that Discord cannot show are then in UTC, and links are text.
type renderer struct {
	// guild is the server in which a message stands that does not say so itself.
	guild string
	// zone is for titles and footers, where Discord does not show instants in the reader's own; nil is UTC.
	zone *time.Location
	// command stands before a command that people can type, such as "/vmbackup"; empty for nothing.
	command string
}

// frame is where a text goes.
type frame struct {
	// limit is its length before it is escaped, most after.
	limit, most int
	// head says that it is a title or the name of a field, where instants and links are not drawn.
	head bool
	// within says that something stands before it on its line.
	within bool
}

// units is the length of s as it is counted here.
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

// fit draws what has at most limit units before it is escaped so that it has at most most after it. What was drawn is
// never cut, since half an escape would mean something else: less of it is drawn instead.
func fit(limit, most int, draw func(limit int) string) string {
	for limit = min(limit, most); limit > 0; {
		s := draw(limit)
		n := units(s)
		if n <= most {
			return s
		}
		limit = min(limit-1, limit*most/n)
	}
	return ""
}

// text is t as markdown on one line; empty where nothing of it can be seen.
func (r renderer) text(t chat.Text, f frame) string {
	return fit(f.limit, f.most, func(n int) string {
		d := drawing{within: f.within}
		for _, s := range r.shorten(t, n) {
			r.span(&d, s, f.head)
		}
		return d.String()
	})
}

// span draws one span. A head is bold already, and shows neither instants nor links.
func (r renderer) span(d *drawing, s chat.Span, head bool) {
	shown := r.shown(s)
	switch {
	case s.Who != nil || head && !s.Code && !s.Command:
		d.literal(shown)
	case !s.At.IsZero():
		if mark := instant(s); mark != "" {
			d.token(mark)
		} else {
			d.literal(shown)
		}
	case s.Link != nil && r.address(*s.Link) != "" && visible(shown):
		d.marked(shown, func(core string) string { return "[" + linkLabel(core) + "](" + r.address(*s.Link) + ")" })
	case s.Code || s.Command:
		d.marked(shown, func(core string) string { return "`" + codeText(core) + "`" })
	case s.Strong:
		d.marked(shown, func(core string) string { return "**" + escape(core, false) + "**" })
	default:
		d.literal(shown)
	}
}

// instant is a time that each reader's client shows in the reader's own zone; empty for one that is none of a backup's.
func instant(s chat.Span) string {
	if s.At.Unix() <= 0 || s.At.Year() > 9999 {
		return ""
	}
	form := "f"
	if s.Form == chat.Clock {
		form = "t"
	}
	return fmt.Sprintf("<t:%d:%s>", s.At.Unix(), form)
}

// address is where a message can be seen; empty where that is not known. A thread is a channel of its own.
func (r renderer) address(m chat.MessageRef) string {
	guild := cmp.Or(m.Team, r.guild)
	channel := cmp.Or(m.Thread, m.Channel)
	if m.Direct || m.Platform != "" && m.Platform != Name || !snowflake(guild) || !snowflake(channel) || !snowflake(m.ID) {
		return ""
	}
	return "https://discord.com/channels/" + guild + "/" + channel + "/" + m.ID
}

// snowflake reports whether s is an id of Discord's.
func snowflake(s string) bool {
	return s != "" && len(s) <= maxSnowflake && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

// escape is text that shows as it is. start says that it begins its line, where more characters mean something.
func escape(s string, start bool) string {
	r := []rune(s)
	mark := -1
	if start {
		mark = lineMark(r)
	}
	var b strings.Builder
	for i, c := range r {
		rest := r[i+1:]
		switch {
		case i == mark, strings.ContainsRune("\\*_~`|[]", c), c == ':' && emojiName(rest):
			b.WriteRune('\\')
			b.WriteRune(c)
		case c == '<', c == '@' && (begins(rest, "everyone") || begins(rest, "here")), c == ':' && begins(rest, "//"):
			b.WriteRune(c)
			b.WriteString(zeroWidth)
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// lineMark is where the character stands that would make a line a heading, small print, a quotation or part of a list; -1
// where none does.
func lineMark(r []rune) int {
	i := 0
	for i < len(r) && r[i] == ' ' {
		i++
	}
	if i < len(r) && strings.ContainsRune("#->+", r[i]) {
		return i
	}
	digits := i
	for i < len(r) && r[i] >= '0' && r[i] <= '9' {
		i++
	}
	if i > digits && i < len(r) && (r[i] == '.' || r[i] == ')') {
		return i
	}
	return -1
}

// emojiName reports whether r goes on like the name of an emoji behind its first colon.
func emojiName(r []rune) bool {
	n := 0
	for n < len(r) && (unicode.IsLetter(r[n]) || unicode.IsDigit(r[n]) || strings.ContainsRune("_-+~", r[n])) {
		n++
	}
	return n > 0 && n < len(r) && r[n] == ':'
}

func begins(r []rune, with string) bool {
	return len(r) >= len(with) && string(r[:len(with)]) == with
}

// codeText is text for between backticks, which only a backtick can end.
func codeText(s string) string { return strings.ReplaceAll(s, "`", likeBacktick) }

// linkLabel is text for the label of a link.
func linkLabel(s string) string {
	return strings.NewReplacer(
		"[", "(", "]", ")", "\\", likeBackslash, "*", likeAsterisk, "_", likeUnderscore, "~", likeTilde, "`", likeBacktick,
		"|", likeBar, "<", "<"+zeroWidth, "@", "@"+zeroWidth, ":", ":"+zeroWidth,
	).Replace(s)
}

// drawing is a line of markdown in the making.
type drawing struct {
	b strings.Builder
	// waiting is text that was not escaped yet: what a mark in it means depends on what comes after it.
	waiting string
	// within says that something stands before the line.
	within bool
	// closed says that the line ends with a mark of ours.
	closed bool
}

// literal draws text that shows as it is.
func (d *drawing) literal(s string) { d.waiting += s }

// token draws what Discord replaces by something else. Two of them never touch: their marks would mean something else.
func (d *drawing) token(s string) {
	d.flush()
	if d.closed {
		d.b.WriteString(zeroWidth)
	}
	d.b.WriteString(s)
	d.closed = true
}

// marked draws text with marks around it, and the blanks at its ends outside.
func (d *drawing) marked(s string, mark func(core string) string) {
	core := strings.TrimSpace(s)
	if !visible(core) {
		d.literal(s)
		return
	}
	if strings.HasPrefix(s, " ") {
		d.literal(" ")
	}
	d.token(mark(core))
	if strings.HasSuffix(s, " ") {
		d.literal(" ")
	}
}

// flush escapes what was drawn so far.
func (d *drawing) flush() {
	if d.waiting == "" {
		return
	}
	// A blank was all that stood there: the line begins still.
	start := !d.within && strings.TrimSpace(d.b.String()) == ""
	d.b.WriteString(escape(d.waiting, start))
	d.waiting, d.closed = "", false
}

// String is the line; empty where nothing of it can be seen.
func (d *drawing) String() string {
	d.flush()
	s := strings.TrimSpace(d.b.String())
	if !visible(s) {
		return ""
	}
	return s
}
