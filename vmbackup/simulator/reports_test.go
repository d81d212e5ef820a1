package simulator_test

import (
	"testing"
	"testing/synctest"
	"time"

	"vmbackup-bot/vmbackup/simulator"
)

func TestReportTail(t *testing.T) {
	for _, oldest := range []bool{false, true} {
		b := opened(t, simulator.Options{
			VMs:      []simulator.VM{{Name: "vm", Host: "HV01", NeverBackedUp: true}},
			Settings: simulator.Settings{OldestFirst: oldest},
		})
		ref := b.srv.Ref("vm")
		for i, result := range []string{"Success", "Failed", "Warning", "Aborted", "Odd"} {
			err := b.srv.AddReport(ref, simulator.Backup, simulator.Report{
				Start: time.Date(2026, 11, 1+i, 1, 0, 0, 0, time.UTC), Length: time.Minute, Result: result,
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		for tail, results := range map[string][]string{
			"": {"Odd"}, "/0": {"Odd"}, "/1": {"Warning"}, "/2": {"Odd"}, "/0/2": {"Odd", "Aborted"}, "/0/0": {},
			"/1/9": {"Warning", "Success"}, "/2/9": {"Odd", "Aborted", "Failed"},
			"/0/9/2026-11-02/2026-11-03":                   {"Warning", "Failed"},
			"/0/9/2026-11-02-01-00-00/2026-11-02-01-00-00": {"Failed"},
			"/0/9/2026-11-02-01-00-01/2026-11-03-00-59-59": {},
			"/2/1/2026-11-01/2026-11-03":                   {"Failed"},
		} {
			got := b.reports(ref, tail)
			want(t, "count of "+tail, len(got), len(results))
			for i := range min(len(got), len(results)) {
				at := i
				if oldest {
					at = len(got) - 1 - i
				}
				want(t, tail, text(got[at]["Result"]), results[i])
			}
		}
	}
}

func TestRestoreReports(t *testing.T) {
	b := opened(t, simulator.Options{})
	ref := b.srv.Ref("web01")
	path := "/reports/restore/{tok}/" + ref
	want(t, "none", len(b.list(b.get(path), "RestoreReports")), 0)
	r := simulator.Report{Start: start.Add(-time.Hour), Length: time.Minute, Result: "Aborted", Error: "x", RestoreAs: "web01-Clone"}
	if err := b.srv.AddReport(ref, simulator.Restore, r); err != nil {
		t.Fatal(err)
	}
	got := b.list(b.get(path), "RestoreReports")[0]
	want(t, "name", text(got["RestoreAsName"]), "web01-Clone")
	if b.srv.AddReport("nobody", simulator.Restore, r) == nil {
		t.Error("a report for nobody")
	}
	body := b.refused(b.get("/reports/restore/{tok}/"+b.token), "not found")
	want(t, "payload", body["RestoreReports"], nil)
}

func TestStampOfStartOrEnd(t *testing.T) {
	for end, stamp := range map[bool]string{false: "2026-11-25-12-00-00", true: "2026-11-25-12-10-00"} {
		run(t, simulator.Settings{StampEnd: end}, simulator.Plan{}, func(b *bench, ref, _ string) {
			stays(10 * time.Minute)
			want(b.T, "report", text(b.reports(ref, "")[0]["DateTime"]), stamp)
			want(b.T, "list", text(b.vm("web01")["LastBackupTime"]), stamp)
		})
	}
}

func TestZonesAndClockChanges(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no zone data on this machine: ", err)
	}
	for name, c := range map[string]struct {
		start  time.Time
		offset time.Duration
		late   time.Duration
		stamp  string
	}{
		"winter":             {start: time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC), stamp: "2026-01-10-13-00-00"},
		"summer":             {start: time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC), stamp: "2026-07-10-14-00-00"},
		"before the gap":     {start: time.Date(2026, 3, 29, 0, 59, 0, 0, time.UTC), stamp: "2026-03-29-01-59-00"},
		"after the gap":      {start: time.Date(2026, 3, 29, 1, 1, 0, 0, time.UTC), stamp: "2026-03-29-03-01-00"},
		"in the gap":         {start: time.Date(2026, 3, 29, 1, 1, 0, 0, time.UTC), late: time.Hour, stamp: "2026-03-29-02-01-00"},
		"first time through": {start: time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC), stamp: "2026-10-25-02-30-00"},
		"second time":        {start: time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC), stamp: "2026-10-25-02-30-00"},
		"clock off":          {start: time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC), offset: -90 * time.Second, stamp: "2026-01-10-12-58-30"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := opened(t, simulator.Options{Start: c.start, Location: berlin, Settings: simulator.Settings{LateDST: c.late}})
				b.srv.SetClockOffset(c.offset)
				ref := b.srv.Ref("web01")
				b.plan(ref, simulator.Plan{Instant: true})
				b.backup(ref)
				want(t, "stamp", text(b.reports(ref, "")[0]["DateTime"]), c.stamp)
				want(t, "now", b.srv.Now().Equal(c.start.Add(c.offset)), true)
			})
		})
	}
}

func TestClockRunsFaster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := opened(t, simulator.Options{Speed: 100})
		stays(time.Minute)
		want(t, "now", b.srv.Now().Equal(start.Add(100*time.Minute)), true)
		b.srv.Advance(time.Hour)
		want(t, "advanced", b.srv.Now().Equal(start.Add(160*time.Minute)), true)
	})
}
