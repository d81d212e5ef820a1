package slack

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
	"github.com/slack-go/slack"

	"vmbackup-bot/bot/card"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/vmbackup"
)

// update rewrites the golden files: go test ./adapters/slack -update.
var update = flag.Bool("update", false, "rewrite the golden files")

var bob = chat.Actor{Platform: Name, Team: "T01", User: "U02BOB", Name: "Bob Meyer"}

func drawer() renderer {
	return renderer{workspace: "https://team.slack.com/", command: "/vmbackup", zone: time.FixedZone("CET", 3600)}
}

// golden compares value with testdata/<name>.json.
func golden(t *testing.T, name string, value any) {
	t.Helper()
	path := filepath.Join("testdata", name+".json")
	got := pretty(t, value)
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (run with -update to make it)", err)
	}
	want = bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n"))
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// states are the examples of bot/card whose messages are written down here: each state, and each way to get there that
// looks different.
func states() []string {
	return []string{
		"recorded", "recorded_sparse", "waiting_console", "sending", "accepted", "running", "running_offsite", "running_early",
		"running_abort_asked", "running_abort_slow", "may_have_started", "ended", "hostile_running",
		"succeeded", "succeeded_by_status", "warning", "failed", "failed_after_abort", "aborted", "unknown", "found_out_failed",
		"rejected", "not_started_console", "not_started_cancelled_by", "hostile_failed",
	}
}

// The examples of bot/card, as it draws them, are drawn once more for Slack. All have to be in order; those of states are
// written down.
func TestOperations(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "bot", "card", "testdata", "operation_*.json"))
	if err != nil || len(files) < len(states()) {
		t.Fatalf("%d examples, %v", len(files), err)
	}
	written := 0
	for _, f := range files {
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(f), "operation_"), ".json")
		t.Run(name, func(t *testing.T) {
			var drafts []chat.Draft
			read(t, f, &drafts)
			all := map[string]any{}
			for _, d := range drafts {
				ping := ""
				if d.Card.Mention != nil {
					d.Card.Mention, ping = &bob, "<@U02BOB>"
				}
				m := drawer().card(d.Card)
				checkMessage(t, m, ping)
				all[d.Key] = leaving(t, m)
				d.Card.Plain = true
				checkMessage(t, drawer().card(d.Card), ping)
			}
			if slices.Contains(states(), name) {
				written++
				golden(t, "operation_"+name, all)
			}
		})
	}
	if written != len(states()) {
		t.Errorf("%d of %d states are written down", written, len(states()))
	}
}

func read(t *testing.T, file string, into any) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

func vms(n int) card.VMList {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	l := card.VMList{Freshness: card.Freshness{Server: "demo", AsOf: now, Now: now}}
	for i := range n {
		l.VMs = append(l.VMs, vmbackup.VM{Ref: vmbackup.VMRef(fmt.Sprintf("%08d-1111", i)), Name: fmt.Sprintf("db_%03d", i), Host: "HV_01", Configured: true})
	}
	return l
}

// answers are the private answers that are written down.
func answers() []string {
	return []string{
		"help", "whoami", "why_denied", "why_allowed", "status", "status_vm_running", "reports", "problem", "problem_internal",
		"vms", "vms_40", "vms_300", "everything",
	}
}

func TestAnswers(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "bot", "card", "testdata", "answer_*.json"))
	if err != nil || len(files) < len(answers()) {
		t.Fatalf("%d examples, %v", len(files), err)
	}
	cards := map[string]chat.Card{"vms_40": (card.Style{}).VMs(vms(40)), "vms_300": (card.Style{}).VMs(vms(300)), "everything": everything()}
	for _, f := range files {
		var c chat.Card
		read(t, f, &c)
		cards[strings.TrimSuffix(strings.TrimPrefix(filepath.Base(f), "answer_"), ".json")] = c
	}
	for name, c := range cards {
		t.Run(name, func(t *testing.T) {
			ping := strings.TrimSpace(mention(c.Mention))
			m := drawer().card(c)
			checkMessage(t, m, ping)
			if slices.Contains(answers(), name) {
				golden(t, "answer_"+name, leaving(t, m))
			}
			c.Plain = true
			m = drawer().card(c)
			checkMessage(t, m, ping)
			if name == "everything" {
				golden(t, "plain", leaving(t, m))
			}
		})
	}
}

// everything has each part that a card can have.
func everything() chat.Card {
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	ref := chat.MessageRef{Place: chat.Place{Platform: Name, Channel: "C01", Thread: "1790000000.000100"}, ID: "1790000001.000200"}
	return chat.Card{
		Key: "op1.card", Tone: chat.ToneWorking, Mention: &bob,
		Title:    chat.T("Backup of ", chat.Code("db_01*`x`"), " on HV_01"),
		Summary:  chat.T("The backup of ", chat.Code("db_01"), " is running & well since ", chat.At(at), "."),
		Progress: &chat.Progress{Percent: 42.7, Phase: "Copying *data* <!here>"},
		Fields: []chat.Field{
			{Label: "Asked for by", Value: chat.T(chat.Actor{Platform: Name, User: "U03", Name: "*Ann* <@U04>"}, ", ", at)},
			{Label: "Root", Value: chat.T(chat.LinkTo(ref, "the | card > here"), " and ", chat.LinkTo(chat.MessageRef{Place: ref.Root(), ID: "1790000000.000100"}, "the root"))},
			{Value: chat.T("no label")},
			{Label: "no value"},
		},
		Lines: []chat.Text{chat.T(">not a quote, ", chat.Strong("strong"), chat.Code("code"), "glued"), chat.T(" "), chat.T("- _row_ :tada: 12:30:45")},
		Quote: "who: x\n  in: ```y``` <!channel>\n\n",
		Note:  chat.T("server ", chat.Code("demo"), " · ~small~"),
		Buttons: []chat.Button{
			{Action: "abort", ID: "abcdefgh27", Label: "Abort", Style: chat.StyleDanger, Confirm: &chat.Confirm{Title: "Abort?", Text: "Really?", Yes: "Abort it", No: "Let it run"}},
			{Action: "snooze", ID: "abcdefgh27", Arg: "4h", Label: "Snooze"},
			{Action: "abort", ID: "other", Label: "Abort the other"},
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
		kind, name, _ := strings.Cut(strings.TrimSuffix(filepath.Base(f), ".json"), "_")
		if kind == "operation" && !slices.Contains(states(), name) || kind == "answer" && !slices.Contains(answers(), name) {
			t.Errorf("%s belongs to no example", f)
		}
	}
}

// kinds are the types of the blocks, in their order.
func kinds(m message) string {
	var all []string
	for _, b := range m.blocks {
		all = append(all, string(b.BlockType()))
	}
	return strings.Join(all, " ")
}

func TestMenu(t *testing.T) {
	menu := &chat.Button{Action: "menu", ID: "op", Label: "Commands"}
	c := chat.Card{Summary: chat.T("Done."), Menu: menu}
	if got := kinds(drawer().card(c)); got != "section" {
		t.Errorf("a private answer has %s", got)
	}
	c.Key = "op1.card"
	if got := kinds(drawer().card(c)); got != "section actions" {
		t.Errorf("a card has %s", got)
	}
	for i := range maxButtons {
		c.Buttons = append(c.Buttons, chat.Button{Action: "details", ID: "op", Arg: fmt.Sprint(i), Label: "x"})
	}
	if got := kinds(drawer().card(c)); got != "section actions actions" {
		t.Errorf("a card with a full block has %s", got)
	}
	if len(c.Buttons) != maxButtons {
		t.Error("the menu was put among the card's own buttons")
	}
}

func TestBlockKey(t *testing.T) {
	c := everything()
	for _, key := range []string{"op1.card", "a|b|c", "", "op|", "Ä"} {
		c.Key = key
		for _, b := range drawer().card(c).blocks {
			if a, ok := b.(*slack.ActionBlock); ok {
				if got, ok := blockKey(a.BlockID); !ok || got != key {
					t.Errorf("%q brings back %q, %v; want %q", a.BlockID, got, ok, key)
				}
			}
		}
	}
	for _, id := range []string{"", "k|", "k|a", "k|a|1", "b1Xz", "x|a|1|2"} {
		if key, ok := blockKey(id); ok && id != "k|a|1" {
			t.Errorf("%q has the key %q", id, key)
		}
	}
}

// Another form of a message has other ids, the same form the same ones.
func TestBlockIDs(t *testing.T) {
	id := func(c chat.Card) string {
		m := drawer().card(c)
		return m.blocks[len(m.blocks)-1].ID()
	}
	c := everything()
	first := id(c)
	if again := id(everything()); again != first {
		t.Errorf("%q, then %q", first, again)
	}
	c.Progress.Percent = 43
	if id(c) == first {
		t.Errorf("%q after an edit as well", first)
	}
}

func TestMention(t *testing.T) {
	for _, a := range []chat.Actor{
		{},
		{Platform: "discord", User: "U02"},
		{Platform: Name, User: "U02> <!here"},
		{Platform: Name, User: strings.Repeat("U", 100)},
	} {
		if got := mention(&a); got != "" {
			t.Errorf("%+v is notified by %q", a, got)
		}
	}
	if got := mention(&bob); got != "<@U02BOB> " {
		t.Errorf("%q", got)
	}
}

// Rows give way when a card is too long, and how many is said; what stands around them stays.
func TestLongCards(t *testing.T) {
	c := everything()
	c.Fields = nil
	for range 60 {
		c.Lines = append(c.Lines, chat.T(strings.Repeat("wörd🦊 & <x> ", 400)))
		c.Buttons = append(c.Buttons, chat.Button{Action: "details", ID: "op", Label: strings.Repeat("long ", 100)})
	}
	m := drawer().card(c)
	checkMessage(t, m, "<@U02BOB>")
	out := string(pretty(t, leaving(t, m)))
	for _, want := range []string{"… and ", "who: x", "small", "not a quote", "42 %"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if got := kinds(drawer().card(chat.Card{})); got != "" {
		t.Errorf("an empty card has %s", got)
	}
}
