package vmbackup_test

import (
	"encoding/json"
	"testing"
	"time"
	_ "time/tzdata" // the zones must be there on every machine

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"vmbackup-bot/vmbackup"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	wantOK(t, err)
	return loc
}

func TestReadings(t *testing.T) {
	for name, c := range map[string]struct {
		zone, stamp string
		want        []string // UTC
	}{
		"ordinary":            {"Europe/Berlin", "2026-07-01-12-00-00", []string{"2026-07-01T10:00:00Z"}},
		"before spring":       {"Europe/Berlin", "2026-03-29-01-59-59", []string{"2026-03-29T00:59:59Z"}},
		"skipped":             {"Europe/Berlin", "2026-03-29-02-30-00", []string{"2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"}},
		"after spring":        {"Europe/Berlin", "2026-03-29-03-00-00", []string{"2026-03-29T01:00:00Z"}},
		"before autumn":       {"Europe/Berlin", "2026-10-25-01-59-59", []string{"2026-10-24T23:59:59Z"}},
		"twice":               {"Europe/Berlin", "2026-10-25-02-30-00", []string{"2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"}},
		"after autumn":        {"Europe/Berlin", "2026-10-25-03-00-00", []string{"2026-10-25T02:00:00Z"}},
		"half an hour, twice": {"Australia/Lord_Howe", "2026-04-05-01-45-00", []string{"2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z"}},
		"half an hour, none":  {"Australia/Lord_Howe", "2026-10-04-02-15-00", []string{"2026-10-03T15:15:00Z", "2026-10-03T15:45:00Z"}},
		"skipped day":         {"Pacific/Apia", "2011-12-30-12-00-00", []string{"2011-12-29T22:00:00Z", "2011-12-30T22:00:00Z"}},
		"day before skipped":  {"Pacific/Apia", "2011-12-29-23-59-59", []string{"2011-12-30T09:59:59Z"}},
		"day after skipped":   {"Pacific/Apia", "2011-12-31-00-00-00", []string{"2011-12-30T10:00:00Z"}},
		"utc":                 {"UTC", "2026-10-25-02-30-00", []string{"2026-10-25T02:30:00Z"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := stamp(t, c.stamp)
			var got []string
			for _, r := range s.Readings(zone(t, c.zone)) {
				got = append(got, r.UTC().Format(time.RFC3339))
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
			if first := s.In(zone(t, c.zone)).UTC().Format(time.RFC3339); first != c.want[0] {
				t.Errorf("shown as %s", first)
			}
		})
	}
}

func TestReadingsHoldTheInstantThatWasWritten(t *testing.T) {
	zones := []string{
		"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu", "Africa/Casablanca", "UTC", "America/Sao_Paulo",
	}
	rapid.Check(t, func(r *rapid.T) {
		loc, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(r, "zone"))
		if err != nil {
			r.Fatal(err)
		}
		at := time.Unix(rapid.Int64Range(1e9, 3e9).Draw(r, "at"), 0) // 2001 to 2065
		s := vmbackup.StampOf(at, loc)
		readings := s.Readings(loc)
		found := false
		for i, x := range readings {
			found = found || x.Equal(at)
			if i > 0 && !readings[i-1].Before(x) {
				r.Fatalf("%v are not in order", readings)
			}
			if vmbackup.StampOf(x, loc) != s {
				r.Fatalf("%s reads as %v, which would be written %s", s, x, vmbackup.StampOf(x, loc))
			}
		}
		if !found || len(readings) > 2 {
			r.Fatalf("%s in %s is %v, but was written at %v", s, loc, readings, at)
		}
		back, err := vmbackup.ParseStamp(s.String())
		if err != nil || back != s {
			r.Fatalf("%s does not survive its own form: %v, %v", s, back, err)
		}
	})
}

func TestStampForms(t *testing.T) {
	for text, ok := range map[string]bool{
		"": true, "  ": true, " 2026-01-22-14-48-04 ": true, "2026-1-22-14-48-04": false, "2026-02-30-00-00-00": false,
		"2026-01-22T14:48:04": false, "0001-01-01-00-00-00": true,
	} {
		if _, err := vmbackup.ParseStamp(text); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
	if s := stamp(t, "0001-01-01-00-00-00"); !s.IsZero() || s.String() != "" { // what .NET writes for no date
		t.Errorf("the first of all dates is %v, want none", s)
	}
	var zero vmbackup.Stamp
	if zero.Readings(time.UTC) != nil || !zero.In(time.UTC).IsZero() || !zero.Before(stamp(t, "2026-01-22-14-48-04")) {
		t.Error("zero stamp has readings")
	}
	b, err := json.Marshal(map[string]vmbackup.Stamp{"a": stamp(t, "2026-01-22-14-48-04"), "b": {}})
	wantOK(t, err)
	if string(b) != `{"a":"2026-01-22-14-48-04","b":""}` {
		t.Errorf("JSON %s", b)
	}
	var back map[string]vmbackup.Stamp
	wantOK(t, json.Unmarshal(b, &back))
	if back["a"] != stamp(t, "2026-01-22-14-48-04") || !back["b"].IsZero() {
		t.Errorf("read back %v", back)
	}
	if json.Unmarshal([]byte(`"soon"`), &zero) == nil {
		t.Error("a word is a date")
	}
}

func TestWordsAndIDs(t *testing.T) {
	for word, want := range map[string]vmbackup.Result{
		"Success": vmbackup.ResultSuccess, " SUCCESS ": vmbackup.ResultSuccess, "Warning": vmbackup.ResultWarning,
		"Failed": vmbackup.ResultFailed, "Error": vmbackup.ResultFailed, "Aborted": vmbackup.ResultAborted,
		"Unknown": vmbackup.ResultUnknown, "": vmbackup.ResultNone, "BASEBACKUPCONTROLLER_18": vmbackup.ResultFailed,
		"Successful": vmbackup.ResultFailed,
	} {
		if got := vmbackup.ParseResult(word); got != want {
			t.Errorf("%q is %q, want %q", word, got, want)
		}
	}
	if !(vmbackup.Status{Status: " processing"}).Running() || (vmbackup.Status{Status: "Success"}).Running() || (vmbackup.Status{}).Running() {
		t.Error("only Processing runs")
	}
	if !vmbackup.VMRef("aB").Equal("Ab") || vmbackup.VMRef("aB").Key() != "ab" || !vmbackup.OperationGUID("aB").Equal("Ab") {
		t.Error("letter case counts")
	}
}
