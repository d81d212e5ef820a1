package vmbackup

import (
	"bytes"
	"html"
	"regexp"
	"strings"
)

// envelope is what every answer is wrapped in. The payload stands beside the envelope's own members.
type envelope struct {
	success             bool
	code, text, details string
	payload             object
}

// The two texts on which a client may decide, since no others are known for sure; everything else is
// shown as it is.
const (
	invalidToken   = "invalid token"
	anotherConsole = "anotherconsoleisregistered"
)

// tags are cut from an answer that is a page, so that the snippet shows words.
var tags = regexp.MustCompile(`(?s)<style.*?</style>|<script.*?</script>|<[^>]*>`)

// parseEnvelope reads an answer. One without a readable Success is not VM Backup's.
func parseEnvelope(body []byte, m mask) (envelope, error) {
	o, err := parseObject(bytes.TrimPrefix(body, []byte("\xEF\xBB\xBF")))
	if err != nil {
		return envelope{}, err
	}
	success, ok := o.flag("Success")
	if !ok {
		return envelope{}, errNotObject
	}
	words := func(name string) string { return cleanText(m.hide(o.text(name)), wordsRunes) }
	return envelope{
		success: success,
		code:    words("ErrorCode"),
		text:    words("ErrorMessage"),
		details: words("ErrorAdditionalDetails"),
		payload: o,
	}, nil
}

// says reports whether one of the server's words holds the text, in any letter case.
func (e envelope) says(text string) bool {
	for _, w := range []string{e.text, e.details, e.code} {
		if strings.Contains(strings.ToLower(w), text) {
			return true
		}
	}
	return false
}

// tokenGone reports whether the session is not known any more.
func (e envelope) tokenGone() bool { return !e.success && e.says(invalidToken) }

// seatBusy reports whether somebody else holds the seat.
func (e envelope) seatBusy() bool { return !e.success && e.says(anotherConsole) }

// snippet is the beginning of an answer that was not understood, fit for a message. JSON is not shown: it could hold a
// secret in a spelling that no mask knows.
func snippet(body []byte, m mask) string {
	const enough = 16 << 10 // the page's words come early
	text := m.hide(string(body[:min(len(body), enough)]))
	if bare := strings.TrimSpace(text); strings.HasPrefix(bare, "{") || strings.HasPrefix(bare, "[") {
		return "JSON of another form"
	}
	text = html.UnescapeString(tags.ReplaceAllString(text, " "))
	return cleanText(m.hide(text), snippetRunes)
}
