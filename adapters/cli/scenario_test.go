package cli

import (
	"strings"
	"testing"
	"time"

	"vmbackup-bot/bot/operation"
	"vmbackup-bot/vmbackup/simulator"
)

// plan tells the server how web01's next run goes.
func (w *world) plan(p simulator.Plan) {
	w.t.Helper()
	if err := w.sim.PlanNext(w.sim.Ref("web01"), p); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) inject(f simulator.Fault) {
	w.t.Helper()
	if err := w.sim.Inject(f); err != nil {
		w.t.Fatal(err)
	}
}

const (
	takeBackup      = "instructions/take-backup"
	operationStatus = "activity/operation-status"
)

func TestWaitsForTheConsole(t *testing.T) {
	t.Parallel()
	t.Run("and starts when it is closed", func(t *testing.T) {
		inEachWorld(t, nil, func(w *world) {
			w.say("alice", "vms") // so that the list is known
			w.pass(time.Minute)
			w.sim.SetConsoleOpen(true)
			w.say("alice", "backup web01")
			w.pass(2 * time.Minute)
			if text := w.part(operation.PartCard); !strings.Contains(text, "waiting") || !strings.Contains(text, "management console") {
				t.Errorf("the card does not say what it waits for:\n%s", text)
			}
			w.sim.SetConsoleOpen(false)
			w.ends(time.Hour, operation.Succeeded, "Succeeded")
		})
	})
	t.Run("and can be cancelled", func(t *testing.T) {
		inEachWorld(t, nil, func(w *world) {
			w.say("alice", "vms")
			w.pass(time.Minute)
			w.sim.SetConsoleOpen(true)
			w.say("alice", "backup web01")
			w.pass(time.Minute)
			w.press("alice", "cancel")
			w.ends(time.Minute, operation.NotStarted, "Not started", "cancelled")
			w.sim.SetConsoleOpen(false)
			w.pass(time.Hour)
			if n := w.sim.Starts(w.sim.Ref("web01")); n != 0 {
				t.Errorf("%d starts after it was cancelled", n)
			}
		})
	})
	t.Run("until its deadline", func(t *testing.T) {
		inEachWorld(t, nil, func(w *world) {
			w.say("alice", "vms")
			w.pass(time.Minute)
			w.sim.SetConsoleOpen(true)
			w.say("alice", "backup web01")
			w.pass(9 * time.Minute)
			if s := w.newest().State; s != operation.Waiting {
				t.Fatalf("%s after nine of ten minutes", s)
			}
			w.ends(2*time.Minute, operation.NotStarted, "Not started", "console")
		})
	})
	t.Run("abort while waiting", func(t *testing.T) {
		inEachWorld(t, nil, func(w *world) {
			w.say("alice", "vms")
			w.pass(time.Minute)
			w.sim.SetConsoleOpen(true)
			w.say("alice", "backup web01")
			w.say("alice", "abort web01")
			w.ends(time.Minute, operation.NotStarted, "Not started", "cancelled")
		})
	})
	t.Run("a refused login is not hammered", func(t *testing.T) {
		inEachWorld(t, nil, func(w *world) {
			w.say("alice", "vms")
			w.pass(time.Minute)
			w.inject(simulator.Fault{Endpoint: "sessions/start", Kind: simulator.Refused, Times: -1, Message: "The password has expired"})
			before := w.sim.Calls("sessions/start")
			w.say("alice", "backup web01")
			w.ends(time.Minute, operation.NotStarted, "Not started", "The password has expired")
			for range 10 {
				w.say("alice", "backup web01")
				w.say("alice", "vms")
				w.pass(5 * time.Minute)
			}
			if n := w.sim.Calls("sessions/start") - before; n > 2 {
				t.Errorf("%d logins were tried within an hour of a refused one", n)
			}
		})
	})
}

func TestAborts(t *testing.T) {
	t.Parallel()
	t.Run("in mid-run, with the button", func(t *testing.T) {
		inEachWorld(t, nil, func(w *world) {
			w.say("alice", "backup web01")
			w.until(time.Minute, operation.Running)
			w.press("alice", "abort")
			w.ends(time.Minute, operation.Aborted, "Aborted", "alice")
		})
	})
	t.Run("too late", func(t *testing.T) {
		inEachWorld(t, nil, func(w *world) {
			w.say("alice", "backup web01")
			w.ends(time.Hour, operation.Succeeded, "Succeeded")
			if told := w.say("alice", "abort web01"); !strings.Contains(told, "already finished") || !strings.Contains(told, "Succeeded") {
				t.Errorf("told: %s", told)
			}
		})
	})
	t.Run("while the outcome is looked up", func(t *testing.T) {
		inEachWorld(t, nil, func(w *world) {
			w.plan(simulator.Plan{ReportLate: 5 * time.Minute})
			w.say("alice", "backup web01")
			w.until(time.Hour, operation.Ended)
			if told := w.say("alice", "abort web01"); !strings.Contains(told, "already over") {
				t.Errorf("told: %s", told)
			}
			w.ends(time.Hour, operation.Succeeded, "Succeeded")
		})
	})
	t.Run("the server takes it and goes on", func(t *testing.T) {
		inEachWorld(t, nil, func(w *world) {
			w.plan(simulator.Plan{Length: time.Hour, IgnoreAbort: true})
			w.say("alice", "backup web01")
			w.until(time.Minute, operation.Running)
			w.say("alice", "abort web01")
			w.pass(8 * time.Minute)
			if text := w.part(operation.PartCard); !strings.Contains(text, "still running") {
				t.Errorf("the card does not say that it still runs:\n%s", text)
			}
			w.ends(2*time.Hour, operation.Succeeded, "Succeeded")
		})
	})
	t.Run("ends as failed", func(t *testing.T) {
		inEachWorld(t, nil, func(w *world) {
			w.plan(simulator.Plan{Length: time.Hour, AbortResult: "Failed"})
			w.say("alice", "backup web01")
			w.until(time.Minute, operation.Running)
			w.say("alice", "abort web01")
			w.ends(2*time.Hour, operation.Failed, "Failed", "Abort was requested by alice")
		})
	})
	t.Run("its answer is lost", func(t *testing.T) {
		inEachWorld(t, nil, func(w *world) {
			w.say("alice", "backup web01")
			w.until(time.Minute, operation.Running)
			w.inject(simulator.Fault{Endpoint: "instructions/abort-operation", Kind: simulator.Cut, Times: 3})
			w.say("alice", "abort web01")
			w.ends(2*time.Hour, operation.Aborted, "Aborted")
		})
	})
	t.Run("of others", func(t *testing.T) {
		inEachWorld(t, nil, func(w *world) {
			w.say("bob", "backup web01")
			w.until(time.Minute, operation.Running)
			if told := w.say("alice", "abort web01"); !strings.Contains(told, "abort-any") {
				t.Errorf("alice was told: %s", told)
			}
			w.press("bob", "abort")
			w.ends(2*time.Hour, operation.Aborted, "Aborted")
		})
	})
}

func TestUnknownIsFoundOutLater(t *testing.T) {
	t.Parallel()
	inEachWorld(t, func(_ *parts, o *simulator.Options) { o.Settings.Linger = -1 }, func(w *world) {
		w.plan(simulator.Plan{ReportLate: 3 * time.Hour})
		w.say("alice", "backup web01")
		w.ends(time.Hour, operation.Unknown, "Outcome unknown")
		w.until(5*time.Hour, operation.Succeeded)
		if text := w.part(operation.PartLate); strings.Count(text, "Succeeded") != 1 {
			t.Errorf("the late reply: %s", text)
		}
		if text := w.part(operation.PartDone); !strings.Contains(text, "Outcome unknown") {
			t.Errorf("the first reply was changed: %s", text)
		}
	})
}

func TestLost(t *testing.T) {
	t.Parallel()
	t.Run("without evidence", func(t *testing.T) {
		inEachWorld(t, nil, func(w *world) {
			w.inject(simulator.Fault{Endpoint: takeBackup, Kind: simulator.Cut})
			w.say("alice", "backup web01")
			w.until(time.Minute, operation.Lost)
			text := w.part(operation.PartCard)
			if !strings.Contains(text, "may or may not have started") {
				t.Errorf("the card: %s", text)
			}
			if told := w.say("alice", "backup web01"); !strings.Contains(told, "Nothing new was started") {
				t.Errorf("a second wish beside a lost one: %s", told)
			}
			w.ends(time.Hour, operation.Unknown, "Outcome unknown")
		})
	})
	t.Run("start anyway needs its own right", func(t *testing.T) {
		inEachWorld(t, nil, func(w *world) {
			w.inject(simulator.Fault{Endpoint: takeBackup, Kind: simulator.Cut})
			w.say("alice", "backup web01")
			w.until(time.Minute, operation.Lost)
			if told := w.press("alice", "force"); !strings.Contains(told, "force") {
				t.Errorf("alice was told: %s", told)
			}
			w.press("bob", "force")
			w.ends(time.Hour, operation.Succeeded, "Succeeded", "bob")
			if n := w.sim.Starts(w.sim.Ref("web01")); n != 1 {
				t.Errorf("%d starts", n)
			}
			w.pass(time.Hour)
			for _, o := range w.operations() {
				if !o.Forced && o.State != operation.Unknown {
					t.Errorf("the lost one became %s from the other's report", o.State)
				}
			}
		})
	})
	t.Run("a stray job runs", func(t *testing.T) {
		inEachWorld(t, nil, func(w *world) {
			w.plan(simulator.Plan{Length: 20 * time.Minute})
			w.inject(simulator.Fault{Endpoint: takeBackup, Kind: simulator.Error500, Processed: true})
			w.say("alice", "backup web01")
			w.until(time.Minute, operation.Lost)
			w.press("alice", "look")
			w.ends(time.Hour, operation.Succeeded, "Succeeded", "Matched by time")
		})
	})
}

func TestTwoInARow(t *testing.T) {
	t.Parallel()
	inEachWorld(t, nil, func(w *world) {
		w.plan(simulator.Plan{Length: 20 * time.Second})
		w.plan(simulator.Plan{Length: 40 * time.Second, Result: "Failed", Error: "second run"})
		w.say("alice", "backup web01")
		if told := w.say("bob", "backup web01"); !strings.Contains(told, "Nothing new was started") || !strings.Contains(told, "alice") {
			t.Errorf("a second wish beside a running one: %s", told)
		}
		for w.newest().State.Open() { // the very instant counts
			<-w.app.news.next()
		}
		w.say("alice", "backup web01")
		w.ends(time.Hour, operation.Failed, "Failed", "second run")
		if ops := w.operations(); len(ops) != 2 || ops[1].State != operation.Succeeded {
			t.Errorf("%d operations", len(ops))
		}
	})
}
