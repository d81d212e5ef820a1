package card_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vmbackup-bot/bot/card"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/vmbackup"
)

type example struct {
	name string
	o    operation.Operation
	want operation.State
}

// cancelled is a wish that came to nothing for a reason.
func cancelled(why operation.Reason, words string) operation.Operation {
	return live(wish(), operation.Cancelled{At: at(10 * time.Minute), Why: why, Words: words})
}

// openExamples are operations without a last word, one for every form that their card has.
func openExamples() []example {
	unhurried := live(wish(), sentFirst(), taken(), saw(131*time.Second, 42.7))
	offsite := running()
	offsite.Kind = vmbackup.KindOffsite
	sparse := operation.Operation{ID: "zzzzzzzz77", Kind: "verify", State: operation.Waiting, Asked: noon, VM: operation.VM{Name: " \n "}}
	forced, again := wish(), wish()
	forced.After, forced.Forced = "qqqqqqqq22", true
	again.After = "qqqqqqqq22"
	taking := live(running(), abort(140*time.Second), operation.AbortSent{At: at(141 * time.Second)})
	took := live(taking, operation.AbortAnswered{At: at(142 * time.Second), OK: true})
	return []example{
		{"recorded", wish(), operation.Waiting},
		{"recorded_sparse", sparse, operation.Waiting},
		{"recorded_forced", forced, operation.Waiting},
		{"recorded_again", again, operation.Waiting},
		{"waiting_console", live(wish(), operation.Held{At: at(time.Second), For: operation.ReasonSeat}), operation.Waiting},
		{"waiting_unreachable", live(wish(), operation.Held{
			At: at(time.Second), For: operation.ReasonUnreachable, Text: "Start the service “Hornetsecurity VM Backup API”.",
		}), operation.Waiting},
		{"waiting_paused", live(wish(), operation.Held{At: at(time.Second), For: operation.ReasonPaused}), operation.Waiting},
		{"waiting_other", live(wish(), operation.Held{At: at(time.Second), For: "moon"}), operation.Waiting},
		{"sending", live(wish(), sent()), operation.Sending},
		{"sending_abort", live(wish(), sent(), abort(2*time.Second)), operation.Sending},
		{"accepted", live(wish(), sent(), taken()), operation.Accepted},
		{"accepted_unseen", live(wish(), sent(), taken(), outOfReach(5*time.Second, operation.ReasonSeat, "")), operation.Accepted},
		{"running", running(), operation.Running},
		{"running_first_time", unhurried, operation.Running},
		{"running_early", live(wish(), sent(), taken(), saw(5*time.Second, 0.4)), operation.Running},
		{"running_late", live(wish(), sent(), taken(), saw(5*time.Minute, 99.6)), operation.Running},
		{"running_offsite", offsite, operation.Running},
		{"running_console", live(running(), outOfReach(3*time.Minute, operation.ReasonSeat, "")), operation.Running},
		{"running_unreachable", live(running(), outOfReach(3*time.Minute, "", "connection refused")), operation.Running},
		{"running_login", live(running(), outOfReach(3*time.Minute, operation.ReasonLogin, "")), operation.Running},
		{"running_abort_asked", live(running(), abort(140*time.Second)), operation.Running},
		{"running_abort_sent", taking, operation.Running},
		{"running_abort_taken", took, operation.Running},
		{"running_abort_slow", live(took, saw(8*time.Minute, 43)), operation.Running},
		{"running_abort_declined", live(taking, operation.AbortAnswered{At: at(142 * time.Second), Words: "The job cannot be stopped now."}), operation.Running},
		{"may_have_started", lost(), operation.Lost},
		{"may_have_started_abort", live(wish(), sent(), abort(2*time.Second), operation.AnswerLost{At: at(30 * time.Second)}), operation.Lost},
		{"may_have_started_unreachable", live(lost(), outOfReach(time.Minute, operation.ReasonUnreachable, "")), operation.Lost},
		{"ended", ended(), operation.Ended},
		{"ended_abort", live(running(), append([]operation.Event{abort(140 * time.Second)}, gone(6*time.Minute)...)...), operation.Ended},
		{"hostile_running", live(hostile(), sent(), taken(), operation.Saw{At: at(time.Minute), Status: vmbackup.Status{
			JobID: guid, SubOperation: "<!channel>\n`x`", Percentage: 12, Status: "Processing",
		}}), operation.Running},
	}
}

// overExamples are operations with a last word.
func overExamples() []example {
	stopped := live(running(), append([]operation.Event{
		abort(140 * time.Second), operation.AbortSent{At: at(141 * time.Second)}, operation.AbortAnswered{At: at(142 * time.Second), OK: true},
	}, gone(3*time.Minute)...)...)
	bare := report(vmbackup.ResultSuccess, "Success", "")
	bare.Duration, bare.Compressed, bare.Uncompressed, bare.Location = 0, 0, 0, ""
	moved := bare
	moved.Compressed = 12 << 30
	noTime := live(lost(), operation.Strayed{At: at(40 * time.Second)}, read(10*time.Minute, bare))
	status := func(word string) operation.Operation {
		return live(running(), operation.Saw{At: at(6 * time.Minute), Status: vmbackup.Status{JobID: guid, Percentage: 100, Status: word}},
			read(17*time.Minute))
	}
	return []example{
		{"succeeded", live(ended(), read(7*time.Minute, report(vmbackup.ResultSuccess, "Success", ""))), operation.Succeeded},
		{"succeeded_bare", live(ended(), read(7*time.Minute, bare)), operation.Succeeded},
		{"succeeded_by_status", status("Success"), operation.Succeeded},
		{"succeeded_by_time", live(lost(), operation.Strayed{At: at(40 * time.Second)}, read(10*time.Minute, report(vmbackup.ResultSuccess, "Success", ""))), operation.Succeeded},
		{"succeeded_by_time_bare", noTime, operation.Succeeded},
		{"succeeded_by_time_moved", live(lost(), operation.Strayed{At: at(40 * time.Second)}, read(10*time.Minute, moved)), operation.Succeeded},
		{"succeeded_after_abort", live(stopped, read(7*time.Minute, report(vmbackup.ResultSuccess, "Success", ""))), operation.Succeeded},
		{"warning", live(ended(), read(7*time.Minute, report(vmbackup.ResultWarning, "Warning", "The guest agent did not answer."))), operation.Warning},
		{"failed", live(ended(), read(7*time.Minute, report(vmbackup.ResultFailed, "Failed", "There is not enough space on the disk.\r\n\r\nDSS_BACKUP_012"))), operation.Failed},
		{"failed_by_status", status("Failed"), operation.Failed},
		{"failed_odd_word", live(ended(), read(7*time.Minute, report(vmbackup.ResultFailed, "ALTERR_BACKUP_007", ""))), operation.Failed},
		{"failed_odd_word_and_error", live(ended(), read(7*time.Minute, report(vmbackup.ResultFailed, "ALTERR_BACKUP_007", "The snapshot could not be made."))), operation.Failed},
		{"failed_by_time_bare", live(lost(), operation.Strayed{At: at(40 * time.Second)}, read(10*time.Minute, vmbackup.Report{DateTime: stamp(0), Result: vmbackup.ResultFailed, Word: "Error"})), operation.Failed},
		{"failed_after_abort", live(stopped, read(7*time.Minute, report(vmbackup.ResultFailed, "Failed", "Stopped by the user."))), operation.Failed},
		{"aborted", live(stopped, read(7*time.Minute, report(vmbackup.ResultAborted, "Aborted", ""))), operation.Aborted},
		{"unknown", unknown(), operation.Unknown},
		{"unknown_by_report", live(ended(), read(7*time.Minute, report(vmbackup.ResultUnknown, "Unknown", "see the log"))), operation.Unknown},
		{"unknown_may_have_started", unknownLost(), operation.Unknown},
		{"found_out_succeeded", live(unknown(), read(80*time.Minute, report(vmbackup.ResultSuccess, "Success", ""))), operation.Succeeded},
		{"found_out_failed", live(unknownLost(), read(91*time.Minute, report(vmbackup.ResultFailed, "Failed", "There is not enough space on the disk."))), operation.Failed},
		{"rejected", live(wish(), sent(), operation.Refused{At: at(2 * time.Second), Words: "Unable to find the virtual machine (VM_404)"}), operation.Rejected},
		{"not_started_console", cancelled(operation.ReasonSeat, ""), operation.NotStarted},
		{"not_started_unreachable", cancelled(operation.ReasonUnreachable, "Start the service “Hornetsecurity VM Backup API”."), operation.NotStarted},
		{"not_started_login", cancelled(operation.ReasonLogin, "The user name or password is wrong."), operation.NotStarted},
		{"not_started_cancelled_by", live(wish(), abort(time.Minute)), operation.NotStarted},
		{"not_started_cancelled", cancelled(operation.ReasonCancelled, ""), operation.NotStarted},
		{"not_started_denied", cancelled(operation.ReasonDenied, "rule developers"), operation.NotStarted},
		{"not_started_expired", cancelled(operation.ReasonExpired, ""), operation.NotStarted},
		{"not_started_paused", cancelled(operation.ReasonPaused, ""), operation.NotStarted},
		{"not_started_restarted", live(wish(), operation.Restarted{At: at(time.Minute)}), operation.NotStarted},
		{"not_started_other", cancelled("moon", ""), operation.NotStarted},
		{"hostile_failed", live(hostile(), append(append([]operation.Event{sent(), taken(), saw(time.Minute, 3)}, gone(2*time.Minute)...),
			read(3*time.Minute, report(vmbackup.ResultFailed, "Failed", "<!channel> `boom`\n@everyone\u202e "+longText(2000))))...), operation.Failed},
	}
}

func examples() []example { return append(openExamples(), overExamples()...) }

func TestOperation(t *testing.T) {
	for _, c := range examples() {
		t.Run(c.name, func(t *testing.T) {
			if c.o.State != c.want {
				t.Fatalf("the example is %s, meant is %s", c.o.State, c.want)
			}
			drafts := style.Operation(c.o)
			golden(t, "operation_"+c.name, drafts, readDrafts(drafts))
			check(t, c.o, drafts)
			detail := style.Detail(c.o)
			if detail.Key != "" || len(detail.Buttons) > 0 || detail.Mention != nil {
				t.Errorf("a private answer has a key, buttons or a mention: %+v", detail)
			}
			checkCard(t, detail)
		})
	}
}

// The words are binding, to the letter.
func TestFinalWords(t *testing.T) {
	for s, want := range map[operation.State]string{
		operation.Succeeded: "Succeeded", operation.Warning: "Succeeded with warnings", operation.Failed: "Failed",
		operation.Aborted: "Aborted", operation.Unknown: "Outcome unknown", operation.Rejected: "Rejected",
		operation.NotStarted: "Not started", operation.Running: "", operation.Lost: "", operation.Ended: "",
	} {
		if got := card.FinalWord(operation.Operation{State: s}); got != want {
			t.Errorf("FinalWord(%s) = %q, want %q", s, got, want)
		}
	}
}

// A zone left out is the machine's; nothing else may depend on it.
func TestNoZone(t *testing.T) {
	if got := (card.Style{}).Operation(running()); len(got) != 2 {
		t.Errorf("%d drafts, want 2", len(got))
	}
}

// Whatever made an outcome unknown, the reply that said so stays as it was when the true one is found out.
func TestReplyStays(t *testing.T) {
	for _, e := range overExamples() {
		if e.o.State != operation.Unknown {
			continue
		}
		before := style.Operation(e.o)
		found := live(e.o, read(95*time.Minute, report(vmbackup.ResultFailed, "Failed", "There is not enough space on the disk.")))
		if found.State != operation.Failed || found.Late.IsZero() {
			t.Fatalf("%s: the report was not taken: %s", e.name, found.State)
		}
		after := style.Operation(found)
		check(t, found, after)
		if diff := cmp.Diff(before[2], after[2]); diff != "" {
			t.Errorf("%s: the reply changed: %s", e.name, diff)
		}
	}
}
