package access_test

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vmbackup-bot/bot/access"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestWholeSchema(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "whole.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{
		"plain": data,
		"bom":   append([]byte("\xef\xbb\xbf"), data...),
		"crlf":  []byte(strings.ReplaceAll(string(data), "\n", "\r\n")),
		"start": append([]byte("---\n"), data...),
	} {
		t.Run(name, func(t *testing.T) {
			p, err := access.Parse("whole.yaml", text)
			if err != nil {
				t.Fatal(err)
			}
			checkWhole(t, p)
		})
	}
}

func checkWhole(t *testing.T, p *access.Policy) {
	t.Helper()
	g := p.Grants[0]
	got := fmt.Sprint(p.Version, p.Contact, p.People, p.Groups, g.Name, g.Who, g.In, g.VMs, g.Except, g.Can, *g.Limit)
	want := "1#it-helpmap[anna:[slack:T01ABC/U0456 discord:1234567890]]" +
		" map[dba:[slack:U0456 slack:T01ABC/U0789 discord:1234567890 console:anna] ops:[group:dba]]developers" +
		"[slack:usergroup:S0123 discord:role:42 group:dba anyone] [slack:C0BACKUPS discord:99887766 slack:dm]" +
		" [web* host:HV02/* ref:ba2e9cdc-0d85-48e6-8db7-a45c5a40819e] [*-template] [abort backup status] {4 day}"
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	a := p.Approvals[0]
	got = fmt.Sprint(a.Verbs, a.By, a.In, a.Expires, a.Mention, a.BreakGlass.By, a.BreakGlass.After)
	if d := cmp.Diff("[restore-over seed-to-disk] [group:dba] [slack:C0APPROVE] 30m0s [slack:usergroup:S0123] [group:dba] 10m0s", got); d != "" {
		t.Error(d)
	}
	if p.Alerts.Every != 15*time.Minute || !p.Alerts.Overdue.Auto || p.Alerts.Repeat != 24*time.Hour {
		t.Errorf("alerts are %+v", p.Alerts)
	}
	r := p.Routes[0]
	got = fmt.Sprint(r.VMs, r.Except, r.To, r.Least, r.Overdue, r.Mention, r.Quiet.From, r.Quiet.To, r.Quiet.Zone, r.Digest.At, r.Digest.Zone, r.Digest.BadOnly, r.Continue)
	want = "[sql* host:HV02/*] [sql-test] [slack:C0ALERTS discord:99887766]warning{false 12h0m0s}" +
		" map[failed:[slack:usergroup:S0123]] {22 0} {6 0} Europe/Berlin {8 0} Europe/Berlin true true"
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if r := p.Routes[1]; !r.Digest.Off || len(r.To) != 0 || r.Least != "failed" || r.Overdue.After != 7*24*time.Hour {
		t.Errorf("second route is %+v", r)
	}
	if who, ok := p.People["anna"][0].Account(); !ok || who.ID() != "slack:T01ABC/U0456" {
		t.Errorf("account is %v, %t", who, ok)
	}
	if platform, id, ok := g.Who[0].PlatformGroup(); !ok || platform != "slack" || id != "S0123" {
		t.Errorf("group is %s %s %t", platform, id, ok)
	}
	if len(p.Hash()) != 64 {
		t.Errorf("hash is %q", p.Hash())
	}
}

// TestFaults keeps what people read when their file is wrong. Every file in testdata/bad has its golden errors beside it.
func TestFaults(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "bad", "*.yaml"))
	if err != nil || len(files) < 10 {
		t.Fatal(len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			data = []byte(strings.ReplaceAll(string(data), "\r\n", "\n")) // as a Windows checkout may have it
			_, err = access.Parse(filepath.Base(file), data)
			if err == nil {
				t.Fatal("no fault was found")
			}
			golden := strings.TrimSuffix(file, ".yaml") + ".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(err.Error()+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, rerr := os.ReadFile(golden)
			if rerr != nil {
				t.Fatal(rerr)
			}
			if d := cmp.Diff(strings.ReplaceAll(string(want), "\r\n", "\n"), err.Error()+"\n"); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestFaultsThatNoFileCanHold(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"empty":     {"", "p:1:1: the file is empty"},
		"comment":   {"# nothing\n", "p:1:1: the file is empty"},
		"start":     {"---\n", "the file is empty"},
		"large":     {"version: 1\n#" + strings.Repeat("x", 1<<20), "p:1:1: the file is larger than 1 MiB"},
		"utf8":      {"version: 1\ncontact: \"\xff\"\n", "p:1:1: the file is not UTF-8"},
		"deep":      {"version: " + strings.Repeat("[", 100_000), "nested too deep"},
		"deep list": {strings.Repeat("- ", 100_000), "nested too deep"},
		"deep keys": {strings.Repeat("? ", 100_000), "nested too deep"},
		"many":      {"version: 1\n" + manyUnknown(80), "and 30 more"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := access.Parse("p", []byte(c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("want %q, got %v", c.want, err)
			}
		})
	}
}

func manyUnknown(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "unheard%d: 1\n", i)
	}
	return b.String()
}

func TestLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "policy.yaml")
	if _, err := access.Load(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an absent file gives %v", err)
	}
	if err := os.WriteFile(path, []byte("version: 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := access.Load(path)
	if err != nil || p.Version != 1 {
		t.Errorf("got %v, %v", p, err)
	}
}

func TestParseVerb(t *testing.T) {
	for in, want := range map[string]string{"backup": "backup", " Restore-Over ": "restore-over", "ABORT-ANY": "abort-any"} {
		if v, err := access.ParseVerb(in); err != nil || string(v) != want {
			t.Errorf("%q gives %q, %v", in, v, err)
		}
	}
	for in, want := range map[string]string{
		"bakcup":                          `did you mean "backup"?`,
		"xyzzy":                           "the verbs are status, backup,",
		"all":                             "unknown verb",
		"":                                "unknown verb",
		strings.Repeat("backup", 100_000): "the verbs are",
	} {
		if _, err := access.ParseVerb(in); err == nil || !strings.Contains(err.Error(), want) || len(err.Error()) > 400 {
			t.Errorf("%.20q gives %v", in, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, pattern := range []string{filepath.Join("testdata", "*.yaml"), filepath.Join("testdata", "bad", "*.yaml")} {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := access.Parse("f", data)
		if (p == nil) == (err == nil) {
			t.Fatalf("policy %v and error %v", p, err)
		}
		if err != nil {
			for l := range strings.Lines(err.Error()) {
				if !strings.HasPrefix(l, "f:") {
					t.Fatalf("a fault without a place: %q", l)
				}
			}
			return
		}
		p.Matches(fleet())
		access.Static(p).Decide(t.Context(), access.Question{Actor: alice, Place: backups, Verb: access.Backup, VM: &web01})
	})
}
