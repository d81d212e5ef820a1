package discord

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vmbackup-bot/bot/chat"
)

// update rewrites the golden files: go test ./adapters/discord -update.
var update = flag.Bool("update", false, "rewrite the golden files")

var bob = chat.Actor{Platform: Name, Team: "700", User: "1234567890", Name: "Bob Meyer"}

func drawer() renderer {
	return renderer{guild: "700", zone: time.FixedZone("CET", 3600), command: "/vmbackup"}
}

// golden compares value with testdata/<name>.json.
func golden(t *testing.T, name string, value any) {
	t.Helper()
	path := filepath.Join("testdata", name+".json")
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(value); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (run with -update to make it)", err)
	}
	want = bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n"))
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// states and answers are the examples of bot/card whose messages are written down here: each that looks different.
func states() []string {
	return []string{
		"recorded", "recorded_sparse", "waiting_console", "sending", "accepted", "running", "running_early",
		"running_abort_asked", "may_have_started", "ended", "hostile_running", "succeeded", "warning", "failed",
		"failed_after_abort", "aborted", "unknown", "found_out_failed", "rejected", "not_started_console", "hostile_failed",
	}
}

func answers() []string {
	return []string{
		"help", "whoami", "why_denied", "why_allowed", "status", "status_vm_running", "reports", "problem", "problem_internal",
		"vms", "abort_confirm",
	}
}

// examples reads the cards that bot/card wrote down under a prefix.
func examples[T any](t *testing.T, prefix string) map[string]T {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "bot", "card", "testdata", prefix+"_*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d examples, %v", len(files), err)
	}
	all := map[string]T{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var v T
		if err := json.Unmarshal(b, &v); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		all[strings.TrimSuffix(strings.TrimPrefix(filepath.Base(f), prefix+"_"), ".json")] = v
	}
	return all
}

// draw checks both forms of a card, and returns the one that is not plain as it leaves.
func draw(t *testing.T, c chat.Card) map[string]any {
	t.Helper()
	c.Plain = true
	checkBody(t, drawer().card(c), c.Key, mentioned(c.Mention))
	c.Plain = false
	b := drawer().card(c)
	checkBody(t, b, c.Key, mentioned(c.Mention))
	return leaving(t, b)
}

func TestOperations(t *testing.T) {
	all := examples[[]chat.Draft](t, "operation")
	for _, name := range states() {
		if all[name] == nil {
			t.Errorf("there is no example %s any more", name)
		}
	}
	for name, drafts := range all {
		t.Run(name, func(t *testing.T) {
			out := map[string]any{}
			for _, d := range drafts {
				if d.Card.Mention != nil {
					d.Card.Mention = &bob
				}
				out[d.Key] = draw(t, d.Card)
			}
			if slices.Contains(states(), name) {
				golden(t, "operation_"+name, out)
			}
		})
	}
}

func TestAnswers(t *testing.T) {
	all := examples[chat.Card](t, "answer")
	for _, name := range answers() {
		if _, ok := all[name]; !ok {
			t.Errorf("there is no example %s any more", name)
		}
	}
	for name, c := range all {
		t.Run(name, func(t *testing.T) {
			out := draw(t, c)
			if slices.Contains(answers(), name) {
				golden(t, "answer_"+name, out)
			}
		})
	}
}

func TestEverything(t *testing.T) {
	c := everything()
	golden(t, "everything", draw(t, c))
	c.Plain = true
	golden(t, "plain", leaving(t, drawer().card(c)))
}

// everything has each part that a card can have.
func everything() chat.Card {
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	ref := chat.MessageRef{Place: chat.Place{Platform: Name, Team: "701", Channel: "800", Thread: "801"}, ID: "900"}
	return chat.Card{
		Key: "op1.card", Tone: chat.ToneWorking, Mention: &bob,
		Title:    chat.T("Backup of ", chat.Code("db_01*`x`"), " since ", chat.At(at)),
		Summary:  chat.T("The backup of ", chat.Code("db_01"), " is running & well since ", chat.At(at), "."),
		Progress: &chat.Progress{Percent: 42.7, Phase: "Copying *data* <@&1>"},
		Fields: []chat.Field{
			{Label: "Asked for by", Value: chat.T(chat.Actor{Platform: Name, User: "3", Name: "*Ann* <@4>"}, ", ", at)},
			{Label: "Root", Value: chat.T(chat.LinkTo(ref, "the [card] * here"), " and ", chat.LinkTo(chat.MessageRef{Place: chat.Place{Channel: "800"}, ID: "801"}, "the root"))},
			{Label: "", Value: chat.T("no label")},
			{Label: "no value"},
		},
		Lines: []chat.Text{chat.T("> no quotation, ", chat.Strong("strong"), chat.Code("code"), "glued"), chat.T(" "), chat.T("- _row_ :tada: 12:30:45")},
		Quote: "who: x\n  in: ```y``` @everyone\n\n",
		Note:  chat.T("server ", chat.Code("demo"), " · ~small~ ", at),
		Buttons: []chat.Button{
			{Action: "abort", ID: "abcdefgh27", Label: "Abort", Style: chat.StyleDanger, Confirm: &chat.Confirm{Title: "Abort?", Text: "Really?", Yes: "Abort it", No: "Let it run"}},
			{Action: "snooze", ID: "abcdefgh27", Arg: "4h", Label: "Snooze"},
			{Action: "look", ID: "other", Style: chat.StylePrimary},
		},
		Menu: &chat.Button{Action: "menu", ID: "abcdefgh27", Label: "Commands"},
	}
}

// A golden file that nothing makes any more would go on looking right.
func TestNoOrphans(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*_*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".json")
		state, isState := strings.CutPrefix(name, "operation_")
		answer, isAnswer := strings.CutPrefix(name, "answer_")
		if isState && !slices.Contains(states(), state) || isAnswer && !slices.Contains(answers(), answer) {
			t.Errorf("%s belongs to no example", f)
		}
	}
}

// Rows give way when a card is too long, and how many is said; what stands around them stays.
func TestLongCards(t *testing.T) {
	long := strings.Repeat("wörd🦊 & <x> ", 400)
	c := everything()
	for i := range 60 {
		c.Lines = append(c.Lines, chat.T(long))
		c.Fields = append(c.Fields, chat.Field{Label: long, Value: chat.T(long)})
		c.Buttons = append(c.Buttons, chat.Button{Action: "details", ID: fmt.Sprint(i), Label: long})
	}
	c.Note, c.Quote, c.Progress.Phase = chat.T("small ", long), "who: x\n"+long, "phase "+long
	c.Title, c.Summary = chat.T("Beginning ", long), chat.T("Beginning ", long)
	draw(t, c)
	e := drawer().card(c).Embeds[0]
	for _, want := range []string{"42 %", "phase", "no quotation", "… and ", "who: x"} {
		if !strings.Contains(e.Description, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if last := e.Fields[len(e.Fields)-1]; last.Name != "…" || !strings.Contains(last.Value, " more") {
		t.Errorf("nothing says that fields are missing: %+v", last)
	}
}

// Fields that are few and long give way as well: what stands above them has its room.
func TestLongFields(t *testing.T) {
	long := strings.Repeat("wörd ", 400)
	for n := range 26 {
		c := everything()
		c.Quote, c.Fields = long, nil
		for range n {
			c.Fields = append(c.Fields, chat.Field{Label: "Name", Value: chat.T(long)})
		}
		draw(t, c)
		if e := drawer().card(c).Embeds[0]; !strings.Contains(e.Description, "no quotation") {
			t.Errorf("with %d fields no line is left", n)
		}
	}
}

// The key stands at the end of whatever else there is, and a broken one nowhere.
func TestKeys(t *testing.T) {
	for _, key := range []string{"op1.card", "op·", "a b", "", strings.Repeat("k", 26), strings.Repeat("k", 25), "-#", "a`b*"} {
		for _, plain := range []bool{false, true} {
			for _, note := range []string{"", "x · y z", strings.Repeat("ä · ", 3000)} {
				c := chat.Card{Key: key, Summary: chat.T("Done."), Note: chat.T(note), Plain: plain}
				b := drawer().card(c)
				want := ""
				if isKey(key) {
					want = key
				}
				if got := keyIn(b.Content, b.Embeds); got != want && (want != "" || note == "x · y z") {
					t.Errorf("%q comes back as %q (plain %v)", key, got, plain)
				}
			}
		}
	}
	if keyIn("", nil) != "" || keyIn("x\n-# a b", nil) != "" || keyIn("no key", nil) != "" {
		t.Error("a key out of nothing")
	}
}

func TestMention(t *testing.T) {
	for _, a := range []chat.Actor{
		{Platform: "slack", User: "123"},
		{Platform: Name},
		{Platform: Name, User: "12a"},
		{Platform: Name, User: "1> @everyone"},
		{Platform: Name, User: "&1"},
		{Platform: Name, User: strings.Repeat("1", 100)},
	} {
		c := chat.Card{Key: "op1.done", Summary: chat.T("Done."), Mention: &a}
		b := drawer().card(c)
		checkBody(t, b, c.Key, "")
		if b.Content != "" || b.Embeds[0].Description != "Done." {
			t.Errorf("%+v: %+v", a, b)
		}
	}
	b := drawer().card(chat.Card{Key: "op1.done", Summary: chat.T("Done."), Mention: &bob})
	if b.Content != "<@1234567890> Done." || b.Embeds[0].Description != "" {
		t.Errorf("%+v says it twice, or not at all", b)
	}
	if b := drawer().card(chat.Card{Summary: chat.T("Done."), Mention: &bob}); len(b.Embeds) != 0 {
		t.Errorf("%+v has an embed with nothing in it", b)
	}
}
