package slack

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Slack's mrkdwn has entities for & < > and no escape for anything else. Invisible characters around a mark are no way
// out: people use some of them to make Slack format inside a word. So a mark that could format is replaced by a
// character that looks alike and means nothing: the text can be read as it was, and cannot format whatever stands
// around it.
const (
	likeAsterisk   = '∗' // U+2217
	likeUnderscore = 'ˍ' // U+02CD
	likeTilde      = '∼' // U+223C
	likeBacktick   = 'ˋ' // U+02CB
	likeColon      = '∶' // U+2236
	likeGreater    = '›' // U+203A
)

// entities escapes what Slack reads as control characters; nothing else may be escaped.
func entities(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// literal is text that shows as it is. An underscore between letters or digits stays (db_01): Slack closes italics
// there but never opens them, and no other underscore of ours does. Names of emoji lose their first colon, so that a
// foreign text cannot show a sign of success. within says that something stands before it on its line; else a quote
// mark at its beginning would make the line a quote, and Slack takes the entity for one as well.
func literal(s string, within bool) string {
	r := []rune(s)
	out := []rune(s)
	for i, c := range r {
		within = within || c != '>'
		switch {
		case !within:
			out[i] = likeGreater
		case c == '*':
			out[i] = likeAsterisk
		case c == '~':
			out[i] = likeTilde
		case c == '`':
			out[i] = likeBacktick
		case c == '_' && (i == 0 || i == len(r)-1 || !inWord(r[i-1]) || !inWord(r[i+1])):
			out[i] = likeUnderscore
		case c == ':' && emojiName(r[i+1:]):
			out[i] = likeColon
		}
	}
	return entities(string(out))
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

// emojiName reports whether r goes on like the name of an emoji behind its first colon. Digits alone are a time of day,
// but for the two names that consist of them.
func emojiName(r []rune) bool {
	n, digits := 0, true
	for n < len(r) && (inWord(r[n]) || strings.ContainsRune("_-+'", r[n])) {
		digits = digits && unicode.IsDigit(r[n])
		n++
	}
	if n == 0 || n == len(r) || r[n] != ':' {
		return false
	}
	name := string(r[:n])
	return !digits || name == "100" || name == "1234"
}

// code is text for between backticks. Inside bold text it must not end that either.
func code(s string, bold bool) string {
	s = strings.ReplaceAll(s, "`", string(likeBacktick))
	if bold {
		s = strings.ReplaceAll(s, "*", string(likeAsterisk))
	}
	return entities(s)
}

// drawing is a line of mrkdwn in the making. Slack formats only where a mark stands at the border of a word; drawing
// sees to the borders.
type drawing struct {
	b strings.Builder
	// waiting is text that was not escaped yet: what a mark in it means depends on what comes after it.
	waiting string
	// bold says that all of the line will be.
	bold bool
	// last is the last character drawn, zero for none; closed says that it was a mark.
	last   rune
	closed bool
}

// plain draws text that shows as it is.
func (d *drawing) plain(s string) {
	if d.last == 0 || d.last == ' ' {
		s = strings.TrimLeft(s, " ")
	}
	if s == "" {
		return
	}
	if first, _ := utf8.DecodeRuneInString(s); d.closed && !border(first) {
		d.waiting = " "
	}
	d.waiting += s
	d.last, _ = utf8.DecodeLastRuneInString(s)
	d.closed = false
}

// flush escapes what was drawn so far.
func (d *drawing) flush() {
	d.b.WriteString(literal(d.waiting, d.b.Len() > 0))
	d.waiting = ""
}

// marked draws text between two marks, with the blanks at its ends outside.
func (d *drawing) marked(mark, s string, escape func(string) string) {
	core := strings.TrimSpace(s)
	if !visible(core) {
		d.plain(s)
		return
	}
	if strings.HasPrefix(s, " ") || d.closed || d.last != 0 && !border(d.last) {
		d.plain(" ")
	}
	d.flush()
	d.b.WriteString(mark + escape(core) + mark)
	d.last, d.closed = utf8.RuneError, true
	if strings.HasSuffix(s, " ") {
		d.plain(" ")
	}
}

// token draws what Slack itself replaces by something else.
func (d *drawing) token(s string) {
	if d.closed {
		d.plain(" ")
	}
	d.flush()
	d.b.WriteString(s)
	d.last = utf8.RuneError
}

// border reports whether a mark may stand beside r.
func border(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsPunct(r) && !strings.ContainsRune("*_~`", r)
}

// String is the line; empty where nothing of it can be seen.
func (d *drawing) String() string {
	d.flush()
	s := strings.TrimSpace(d.b.String())
	switch {
	case !visible(s):
		return ""
	case d.bold:
		return "*" + s + "*"
	}
	return s
}
