package slack

import (
	"context"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gorilla/websocket"
)

func quiet() Options { return Options{Logger: slog.New(slog.DiscardHandler)} }

func TestAnswersAreHeard(t *testing.T) {
	w := newWeb(t)
	if w.heard.Load() != 0 {
		t.Error("heard of before any call")
	}
	w.know(t)
	if w.heard.Load() == 0 {
		t.Error("not heard")
	}
	if id := w.identity(); id.URL != "https://acme.slack.com/" || id.Name != "vmbot" || id.Bot != "B1" || id.Scopes != nil {
		t.Errorf("%+v", id)
	}
	if w.api.Debug() {
		t.Error("debugging is on")
	}
}

func TestIdentifiedIsTold(t *testing.T) {
	w := newWeb(t)
	var told Identity
	w.o.Identified = func(id Identity) { told = id }
	w.know(t)
	if told.Team != "T1" || told.User != "UBOT" {
		t.Errorf("%+v", told)
	}
	w.on(methodAuth, `{}`, refused("invalid_auth"))
	for range 2 {
		if _, err := w.identify(t.Context()); err == nil {
			t.Error("no error")
		}
	}
	if w.called(methodAuth) != 3 || w.identity().Team != "T1" {
		t.Errorf("%d calls, %+v", w.called(methodAuth), w.identity())
	}
}

// TestRedirectIsNotFollowed: the token would go where somebody on the way says.
func TestRedirectIsNotFollowed(t *testing.T) {
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Location", other.URL)
			rw.WriteHeader(status)
		}))
		hc := newHTTPClient(quiet(), func() {})
		resp, err := hc.Post(srv.URL, "text/plain", strings.NewReader(testToken))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != status || elsewhere.Load() != 0 {
			t.Errorf("%d became %d", status, resp.StatusCode)
		}
		hc.CloseIdleConnections()
		srv.Close()
	}
}

// TestOwnCertificates: SSL_CERT_FILE adds to the system's certificates on every system, for web calls and links.
func TestOwnCertificates(t *testing.T) {
	up := websocket.Upgrader{}
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if websocket.IsWebSocketUpgrade(r) {
			c, err := up.Upgrade(rw, r, nil)
			if err != nil {
				return
			}
			defer func() { _ = c.Close() }()
			_ = c.WriteMessage(websocket.TextMessage, []byte("hello"))
		}
	}))
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	srv.StartTLS()
	defer srv.Close()
	dir := t.TempDir()
	good, broken := filepath.Join(dir, "good.pem"), filepath.Join(dir, "broken.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
	if err := errors.Join(os.WriteFile(good, certificate, 0o600), os.WriteFile(broken, []byte("no"), 0o600)); err != nil {
		t.Fatal(err)
	}
	for name, trusted := range map[string]bool{good: true, broken: false, filepath.Join(dir, "none"): false} {
		t.Setenv("SSL_CERT_FILE", name)
		var said strings.Builder
		o := Options{Logger: slog.New(slog.NewTextHandler(&said, nil))}
		hc := newHTTPClient(o, func() {})
		resp, err := hc.Get(srv.URL)
		if err == nil {
			resp.Body.Close()
		}
		hc.CloseIdleConnections()
		if (err == nil) != trusted || (said.Len() == 0) != trusted {
			t.Errorf("%s: %v, logged %q", name, err, said.String())
		}
		var heard atomic.Int32
		c, resp, err := newDialer(o, func() { heard.Add(1) }, func(net.Conn) {}).Dial("wss"+strings.TrimPrefix(srv.URL, "https"), nil)
		if (err == nil) != trusted {
			t.Errorf("%s: link: %v", name, err)
		}
		if err != nil {
			continue
		}
		resp.Body.Close()
		before := heard.Load()
		if _, m, err := c.ReadMessage(); err != nil || string(m) != "hello" || heard.Load() < 1 || before < 1 {
			t.Errorf("%q, %v, heard %d, then %d", m, err, before, heard.Load())
		}
		_ = c.Close()
	}
}

func TestWayToTheNetwork(t *testing.T) {
	o := quiet()
	if proxyFor(o) == nil {
		t.Error("the environment's proxy is not used")
	}
	var asked []string
	o.Dial = func(_ context.Context, _, addr string) (net.Conn, error) {
		asked = append(asked, addr)
		return nil, errors.New("no network")
	}
	hc, d := newHTTPClient(o, func() {}), newDialer(o, func() {}, func(net.Conn) {})
	if resp, err := hc.Get("https://slack.test/x"); err == nil {
		resp.Body.Close()
		t.Error("no error")
	}
	if _, resp, err := d.Dial("wss://link.test/x", nil); err == nil {
		resp.Body.Close()
		t.Error("no error")
	}
	if d.Proxy != nil || len(asked) != 2 || asked[0] != "slack.test:443" || asked[1] != "link.test:443" {
		t.Errorf("%v", asked)
	}
	if d.WriteBufferSize < 20480 {
		t.Errorf("a frame of %d bytes", d.WriteBufferSize)
	}
}

func TestErrorsTellNoAddress(t *testing.T) {
	deep := &url.Error{Op: "Post", URL: "https://hooks.slack.com/secret", Err: &url.Error{Op: "Post", URL: "https://x/secret", Err: io.EOF}}
	if got := withoutURL(deep); !errors.Is(got, io.EOF) || strings.Contains(got.Error(), "secret") {
		t.Errorf("%v", got)
	}
	if withoutURL(nil) != nil {
		t.Error("an error out of nothing")
	}
}
