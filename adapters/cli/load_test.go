package cli

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"vmbackup-bot/adapters/slack/slacktest"
	"vmbackup-bot/bot/chat/chattest"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/vmbackup/simulator"
)

// many is how many operations run at once: more than anybody has VMs on one server. Under the race detector it is fewer,
// since what matters there is that they run beside each other; the step whole of .ci/run is without it.
func many() int {
	if raced {
		return 20
	}
	return 200
}

// manyVMs is a server with many VMs, and its costliest habit: each operation must be asked for alone once.
func manyVMs(p *parts, o *simulator.Options) {
	p.PollMin = 30 * time.Second
	for i := range many() {
		o.VMs = append(o.VMs, simulator.VM{Name: fmt.Sprintf("web%03d", i), Host: "HV01"})
	}
	o.Settings.OtherJobID = true
}

// TestManyAtOnce backs up many VMs at once, on chats that take what real ones take.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	t.Run("slack", func(t *testing.T) {
		t.Parallel()
		var s *slackStage
		inWorldWith(t, func(*world) stage { s = startSlack(slacktest.Options{}); return s }, manyVMs, func(w *world) {
			w.manyAtOnce(s.Throttled)
		})
	})
	t.Run("slack that throttles all the same", func(t *testing.T) {
		t.Parallel()
		var s *slackStage
		inWorldWith(t, func(*world) stage { s = startSlack(slacktest.Options{}); return s }, manyVMs, func(w *world) {
			for i := range 60 {
				method := []string{"chat.postMessage", "chat.update"}[i%2]
				s.Inject(slacktest.Rule{Method: method, Times: 5 + i%7})
				s.Inject(slacktest.Rule{Method: method, Times: 1, RetryAfter: time.Duration(1+i%20) * time.Second})
			}
			w.manyAtOnce(s.Throttled)
		})
	})
}

// manyAtOnce starts them all and waits until every last word is told. exceeded are the limits that the chat had to refuse by.
func (w *world) manyAtOnce(exceeded func() map[string]int) {
	t := w.t
	w.sim.PlanAll(simulator.Plan{Length: 3 * time.Minute})
	began := time.Now()
	for i := range many() {
		w.say("alice", fmt.Sprintf("backup web%03d", i))
	}
	w.pass(30 * time.Second)
	if n := len(w.operations()); n != many() {
		t.Fatalf("%d operations", n)
	}
	asked, since := w.sim.StatusAll(), time.Now()
	w.pass(2 * time.Minute)
	if n, most := w.sim.StatusAll()-asked, int(time.Since(since)/(30*time.Second)); n > most {
		t.Errorf("%d status calls in two minutes, at most one for each of %d ticks is right", n, most)
	}
	for time.Since(began) < 6*time.Hour {
		w.pass(30 * time.Second)
		if finals, _, err := w.app.store.Undelivered(t.Context()); err == nil && finals == 0 && !anyOpen(w.operations()) {
			break
		}
	}
	all := w.chat.Messages()
	for _, o := range w.operations() {
		if o.State != operation.Succeeded {
			t.Errorf("%s: %s", o.VM.Name, o.State)
		}
		if n := w.sim.StatusOne(string(o.GUID)); n > operation.MaxSingles {
			t.Errorf("%s was asked for alone %d times", o.VM.Name, n)
		}
		for _, part := range []string{operation.PartRoot, operation.PartCard, operation.PartDone} {
			m := chattest.ByKey(all, o.ID.Key(part))
			if len(m) != 1 || !strings.Contains(m[0].Now().Text(), "Succeeded") {
				t.Fatalf("%s of %s: %d messages", part, o.VM.Name, len(m))
			}
		}
	}
	for name, n := range exceeded() {
		t.Errorf("the limit %s was exceeded %d times", name, n)
	}
	t.Logf("all told after %v", time.Since(began))
}

func anyOpen(ops []operation.Operation) bool {
	for _, o := range ops {
		if o.State.Open() {
			return true
		}
	}
	return false
}

// percentile is the value below which a share of the times lie.
func percentile(times []time.Duration, share float64) time.Duration {
	if len(times) == 0 {
		return 0
	}
	times = slices.Sorted(slices.Values(times))
	return times[min(len(times)-1, int(math.Ceil(share*float64(len(times))))-1)]
}
