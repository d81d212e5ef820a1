package vmbackup_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vmbackup-bot/vmbackup"
	"vmbackup-bot/vmbackup/simulator"
)

// simulate serves on loopback until the test ends, and yields a configuration for it.
func simulate(t *testing.T, o simulator.Options) (*simulator.Server, vmbackup.Config) {
	t.Helper()
	s, err := simulator.New(o)
	wantOK(t, err)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	wantOK(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	cfg := vmbackup.Config{
		URL: s.BaseURL(l.Addr().String()), Username: s.Username(), Password: vmbackup.NewSecret(s.Password()), Domain: s.Domain(),
	}
	if !o.HTTP {
		cfg.Fingerprints = []string{s.Fingerprint()}
	}
	return s, cfg
}

func connect(t *testing.T, cfg vmbackup.Config) *vmbackup.Client {
	t.Helper()
	c, err := vmbackup.NewClient(cfg)
	wantOK(t, err)
	t.Cleanup(func() {
		if err := c.Close(context.Background()); err != nil && !errors.Is(err, vmbackup.ErrUnreachable) {
			t.Error(err)
		}
	})
	return c
}

func find(t *testing.T, vms []vmbackup.VM, name string) vmbackup.VM {
	t.Helper()
	for _, v := range vms {
		if v.Name == name {
			return v
		}
	}
	t.Fatalf("no VM %q", name)
	return vmbackup.VM{}
}

func TestSimulatedServerFromBeginningToEnd(t *testing.T) {
	for i, o := range []simulator.Options{
		{Version: "8"},
		{Version: "9.0", HTTP: true, Settings: simulator.Settings{NumericErrorCode: true, DataObject: true, MissingDates: simulator.DatesEmpty}},
		{Version: "9.1", Settings: simulator.Settings{UpperCaseGUIDs: true, Fractions: true, OldestFirst: true, MissingDates: simulator.DatesAbsent, NullNumbers: true}},
	} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			o.Seed = 1
			s, cfg := simulate(t, o)
			c := connect(t, cfg)
			ctx := t.Context()
			vms, err := c.VMs(ctx, true)
			wantOK(t, err)
			all, err := c.VMs(ctx, false)
			wantOK(t, err)
			if len(all) <= len(vms) || c.Info().Version != o.Version {
				t.Errorf("%d of %d VMs, %+v", len(vms), len(all), c.Info())
			}
			web := find(t, vms, "web01")
			before, err := c.Reports(ctx, vmbackup.KindBackup, web.Ref, 1)
			wantOK(t, err)
			if fresh, err := c.Reports(ctx, vmbackup.KindBackup, find(t, vms, "new-build").Ref, 1); err != nil || len(fresh) != 0 {
				t.Errorf("reports of a VM never backed up: %v, %v", fresh, err)
			}
			accepted, err := c.Start(ctx, vmbackup.KindBackup, web.Ref)
			wantOK(t, err)
			one, err := c.One(ctx, accepted.GUID)
			wantOK(t, err)
			running, err := c.Running(ctx)
			wantOK(t, err)
			if len(one) != 1 || len(running) != 1 || !one[0].Running() || !one[0].JobID.Equal(accepted.GUID) {
				t.Fatalf("one %+v, running %+v", one, running)
			}
			s.Advance(time.Hour)
			running, err = c.Running(ctx)
			wantOK(t, err)
			if len(running) != 0 {
				t.Errorf("still listed: %+v", running)
			}
			after, err := c.Reports(ctx, vmbackup.KindBackup, web.Ref, 3)
			wantOK(t, err)
			if len(after) < 2 || after[0].Result != vmbackup.ResultSuccess || !after[1].Same(before[0]) || !after[1].DateTime.Before(after[0].DateTime) {
				t.Errorf("reports %+v after %+v", after, before)
			}
			offsite, err := c.Start(ctx, vmbackup.KindOffsite, web.Ref)
			wantOK(t, err)
			wantOK(t, c.Abort(ctx, offsite.GUID))
			if err := c.Abort(ctx, "1d005355-7d57-444b-b55b-393c1e0a4287"); !errors.Is(err, vmbackup.ErrRejected) {
				t.Errorf("abort of what does not run: %v", err)
			}
			last, err := c.Reports(ctx, vmbackup.KindOffsite, web.Ref, 1)
			wantOK(t, err)
			if len(last) != 1 || last[0].Result != vmbackup.ResultAborted {
				t.Errorf("offsite %+v", last)
			}
			if _, err := c.RestoreReports(ctx, web.Ref, 2); err != nil {
				t.Error(err)
			}
			locations, err := c.Locations(ctx)
			wantOK(t, err)
			if len(locations) != 3 {
				t.Errorf("locations %+v", locations)
			}
			_, err = c.Start(ctx, vmbackup.KindBackup, "1d005355-7d57-444b-b55b-393c1e0a4287")
			wantErr(t, err, vmbackup.ErrRejected, vmbackup.ErrUnknownVM)
			wantOK(t, c.Release(ctx))
			if s.Sessions() != 0 {
				t.Error("session left behind")
			}
			if s.Calls("sessions/start") != 2 { // the server's hour ended the first session
				t.Errorf("%d logins", s.Calls("sessions/start"))
			}
		})
	}
}

func TestSimulatedFaults(t *testing.T) {
	s, cfg := simulate(t, simulator.Options{Seed: 2})
	c := connect(t, cfg)
	ctx := t.Context()
	vms, err := c.VMs(ctx, true)
	wantOK(t, err)
	ref := find(t, vms, "web01").Ref
	inject := func(f simulator.Fault) {
		t.Helper()
		wantOK(t, s.Inject(f))
	}
	const list = "activity/operation-status"
	for kind, want := range map[simulator.FaultKind]error{
		simulator.Slow: nil, simulator.Error500: nil, simulator.Expired: nil,
		simulator.Cut: vmbackup.ErrUnreachable, simulator.Truncated: vmbackup.ErrUnreachable,
		simulator.Malformed: vmbackup.ErrNotVMBackup, simulator.HTMLPage: vmbackup.ErrNotVMBackup, simulator.Refused: vmbackup.ErrServer,
	} {
		inject(simulator.Fault{Endpoint: list, Kind: kind})
		_, err := c.Running(ctx)
		if want == nil {
			if err != nil {
				t.Errorf("%s: %v", kind, err)
			}
			continue
		}
		wantErr(t, err, want)
	}
	starts := 0
	for kind, want := range map[simulator.FaultKind]error{
		simulator.Slow: nil, simulator.Expired: nil, simulator.Refused: vmbackup.ErrRejected,
		simulator.Error500: vmbackup.ErrLost, simulator.Cut: vmbackup.ErrLost, simulator.Truncated: vmbackup.ErrLost,
		simulator.Malformed: vmbackup.ErrLost, simulator.HTMLPage: vmbackup.ErrLost,
	} {
		processed := errors.Is(want, vmbackup.ErrLost)
		inject(simulator.Fault{Endpoint: takeBackup, Kind: kind, Processed: processed})
		_, err := c.Start(ctx, vmbackup.KindBackup, ref)
		if want == nil {
			wantOK(t, err)
		} else {
			oneOf(t, err, want)
		}
		if want == nil || processed {
			starts++
		}
		if s.Starts(string(ref)) != starts {
			t.Errorf("%s: %d starts, want %d", kind, s.Starts(string(ref)), starts)
		}
	}

	s.EndAllSessions()
	_, err = c.Start(ctx, vmbackup.KindBackup, ref)
	wantOK(t, err)
	s.SetDown(-1)
	_, err = c.Start(ctx, vmbackup.KindBackup, ref)
	oneOf(t, err, vmbackup.ErrNotSent)
	wantErr(t, err, vmbackup.ErrUnreachable)
	s.SetDown(0)
	wantOK(t, c.Release(ctx))
	s.SetConsoleOpen(true)
	_, err = c.Start(ctx, vmbackup.KindBackup, ref)
	wantErr(t, err, vmbackup.ErrSeatBusy, vmbackup.ErrNotSent)
	s.SetConsoleOpen(false)
	wantOK(t, c.Login(ctx))
	for _, call := range s.Log() {
		if text := fmt.Sprintf("%+v", call); strings.Contains(text, s.Password()) {
			t.Errorf("password in the simulator's log: %s", text)
		}
	}
}

func TestSimulatedLoginAndHost(t *testing.T) {
	s, cfg := simulate(t, simulator.Options{Seed: 3})
	bad := cfg
	bad.Password = vmbackup.NewSecret("wrong")
	c := connect(t, bad)
	for range 2 {
		wantErr(t, c.Login(t.Context()), vmbackup.ErrBadCredentials)
	}
	wantErr(t, c.Login(t.Context()), vmbackup.ErrLoginHeld)
	if s.Calls("sessions/start") != 2 {
		t.Errorf("%d logins", s.Calls("sessions/start"))
	}
	unpinned := cfg
	unpinned.Fingerprints = nil
	err := connect(t, unpinned).Login(t.Context())
	wantErr(t, err, vmbackup.ErrCertificate)
	if plain := strings.ToLower(strings.ReplaceAll(s.Fingerprint(), ":", "")); !strings.HasSuffix(hint(err), "VMBACKUP_TLS_FINGERPRINT="+plain) {
		t.Errorf("hint %q does not end in what to set: %s", hint(err), plain)
	}
	elsewhere := cfg
	elsewhere.URL = strings.Replace(cfg.URL, "localhost", "127.0.0.1", 1)
	err = connect(t, elsewhere).Login(t.Context())
	wantErr(t, err, vmbackup.ErrWrongHost)
	if !strings.Contains(hint(err), "VMBACKUP_DIAL_ADDRESS") {
		t.Errorf("hint %q", hint(err))
	}
	if s.Calls("sessions/start") != 2 {
		t.Errorf("%d logins", s.Calls("sessions/start"))
	}
}

func TestSimulatedIdleExpiryInTheBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := simulator.New(simulator.Options{Seed: 4, HTTP: true})
		wantOK(t, err)
		l := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Serve(ctx, l) }()
		c, err := vmbackup.NewClient(vmbackup.Config{
			URL: s.BaseURL("x:36013"), Username: s.Username(), Password: vmbackup.NewSecret(s.Password()),
			SessionIdle: time.Hour, DialContext: l.dial,
		})
		wantOK(t, err)
		wantOK(t, c.Login(t.Context()))
		pass(6 * time.Minute)
		_, err = c.Running(t.Context())
		wantOK(t, err)
		if n := s.Calls("sessions/start"); n != 2 || c.SessionStolen() {
			t.Errorf("%d logins", n)
		}
		if skew, ok := c.Skew(); !ok || skew.Abs() > time.Second {
			t.Errorf("skew %v %v", skew, ok)
		}
		wantOK(t, c.Close(t.Context()))
		cancel()
		wantOK(t, <-done)
	})
}

// pipes is a listener without sockets.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	select {
	case <-p.closed:
	default:
		close(p.closed)
	}
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 36013} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.conns <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
