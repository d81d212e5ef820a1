package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vmbackup-bot/vmbackup"
	"vmbackup-bot/vmbackup/simulator"
)

// serveFor runs a simulated server until the test ends, and sets the environment to reach it.
func serveFor(t *testing.T, o simulator.Options, more ...string) *simulator.Server {
	t.Helper()
	sim, err := simulator.New(o)
	if err != nil {
		t.Fatal(err)
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- sim.Serve(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	settings := login("STATE_DIR", t.TempDir(), "SITE_NAME", "lab", "VMBACKUP_URL", sim.BaseURL(listener.Addr().String()),
		"VMBACKUP_USERNAME", sim.Username(), "VMBACKUP_PASSWORD", sim.Password())
	if f := sim.Fingerprint(); f != "" {
		settings["VMBACKUP_TLS_FINGERPRINT"] = f
	}
	for i := 0; i < len(more); i += 2 {
		settings[more[i]] = more[i+1]
	}
	clearEnvironment(t, settings)
	return sim
}

// checked is what check says in json.
func checked(t *testing.T) (ok bool, findings []finding) {
	t.Helper()
	var out bytes.Buffer
	ok, err := runCheck(t.Context(), "json", IO{Out: &out})
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{os.Getenv("VMBACKUP_PASSWORD"), os.Getenv("SLACK_BOT_TOKEN"), os.Getenv("DISCORD_BOT_TOKEN")} {
		if secret != "" && strings.Contains(out.String(), secret) {
			t.Errorf("a secret is in %s", out.String())
		}
	}
	var told struct {
		OK       bool      `json:"ok"`
		Findings []finding `json:"findings"`
	}
	if err := json.Unmarshal(out.Bytes(), &told); err != nil || told.OK != ok {
		t.Fatalf("ok is %v, but printed was %s, %v", ok, out.String(), err)
	}
	return ok, told.Findings
}

// has reports whether a finding is there.
func has(findings []finding, name string, g grade, part string) bool {
	return slices.ContainsFunc(findings, func(f finding) bool {
		return f.Name == name && f.Status == g && strings.Contains(f.What+" → "+f.Next, part)
	})
}

func TestCheck(t *testing.T) {
	tests := map[string]struct {
		options  simulator.Options
		settings []string
		before   func(t *testing.T, sim *simulator.Server)
		policy   string
		ok       bool
		name     string
		grade    grade
		part     string
	}{
		"plain http":      {options: simulator.Options{HTTP: true}, ok: true, name: "certificate", grade: statusOK, part: "none"},
		"version 8":       {options: simulator.Options{Version: "8"}, ok: true, name: "server", grade: statusOK, part: "protocol 8."},
		"login":           {ok: true, name: "login", grade: statusOK, part: "as "},
		"wrong password":  {settings: []string{"VMBACKUP_PASSWORD", "topsecret"}, name: "login", grade: statusFail, part: "login refused"},
		"console open":    {options: simulator.Options{Settings: simulator.Settings{ConsoleOpen: true}}, ok: true, name: "login", grade: statusWarn, part: "try again when the seat is free"},
		"wrong pin":       {settings: []string{"VMBACKUP_TLS_FINGERPRINT", strings.Repeat("0", 64)}, name: "server", grade: statusFail, part: "certificate not trusted"},
		"bad setting":     {settings: []string{"VMBACKUP_POLL_MIN", "soon"}, name: "configuration", grade: statusFail, part: "VMBACKUP_POLL_MIN"},
		"goes on":         {settings: []string{"VMBACKUP_POLL_MIN", "soon"}, name: "login", grade: statusOK, part: "as "},
		"no platform":     {ok: true, name: "platforms", grade: statusWarn, part: "no chat platform"},
		"no policy":       {ok: true, name: "policy", grade: statusWarn, part: "everybody is refused"},
		"broken policy":   {policy: "version: 1\ngrants:\n  - nam: x\n", name: "policy", grade: statusFail, part: "policy.yaml:3:"},
		"all excepted":    {policy: grantFor(`vms: ["*"], except: ["*"]`), ok: true, name: "grant", grade: statusWarn, part: "ops matches 0 VMs"},
		"grant":           {policy: grantFor(`vms: ["web01"]`), ok: true, name: "grant", grade: statusOK, part: "ops matches 1 VM: web01@"},
		"nothing matches": {policy: grantFor(`vms: ["web01", "wbe*"]`), ok: true, name: "grant", grade: statusWarn, part: "none fits wbe*"},
		"list refused": {
			before: func(t *testing.T, sim *simulator.Server) { inject(t, sim, simulator.Error500, 0) },
			name:   "vms", grade: statusFail,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			sim := serveFor(t, tt.options, tt.settings...)
			if tt.before != nil {
				tt.before(t, sim)
			}
			if tt.policy != "" {
				if err := os.WriteFile(filepath.Join(os.Getenv("STATE_DIR"), policyName), []byte(tt.policy), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			ok, findings := checked(t)
			if ok != tt.ok || !has(findings, tt.name, tt.grade, tt.part) {
				t.Errorf("ok is %v; no finding %s %s %q in %+v", ok, tt.grade, tt.name, tt.part, findings)
			}
			if n := sim.Sessions(); n != 0 {
				t.Errorf("%d sessions were left behind", n)
			}
		})
	}
}

// grantFor is a policy with one grant.
func grantFor(vms string) string {
	return "version: 1\ngrants:\n  - {name: ops, who: [\"console:anna\"], can: [all], " + vms + "}\n"
}

// inject spoils every answer to the list of VMs.
func inject(t *testing.T, sim *simulator.Server, kind simulator.FaultKind, delay time.Duration) {
	t.Helper()
	if err := sim.Inject(simulator.Fault{Endpoint: listEndpoint, Kind: kind, Delay: delay, Times: -1}); err != nil {
		t.Fatal(err)
	}
}

// listEndpoint is the simulator's name for the list of VMs.
const listEndpoint = "vms/list"

// TestCheckBesideALock tries no login while a bot holds the seat, so a wrong password is not seen.
func TestCheckBesideALock(t *testing.T) {
	sim := serveFor(t, simulator.Options{}, "VMBACKUP_PASSWORD", "topsecret")
	release, err := lockState(os.Getenv("STATE_DIR"), "serve")
	if err != nil {
		t.Fatal(err)
	}
	_, findings := checked(t)
	if !has(findings, "bot", statusOK, "serve, pid ") || !has(findings, "login", statusOK, "held by it") {
		t.Errorf("got %+v", findings)
	}
	if n := sim.Calls("sessions/start"); n != 0 {
		t.Errorf("%d logins beside a running bot", n)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
}

// TestCheckServerHangs ends the wait with the context it is given, says so, and gives the seat back.
func TestCheckServerHangs(t *testing.T) {
	sim := serveFor(t, simulator.Options{})
	inject(t, sim, simulator.Slow, time.Hour)
	cfg, err := loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		cancelOnCall(ctx, sim, cancel)
	}()
	c := &checker{cfg: cfg}
	c.server(ctx)
	cancel()
	<-watched
	if !has(c.findings, "login", statusOK, "as ") || !has(c.findings, "vms", statusFail, "") || c.known {
		t.Errorf("got %+v", c.findings)
	}
	if n := sim.Sessions(); n != 0 {
		t.Errorf("%d sessions were left behind", n)
	}
}

// cancelOnCall ends ctx as soon as the server was asked for its VMs.
func cancelOnCall(ctx context.Context, sim *simulator.Server, cancel context.CancelFunc) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		if sim.Calls(listEndpoint) > 0 {
			cancel()
			return
		}
		<-tick.C
	}
}

func TestCheckFormat(t *testing.T) {
	clearEnvironment(t, nil)
	var out bytes.Buffer
	if _, err := runCheck(t.Context(), "xml", IO{Out: &out}); err == nil || out.Len() > 0 {
		t.Errorf("ended with %v and %q", err, out.String())
	}
}

func TestCheckCertificate(t *testing.T) {
	for trust, want := range map[vmbackup.Trust]grade{
		vmbackup.TrustPlain: statusOK, vmbackup.TrustLoopback: statusWarn, vmbackup.TrustPinned: statusOK,
	} {
		c := &checker{}
		c.certificate(vmbackup.Info{Fingerprint: "ab", Trust: trust})
		if got := c.findings[0]; got.Status != want || (want == statusWarn) != strings.Contains(got.Next, "VMBACKUP_TLS_FINGERPRINT=ab") {
			t.Errorf("%s: got %+v", trust, got)
		}
	}
}
