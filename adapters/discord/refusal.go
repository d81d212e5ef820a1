package discord

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"

	"vmbackup-bot/bot/chat"
)

// Waits where Discord does not say.
const (
	defaultWait = 5 * time.Second // the window that is reported for most routes
	// banWait is for Cloudflare's page: it turns an address away for what happened in the last ten minutes.
	banWait = 10 * time.Minute
	// doorWait is for a page that forbids: Cloudflare's, or one of a filter on the way.
	doorWait = time.Minute
	// longestWait bounds what an answer may ask for: what stands on the way may ask for anything.
	longestWait = 24 * time.Hour
)

// scopeShared marks a limit that is used up by everybody together (topics/rate-limits, headers).
const scopeShared = "shared"

// mostQuoted is how much of one of Discord's sentences is put into an error, in characters.
const mostQuoted = 160

// answerError is an answer that refuses. It holds no token and no address.
type answerError struct {
	status int
	code   int // Discord's own; zero where there is none
	// message is Discord's sentence and fields the paths in the request that it minds.
	message    string
	fields     []string
	retryAfter time.Duration // zero where none is asked for
	global     bool
	scope      string // of a 429: user, global or shared
	html       bool   // not Discord's own answer, but that of something before it
	unsent     bool   // an earlier answer said so; this request did not leave
	route      string
}

// Error is one line for logs.
func (e *answerError) Error() string {
	var b strings.Builder
	if e.route != "" {
		b.WriteString(e.route + ": ")
	}
	fmt.Fprintf(&b, "%d", e.status)
	if e.code != 0 {
		fmt.Fprintf(&b, "/%d", e.code)
	}
	if e.message != "" {
		b.WriteString(" " + e.message)
	}
	if len(e.fields) > 0 {
		b.WriteString(" (" + strings.Join(e.fields, "; ") + ")")
	}
	if e.html {
		b.WriteString(", not from Discord itself")
	}
	if e.unsent {
		b.WriteString(", not sent")
	}
	return b.String()
}

// blocked reports whether nothing at all gets through: Cloudflare's page instead of an answer.
func (e *answerError) blocked() bool {
	return e.html && (e.status == http.StatusTooManyRequests || e.status == http.StatusForbidden)
}

// transportError is a request without an answer.
type transportError struct {
	err  error
	sent bool // a byte of it may have left
}

// Error is the cause.
func (e *transportError) Error() string { return e.err.Error() }

// Unwrap is the cause.
func (e *transportError) Unwrap() error { return e.err }

// refusal is the JSON of an answer that refuses (reference, error messages; topics/rate-limits).
type refusal struct {
	Code       int             `json:"code"`
	Message    string          `json:"message"`
	Errors     json.RawMessage `json:"errors"`
	RetryAfter float64         `json:"retry_after"` // in seconds
	Global     bool            `json:"global"`
}

// readAnswer is an answer as an error, whatever its status. What was cut short is not told from what is not Discord's.
func readAnswer(resp *http.Response, text []byte, whole bool) *answerError {
	e := parseAnswer(resp.StatusCode, text)
	h := resp.Header
	e.html = e.html && whole && !strings.HasPrefix(h.Get("Content-Type"), "application/json")
	e.scope = h.Get("X-RateLimit-Scope")
	e.global = e.global || e.scope == "global" || h.Get("X-RateLimit-Global") != ""
	if e.retryAfter == 0 {
		e.retryAfter = retryAfter(h.Get("Retry-After"), time.Now())
	}
	if e.retryAfter == 0 {
		switch {
		case e.status == http.StatusTooManyRequests && e.html:
			e.retryAfter = banWait
		case e.blocked():
			e.retryAfter = doorWait
		case e.status == http.StatusTooManyRequests:
			e.retryAfter = cmp.Or(seconds(h.Get("X-RateLimit-Reset-After")), defaultWait)
		}
	}
	return e
}

// parseAnswer reads what a refusal's text says.
func parseAnswer(status int, text []byte) *answerError {
	e := &answerError{status: status}
	if status < 300 {
		return e
	}
	var r refusal
	if err := json.Unmarshal(text, &r); err != nil {
		e.html = true // and may quote the address, so that none of it is kept
		e.message = http.StatusText(status)
		return e
	}
	e.code, e.message, e.global = r.Code, quoted(r.Message), r.Global
	e.retryAfter = bounded(r.RetryAfter)
	var tree any
	if json.Unmarshal(r.Errors, &tree) == nil {
		e.fields = paths("", tree)
	}
	return e
}

// paths lists where in a request something is wrong, and what: the leaves of Discord's tree are lists named _errors.
func paths(at string, node any) []string {
	m, ok := node.(map[string]any)
	if !ok {
		return nil
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if name != "_errors" {
			all = append(all, paths(strings.TrimPrefix(at+"."+name, "."), m[name])...)
			continue
		}
		list, _ := m[name].([]any)
		for _, leaf := range list {
			l, _ := leaf.(map[string]any)
			code, _ := l["code"].(string)
			said, _ := l["message"].(string)
			all = append(all, quoted(strings.TrimSpace(at+" "+code+": "+said)))
		}
	}
	return all
}

// quoted is foreign text for a line of the log.
func quoted(s string) string { return chat.Cut(chat.OneLine(s), mostQuoted) }

// retryAfter reads the header of that name: seconds, or a date.
func retryAfter(said string, now time.Time) time.Duration {
	if at, err := http.ParseTime(said); err == nil {
		return bounded(at.Sub(now).Seconds())
	}
	return seconds(said)
}

func seconds(said string) time.Duration {
	s, err := strconv.ParseFloat(strings.TrimSpace(said), 64)
	if err != nil {
		return 0
	}
	return bounded(s)
}

// bounded is a number of seconds as a wait, rounded up to milliseconds; zero for none.
func bounded(s float64) time.Duration {
	if math.IsNaN(s) || s <= 0 {
		return 0
	}
	return time.Duration(math.Ceil(min(s, longestWait.Seconds())*1000)) * time.Millisecond
}

// aboutInteraction reports whether a path answers an interaction. Those do not count against the bot's global limit
// (interactions/receiving-and-responding, endpoints), and end in a token.
func aboutInteraction(path string) bool {
	return strings.Contains(path, "/interactions/") || strings.Contains(path, "/webhooks/")
}

// route is a request as errors name it: the token in the path of an interaction is left out.
func route(method, path string) string {
	parts := strings.Split(path, "/")
	for i := range parts {
		if i >= 2 && (parts[i-2] == "interactions" || parts[i-2] == "webhooks") {
			parts[i] = "…"
		}
	}
	return method + " " + strings.Join(parts, "/")
}

// answerOf is the answer behind an error; nil where there is none. The library's own error holds the whole request, token
// and all, and is never passed on.
func answerOf(err error) *answerError {
	if e, ok := errors.AsType[*answerError](err); ok {
		return e
	}
	e, ok := errors.AsType[*discordgo.RESTError](err)
	if !ok || e.Response == nil {
		return nil
	}
	a := readAnswer(e.Response, e.ResponseBody, true)
	if r := e.Request; r != nil && r.URL != nil {
		a.route = route(r.Method, r.URL.Path)
	}
	return a
}

// codeOf is Discord's code behind an error; zero for none.
func codeOf(err error) int {
	if e := answerOf(err); e != nil {
		return e.code
	}
	return 0
}
