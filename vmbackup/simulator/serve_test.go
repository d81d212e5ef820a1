package simulator_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vmbackup-bot/vmbackup/simulator"
)

// serve runs a server on loopback until the test ends or stop is called, which waits for its end.
func serve(t *testing.T, o simulator.Options) (s *simulator.Server, addr string, stop func() error) {
	t.Helper()
	s, err := simulator.New(o)
	if err != nil {
		t.Fatal(err)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l); close(done) }()
	stop = func() error { cancel(); return <-done }
	t.Cleanup(func() { _ = stop() })
	return s, l.Addr().String(), stop
}

// visitor dials addr whatever the URL says and trusts one certificate.
func visitor(t *testing.T, addr string, cert *x509.Certificate) *http.Client {
	t.Helper()
	tr := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", addr)
	}}
	if cert != nil {
		pool := x509.NewCertPool()
		pool.AddCert(cert)
		tr.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

func fetch(ctx context.Context, c *http.Client, method, url string) (int, string, error) {
	r, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return 0, "", err
	}
	res, err := c.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	return res.StatusCode, string(body), err
}

func TestHTTPSOnLoopback(t *testing.T) {
	s, addr, stop := serve(t, simulator.Options{})
	c := visitor(t, addr, s.Certificate())
	base := s.BaseURL(addr)
	if !strings.HasPrefix(base, "https://localhost:") {
		t.Fatal(base)
	}
	status, body, err := fetch(t.Context(), c, http.MethodGet, base+"/protocol/version")
	if err != nil || status != 200 || !strings.Contains(body, `"Data":"9.1"`) {
		t.Fatalf("%d %s %v", status, body, err)
	}
	sum := sha256.Sum256(s.Certificate().Raw)
	want(t, "fingerprint", s.Fingerprint(), hex.EncodeToString(sum[:]))
	for _, name := range []string{"localhost", "127.0.0.1", "::1"} {
		if err := s.Certificate().VerifyHostname(name); err != nil {
			t.Error(err)
		}
	}
	status, _, err = fetch(t.Context(), c, http.MethodGet, strings.Replace(base, "localhost", "127.0.0.1", 1)+"/protocol/version")
	if err != nil || status != http.StatusBadRequest {
		t.Errorf("by address: %d %v", status, err)
	}
	status, _, err = fetch(t.Context(), c, http.MethodPost, base+"/sessions/end")
	if err != nil || status != 200 {
		t.Errorf("POST without a body: %d %v", status, err)
	}
	if err := s.Inject(simulator.Fault{Kind: simulator.Cut}); err != nil {
		t.Fatal(err)
	}
	if status, _, err = fetch(t.Context(), c, http.MethodPost, base+"/sessions/end"); err == nil {
		t.Errorf("cut, yet %d", status)
	}
	if err := s.Inject(simulator.Fault{Kind: simulator.Truncated}); err != nil {
		t.Fatal(err)
	}
	if status, _, err = fetch(t.Context(), c, http.MethodGet, base+"/protocol/version"); err == nil || status != 200 {
		t.Errorf("truncated: %d %v", status, err)
	}
	s.SetDown(-1)
	c.CloseIdleConnections()
	if status, _, err = fetch(t.Context(), c, http.MethodGet, base+"/protocol/version"); err == nil {
		t.Errorf("down, yet %d", status)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestPlainHTTPAndMissingLength(t *testing.T) {
	s, addr, _ := serve(t, simulator.Options{HTTP: true})
	want(t, "fingerprint", s.Fingerprint(), "")
	want(t, "certificate", s.Certificate() == nil, true)
	var d net.Dialer
	conn, err := d.DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	for length, status := range map[string]int{"": 411, "Content-Length: 0\r\n": 200} {
		if _, err := fmt.Fprintf(conn, "POST /api/rest/sessions/end HTTP/1.1\r\nHost: localhost\r\n%s\r\n", length); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		want(t, "status with "+length, res.StatusCode, status)
	}
}

func TestStopCutsWhatIsBeingAnswered(t *testing.T) {
	reached := make(chan struct{})
	s, addr, stop := serve(t, simulator.Options{HTTP: true, OnCall: func(simulator.Call) { close(reached) }})
	if err := s.Inject(simulator.Fault{Kind: simulator.Slow, Delay: time.Hour}); err != nil {
		t.Fatal(err)
	}
	failed := make(chan error, 1)
	c := visitor(t, addr, nil)
	go func() {
		_, _, err := fetch(t.Context(), c, http.MethodGet, s.BaseURL(addr)+"/protocol/version")
		failed <- err
	}()
	<-reached
	if err := stop(); err != nil {
		t.Error(err)
	}
	if <-failed == nil {
		t.Error("answered")
	}
}

func TestServeOnABrokenListener(t *testing.T) {
	s, err := simulator.New(simulator.Options{HTTP: true})
	if err != nil {
		t.Fatal(err)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if s.Serve(t.Context(), l) == nil {
		t.Error("no error")
	}
}

// pipes is a listener whose connections never leave the process, for use in a bubble.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { close(p.done); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 36013} }

func TestServeInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := simulator.New(simulator.Options{HTTP: true})
		if err != nil {
			t.Fatal(err)
		}
		p := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
		ctx, cancel := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- s.Serve(ctx, p) }()
		tr := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			mine, theirs := net.Pipe()
			p.conns <- theirs
			return mine, nil
		}}
		c := &http.Client{Transport: tr}
		status, _, err := fetch(t.Context(), c, http.MethodPost, s.BaseURL("x:36013")+"/sessions/end")
		if err != nil || status != 200 {
			t.Errorf("%d %v", status, err)
		}
		tr.CloseIdleConnections()
		began := time.Now()
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
		if d := time.Since(began); d > 5*time.Second {
			t.Errorf("the stop took %v", d)
		}
	})
}
