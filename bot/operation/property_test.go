package operation_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/vmbackup"
)

// events draws any event at all, in any order: the machine must hold its promises against a caller's mistakes too.
func events(now func() time.Time) *rapid.Generator[operation.Event] {
	return rapid.Custom(func(t *rapid.T) operation.Event {
		at := now()
		word := rapid.SampledFrom([]string{"Success", "Failed", "Warning", "Aborted", "Unknown", "ALTERR_X_1", ""}).Draw(t, "word")
		switch rapid.IntRange(0, 14).Draw(t, "event") {
		case 0:
			return operation.Held{At: at, For: operation.ReasonSeat}
		case 1:
			return operation.Cancelled{At: at, Why: operation.ReasonDenied}
		case 2, 3:
			return operation.Sent{At: at, Server: at}
		case 4, 5:
			return operation.Taken{At: at, GUID: guid, Server: at}
		case 6:
			return operation.Refused{At: at}
		case 7:
			return operation.Unsent{At: at}
		case 8:
			return operation.AnswerLost{At: at}
		case 9:
			return saw(at, rapid.SampledFrom([]string{"Processing", "Success", "Odd"}).Draw(t, "status"), 1)
		case 10:
			return missed(at)
		case 11:
			return operation.OutOfReach{At: at}
		case 12:
			return operation.Strayed{At: at, Job: rapid.Bool().Draw(t, "job")}
		case 13:
			return read(at, report(at.Add(-time.Second), word))
		default:
			return rapid.SampledFrom([]operation.Event{
				operation.AbortAsked{At: at, By: bob},
				operation.AbortSent{At: at},
				operation.AbortAnswered{At: at, OK: true},
				operation.Restarted{At: at},
				operation.LookAsked{At: at},
			}).Draw(t, "other")
		}
	})
}

func TestPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := t0
		next := events(func() time.Time { return now })
		o := wish()
		finals, corrected := 0, 0
		for range rapid.IntRange(1, 40).Draw(t, "length") {
			now = now.Add(time.Duration(rapid.IntRange(1, 900).Draw(t, "seconds")) * time.Second)
			e := next.Draw(t, "next")
			was := snapshot(t, o)
			after, err := o.Apply(e)
			if diff := cmp.Diff(was, snapshot(t, o)); diff != "" {
				t.Fatalf("%T changed its receiver:\n%s", e, diff)
			}
			if err != nil {
				if diff := cmp.Diff(was, snapshot(t, after)); diff != "" {
					t.Fatalf("%T was refused and yet changed something:\n%s", e, diff)
				}
				continue
			}
			if _, sends := e.(operation.Sent); sends && o.State != operation.Waiting {
				t.Fatalf("sent while %s", o.State)
			}
			if o.State.Final() && after.State != o.State {
				if o.State != operation.Unknown {
					t.Fatalf("%s was replaced by %s", o.State, after.State)
				}
				corrected++
			}
			if o.State.Open() && after.State.Final() {
				finals++
			}
			if after.State == operation.Succeeded && after.Basis == "" {
				t.Fatal("succeeded on no basis")
			}
			o = after
		}
		if finals > 1 || corrected > 1 {
			t.Fatalf("%d final words, %d corrections", finals, corrected)
		}
		var back operation.Operation
		if err := json.Unmarshal(snapshot(t, o), &back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(snapshot(t, o), snapshot(t, back)); diff != "" {
			t.Fatalf("does not survive being stored:\n%s", diff)
		}
	})
}

func snapshot(t *rapid.T, o operation.Operation) []byte {
	b, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestIDs(t *testing.T) {
	id, err := operation.NewID(bytes.NewReader([]byte{0, 1, 2, 3, 250, 251, 252}))
	if err != nil || len(id) != operation.IDLen {
		t.Fatalf("%q, %v", id, err)
	}
	for _, r := range id {
		if (r < 'a' || r > 'z') && (r < '2' || r > '7') {
			t.Errorf("%q in %q", r, id)
		}
	}
	key := id.Key(operation.PartCard)
	if len(key) > chat.MaxKey {
		t.Errorf("key %q is longer than %d", key, chat.MaxKey)
	}
	if back, part, ok := operation.OfKey(key); !ok || back != id || part != operation.PartCard {
		t.Errorf("%q came back as %q %q %v", key, back, part, ok)
	}
	if _, _, ok := operation.OfKey("notice"); ok {
		t.Error("a key of something else was taken for an operation's")
	}
	if _, err := operation.NewID(bytes.NewReader(nil)); err == nil {
		t.Error("an id without randomness")
	}
}

func TestPace(t *testing.T) {
	ended := live(t, sent, taken, running, gone1, gone2)
	if !ended.NextLook().IsZero() {
		t.Error("the first look for a report is not at once")
	}
	looked := live(t, sent, taken, running, gone1, gone2, read(after(6*time.Minute)))
	if d := looked.NextLook().Sub(looked.Looked); d < time.Second || d > 30*time.Second {
		t.Errorf("next look after %v", d)
	}
	unknown := live(t, sent, taken, running, gone1, gone2, noneYet)
	if d := unknown.NextLook().Sub(unknown.Looked); d != time.Hour || !unknown.Watched() {
		t.Errorf("unknown: next look after %v, watched %v", d, unknown.Watched())
	}
	old, err := unknown.Apply(read(after(50 * time.Hour)))
	if err != nil || old.Watched() {
		t.Errorf("still watched after two days (%v)", err)
	}
	lostOne := live(t, sent, lost, read(after(time.Minute)))
	if d := lostOne.NextLook().Sub(lostOne.Looked); d != 10*time.Second {
		t.Errorf("lost: next look after %v", d)
	}
	for state, watched := range map[operation.State]bool{operation.Waiting: false, operation.Sending: false, operation.Succeeded: false} {
		if (operation.Operation{State: state}).Watched() != watched {
			t.Errorf("%s watched: %v", state, !watched)
		}
	}
	var none vmbackup.Status
	if ended.Is(none) {
		t.Error("an entry without an id was taken for ours")
	}
}
