package bot

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// word is one word of a typed command. Quoted words are names, whatever they look like.
type word struct {
	text   string
	quoted bool
	// from is where the word begins in the cleaned text, so that a note can be taken as it was typed.
	from int
}

// quotes are the pairs that keyboards and chat programs make of a quotation mark; a closing one may also close another's.
const (
	opening = "\"“”„«»‚‘'`"
	closing = "\"“”«»’‘'`"
)

// clean turns what a chat program delivers into what was typed: auto-linked host names lose their link, escaped
// characters their escapes, odd spaces become blanks, and invisible characters go. Letters are composed (NFC), so that
// "ü" is one letter however it was typed.
func clean(text string) string {
	text = norm.NFC.String(strings.ToValidUTF8(text, "\uFFFD"))
	text = unlink(text)
	for _, e := range [...][2]string{{"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}} {
		text = strings.ReplaceAll(text, e[0], e[1])
	}
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), r == '\u2800', r == '\u3164':
			return ' '
		case unicode.Is(unicode.Cf, r) && r != '\u200d': // direction marks, zero width space; the joiner is part of emoji
			return -1
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, text)
}

// unlink replaces <https://web01.example|web01.example> by what was typed. Only things that look like a link are touched:
// a VM may be called <!channel>.
func unlink(text string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(text, '<')
		if i < 0 {
			break
		}
		j := strings.IndexByte(text[i:], '>')
		if j < 0 {
			break
		}
		inner := text[i+1 : i+j]
		b.WriteString(text[:i])
		if label, ok := linkLabel(inner); ok {
			b.WriteString(label)
		} else {
			b.WriteString(text[i : i+j+1])
		}
		text = text[i+j+1:]
	}
	b.WriteString(text)
	return b.String()
}

func linkLabel(inner string) (string, bool) {
	target, label, labelled := strings.Cut(inner, "|")
	for _, scheme := range [...]string{"http://", "https://", "mailto:"} {
		if rest, ok := strings.CutPrefix(target, scheme); ok {
			if labelled && label != "" {
				return label, true
			}
			return strings.TrimSuffix(rest, "/"), true
		}
	}
	return "", false
}

// split cuts cleaned text into words. A quotation that is never closed is an ordinary character.
func split(text string) []word {
	var words []word
	rs := []rune(text)
	offset := 0 // bytes before rs[i]
	for i := 0; i < len(rs); {
		if rs[i] == ' ' {
			i, offset = i+1, offset+1
			continue
		}
		start := offset
		if strings.ContainsRune(opening, rs[i]) {
			if end := closes(rs, i); end > 0 {
				next := end + 1
				for next < len(rs) && rs[end+1] == '@' && rs[next] != ' ' { // "name with blanks"@host
					next++
				}
				text := strings.TrimSpace(string(rs[i+1:end])) + string(rs[end+1:next])
				words = append(words, word{text: text, quoted: true, from: start})
				offset += len(string(rs[i:next]))
				i = next
				continue
			}
		}
		j := i
		for j < len(rs) && rs[j] != ' ' {
			j++
		}
		words = append(words, word{text: string(rs[i:j]), from: start})
		offset += len(string(rs[i:j]))
		i = j
	}
	return words
}

// closes is the index of the quotation mark that closes the one at i and ends a word; 0 where there is none.
func closes(rs []rune, i int) int {
	for j := i + 1; j < len(rs); j++ {
		ends := j+1 == len(rs) || rs[j+1] == ' ' || rs[j+1] == ',' || rs[j+1] == '@'
		if strings.ContainsRune(closing, rs[j]) && ends && matches(rs[i], rs[j]) {
			return j
		}
	}
	return 0
}

// matches reports whether the two marks belong together: typographic ones mix freely, plain ones close themselves.
func matches(open, end rune) bool {
	if open == '"' || open == '\'' || open == '`' {
		return open == end
	}
	return end != '`' && (end != '"' || open == '“' || open == '”' || open == '„')
}

// rest is the text from the n-th word on, as it was typed.
func rest(text string, words []word, n int) string {
	if n >= len(words) {
		return ""
	}
	return strings.TrimSpace(text[words[n].from:])
}

// fold is the form in which names are compared: composed, lower case, with single blanks, since a chat shows no others.
func fold(s string) string {
	return strings.ToLower(norm.NFC.String(strings.Join(strings.Fields(s), " ")))
}
