package cli

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vmbackup-bot/bot/access"
)

func TestEnvFile(t *testing.T) {
	tests := map[string]struct {
		text string
		want map[string]string
	}{
		"plain":         {"A=1\nB_2=two words\n", map[string]string{"A": "1", "B_2": "two words"}},
		"Windows":       {"\ufeffA=1\r\nB=2\r\n", map[string]string{"A": "1", "B": "2"}},
		"left out":      {"\n# A=1\n  # B=2\n \n", map[string]string{}},
		"blanks":        {"  A =  1  \nexport B = 2", map[string]string{"A": "1", "B": "2"}},
		"quotes":        {"A=\"1 \"\nB='2'\nC=\"3'\nD=\"\nE=\"a\"b\"", map[string]string{"A": "1 ", "B": "2", "C": "\"3'", "D": "\"", "E": "a\"b"}},
		"as it stands":  {"A=$HOME # no comment\nB=a=b\\n", map[string]string{"A": "$HOME # no comment", "B": "a=b\\n"}},
		"empty":         {"A=\nB=''", map[string]string{"A": "", "B": ""}},
		"the last wins": {"A=1\nA=2", map[string]string{"A": "2"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := parseEnvFile("x.env", tt.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	for _, bad := range []string{"topsecret", "=topsecret", "1A=topsecret", "A B=topsecret", "A=top\x00secret"} {
		_, err := parseEnvFile("x.env", "OK=1\n"+bad)
		if err == nil || !strings.HasPrefix(err.Error(), "x.env:2: ") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: got %v", bad, err)
		}
	}
}

func TestEnvironmentWins(t *testing.T) {
	clearEnvironment(t, map[string]string{"SITE_NAME": "real", "VMBACKUP_DOMAIN": "", "VMBACKUP_PASSWORD": "real", "SLACK_BOT_TOKEN_FILE": "real"})
	path := filepath.Join(t.TempDir(), "x.env")
	if err := os.WriteFile(path, []byte("SITE_NAME=file\nVMBACKUP_DOMAIN=file\nVMBACKUP_USERNAME=file\nVMBACKUP_PASSWORD_FILE=file\nSLACK_BOT_TOKEN=file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := applyEnvFile(path); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"SITE_NAME": "real", "VMBACKUP_DOMAIN": "file", "VMBACKUP_USERNAME": "file", "VMBACKUP_PASSWORD_FILE": "", "SLACK_BOT_TOKEN": ""} {
		if got := os.Getenv(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestLock(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "state")
	if holder, err := stateHolder(dir); holder != "" || err != nil {
		t.Fatalf("a directory that is not there is held by %q, %v", holder, err)
	}
	release, err := lockState(dir, "serve")
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dir); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o700 {
		t.Errorf("the state directory is %v, %v", info, err)
	}
	_, err = lockState(dir, "console")
	if err == nil || !strings.Contains(err.Error(), "another vmbackup-bot (serve, pid ") || len(hintsOf(err)) != 1 {
		t.Errorf("a second lock: %v", err)
	}
	if holder, err := stateHolder(dir); !strings.HasPrefix(holder, "serve, pid ") || err != nil {
		t.Errorf("held by %q, %v", holder, err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	if holder, err := stateHolder(dir); holder != "" || err != nil {
		t.Errorf("held by %q after the release, %v", holder, err)
	}
	again, err := lockState(dir, "console")
	if err != nil {
		t.Fatalf("the lock is not free after its release: %v", err)
	}
	// What the holder wrote may be half there, or not at all.
	for _, text := range []string{"", "serve\n", "serve\nx\ny\n"} {
		if err := os.WriteFile(filepath.Join(dir, lockName), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if holder, err := stateHolder(dir); holder != "just starting" || err != nil {
			t.Errorf("%q: held by %q, %v", text, holder, err)
		}
	}
	if err := again(); err != nil {
		t.Fatal(err)
	}
}

func TestStateDirCannotBeMade(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"", filepath.Join(file, "state")} {
		if _, err := lockState(dir, "serve"); err == nil {
			t.Errorf("%q was locked", dir)
		}
		if err := tryStateDir(dir); err == nil {
			t.Errorf("%q was written to", dir)
		}
	}
}

func TestDefaultStateDir(t *testing.T) {
	clearEnvironment(t, nil)
	if runtime.GOOS == "windows" {
		t.Setenv("ProgramData", `C:\ProgramData`)
		if dir, err := defaultStateDir(); dir != `C:\ProgramData\vmbackup-bot` || err != nil {
			t.Errorf("got %q, %v", dir, err)
		}
		return
	}
	t.Setenv("STATE_DIRECTORY", "/var/lib/vmbackup-bot")
	if dir, err := defaultStateDir(); dir != "/var/lib/vmbackup-bot" || err != nil {
		t.Errorf("a service: got %q, %v", dir, err)
	}
	home, state := filepath.FromSlash("/home/anna"), filepath.FromSlash("/state")
	t.Setenv("HOME", home)
	t.Setenv("XDG_STATE_HOME", "relative")
	if dir, err := personStateDir(); dir != filepath.Join(home, ".local", "state", "vmbackup-bot") || err != nil {
		t.Errorf("a person: got %q, %v", dir, err)
	}
	t.Setenv("XDG_STATE_HOME", state)
	if dir, err := personStateDir(); dir != filepath.Join(state, "vmbackup-bot") || err != nil {
		t.Errorf("a person with XDG_STATE_HOME: got %q, %v", dir, err)
	}
	t.Setenv("XDG_STATE_HOME", "")
	t.Setenv("HOME", "")
	if dir, err := personStateDir(); err == nil {
		t.Errorf("a person without a home: got %q", dir)
	}
}

// TestCheckGrants says what a grant matches, and where that is nothing.
func TestCheckGrants(t *testing.T) {
	vm := access.VM{Name: "web01", Host: "HV01"}
	for _, tt := range []struct {
		match access.Match
		want  finding
	}{
		{access.Match{Grant: "a", VMs: []access.VM{vm}}, finding{Status: statusOK, What: "a matches 1 VM: web01@HV01"}},
		{access.Match{Grant: "a", VMs: slices.Repeat([]access.VM{{Name: "x"}}, 10)}, finding{Status: statusOK, What: "a matches 10 VMs: x, x, x, x, x, x, x, x, and 2 more"}},
		{access.Match{Grant: "a"}, finding{Status: statusWarn, What: "a matches 0 VMs"}},
		{access.Match{Grant: "a", VMs: []access.VM{vm}, Unmatched: []string{"wbe*", "host:x/*"}}, finding{Status: statusWarn, What: "a matches 1 VM: web01@HV01; none fits wbe*, host:x/*"}},
	} {
		var c checker
		c.grant(tt.match)
		if got := c.findings[0]; got.Status != tt.want.Status || got.What != tt.want.What || (got.Next == "") != (got.Status == statusOK) {
			t.Errorf("got %+v, want %+v", got, tt.want)
		}
	}
}
