package simulator_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vmbackup-bot/vmbackup/simulator"
)

// run is a plan on a VM whose runs take ten minutes, with a session that does not grow idle.
func run(t *testing.T, s simulator.Settings, p simulator.Plan, f func(b *bench, ref, guid string)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s.IdleExpiry = -1
		b := opened(t, simulator.Options{Settings: s})
		ref := b.srv.Ref("web01")
		if p.Length == 0 {
			p.Length = 10 * time.Minute
		}
		b.plan(ref, p)
		f(b, ref, b.backup(ref))
	})
}

func TestLifeOfABackup(t *testing.T) {
	run(t, simulator.Settings{}, simulator.Plan{}, func(b *bench, ref, guid string) {
		t := b.T
		before := text(b.vm("web01")["LastBackupTime"])
		last, phases := -1.0, map[string]bool{}
		for range 20 {
			st := b.statuses("/" + guid)
			if len(st) != 1 || st[0]["JobId"] != guid || st[0]["Status"] != "Processing" || st[0]["Operation"] != "Backup" {
				t.Fatalf("status %v", st)
			}
			p, ok := st[0]["Percentage"].(float64)
			if !ok || p < last || p >= 100 || p != float64(int(p)) {
				t.Errorf("percentage %v after %v", st[0]["Percentage"], last)
			}
			last = p
			phases[text(st[0]["SubOperation"])] = true
			stays(30 * time.Second)
		}
		want(t, "phases", len(phases), 5)
		want(t, "rises", last > 90, true)
		st := b.statuses("")
		want(t, "lingers", fmt.Sprint(st[0]["Status"], st[0]["Percentage"]), "Success100")
		want(t, "report", text(b.reports(ref, "")[0]["DateTime"]), "2026-11-25-12-00-00")
		stays(10 * time.Second)
		want(t, "gone", len(b.statuses(""))+len(b.statuses("/"+guid)), 0)

		v, r := b.vm("web01"), b.reports(ref, "/1/5")
		want(t, "reports", len(r), 4)
		if before == text(v["LastBackupTime"]) || v["LastBackupTime"] != r[0]["DateTime"] {
			t.Errorf("VM list %v, report %v", v["LastBackupTime"], r[0])
		}
		want(t, "duration", r[0]["Duration"], any(600.0))
		want(t, "result", r[0]["Result"], any("Success"))
		want(t, "error", r[0]["Error"], nil)
		want(t, "size", v["LastBackupTransferSizeCompressed"], r[0]["TransferSizeCompressed"])
		b.refused(b.post("/instructions/abort-operation/{tok}/"+guid), "not running")
	})
}

func TestLengthBySeed(t *testing.T) {
	b := opened(t, simulator.Options{})
	for _, v := range b.srv.VMs() {
		if v.Ref == "" {
			continue
		}
		b.backup(v.Ref)
		if v.Length < 3*time.Minute || v.Length > 8*time.Minute {
			t.Errorf("%s takes %v", v.Name, v.Length)
		}
	}
	for _, o := range b.srv.Operations() {
		if d := o.End.Sub(o.Start); d < 2*time.Minute || d > 10*time.Minute || !o.Running || o.By != simulator.ByAPI {
			t.Errorf("%+v", o)
		}
	}
}

func TestOutcomes(t *testing.T) {
	for name, c := range map[string]struct {
		plan         simulator.Plan
		status, word string
		err          string
	}{
		"success":     {status: "Success", word: "Success"},
		"warning":     {plan: simulator.Plan{Result: "Warning"}, status: "Warning", word: "Warning", err: "(ALTERR_BASEBACKUPCONTROLLER_031)"},
		"failed":      {plan: simulator.Plan{Result: "Failed"}, status: "Failed", word: "Failed", err: "(ALTERR_BASEBACKUPCONTROLLER_018)"},
		"own text":    {plan: simulator.Plan{Result: "Failed", Error: "Disk full (X)"}, status: "Failed", word: "Failed", err: "Disk full (X)"},
		"odd word":    {plan: simulator.Plan{Result: "BASEBACKUPCONTROLLER_18"}, status: "BASEBACKUPCONTROLLER_18", word: "BASEBACKUPCONTROLLER_18", err: "(ALTERR"},
		"other word":  {plan: simulator.Plan{Result: "Failed", StatusWord: "Ended"}, status: "Ended", word: "Failed", err: "(ALTERR"},
		"error":       {plan: simulator.Plan{Result: "Error"}, status: "Error", word: "Error", err: "(ALTERR"},
		"for another": {plan: simulator.Plan{Kind: simulator.OffsiteCopy, Result: "Failed"}, status: "Success", word: "Success"},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, simulator.Settings{}, c.plan, func(b *bench, ref, _ string) {
				b.srv.Advance(b.srv.Operations()[0].End.Sub(b.srv.Now()) + 2*time.Second)
				st := b.statuses("")
				if len(st) != 1 {
					b.Fatalf("status %v, operations %+v", st, b.srv.Operations())
				}
				want(b.T, "status", text(st[0]["Status"]), c.status)
				r := b.reports(ref, "")[0]
				want(b.T, "result", text(r["Result"]), c.word)
				if c.err == "" {
					want(b.T, "error", r["Error"], nil)
				} else if !strings.HasSuffix(text(r["Error"]), c.err) && !strings.Contains(text(r["Error"]), c.err) {
					b.Errorf("error text %v", r["Error"])
				}
				want(b.T, "VM list", text(b.vm("web01")["LastBackupResult"]), c.word)
				want(b.T, "operation", b.srv.Operations()[0].Result, c.word)
			})
		})
	}
}

func TestAbort(t *testing.T) {
	abort := "/instructions/abort-operation/{tok}/"
	for name, c := range map[string]struct {
		plan   simulator.Plan
		status string
		err    string
	}{
		"as it is":        {status: "Aborted", err: "(ALTERR_BASEBACKUPCONTROLLER_007)"},
		"of a hanging":    {plan: simulator.Plan{Hang: true}, status: "Aborted", err: "(ALTERR_BASEBACKUPCONTROLLER_007)"},
		"ends as failed":  {plan: simulator.Plan{AbortResult: "Failed"}, status: "Failed", err: "(ALTERR_BASEBACKUPCONTROLLER_018)"},
		"takes no effect": {plan: simulator.Plan{IgnoreAbort: true}, status: "Processing"},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, simulator.Settings{}, c.plan, func(b *bench, ref, guid string) {
				b.refused(b.post(abort+ref), "not running")
				stays(5 * time.Minute)
				b.ok(b.post(abort + strings.ToUpper(guid)))
				want(b.T, "status", text(b.statuses("")[0]["Status"]), c.status)
				if c.status == "Processing" {
					return
				}
				r := b.reports(ref, "")[0]
				want(b.T, "result", text(r["Result"]), c.status)
				want(b.T, "duration", r["Duration"], any(300.0))
				if !strings.HasSuffix(text(r["Error"]), c.err) {
					b.Errorf("error text %v", r["Error"])
				}
				b.refused(b.post(abort+guid), "not running")
			})
		})
	}
}

func TestHangUntilFinished(t *testing.T) {
	run(t, simulator.Settings{}, simulator.Plan{Hang: true, Result: "Warning"}, func(b *bench, ref, guid string) {
		stays(100 * time.Hour)
		want(b.T, "stands still", b.statuses("")[0]["Percentage"], any(57.0))
		want(b.T, "no end", b.srv.Operations()[0].End.IsZero(), true)
		if err := b.srv.Finish(guid); err != nil {
			b.Fatal(err)
		}
		want(b.T, "result", text(b.reports(ref, "")[0]["Result"]), "Warning")
		if b.srv.Finish(guid) == nil {
			b.Error("finished twice")
		}
	})
}

func TestInstantIsNeverSeen(t *testing.T) {
	run(t, simulator.Settings{}, simulator.Plan{Instant: true}, func(b *bench, ref, guid string) {
		want(b.T, "status", len(b.statuses(""))+len(b.statuses("/"+guid)), 0)
		want(b.T, "report", text(b.reports(ref, "")[0]["DateTime"]), "2026-11-25-12-00-00")
		b.refused(b.post("/instructions/abort-operation/{tok}/"+guid), "not running")
	})
}

func TestLingerAndVisibility(t *testing.T) {
	for name, c := range map[string]struct {
		set  simulator.Settings
		plan simulator.Plan
		seen [4]int // at once, after 1 minute, at the end, 10 seconds after it
	}{
		"default":     {seen: [4]int{1, 1, 1, 0}},
		"long":        {set: simulator.Settings{Linger: time.Minute}, seen: [4]int{1, 1, 1, 1}},
		"none":        {set: simulator.Settings{Linger: -1}, seen: [4]int{1, 1, 0, 0}},
		"delayed":     {set: simulator.Settings{VisibleAfter: time.Minute}, seen: [4]int{0, 1, 1, 0}},
		"delayed one": {plan: simulator.Plan{VisibleAfter: 2 * time.Minute}, seen: [4]int{0, 0, 1, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, c.set, c.plan, func(b *bench, _, guid string) {
				for i, d := range []time.Duration{0, time.Minute, 9 * time.Minute, 10 * time.Second} {
					stays(d)
					want(b.T, fmt.Sprint("look ", i), len(b.statuses("/"+guid)), c.seen[i])
				}
			})
		})
	}
}

func TestLateAndMissingReports(t *testing.T) {
	run(t, simulator.Settings{}, simulator.Plan{ReportLate: 3 * time.Minute}, func(b *bench, ref, _ string) {
		stays(12*time.Minute + 59*time.Second)
		want(b.T, "previous", text(b.reports(ref, "")[0]["DateTime"]), "2026-11-25-01-00-00")
		want(b.T, "previous in the list", text(b.vm("web01")["LastBackupTime"]), "2026-11-25-01-00-00")
		stays(time.Second)
		want(b.T, "own", text(b.reports(ref, "")[0]["DateTime"]), "2026-11-25-12-00-00")
	})
	run(t, simulator.Settings{}, simulator.Plan{ReportNever: true}, func(b *bench, ref, _ string) {
		stays(24 * time.Hour)
		want(b.T, "previous", text(b.reports(ref, "")[0]["DateTime"]), "2026-11-25-01-00-00")
	})
	synctest.Test(t, func(t *testing.T) {
		b := opened(t, simulator.Options{})
		ref := b.srv.Ref("new-build")
		b.plan(ref, simulator.Plan{Length: time.Minute, PreviousReport: true, ReportNever: true})
		b.backup(ref)
		want(t, "made up", text(b.reports(ref, "")[0]["DateTime"]), "2026-11-25-11-00-00")
	})
}
