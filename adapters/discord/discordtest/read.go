package discordtest

import (
	"encoding/json"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Read returns what a person reads in a message, line by line from top to bottom: the content, then the embeds. Marks of
// markdown are removed, links shown by their label, people and channels by name; timestamps stay as they are, <t:…>. Authors
// and footers know no markdown.
func (s *Server) Read(content string, embeds json.RawMessage) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines []string
	add := func(text string) {
		if text != "" {
			lines = append(lines, text)
		}
	}
	add(s.readMarkup(content))
	list, _ := decode(embeds)
	all, _ := list.([]any)
	for _, e := range objects(all) {
		add(e.child("author").text("name"))
		add(s.readMarkup(e.text("title")))
		add(s.readMarkup(e.text("description")))
		for _, f := range e.children("fields") {
			add(s.readMarkup(f.text("name")) + ": " + s.readMarkup(f.text("value")))
		}
		add(e.child("footer").text("text"))
	}
	return strings.Join(lines, "\n")
}

// reader goes through markdown from left to right.
type reader struct {
	names func(mark, id string) string
	out   strings.Builder
	last  rune // the newest rune of the source that was passed
}

func (s *Server) readMarkup(text string) string {
	r := reader{last: '\n', names: s.nameOf}
	for text != "" {
		text = r.step(text)
	}
	return r.out.String()
}

// step reads one piece and returns what is left.
func (r *reader) step(text string) string {
	if r.last == '\n' {
		if m := regexp.MustCompile(`^(>>> |> |#{1,3} |-# )`).FindString(text); m != "" {
			return text[len(m):] // the next piece still begins the line
		}
	}
	for _, f := range []func(string) (string, bool){r.code, r.escape, r.link, r.mention, r.mark} {
		if rest, took := f(text); took {
			return rest
		}
	}
	c, size := utf8.DecodeRuneInString(text)
	r.out.WriteString(text[:size])
	r.last = c
	return text[size:]
}

// code reads a code block or span, in which nothing else has a meaning.
func (r *reader) code(text string) (rest string, took bool) {
	for _, fence := range []string{"```", "``", "`"} {
		inner, opened := strings.CutPrefix(text, fence)
		if !opened {
			continue
		}
		inner, rest, closed := strings.Cut(inner, fence)
		if !closed || inner == "" {
			continue
		}
		if fence == "```" {
			inner = regexp.MustCompile(`^[a-zA-Z0-9+-]*\n`).ReplaceAllString(inner, "")
		}
		r.out.WriteString(inner)
		r.last = '`'
		return rest, true
	}
	return text, false
}

// escape reads a backslash and the mark that it takes the meaning from.
func (r *reader) escape(text string) (rest string, took bool) {
	if len(text) < 2 || text[0] != '\\' || !unicode.In(rune(text[1]), unicode.P, unicode.S) || text[1] >= utf8.RuneSelf {
		return text, false
	}
	r.out.WriteByte(text[1])
	r.last = rune(text[1])
	return text[2:], true
}

// link reads a link with a label, which is all that people see.
func (r *reader) link(text string) (rest string, took bool) {
	m := regexp.MustCompile(`^\[((?:[^\]\\\n]|\\.)+)\]\(<?https?://[^\s)]+\)`).FindStringSubmatch(text)
	if m == nil {
		return text, false
	}
	inner := reader{last: ']', names: r.names}
	for label := m[1]; label != ""; {
		label = inner.step(label)
	}
	r.out.WriteString(inner.out.String())
	r.last = ')'
	return text[len(m[0]):], true
}

// mention reads the mark for a person, a role or a channel.
func (r *reader) mention(text string) (rest string, took bool) {
	m := regexp.MustCompile(`^<(@!?|@&|#)(\d{5,20})>`).FindStringSubmatch(text)
	if m == nil {
		return text, false
	}
	r.out.WriteString(r.names(m[1], m[2]))
	r.last = '>'
	return text[len(m[0]):], true
}

func (s *Server) nameOf(mark, id string) string {
	switch {
	case mark == "@&":
		return "@role"
	case mark == "#" && s.channels[id] != nil:
		return "#" + s.channels[id].name
	case mark == "#":
		return "#unknown"
	case s.members[id] != nil:
		return "@" + s.members[id].Name
	}
	return "@unknown-user"
}

// mark drops the marks for bold and the like. One underscore within a word is no mark, and neither is an asterisk alone.
func (r *reader) mark(text string) (rest string, took bool) {
	for _, m := range []string{"**", "__", "~~", "||", "*", "_"} {
		after, found := strings.CutPrefix(text, m)
		if !found {
			continue
		}
		next, _ := utf8.DecodeRuneInString(after)
		word := func(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) }
		if m == "_" && word(r.last) && word(next) || m == "*" && unicode.IsSpace(r.last) && unicode.IsSpace(next) {
			break
		}
		r.last = rune(m[0])
		return after, true
	}
	return text, false
}
