package vmbackup

import (
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

const (
	// wordsRunes caps each of the server's own words; a platform's card holds little more.
	wordsRunes = 2000
	// snippetRunes caps what is shown of an answer that is not VM Backup's.
	snippetRunes = 200
)

// mask hides secrets in text from outside. It holds each secret in the spellings that a server could echo it in.
type mask []string

// newMask hides the secrets given; empty ones are left out.
func newMask(secrets ...Secret) mask {
	var m mask
	for _, s := range secrets {
		value := s.Reveal()
		if value == "" {
			continue
		}
		forms := []string{value, url.PathEscape(value), url.QueryEscape(value), html.EscapeString(value)}
		if quoted, err := json.Marshal(value); err == nil {
			inner := string(quoted[1 : len(quoted)-1])
			// The encoder hides <, > and & for browsers; others do not.
			forms = append(forms, inner, strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(inner))
		}
		m = append(m, forms...)
	}
	slices.SortFunc(m, func(a, b string) int { return len(b) - len(a) }) // a longer spelling may hold a shorter one
	return slices.Compact(m)
}

// hide replaces every secret, whatever its letter case.
func (m mask) hide(text string) string {
	for _, secret := range m {
		text = replaceFold(text, secret, redacted)
	}
	return text
}

// replaceFold is strings.ReplaceAll without regard to ASCII letter case.
func replaceFold(text, old, replacement string) string {
	low, want := lowerASCII(text), lowerASCII(old)
	if want == "" || !strings.Contains(low, want) {
		return text
	}
	var b strings.Builder
	for {
		i := strings.Index(low, want)
		if i < 0 {
			b.WriteString(text)
			return b.String()
		}
		b.WriteString(text[:i])
		b.WriteString(replacement)
		text, low = text[i+len(want):], low[i+len(want):]
	}
}

// lowerASCII keeps the length in bytes, which strings.ToLower does not.
func lowerASCII(text string) string {
	b := []byte(text)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// cleanText makes one line of text from outside: control characters become blanks, blanks are folded, and it is cut.
func cleanText(text string, runes int) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > runes {
		return string(r[:runes]) + "…"
	}
	return text
}
