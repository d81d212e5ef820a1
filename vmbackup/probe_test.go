package vmbackup_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vmbackup-bot/vmbackup"
)

// site is what listens on a machine's loopback: fakes by port.
type site struct {
	mu    sync.Mutex
	fakes map[string]*fake
	addrs []string
}

func (s *site) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	s.mu.Lock()
	s.addrs = append(s.addrs, addr)
	_, port, _ := net.SplitHostPort(addr)
	f := s.fakes[port]
	s.mu.Unlock()
	if f == nil {
		return nil, errors.New("connection refused")
	}
	return f.dial(ctx, network, addr)
}

// tlsFake speaks https with a certificate of its own.
func tlsFake(t *testing.T, protocol string) (*fake, string) {
	t.Helper()
	f := newFake()
	f.payload["protocol/version"] = `"Data":` + protocol
	cert, fingerprint := certificate(t, "localhost")
	f.tls = &tls.Config{Certificates: []tls.Certificate{cert}}
	t.Cleanup(f.work.Wait)
	return f, fingerprint
}

func TestProbe(t *testing.T) {
	nine, nineprint := tlsFake(t, `"9.3"`)
	s := &site{fakes: map[string]*fake{"36013": nine}}
	cfg := vmbackup.Config{Username: fakeUser, Password: vmbackup.NewSecret(fakePass), DialContext: s.dial}
	found, err := vmbackup.Probe(t.Context(), cfg)
	wantOK(t, err)
	want := []vmbackup.Found{{URL: "https://localhost:36013/api/rest", Version: "9.1", Protocol: "9.3", Fingerprint: nineprint}}
	if d := cmp.Diff(want, found); d != "" {
		t.Error(d)
	}
	slices.Sort(s.addrs)
	tried := []string{"127.0.0.1:35113", "127.0.0.1:36013", "127.0.0.1:36015", "[::1]:35113", "[::1]:36015"}
	if d := cmp.Diff(tried, s.addrs); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"GET localhost:36013/api/rest/protocol/version"}, nine.paths); d != "" {
		t.Error(d)
	}
}

func TestProbeFindsNothing(t *testing.T) {
	web := newFake()
	web.spoil = func(string, int, string, []byte) []byte { return rawAnswer(200, "", "<html>It works!</html>") }
	cert, _ := certificate(t, "localhost")
	web.tls = &tls.Config{Certificates: []tls.Certificate{cert}}
	for name, c := range map[string]struct {
		fakes map[string]*fake
		kind  error
	}{
		"nothing there":  {nil, vmbackup.ErrUnreachable},
		"something else": {map[string]*fake{"36013": web}, vmbackup.ErrNotVMBackup},
	} {
		t.Run(name, func(t *testing.T) {
			s := &site{fakes: c.fakes}
			_, err := vmbackup.Probe(t.Context(), vmbackup.Config{DialContext: s.dial})
			wantErr(t, err, c.kind)
			for _, word := range []string{"Altaro.RestService.exe", "Hornetsecurity.VMBackup.Rest", "VMBACKUP_URL"} {
				if !strings.Contains(hint(err), word) {
					t.Errorf("hint %q lacks %s", hint(err), word)
				}
			}
		})
	}
	web.work.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := vmbackup.Probe(ctx, vmbackup.Config{})
	wantErr(t, err, context.Canceled)
}

func TestClientWithoutURLTakesTheNewestAndLooksAgainWhenItIsGone(t *testing.T) {
	eight, eightprint := tlsFake(t, `"8.2"`)
	nine, nineprint := tlsFake(t, `null`)
	s := &site{fakes: map[string]*fake{"35113": eight, "36013": nine}}
	cfg := vmbackup.Config{
		Username: fakeUser, Password: vmbackup.NewSecret(fakePass), DialContext: s.dial,
		Fingerprints: []string{eightprint, nineprint},
	}
	c, err := vmbackup.NewClient(cfg)
	wantOK(t, err)
	defer func() { wantOK(t, c.Close(t.Context())) }()
	if i := c.Info(); i.URL != "" || i.Version != "" {
		t.Errorf("known before looking: %+v", i)
	}
	wantOK(t, c.Login(t.Context()))
	if i := c.Info(); i.URL != "https://localhost:36013/api/rest" || i.Version != "9.1" || i.Fingerprint != nineprint {
		t.Errorf("info %+v", i)
	}
	s.mu.Lock()
	s.fakes = map[string]*fake{"35113": eight}
	s.mu.Unlock()
	_, err = c.Running(t.Context())
	wantErr(t, err, vmbackup.ErrUnreachable)
	// The fake is of path /api/rest, so only the way to it is looked at here.
	_, err = c.ProtocolVersion(t.Context())
	if i := c.Info(); err != nil || i.URL != "https://localhost:35113/api" || i.Version != "8" || i.SessionHeld {
		t.Errorf("info %+v after %v", i, err)
	}
}

func TestVersionDecidesOnTheAgentsPort(t *testing.T) {
	for name, c := range map[string]struct {
		url, version, protocol, port, told string
		agent                              int
	}{
		"by port 8":           {"http://localhost:35113/api", "", `"7"`, "35107", "8", 0},
		"by port 9.0":         {"http://localhost:36015/api/", "auto", `"7"`, "36014", "9.0", 0},
		"by path":             {"http://localhost:1234/api/rest", "", `"8.1"`, "36014", "9.1", 0},
		"asked 8":             {"http://localhost:1234/api", "", `"8.21.3"`, "35107", "8", 0},
		"asked 9.0":           {"http://localhost:1234/api", "", `"v9.0.2"`, "36014", "9.0", 0},
		"asked, number":       {"http://localhost:1234/api", "", `9.3`, "36014", "9.1", 0},
		"asked in vain":       {"http://localhost:1234/api", "", `{"x":1}`, "36014", "9.1", 0},
		"set":                 {"http://localhost:1234/api", "8", `"9.1"`, "35107", "8", 0},
		"set, without URL":    {"", "8", `"9.1"`, "35107", "8", 0},
		"agent's port is set": {"http://localhost:1234/api/rest", "", ``, "4711", "9.1", 4711},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			f.payload["protocol/version"] = `"Data":` + c.protocol
			if c.url == "" {
				cert, _ := certificate(t, "localhost")
				f.tls = &tls.Config{Certificates: []tls.Certificate{cert}}
			}
			client := open(t, f, func(cfg *vmbackup.Config) {
				cfg.URL, cfg.Version, cfg.AgentPort, cfg.InsecureLoopback = c.url, c.version, c.agent, true
			})
			// The fake knows one path only.
			f.spoil = func(endpoint string, _ int, path string, _ []byte) []byte {
				switch {
				case strings.HasSuffix(path, "protocol/version"):
					return rawAnswer(200, "", `{"Success":true,"Data":`+c.protocol+`}`)
				case strings.HasSuffix(path, "sessions/start"):
					return rawAnswer(200, "", `{"Success":true,"Data":"e65aedeb-a0e7-440c-8309-1cc0bcd920db"}`)
				}
				return rawAnswer(200, "", `{"Success":true}`)
			}
			wantOK(t, client.Login(t.Context()))
			if i := client.Info(); i.Version != c.told {
				t.Errorf("version %q, want %q", i.Version, c.told)
			}
			if last := f.bodies[len(f.bodies)-1]; !strings.Contains(last, `"ServerPort":"`+c.port+`"`) {
				t.Errorf("login %s, want port %s", last, c.port)
			}
		})
	}
}

func TestVersionThatCannotBeAskedFor(t *testing.T) {
	f := newFake()
	f.spoil = func(string, int, string, []byte) []byte { return nil }
	c := open(t, f, func(c *vmbackup.Config) { c.URL = "http://localhost:1234/api" })
	wantErr(t, c.Login(t.Context()), vmbackup.ErrUnreachable)
	wantCount(t, f, "sessions/start", 0)
}
