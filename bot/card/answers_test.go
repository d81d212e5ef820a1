package card_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"vmbackup-bot/bot/card"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/vmbackup"
)

var posted = chat.MessageRef{Place: place, ID: "m1"}

// answersFor are all private answers that speak of one operation.
func answersFor(o operation.Operation, refused error) []chat.Card {
	vm := vmbackup.VM{Name: o.VM.Name, Host: o.VM.Host, Ref: o.VM.Ref, Configured: true}
	fresh := card.Freshness{Server: o.Site, AsOf: noon, Now: noon}
	var checked []chat.Card
	if o.State.Final() {
		checked = append(checked, card.Finished(o))
	}
	return append(checked,
		card.Started(o, chat.MessageRef{}), card.AlreadyRunning(o, posted), card.AbortConfirm(o), card.AbortAnswer(o, refused),
		card.Looking(o), style.Detail(o),
		card.Status(card.Overview{Freshness: fresh, Open: []operation.Operation{o}, Others: []vmbackup.Status{o.Status}}),
		style.VM(card.VMStatus{Freshness: fresh, VM: vm, Open: &o, LastGood: o.LastGood}),
		style.VMs(card.VMList{Freshness: fresh, Glob: o.Note, VMs: []vmbackup.VM{vm}}),
		card.Interrupted(o.Note), card.Whoami(card.Identity{Actor: o.Requester, Place: o.Place, Contact: o.Note}),
		card.Why(card.Ruling{Verb: "backup", VM: o.VM.Name, Rule: o.Note}),
	)
}

func fresh() card.Freshness {
	return card.Freshness{Server: "demo", AsOf: noon, Now: at(93 * time.Minute)}
}

func stale() card.Freshness {
	f := fresh()
	f.Why = operation.ReasonSeat
	return f
}

func vms() []vmbackup.VM {
	return []vmbackup.VM{
		{
			Ref: ref, Name: "web01", Host: "HV01", Configured: true, NextBackup: stamp(10 * time.Hour),
			LastBackup:  vmbackup.Run{Time: stamp(-10 * time.Hour), Duration: 4 * time.Minute, Result: vmbackup.ResultSuccess, Word: "Success", Compressed: 12 << 30, Uncompressed: 40 << 30},
			LastOffsite: vmbackup.Run{Time: stamp(-48 * time.Hour), Result: vmbackup.ResultFailed, Word: "ALTERR_7", Uncompressed: 1 << 20},
		},
		{Ref: "00000000-1111", Name: "app01", Host: "HV01", Configured: true, LastBackup: vmbackup.Run{Time: stamp(-30 * time.Hour), Result: vmbackup.ResultWarning}},
		{Ref: "22222222-1111", Name: "app01", Host: "HV02", Configured: true, LastBackup: vmbackup.Run{Time: stamp(-30 * time.Hour), Result: vmbackup.ResultAborted}},
		{Ref: "33333333-1111", Name: "new `vm` <!channel>", Host: "HV02", Configured: true},
		{Name: "not mine", Host: "HV02"},
		{Ref: "44444444-1111", Name: "odd", Configured: true, LastBackup: vmbackup.Run{Time: stamp(2 * time.Hour), Result: vmbackup.ResultUnknown}},
		{Ref: "55555555-1111", Name: "older", Configured: true, LastBackup: vmbackup.Run{Time: stamp(-300 * time.Hour)}},
	}
}

func manyVMs(n int) []vmbackup.VM {
	var all []vmbackup.VM
	for i := range n {
		all = append(all, vmbackup.VM{Ref: ref, Name: fmt.Sprintf("vm%03d", i), Host: "HV01", Configured: true})
	}
	return all
}

func answers() map[string]chat.Card {
	run, first, waiting := running(), wish(), live(wish(), operation.Held{At: noon, For: operation.ReasonSeat})
	own := run.VM
	commands := []card.Command{
		{Name: "backup", Usage: "<vm> [note]", About: "back up a VM now"}, {Name: "whoami", About: "your ids"},
	}
	reports := []vmbackup.Report{
		report(vmbackup.ResultSuccess, "Success", ""), report(vmbackup.ResultFailed, "ALTERR_7", ""),
		{Result: vmbackup.ResultNone, Error: "```boom```\n@everyone"},
		{DateTime: stamp(-time.Hour), Result: vmbackup.ResultWarning, Uncompressed: 1 << 20},
	}
	done := live(ended(), read(7*time.Minute, report(vmbackup.ResultSuccess, "Success", "")))
	others := []vmbackup.Status{{JobID: "x", Operation: "Backup", SubOperation: "Copying\ndata", Percentage: 12.9, Status: "Processing"}}
	open := []operation.Operation{run, waiting, lost()}
	web := vms()[0]
	slack := chat.Place{Platform: "slack", Team: "T01", Channel: "C01", Thread: "1.2"}
	return map[string]chat.Card{
		"started":                 card.Started(first, chat.MessageRef{}),
		"started_posted":          card.Started(first, posted),
		"already_running":         card.AlreadyRunning(run, posted),
		"already_running_unsent":  card.AlreadyRunning(first, chat.MessageRef{}),
		"already_may_have":        card.AlreadyRunning(lost(), posted),
		"abort_confirm":           card.AbortConfirm(run),
		"abort_recorded":          card.AbortAnswer(live(run, abort(time.Hour)), nil),
		"abort_cancelled":         card.AbortAnswer(live(first, abort(time.Minute)), nil),
		"abort_may_have_started":  card.AbortAnswer(lost(), operation.ErrLost),
		"abort_ending":            card.AbortAnswer(ended(), operation.ErrEnding),
		"abort_over":              card.AbortAnswer(done, operation.ErrOver),
		"abort_broken":            card.AbortAnswer(run, errors.New("disk full")),
		"looking":                 card.Looking(lost()),
		"interrupted":             card.Interrupted("backup web01 `now` <!channel>\nplease"),
		"interrupted_button":      card.Interrupted(" \n"),
		"detail_running":          style.Detail(live(run, abort(140*time.Second), operation.AbortSent{At: at(141 * time.Second)}, operation.AbortAnswered{At: at(142 * time.Second), OK: true})),
		"detail_declined":         style.Detail(live(run, abort(140*time.Second), operation.AbortAnswered{At: at(142 * time.Second)})),
		"detail_over":             style.Detail(done),
		"detail_recorded":         style.Detail(operation.Operation{ID: "zzzzzzzz77", State: operation.Waiting, Asked: noon}),
		"vms":                     style.VMs(card.VMList{Freshness: fresh(), VMs: vms()}),
		"vms_not_asked_just_now":  style.VMs(card.VMList{Freshness: stale(), VMs: vms()[:1], Glob: "web*"}),
		"vms_none":                style.VMs(card.VMList{Freshness: fresh(), Glob: "x*"}),
		"vms_not_known":           style.VMs(card.VMList{Freshness: card.Freshness{Server: "demo", Why: operation.ReasonUnreachable}}),
		"vms_many":                style.VMs(card.VMList{Freshness: fresh(), VMs: manyVMs(240)}),
		"status":                  card.Status(card.Overview{Freshness: fresh(), Open: open, Others: others}),
		"status_own":              card.Status(card.Overview{Freshness: fresh(), Open: open[:1]}),
		"status_others":           card.Status(card.Overview{Freshness: stale(), Others: others}),
		"status_nothing":          card.Status(card.Overview{Freshness: fresh()}),
		"status_vm":               style.VM(card.VMStatus{Freshness: fresh(), VM: web, LastGood: stamp(-10 * time.Hour)}),
		"status_vm_running":       style.VM(card.VMStatus{Freshness: stale(), VM: web, Open: &run, LastGood: stamp(-10 * time.Hour)}),
		"status_vm_bare":          style.VM(card.VMStatus{Freshness: card.Freshness{}, VM: vmbackup.VM{Name: "not mine"}}),
		"reports":                 style.Reports(card.ReportList{Freshness: fresh(), VM: own, Reports: reports}),
		"reports_none":            style.Reports(card.ReportList{Freshness: fresh(), VM: own}),
		"whoami":                  card.Whoami(card.Identity{Actor: bob, Place: slack, Paste: []string{`who: ["slack:T01/U02"]`, `in: ["slack:C01"]`}, Rules: []string{"developers", "all `of` us"}}),
		"whoami_nothing":          card.Whoami(card.Identity{Actor: alice, Place: chat.Place{Platform: "console", Direct: true}, Contact: "#it-help"}),
		"whoami_nothing_uncalled": card.Whoami(card.Identity{Actor: alice, Place: place}),
		"whoami_many_roles":       card.Whoami(card.Identity{Actor: chat.Actor{Platform: "discord", User: "1", Roles: strings.Fields(strings.Repeat("role ", 40))}, Place: place}),
		"why_allowed":             card.Why(card.Ruling{Verb: "backup", VM: "web01", Allowed: true, Rule: "developers", Steps: []chat.Text{chat.T("first looked at ", chat.Code("admins"))}}),
		"why_denied":              card.Why(card.Ruling{Verb: "abort-any", VM: "sql01", Reason: chat.T("No grant covers it."), Hint: chat.T("Ask #it-help.")}),
		"why_everybody":           card.Why(card.Ruling{Verb: "help", Allowed: true}),
		"help":                    card.Help(commands),
		"help_one":                card.Help(commands[:1]),
		"help_nothing":            card.Help(nil),
		"usage":                   card.Usage(commands[0], chat.T("Which VM?")),
		"usage_plain":             card.Usage(commands[1], nil),
		"problem": card.Problem(&chat.Error{
			Kind: chat.Ambiguous, Say: chat.T("2 VMs are called ", chat.Code("app01"), "."), Hint: chat.T("Write name@host."),
			Lines: []chat.Text{chat.T("app01 on HV01"), chat.T("app01 on HV02")},
		}),
		"problem_many":     card.Problem(&chat.Error{Kind: chat.Ambiguous, Say: chat.T("Many."), Lines: rows(60, "vm")}),
		"problem_internal": card.Problem(chat.AsError(errors.New("disk full"))),
		"problem_nothing":  card.Problem(nil),
		"problem_odd":      card.Problem(&chat.Error{Kind: "odd"}),
	}
}

func rows(n int, text string) []chat.Text {
	var all []chat.Text
	for range n {
		all = append(all, chat.T(text))
	}
	return all
}

func TestAnswers(t *testing.T) {
	for name, c := range answers() {
		t.Run(name, func(t *testing.T) {
			golden(t, "answer_"+name, c, readCard(c))
			checkCard(t, c)
			if c.Key != "" || c.Mention != nil || c.Broadcast {
				t.Errorf("a private answer has a key or a mention: %+v", c)
			}
		})
	}
}

// Every kind of error has a sentence, even where whoever made it gave none.
func TestProblemWithoutWords(t *testing.T) {
	for _, k := range []chat.ErrorKind{
		chat.Denied, chat.Invalid, chat.Ambiguous, chat.NotFound, chat.Busy, chat.Conflict, chat.Unavailable, chat.Lost, chat.Internal, "",
	} {
		checkCard(t, card.Problem(&chat.Error{Kind: k}))
	}
}

// Long rows end a list before twenty of them do, and one row is always shown.
func TestListsAreCutBySize(t *testing.T) {
	for _, c := range []struct{ rows, runes, want int }{{3, 20, 3}, {20, 20, 20}, {21, 20, 20}, {20, 300, 9}, {2, 4000, 1}} {
		got := card.Problem(&chat.Error{Say: chat.T("Many."), Lines: rows(c.rows, strings.Repeat("x", c.runes))})
		want := c.want
		if c.want < c.rows {
			want++ // the line that says so
			last := got.Lines[len(got.Lines)-1].Plain(time.UTC)
			if says := fmt.Sprintf("%d of %d shown.", c.want, c.rows); last != says {
				t.Errorf("last line %q, want %q", last, says)
			}
		}
		if len(got.Lines) != want {
			t.Errorf("%d rows of %d runes: %d lines, want %d", c.rows, c.runes, len(got.Lines), want)
		}
	}
}

// Users read users' words: none of the code's own may stand on any card.
func TestUsersWords(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.*"))
	if err != nil || len(files) < 100 {
		t.Fatalf("%d golden files, %v", len(files), err)
	}
	code := regexp.MustCompile(`(?i)\b(seats?|sites?|refs?|lost|adopt(ed)?|instructions?)\b`)
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if found := code.FindAllString(string(b), -1); len(found) > 0 {
			t.Errorf("%s says %q", f, found)
		}
	}
}

// A golden file that no example makes any more would go on passing the tests above.
func TestNoOrphans(t *testing.T) {
	made := map[string]bool{}
	for _, e := range examples() {
		made["operation_"+e.name] = true
	}
	for name := range answers() {
		made["answer_"+name] = true
	}
	files, err := filepath.Glob(filepath.Join("testdata", "*.*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if name := strings.TrimSuffix(filepath.Base(f), filepath.Ext(f)); !made[name] {
			t.Errorf("%s belongs to no example", f)
		}
	}
}
