package slack

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
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

func TestWayToTheNetwork(t *testing.T) {
	o := quiet()
	if newDialer(o, func() {}, func(net.Conn) {}).Proxy == nil {
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
