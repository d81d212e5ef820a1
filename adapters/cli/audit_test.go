package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vmbackup-bot/bot/audit"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/bot/store"
	"vmbackup-bot/vmbackup"
)

// foreign is a line with everything in it that other people can make up.
var foreign = audit.Entry{
	At: time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC), Site: "lab",
	Actor: chat.Actor{Platform: "slack", Team: "T1", User: "U1", Name: "=HYPERLINK(\"x\")"},
	Place: chat.Place{Platform: "slack", Channel: "C1", Thread: "17.5"},
	Verb:  "backup", VM: "@SUM(1)\nfake\x1b[2J", Host: "HV01", VMRef: "ref", Operation: "22f2jc22tl", GUID: "guid",
	Rule: "ops", Outcome: "failed", Detail: " \t-1+1, \"quoted\"",
}

func TestAuditCSV(t *testing.T) {
	var b bytes.Buffer
	if err := writeAuditCSV(&b, []audit.Entry{foreign, {}}); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		auditHeader,
		{"2026-11-25T08:00:00Z", "lab", "slack:T1/U1", "'=HYPERLINK(\"x\")", "slack:C1/17.5", "backup", "'@SUM(1)\nfake\x1b[2J", "HV01", "ref", "22f2jc22tl", "guid", "ops", "failed", "' \t-1+1, \"quoted\""},
		{"0001-01-01T00:00:00Z", "", "", "", "", "", "", "", "", "", "", "", "", ""},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
}

func TestHarmless(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "web01": "web01", "a=b": "a=b", "=1": "'=1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "\tx": "'\tx", "\rx": "'\rx", " =1": "' =1",
		"\u00a0=1": "'\u00a0=1", "ä": "ä", "\x00=1": "'\x00=1", "\u200b=1": "'\u200b=1", "＝1": "'＝1",
	} {
		if got := harmless(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestAuditJSON(t *testing.T) {
	var b bytes.Buffer
	if err := writeAuditJSON(&b, []audit.Entry{foreign, foreign}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "\n"); n != 2 {
		t.Errorf("%d lines for two entries", n)
	}
	var l auditLine
	if err := json.NewDecoder(&b).Decode(&l); err != nil {
		t.Fatal(err)
	}
	if l.Actor != "slack:T1/U1" || l.VM != foreign.VM || l.Detail != foreign.Detail {
		t.Errorf("got %+v", l)
	}
	// Both formats have the same names in the same order.
	var names []string
	for f := range reflect.TypeFor[auditLine]().Fields() {
		names = append(names, f.Tag.Get("json"))
	}
	if diff := cmp.Diff(names, auditHeader); diff != "" {
		t.Error(diff)
	}
}

func TestAuditText(t *testing.T) {
	got := auditText(foreign)
	if strings.ContainsAny(got, "\n\x1b\t") {
		t.Errorf("foreign text breaks the line: %q", got)
	}
	want := "slack:T1/U1 (=HYPERLINK(\"x\"))  in slack:C1/17.5  backup  @SUM(1) fake [2J@HV01  by ops  22f2jc22tl  guid guid  → failed  -1+1, \"quoted\""
	if !strings.HasSuffix(got, want) {
		t.Errorf("got  %q\nwant …%q", got, want)
	}
	if got := auditText(audit.Entry{Verb: "start", VM: "web01"}); !strings.HasSuffix(got, "  start  web01") {
		t.Errorf("got %q", got)
	}
}

func TestSince(t *testing.T) {
	for text, want := range map[string]time.Duration{"30d": 720 * time.Hour, "12h": 12 * time.Hour, "90m": 90 * time.Minute} {
		if got, err := parseSince(text); got != want || err != nil {
			t.Errorf("%s is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"d", "0d", "-1d", "1.5d", "99999999d", "0s", "-1h", "30", "1w"} {
		if got, err := parseSince(text); err == nil {
			t.Errorf("%s is %v", text, got)
		}
	}
}

// TestCheckBesideABot takes the VMs from what the running bot stored.
func TestCheckBesideABot(t *testing.T) {
	dir := t.TempDir()
	s, err := store.Open(t.Context(), store.Options{
		Path: filepath.Join(dir, databaseName), Render: func(operation.Operation) []chat.Draft { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	c := &checker{cfg: Config{StateDir: dir, SiteName: "lab"}, holder: "serve"}
	if c.lastSeen(t.Context()); c.known || c.findings[0].Status != statusWarn {
		t.Errorf("before the first list: %+v", c.findings)
	}
	vms := []vmbackup.VM{{Ref: "r1", Name: "web01", Host: "HV01", Configured: true}, {Name: "new", Host: "HV01"}}
	if err := s.SaveVMs(t.Context(), "lab", vms, time.Now()); err != nil {
		t.Fatal(err)
	}
	c.findings = nil
	c.lastSeen(t.Context())
	if !c.known || len(c.findings) != 1 || !strings.HasPrefix(c.findings[0].What, "2 VMs seen at ") || !strings.Contains(c.findings[0].What, "1 of them") {
		t.Errorf("after the first list: %+v", c.findings)
	}
}
