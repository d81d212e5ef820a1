package network_test

import (
	"crypto/x509"
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

	"vmbackup-bot/adapters/network"
)

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
	// Go reads the system's certificates once in a process, by the same variable where it minds it.
	if _, err := x509.SystemCertPool(); err != nil {
		t.Log(err)
	}
	dir := t.TempDir()
	good, broken := filepath.Join(dir, "good.pem"), filepath.Join(dir, "broken.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
	if err := errors.Join(os.WriteFile(good, certificate, 0o600), os.WriteFile(broken, []byte("no"), 0o600)); err != nil {
		t.Fatal(err)
	}
	for name, trusted := range map[string]bool{good: true, broken: false, filepath.Join(dir, "none"): false} {
		t.Setenv("SSL_CERT_FILE", name)
		var said strings.Builder
		hc := &http.Client{Transport: network.Transport(nil, slog.New(slog.NewTextHandler(&said, nil))), CheckRedirect: network.NoRedirect}
		resp, err := hc.Get(srv.URL)
		if err == nil {
			resp.Body.Close()
		}
		hc.CloseIdleConnections()
		if (err == nil) != trusted || (said.Len() == 0) != trusted {
			t.Errorf("%s: %v, logged %q", name, err, said.String())
		}
		var heard atomic.Int32
		c, resp, err := network.Dialer(nil, func() { heard.Add(1) }, func(net.Conn) {}).Dial("wss"+strings.TrimPrefix(srv.URL, "https"), nil)
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

func TestErrorsTellNoAddress(t *testing.T) {
	deep := &url.Error{Op: "Post", URL: "https://hooks.slack.com/secret", Err: &url.Error{Op: "Post", URL: "https://x/secret", Err: io.EOF}}
	if got := network.WithoutURL(deep); !errors.Is(got, io.EOF) || strings.Contains(got.Error(), "secret") {
		t.Errorf("%v", got)
	}
	if network.WithoutURL(nil) != nil {
		t.Error("an error out of nothing")
	}
}
