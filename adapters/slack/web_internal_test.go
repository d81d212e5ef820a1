package slack

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/chat/chattest"
)

// testToken stands in for a bot's token; nothing that is said may hold it.
const testToken = "xoxb-secret-token"

// web is Slack's methods as one test wants them.
type web struct {
	*Adapter
	mu      sync.Mutex
	methods map[string]func(url.Values, http.ResponseWriter)
	calls   []string
	forms   []url.Values
}

// newWeb is an adapter whose methods answer what on was told, over loopback.
func newWeb(t testing.TB) *web {
	t.Helper()
	w := &web{methods: map[string]func(url.Values, http.ResponseWriter){}}
	w.on(methodAuth, `{"ok":true,"url":"https://acme.slack.com","team_id":"T1","user_id":"UBOT","bot_id":"B1","user":"vmbot"}`)
	srv := httptest.NewServer(http.HandlerFunc(w.serve))
	t.Cleanup(srv.Close)
	w.Adapter = New(Options{BotToken: testToken, APIURL: srv.URL + "/api/"})
	t.Cleanup(w.http.CloseIdleConnections)
	return w
}

// newWebOn is the same with another way to the network.
func newWebOn(dial func(ctx context.Context, network, addr string) (net.Conn, error)) *Adapter {
	return New(Options{BotToken: testToken, APIURL: "http://slack.test/api/", Dial: dial})
}

func (w *web) serve(rw http.ResponseWriter, r *http.Request) {
	method := strings.TrimPrefix(r.URL.Path, "/api/")
	if err := r.ParseForm(); err != nil {
		http.Error(rw, err.Error(), http.StatusBadRequest)
		return
	}
	w.mu.Lock()
	w.calls = append(w.calls, method)
	w.forms = append(w.forms, r.Form)
	do := w.methods[method]
	w.mu.Unlock()
	rw.Header().Set("Content-Type", "application/json")
	if do == nil {
		fmt.Fprint(rw, `{"ok":false,"error":"unknown_method"}`)
		return
	}
	do(r.Form, rw)
}

// do sets what a method does.
func (w *web) do(method string, f func(url.Values, http.ResponseWriter)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.methods[method] = f
}

// on sets a method's answers, one after the other; the last one stays.
func (w *web) on(method string, bodies ...string) {
	n := 0
	w.do(method, func(_ url.Values, rw http.ResponseWriter) {
		w.mu.Lock()
		body := bodies[min(n, len(bodies)-1)]
		n++
		w.mu.Unlock()
		fmt.Fprint(rw, body)
	})
}

// called is how often a method was called.
func (w *web) called(method string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(slices.DeleteFunc(slices.Clone(w.calls), func(c string) bool { return c != method }))
}

// form is what the last call of all sent.
func (w *web) form() url.Values {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.forms[len(w.forms)-1]
}

// know makes the adapter know who it is.
func (w *web) know(t testing.TB) {
	t.Helper()
	if _, err := w.identify(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func refused(code string) string { return fmt.Sprintf(`{"ok":false,"error":%q}`, code) }

// wantFault checks a fault's kind, and that it tells no secret.
func wantFault(t testing.TB, err error, kind chat.FaultKind) chat.Fault {
	t.Helper()
	f := chat.AsFault(err)
	if f == nil {
		t.Fatalf("no error, want %s", kind)
	}
	if f.Kind != kind {
		t.Errorf("%v, want %s", f, kind)
	}
	for _, secret := range []string{testToken, "127.0.0.1", "://"} {
		if strings.Contains(f.Error(), secret) {
			t.Errorf("%q holds %q", f.Error(), secret)
		}
	}
	return *f
}

func webCard() chat.Card { return chat.Card{Key: "k1", Summary: chat.T("Backup of web01 is running.")} }

func webPlace() chat.Place { return chat.Place{Platform: Name, Team: "T1", Channel: "C1"} }

// onPipes is an adapter within a synctest bubble, whose methods answer a body each, by the method and how often it was
// called before; an empty body cuts the connection.
func onPipes(t testing.TB, answer func(method string, n int) string) (a *Adapter, stop func()) {
	t.Helper()
	var mu sync.Mutex
	seen := map[string]int{}
	l := chattest.NewPipes()
	srv := &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		method := strings.TrimPrefix(r.URL.Path, "/api/")
		mu.Lock()
		body := answer(method, seen[method])
		seen[method]++
		mu.Unlock()
		if body == "" {
			panic(http.ErrAbortHandler)
		}
		fmt.Fprint(rw, body)
	})}
	var wg sync.WaitGroup
	wg.Go(func() { _ = srv.Serve(l) })
	a = newWebOn(l.Dial)
	return a, func() {
		a.http.CloseIdleConnections()
		_ = srv.Close()
		wg.Wait()
	}
}
