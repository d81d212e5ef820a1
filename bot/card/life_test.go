package card_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/vmbackup"
)

// foreign draws text from outside, marked so that a card which joins it to other text gives itself away.
func foreign(t *rapid.T, label string) string {
	runes := rapid.RuneFrom([]rune("ab <@!>`*_|\n\r\t\u202e\u2066é🙂&~[]()"))
	s := rapid.StringOfN(runes, 0, 12, -1).Draw(t, label)
	if rapid.IntRange(0, 4).Draw(t, label+" long") == 0 {
		s = strings.Repeat(s+"x", 40) // beyond every limit but the quote's
	}
	return "⟦" + s + "⟧"
}

func drawActor(t *rapid.T, label string) chat.Actor {
	if rapid.Bool().Draw(t, label+" known") {
		return chat.Actor{Platform: "console", User: "u1", Name: foreign(t, label), Roles: []string{"r"}}
	}
	return chat.Actor{}
}

func drawWish(t *rapid.T) operation.Operation {
	o := operation.Operation{
		ID: "abcdefgh27", Site: foreign(t, "site"), Place: place, State: operation.Waiting, Asked: noon, Moved: noon,
		Kind:      rapid.SampledFrom([]vmbackup.Kind{vmbackup.KindBackup, vmbackup.KindOffsite}).Draw(t, "kind"),
		VM:        operation.VM{Ref: vmbackup.VMRef(foreign(t, "ref")), Name: foreign(t, "name"), Host: foreign(t, "host")},
		Requester: drawActor(t, "requester"), Note: foreign(t, "note"), Deadline: at(time.Hour),
	}
	if rapid.Bool().Draw(t, "history") {
		o.LastGood, o.Next = stamp(-time.Hour), stamp(time.Hour)
	}
	return o
}

// usual is what ordinarily happens in a state. Drawn from all events alone, hardly any life would come to its end.
var usual = map[operation.State][]string{
	operation.Waiting: {"sent"}, operation.Sending: {"taken", "lost"}, operation.Accepted: {"saw", "missed"},
	operation.Running: {"missed", "saw", "abort", "abort sent", "abort answered", "out"}, operation.Ended: {"read"},
	operation.Lost: {"strayed", "read"}, operation.Unknown: {"read"},
}

// drawEvent draws what usually happens in the state, or else anything, in turn or not.
func drawEvent(t *rapid.T, state operation.State, now time.Time) operation.Event {
	kinds := []string{
		"sent", "taken", "saw", "missed", "read", "held", "cancelled", "refused", "unsent", "lost", "out", "strayed", "abort",
		"abort sent", "abort answered", "restarted",
	}
	if u := usual[state]; u != nil && rapid.IntRange(0, 3).Draw(t, "in turn") > 0 {
		kinds = u
	}
	reason := rapid.SampledFrom([]operation.Reason{
		operation.ReasonSeat, operation.ReasonUnreachable, operation.ReasonLogin, operation.ReasonCancelled, operation.ReasonDenied,
		operation.ReasonExpired, operation.ReasonPaused, operation.ReasonRestarted, "",
	}).Draw(t, "reason")
	words := foreign(t, "words")
	switch rapid.SampledFrom(kinds).Draw(t, "event") {
	case "held":
		return operation.Held{At: now, For: reason, Text: words}
	case "cancelled":
		return operation.Cancelled{At: now, Why: reason, Words: words, By: drawActor(t, "by")}
	case "sent":
		return operation.Sent{At: now, Baseline: []vmbackup.Report{{
			Duration: time.Duration(rapid.IntRange(0, 1000).Draw(t, "expected")) * time.Second, Result: vmbackup.ResultSuccess, Word: "Success",
		}}}
	case "taken":
		return operation.Taken{At: now, GUID: vmbackup.OperationGUID(foreign(t, "guid"))}
	case "refused":
		return operation.Refused{At: now, Words: words}
	case "unsent":
		return operation.Unsent{At: now, For: reason, Text: words}
	case "lost":
		return operation.AnswerLost{At: now, Words: words}
	case "saw":
		return operation.Saw{At: now, Status: vmbackup.Status{
			Operation: foreign(t, "operation"), SubOperation: rapid.SampledFrom([]string{"", words}).Draw(t, "sub"),
			Percentage: rapid.Float64().Draw(t, "percent"),
			Status:     rapid.SampledFrom([]string{"Processing", "Processing", "Processing", "Success", "Failed", "whatever"}).Draw(t, "status"),
		}}
	case "missed":
		return operation.Missed{At: now}
	case "out":
		return operation.OutOfReach{At: now, For: reason, Text: words}
	case "strayed":
		return operation.Strayed{At: now, Job: rapid.Bool().Draw(t, "job")}
	case "abort":
		return operation.AbortAsked{At: now, By: drawActor(t, "aborter")}
	case "abort sent":
		return operation.AbortSent{At: now}
	case "abort answered":
		return operation.AbortAnswered{At: now, OK: rapid.Bool().Draw(t, "took it"), Words: words}
	case "restarted":
		return operation.Restarted{At: now}
	}
	return drawRead(t, now)
}

func drawRead(t *rapid.T, now time.Time) operation.Event {
	r := operation.Read{At: now, Zone: zone, Grace: time.Minute, Lost: 30 * time.Minute}
	if rapid.Bool().Draw(t, "there is a report") {
		word := rapid.SampledFrom([]string{"Success", "Warning", "Failed", "Aborted", "Unknown", "⟦CODE_007⟧"}).Draw(t, "result")
		r.Reports = []vmbackup.Report{{
			DateTime: vmbackup.StampOf(now, zone), Result: vmbackup.ParseResult(word), Word: word,
			Error:      rapid.SampledFrom([]string{"", foreign(t, "error")}).Draw(t, "error or none"),
			Location:   foreign(t, "location"),
			Duration:   time.Duration(rapid.IntRange(0, 1<<20).Draw(t, "took")) * time.Second,
			Compressed: rapid.Int64().Draw(t, "compressed"), Uncompressed: rapid.Int64().Draw(t, "uncompressed"),
		}}
	}
	return r
}

// Whatever happens to an operation, in whatever order, its messages keep the rules: the root line has three forms (and one
// more when an unknown outcome is found out), the reply never changes, and every single message passes check.
func TestLife(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o, now := drawWish(t), noon
		var roots []string
		var reply *chat.Draft
		for range rapid.IntRange(1, 14).Draw(t, "events") {
			now = now.Add(time.Duration(rapid.IntRange(1, 900).Draw(t, "pause")) * time.Second)
			o, _ = o.Apply(drawEvent(t, o.State, now))
			drafts := style.Operation(o)
			check(t, o, drafts)
			if !reflect.DeepEqual(drafts, style.Operation(o)) {
				t.Fatalf("drawn twice, it differs: %s", readDrafts(drafts))
			}
			if root := readCard(drafts[0].Card); len(roots) == 0 || roots[len(roots)-1] != root {
				roots = append(roots, root)
			}
			if len(drafts) > 2 {
				if reply == nil {
					reply = &drafts[2]
				}
				if !reflect.DeepEqual(*reply, drafts[2]) {
					t.Fatalf("the reply changed: %s", cmp.Diff(*reply, drafts[2]))
				}
			}
		}
		forms := 3
		if !o.Late.IsZero() {
			forms++
		}
		if len(roots) > forms {
			t.Fatalf("the root line had %d forms: %q", len(roots), roots)
		}
	})
}

// The answers that speak of an operation keep the same rules, whatever its state.
func TestAnswersOfALife(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o, now := drawWish(t), noon
		for range rapid.IntRange(0, 8).Draw(t, "events") {
			now = now.Add(time.Duration(rapid.IntRange(1, 900).Draw(t, "pause")) * time.Second)
			o, _ = o.Apply(drawEvent(t, o.State, now))
		}
		_, refused := o.Apply(operation.AbortAsked{At: now, By: alice})
		for _, c := range answersFor(o, refused) {
			checkCard(t, c)
			if c.Key != "" || c.Mention != nil || c.Broadcast {
				t.Fatalf("a private answer has a key or a mention: %+v", c)
			}
		}
	})
}
