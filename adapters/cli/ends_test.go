package cli

import (
	"strings"
	"testing"
	"time"

	"vmbackup-bot/bot/operation"
	"vmbackup-bot/vmbackup/simulator"
)

// TestEnds is every way in which a backup can end, in the right words.
func TestEnds(t *testing.T) {
	t.Parallel()
	type opts = simulator.Options
	for name, c := range map[string]struct {
		change func(*parts, *opts)
		before func(*world)
		during func(*world) // once it runs
		state  operation.State
		word   string
		also   []string
		each   bool // with every chat
	}{
		"succeeded": {each: true, state: operation.Succeeded, word: "Succeeded", also: []string{"web01", "HV01", "demo", "alice"}},
		"failed with an error code": {
			each: true,
			before: func(w *world) {
				w.plan(simulator.Plan{Result: "Failed", Error: "The disk is full (ALTERR_BASEBACKUPCONTROLLER_018)"})
			},
			state: operation.Failed, word: "Failed", also: []string{"The disk is full (ALTERR_BASEBACKUPCONTROLLER_018)"},
		},
		"warning": {
			before: func(w *world) { w.plan(simulator.Plan{Result: "Warning"}) },
			state:  operation.Warning, word: "Succeeded with warnings",
		},
		"a result word nobody knows": {
			before: func(w *world) { w.plan(simulator.Plan{Result: "BASEBACKUPCONTROLLER_18"}) },
			state:  operation.Failed, word: "Failed", also: []string{"BASEBACKUPCONTROLLER_18"},
		},
		"rejected": {
			each: true,
			before: func(w *world) {
				w.inject(simulator.Fault{Endpoint: takeBackup, Kind: simulator.Refused, Message: "The virtual machine is locked"})
			},
			state: operation.Rejected, word: "Rejected", also: []string{"The virtual machine is locked", "nothing was started"},
		},
		"gone before the first look": {
			before: func(w *world) { w.plan(simulator.Plan{Instant: true}) },
			state:  operation.Succeeded, word: "Succeeded",
		},
		"report late": {
			before: func(w *world) { w.plan(simulator.Plan{ReportLate: 4 * time.Minute, PreviousReport: true}) },
			state:  operation.Succeeded, word: "Succeeded",
		},
		"report never": {
			change: func(_ *parts, o *opts) { o.Settings.Linger = -1 },
			before: func(w *world) { w.plan(simulator.Plan{ReportNever: true, PreviousReport: true}) },
			state:  operation.Unknown, word: "Outcome unknown", also: []string{"do not rely on a new backup"},
		},
		"report never, by the last status": {
			change: func(_ *parts, o *opts) { o.Settings.Linger = 3 * time.Minute },
			before: func(w *world) { w.plan(simulator.Plan{ReportNever: true}) },
			state:  operation.Succeeded, word: "Succeeded", also: []string{"no report"},
		},
		"JobId unlike the OperationGuid": {
			change: func(_ *parts, o *opts) { o.Settings.OtherJobID = true },
			before: func(w *world) { w.plan(simulator.Plan{Length: 20 * time.Minute}) },
			state:  operation.Succeeded, word: "Succeeded",
		},
		"visible late": {
			change: func(_ *parts, o *opts) { o.Settings.VisibleAfter = 12 * time.Second },
			state:  operation.Succeeded, word: "Succeeded",
		},
		"GUIDs in capitals, Data as an object, fractions, numbers as codes": {
			change: func(_ *parts, o *opts) {
				o.Settings.UpperCaseGUIDs, o.Settings.DataObject, o.Settings.Fractions, o.Settings.NumericErrorCode = true, true, true, true
				o.Settings.MissingDates, o.Settings.OldestFirst, o.Settings.NullNumbers = simulator.DatesAbsent, true, true
			},
			state: operation.Succeeded, word: "Succeeded",
		},
		"stamps are ends": {
			change: func(_ *parts, o *opts) { o.Settings.StampEnd = true },
			before: func(w *world) { w.plan(simulator.Plan{PreviousReport: true}) },
			state:  operation.Succeeded, word: "Succeeded",
		},
		"session expires in mid-run": {
			during: func(w *world) { w.sim.ExpireSessions() },
			state:  operation.Succeeded, word: "Succeeded",
		},
		"another program ends all sessions, again and again": {
			during: func(w *world) {
				for range 20 {
					w.sim.EndAllSessions()
					w.pass(3 * time.Second)
				}
			},
			state: operation.Succeeded, word: "Succeeded",
		},
		"console opened in mid-run": {
			before: func(w *world) { w.plan(simulator.Plan{Length: 30 * time.Minute}) },
			during: func(w *world) {
				w.sim.EndAllSessions()
				w.sim.SetConsoleOpen(true)
				w.pass(5 * time.Minute)
				if text := w.part(operation.PartCard); !strings.Contains(text, "Last seen") || !strings.Contains(text, "management console") {
					w.t.Errorf("the card does not say that nobody can look:\n%s", text)
				}
				w.sim.SetConsoleOpen(false)
			},
			state: operation.Succeeded, word: "Succeeded",
		},
		"server gone for ten minutes": {
			before: func(w *world) { w.plan(simulator.Plan{Length: 30 * time.Minute}) },
			during: func(w *world) {
				w.sim.SetDown(10 * time.Minute)
				w.pass(9 * time.Minute)
				if text := w.part(operation.PartCard); !strings.Contains(text, "Last seen") {
					w.t.Errorf("the card does not say since when nobody could look:\n%s", text)
				}
			},
			state: operation.Succeeded, word: "Succeeded",
		},
		"server gone while it ends": {
			during: func(w *world) { w.sim.SetDown(time.Hour) },
			state:  operation.Succeeded, word: "Succeeded",
		},
		"status answers are broken for a while": {
			during: func(w *world) {
				for _, k := range []simulator.FaultKind{simulator.Error500, simulator.Malformed, simulator.HTMLPage, simulator.Truncated, simulator.Cut} {
					w.inject(simulator.Fault{Endpoint: operationStatus, Kind: k, Times: 2})
				}
				w.pass(2 * time.Minute)
			},
			state: operation.Succeeded, word: "Succeeded",
		},
		"answer lost after the instruction was taken": {
			before: func(w *world) {
				w.inject(simulator.Fault{Endpoint: takeBackup, Kind: simulator.Cut, Processed: true})
			},
			state: operation.Succeeded, word: "Succeeded", also: []string{"Matched by time"},
		},
		"a server in another zone": {
			change: func(p *parts, o *opts) { o.Location = zone("Asia/Kathmandu"); p.Zone = o.Location },
			before: func(w *world) { w.plan(simulator.Plan{PreviousReport: true}) },
			state:  operation.Succeeded, word: "Succeeded",
		},
		"a clock that is three hours slow": {
			before: func(w *world) { w.sim.SetClockOffset(-3 * time.Hour); w.plan(simulator.Plan{PreviousReport: true}) },
			state:  operation.Succeeded, word: "Succeeded",
		},
		"a clock that is a day fast": {
			before: func(w *world) { w.sim.SetClockOffset(24 * time.Hour); w.plan(simulator.Plan{PreviousReport: true}) },
			state:  operation.Succeeded, word: "Succeeded",
		},
		"over the hour that is skipped": {
			change: berlin(time.Date(2026, 3, 29, 0, 58, 0, 0, time.UTC)),
			state:  operation.Succeeded, word: "Succeeded",
		},
		"over the hour that is skipped, by a server that is late to change": {
			change: func(p *parts, o *opts) {
				berlin(time.Date(2026, 3, 29, 1, 5, 0, 0, time.UTC))(p, o)
				o.Settings.LateDST = time.Hour
			},
			state: operation.Succeeded, word: "Succeeded",
		},
		"over the hour that comes twice": {
			change: berlin(time.Date(2026, 10, 25, 0, 58, 0, 0, time.UTC)),
			before: func(w *world) { w.plan(simulator.Plan{PreviousReport: true}) },
			state:  operation.Succeeded, word: "Succeeded",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := inWorld
			if c.each {
				run = inEachWorld
			}
			run(t, c.change, func(w *world) {
				if c.before != nil {
					c.before(w)
				}
				w.say("alice", "backup web01 before release 4711")
				if c.during != nil {
					w.until(time.Minute, operation.Running)
					c.during(w)
				}
				w.ends(3*time.Hour, c.state, c.word, c.also...)
				if n := w.sim.Starts(w.sim.Ref("web01")); n > 1 {
					t.Errorf("the server was told to start %d times", n)
				}
			})
		})
	}
}

func zone(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return loc
}

// berlin puts the server into a zone with summer time, at a given instant by its own clock.
func berlin(at time.Time) func(*parts, *simulator.Options) {
	return func(p *parts, o *simulator.Options) {
		o.Location, o.Start = zone("Europe/Berlin"), at
		p.Zone = o.Location
	}
}
