package cli

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/chat/chattest"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/vmbackup/simulator"
)

// TestManyAtOnce backs up 200 VMs at once, on a chat that takes twenty posts a second in a channel and as many edits.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	const many = 200
	change := func(p *parts, o *simulator.Options) {
		p.PollMin = 30 * time.Second
		for i := range many {
			o.VMs = append(o.VMs, simulator.VM{Name: fmt.Sprintf("web%03d", i), Host: "HV01"})
		}
		o.Settings.OtherJobID = true // the costliest habit: each operation must be asked for alone once
	}
	inWorld(t, change, func(w *world) {
		w.halt()
		w.room.Fake = chattest.NewFake(chattest.Options{
			Post: chat.Budget{Name: "post", Every: 50 * time.Millisecond, Burst: 1}, Edit: chat.Budget{Name: "edit", Every: 50 * time.Millisecond, Burst: 5},
		})
		w.start()
		w.sim.PlanAll(simulator.Plan{Length: 3 * time.Minute})
		began := time.Now()
		for i := range many {
			w.say("alice", fmt.Sprintf("backup web%03d", i))
		}
		w.pass(30 * time.Second)
		if n := len(w.operations()); n != many {
			t.Fatalf("%d operations", n)
		}
		asked, since := w.sim.StatusAll(), time.Now()
		w.pass(2 * time.Minute)
		if n, most := w.sim.StatusAll()-asked, int(time.Since(since)/(30*time.Second)); n > most || n == 0 {
			t.Errorf("%d status calls in two minutes, at most one for each of %d ticks is right", n, most)
		}
		for time.Since(began) < 4*time.Hour {
			w.pass(30 * time.Second)
			if finals, _, err := w.app.store.Undelivered(w.t.Context()); err == nil && finals == 0 && !anyOpen(w.operations()) {
				break
			}
		}
		for _, o := range w.operations() {
			if o.State != operation.Succeeded {
				t.Errorf("%s: %s", o.VM.Name, o.State)
			}
			if n := w.sim.StatusOne(string(o.GUID)); n > operation.MaxSingles {
				t.Errorf("%s was asked for alone %d times", o.VM.Name, n)
			}
			for _, part := range []string{operation.PartRoot, operation.PartCard, operation.PartDone} {
				m := chattest.ByKey(w.chat.Messages(), o.ID.Key(part))
				if len(m) != 1 || !strings.Contains(m[0].Now().Text(), "Succeeded") {
					t.Fatalf("%s of %s: %d messages", part, o.VM.Name, len(m))
				}
			}
		}
		for name, n := range w.room.Exceeded() {
			t.Errorf("the limit %s was exceeded %d times", name, n)
		}
		t.Logf("all told after %v", time.Since(began))
	})
}

func anyOpen(ops []operation.Operation) bool {
	for _, o := range ops {
		if o.State.Open() {
			return true
		}
	}
	return false
}
