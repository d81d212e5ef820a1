package slack

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/slack-go/slack"
)

// tester is what testing.T and rapid.T have in common here.
type tester interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

var _ tester = (*testing.T)(nil)

// leaving is the message as it goes over the wire.
func leaving(t tester, m message) map[string]any {
	t.Helper()
	if m.blocks == nil {
		t.Errorf("the blocks are nil: old ones would stay")
	}
	return tree(t, map[string]any{"text": m.text, "blocks": slack.Blocks{BlockSet: m.blocks}})
}

// tree is v as JSON, read again without any types.
func tree(t tester, v any) map[string]any {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("%v", err)
	}
	var back map[string]any
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatalf("%v", err)
	}
	return back
}

// checkMessage holds what leaves against everything that Slack would refuse, and against every way to do harm. The
// numbers are written down a second time on purpose.
func checkMessage(t tester, m message, ping string) {
	t.Helper()
	out := leaving(t, m)
	v := validator{tester: t, ping: ping, ids: map[string]bool{}}
	v.length("text", out["text"], 1, 4000)
	v.mrkdwn("text", out["text"].(string))
	blocks := out["blocks"].([]any)
	if len(blocks) > 50 {
		t.Errorf("%d blocks", len(blocks))
	}
	for i, b := range blocks {
		v.block(fmt.Sprintf("blocks/%d", i), b.(map[string]any))
	}
	if v.total > 10500 {
		t.Errorf("%d characters of text in all blocks", v.total)
	}
	if ping != "" && strings.Count(out["text"].(string), ping) != 1 {
		t.Errorf("%s is not once in the text %q", ping, out["text"])
	}
}

type validator struct {
	tester
	ping  string
	ids   map[string]bool
	total int
}

func (v *validator) length(at string, s any, least, most int) {
	v.Helper()
	text, ok := s.(string)
	n := len(utf16.Encode([]rune(text)))
	if !ok || n < least || n > most || !utf8.ValidString(text) || least > 0 && strings.TrimSpace(text) == "" {
		v.Errorf("%s: %d characters, allowed are %d to %d: %.200q", at, n, least, most, s)
	}
}

// keys are all that an object may have.
func (v *validator) keys(at string, o map[string]any, allowed ...string) {
	v.Helper()
	for k := range o {
		if !strings.Contains(" "+strings.Join(allowed, " ")+" ", " "+k+" ") {
			v.Errorf("%s: %q is not meant to be there", at, k)
		}
	}
}

func (v *validator) block(at string, b map[string]any) {
	v.Helper()
	switch b["type"] {
	case "section":
		v.keys(at, b, "type", "text", "fields")
		fields, hasFields := b["fields"].([]any)
		if text, ok := b["text"]; ok == hasFields {
			v.Errorf("%s: a section has text or fields", at)
		} else if ok {
			v.text(at, text, 3000)
		}
		if hasFields && (len(fields) < 1 || len(fields) > 10) {
			v.Errorf("%s: %d fields", at, len(fields))
		}
		for _, f := range fields {
			v.text(at+"/fields", f, 2000)
		}
	case "context":
		v.keys(at, b, "type", "elements")
		elements := b["elements"].([]any)
		if len(elements) < 1 || len(elements) > 10 {
			v.Errorf("%s: %d elements", at, len(elements))
		}
		for _, e := range elements {
			v.text(at+"/elements", e, 3000)
		}
	case "actions":
		v.actions(at, b)
	default:
		v.Errorf("%s: a block of type %v", at, b["type"])
	}
}

func (v *validator) actions(at string, b map[string]any) {
	v.Helper()
	v.keys(at, b, "type", "block_id", "elements")
	v.length(at+"/block_id", b["block_id"], 1, 255)
	if id := b["block_id"].(string); v.ids[id] {
		v.Errorf("%s: %s is there twice", at, id)
	} else {
		v.ids[id] = true
	}
	elements := b["elements"].([]any)
	if len(elements) < 1 || len(elements) > 25 {
		v.Errorf("%s: %d elements", at, len(elements))
	}
	seen := map[any]bool{}
	for _, e := range elements {
		e := e.(map[string]any)
		v.keys(at, e, "type", "text", "action_id", "value", "style", "confirm")
		v.plain(at+"/text", e["text"], 75)
		v.length(at+"/action_id", e["action_id"], 1, 255)
		if s, ok := e["style"]; ok && s != "primary" && s != "danger" {
			v.Errorf("%s: style %v", at, s)
		}
		if value, ok := e["value"]; ok {
			v.length(at+"/value", value, 1, 2000)
		}
		if seen[e["action_id"]] {
			v.Errorf("%s: action_id %v is there twice", at, e["action_id"])
		}
		seen[e["action_id"]] = true
		if c, ok := e["confirm"].(map[string]any); ok {
			v.keys(at, c, "title", "text", "confirm", "deny", "style")
			v.plain(at+"/confirm/title", c["title"], 100)
			v.plain(at+"/confirm/text", c["text"], 300)
			v.plain(at+"/confirm/confirm", c["confirm"], 30)
			v.plain(at+"/confirm/deny", c["deny"], 30)
		}
	}
}

func (v *validator) text(at string, o any, most int) {
	v.Helper()
	text := o.(map[string]any)
	v.keys(at, text, "type", "text", "verbatim")
	v.length(at, text["text"], 1, most)
	if text["type"] != "mrkdwn" || text["verbatim"] != true {
		v.Errorf("%s: Slack would format more than is meant: %v", at, text)
	}
	v.mrkdwn(at, text["text"].(string))
	v.total += len(utf16.Encode([]rune(text["text"].(string))))
}

func (v *validator) plain(at string, o any, most int) {
	v.Helper()
	text := o.(map[string]any)
	v.keys(at, text, "type", "text", "emoji")
	v.length(at, text["text"], 1, most)
	if text["type"] != "plain_text" || text["emoji"] != false {
		v.Errorf("%s: %v", at, text)
	}
	v.characters(at, text["text"].(string))
	v.total += len(utf16.Encode([]rune(text["text"].(string))))
}

var (
	fenced  = regexp.MustCompile("(?s)```.*?```")
	coded   = regexp.MustCompile("`[^`\n]+`")
	angled  = regexp.MustCompile(`<[^<>]*>`)
	entity  = regexp.MustCompile(`&(amp|lt|gt);`)
	date    = regexp.MustCompile(`^<!date\^\d+\^(\{date_short_pretty\} )?\{time\}\|[^<>|^]+>$`)
	link    = regexp.MustCompile(`^<https://team\.slack\.com/archives/\w+/p\d+(\?thread_ts=[\w.]+&amp;cid=\w+)?\|[^<>|]+>$`)
	named   = regexp.MustCompile(`:[\w+'-]*[A-Za-z_][\w+'-]*:`)
	escapes = regexp.MustCompile(`[<>&]`)
)

// mrkdwn says what Slack would make of a text: nothing but our own tokens, and every mark in pairs.
func (v *validator) mrkdwn(at, s string) {
	v.Helper()
	v.characters(at, s)
	for _, a := range angled.FindAllString(s, -1) {
		if !date.MatchString(a) && !link.MatchString(a) && (v.ping == "" || a != v.ping) {
			v.Errorf("%s: Slack would read %q", at, a)
		}
	}
	if bare := entity.ReplaceAllString(angled.ReplaceAllString(s, ""), ""); escapes.MatchString(bare) {
		v.Errorf("%s: something is not escaped in %q", at, s)
	}
	rest := coded.ReplaceAllString(fenced.ReplaceAllString(s, "§"), "§")
	if strings.ContainsAny(rest, "`~") {
		v.Errorf("%s: a mark is left in %q", at, rest)
	}
	for l := range strings.Lines(rest) {
		l = angled.ReplaceAllString(l, "§")
		if strings.Count(l, "*")%2 != 0 {
			v.Errorf("%s: bold does not end in %q", at, l)
		}
		if strings.HasPrefix(strings.TrimSpace(l), "&gt;") {
			v.Errorf("%s: Slack would make a quote of %q", at, l)
		}
		if e := named.FindString(l); e != "" {
			v.Errorf("%s: Slack would show an emoji for %q", at, e)
		}
	}
}

// characters refuses what breaks lines or turns them round.
func (v *validator) characters(at, s string) {
	v.Helper()
	for _, r := range s {
		if r < ' ' && r != '\n' || r == 0x7f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x2028 || r == 0x2029 {
			v.Errorf("%s: %U in %q", at, r, s)
			return
		}
	}
}

// pretty is JSON for a golden file.
func pretty(t tester, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		t.Fatalf("%v", err)
	}
	return b.Bytes()
}
