package card_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"vmbackup-bot/bot/card"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
)

// tester is what testing.T and rapid.T have in common here.
type tester interface {
	Helper()
	Errorf(format string, args ...any)
}

// finalWord finds any final word in any letter case; the longer of two comes first.
var finalWord = regexp.MustCompile(`(?i)succeeded with warnings|succeeded|failed|aborted|outcome unknown|rejected|not started`)

// maxCard is how many characters the narrowest platform takes in an edit (Slack's chat.update: 4000, markup included).
const maxCard = 3500

// check holds the messages of one operation against every rule that does not depend on the state's own words.
func check(t tester, o operation.Operation, drafts []chat.Draft) {
	t.Helper()
	parts := map[string]chat.Card{}
	for _, d := range drafts {
		id, part, ok := operation.OfKey(d.Key)
		if !ok || id != o.ID || d.Card.Key != d.Key || len(d.Key) > chat.MaxKey {
			t.Errorf("key %q (card %q) of operation %s", d.Key, d.Card.Key, o.ID)
		}
		if d.To != o.Place || (d.Under != o.ID.Key(operation.PartRoot)) != (part == operation.PartRoot) {
			t.Errorf("%s stands in %s under %q", d.Key, d.To, d.Under)
		}
		parts[part] = d.Card
		checkCard(t, d.Card)
		checkFinalWord(t, o, part, d)
		checkMention(t, o, part, d.Card)
	}
	final, late := o.State.Final(), !o.Late.IsZero()
	if _, ok := parts[operation.PartDone]; ok != final {
		t.Errorf("%s has a reply: %v", o.State, ok)
	}
	if _, ok := parts[operation.PartLate]; ok != late {
		t.Errorf("late %v has a late reply: %v", late, ok)
	}
	checkButtons(t, o, parts[operation.PartCard].Buttons)
	for part, c := range parts {
		if below := part != operation.PartRoot; below != (c.Menu != nil) || below && (c.Menu.Action != card.ActionMenu || c.Menu.ID != string(o.ID)) {
			t.Errorf("%s has the menu %+v", part, c.Menu)
		}
	}
	if o.State == operation.Running || o.State == operation.Accepted {
		if s := parts[operation.PartCard].Summary.Plain(time.UTC); !strings.Contains(s, string(o.State)) {
			t.Errorf("a card of an operation that is %s does not say so: %q", o.State, s)
		}
	}
}

// checkFinalWord: exactly once when it has fallen, and none before that. The first reply keeps its first word.
func checkFinalWord(t tester, o operation.Operation, part string, d chat.Draft) {
	t.Helper()
	found := finalWord.FindAllString(ownText(d.Card, o), -1)
	if !o.State.Final() {
		if len(found) > 0 {
			t.Errorf("%s of an operation that is %s says %q", part, o.State, found)
		}
		if d.Class == chat.Final {
			t.Errorf("%s of an operation that is %s has the class of a final one", part, o.State)
		}
		return
	}
	want := card.FinalWord(o)
	if part == operation.PartDone && !o.Late.IsZero() {
		want = card.FinalWord(operation.Operation{State: operation.Unknown})
	}
	if len(found) != 1 || found[0] != want {
		t.Errorf("%s of an operation that is %s says %q, want %q once", part, o.State, found, want)
	}
	if d.Class != chat.Final {
		t.Errorf("%s of an operation that is over has class %d", part, d.Class)
	}
}

func checkMention(t tester, o operation.Operation, part string, c chat.Card) {
	t.Helper()
	switch reply := part == operation.PartDone || part == operation.PartLate; {
	case !reply && (c.Mention != nil || c.Broadcast):
		t.Errorf("%s mentions %v, broadcast %v", part, c.Mention, c.Broadcast)
	case reply && !o.Requester.IsZero() && (c.Mention == nil || !c.Mention.Same(o.Requester)):
		t.Errorf("%s mentions %v", part, c.Mention)
	case reply && c.Broadcast && o.State != operation.Failed:
		t.Errorf("%s of an operation that is %s is broadcast", part, o.State)
	}
}

func checkButtons(t tester, o operation.Operation, buttons []chat.Button) {
	t.Helper()
	want := map[operation.State]string{
		operation.Waiting: "cancel", operation.Sending: "abort", operation.Accepted: "abort", operation.Running: "abort",
		operation.Lost: "look force", operation.Failed: "retry", operation.Unknown: "retry", operation.Rejected: "retry",
		operation.NotStarted: "retry",
	}[o.State]
	var got []string
	for _, b := range buttons {
		got = append(got, b.Action)
		if b.ID != string(o.ID) || b.Label == "" {
			t.Errorf("button %+v of operation %s", b, o.ID)
		}
	}
	if strings.Join(got, " ") != want {
		t.Errorf("an operation that is %s has the buttons %q, want %q", o.State, got, want)
	}
}

// checkCard holds one card against the rules that all cards keep.
func checkCard(t tester, c chat.Card) {
	t.Helper()
	if strings.TrimSpace(c.Summary.Plain(time.UTC)) == "" {
		t.Errorf("a card without a summary: %+v", c)
	}
	if len(c.Fields) > 10 {
		t.Errorf("%d fields: %+v", len(c.Fields), c.Fields)
	}
	texts := append([]chat.Text{c.Summary, c.Title, c.Note}, c.Lines...)
	for _, f := range c.Fields {
		texts = append(texts, f.Value)
	}
	runes := utf8.RuneCountInString(c.Quote)
	for _, text := range texts {
		runes += utf8.RuneCountInString(text.Plain(time.UTC))
		for _, s := range text {
			n := 0
			for _, set := range []bool{s.Text != "" && s.Link == nil, !s.At.IsZero(), s.Who != nil, s.Link != nil} {
				if set {
					n++
				}
			}
			if n != 1 || strings.ContainsAny(s.Text, "\n\r") || s.Who != nil && len(s.Who.Roles) > 0 {
				t.Errorf("span %+v in %q", s, text.Plain(time.UTC))
			}
		}
	}
	if runes > maxCard {
		t.Errorf("a card of %d characters", runes)
	}
	for _, s := range stringsOf(c) {
		if strings.ContainsAny(s, "\u202e\u2066") {
			t.Errorf("%q turns the reading direction", s)
		}
		if !standsAlone(s) {
			t.Errorf("text from outside does not stand alone: %q", s)
		}
	}
}

// standsAlone: marked text is from outside, and nothing else may be in its string. It is whole, or was cut visibly, or is
// the head of an id.
func standsAlone(s string) bool {
	if !strings.ContainsAny(s, "⟦⟧") {
		return true
	}
	inner, ok := strings.CutPrefix(s, "⟦")
	whole := strings.HasSuffix(inner, "⟧") || strings.HasSuffix(inner, "…") || utf8.RuneCountInString(s) == 8
	return ok && whole && !strings.Contains(inner, "⟦") && !strings.Contains(strings.TrimSuffix(inner, "⟧"), "⟧")
}

// stringsOf are all strings on a card, as they would be stored.
func stringsOf(c chat.Card) []string {
	b, err := json.Marshal(c)
	if err != nil {
		return []string{err.Error()}
	}
	var tree any
	if err := json.Unmarshal(b, &tree); err != nil {
		return []string{err.Error()}
	}
	var all []string
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			all = append(all, v)
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for _, e := range v {
				walk(e)
			}
		}
	}
	walk(tree)
	return all
}

// ownText is what a card says in the bot's own words: without what came with the operation.
func ownText(c chat.Card, o operation.Operation) string {
	foreign := map[string]bool{}
	for _, s := range []string{o.Requester.Name, o.Note, o.Words, o.Status.SubOperation, o.Status.Operation} {
		foreign[chat.OneLine(s)] = s != ""
	}
	var b strings.Builder
	add := func(s string) {
		if !strings.Contains(s, "⟦") && !foreign[s] {
			b.WriteString(s + " ")
		}
	}
	text := func(t chat.Text) {
		joined := chat.Text{}
		for _, s := range t {
			if s.Who == nil && !strings.Contains(s.Text, "⟦") && !foreign[s.Text] {
				joined = append(joined, s)
			}
		}
		b.WriteString(joined.Plain(time.UTC) + "\n")
	}
	text(c.Summary)
	text(c.Title)
	text(c.Note)
	for _, l := range c.Lines {
		text(l)
	}
	for _, f := range c.Fields {
		add(f.Label)
		text(f.Value)
	}
	for _, btn := range c.Buttons {
		add(btn.Label)
		if btn.Confirm != nil {
			add(btn.Confirm.Title + " " + btn.Confirm.Text + " " + btn.Confirm.Yes + " " + btn.Confirm.No)
		}
	}
	return b.String()
}
