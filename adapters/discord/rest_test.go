package discord

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vmbackup-bot/adapters/discord/discordtest"
	"vmbackup-bot/bot/chat"
)

// diary is a log that can be read while it is written.
type diary struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (d *diary) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.b.Write(p)
}

func (d *diary) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.b.String()
}

// online is an adapter with a guild of its own.
func online(t *testing.T, o discordtest.Options) (*Adapter, *discordtest.Server, *diary) {
	t.Helper()
	s, api := discordtest.Start(t, o)
	log := &diary{}
	a := New(Options{
		Token: discordtest.Token, Guild: discordtest.Guild, APIURL: api, Logger: slog.New(slog.NewTextHandler(log, nil)),
	})
	t.Cleanup(a.http.CloseIdleConnections)
	return a, s, log
}

// against is an adapter whose API is one handler.
func against(t *testing.T, h http.HandlerFunc) *Adapter {
	t.Helper()
	web := httptest.NewServer(h)
	t.Cleanup(web.Close)
	a := New(Options{Token: secretToken, Guild: "700", APIURL: web.URL + "/api/"})
	t.Cleanup(a.http.CloseIdleConnections)
	return a
}

// offline is an adapter whose API is a function, without any network; for tests on a clock of their own.
func offline(answer func(r *http.Request) (*http.Response, error)) *Adapter {
	a := New(Options{Token: secretToken, Guild: "700", APIURL: "http://discord.test/api/"})
	a.wire.next = roundTrip(answer)
	return a
}

const secretToken = "c2VjcmV0.dG9rZW4.aGVyZQ"

type roundTrip func(r *http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// said is an answer with JSON.
func said(status int, body string, headers ...string) *http.Response {
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		w.Header().Set(headers[i], headers[i+1])
	}
	w.WriteHeader(status)
	fmt.Fprint(w, body)
	return w.Result()
}

func where() chat.Place {
	return chat.Place{Platform: Name, Team: discordtest.Guild, Channel: discordtest.Backups}
}

func note(key, summary string) chat.Card { return chat.Card{Key: key, Summary: chat.T(summary)} }

// is fails the test when err is not a fault of that kind.
func is(t *testing.T, err error, kind chat.FaultKind) chat.Fault {
	t.Helper()
	f := chat.AsFault(err)
	if f == nil || f.Kind != kind {
		t.Fatalf("the fault is %v, want %s", err, kind)
	}
	return *f
}

func TestUnauthorisedIsConfirmed(t *testing.T) {
	for _, c := range []struct {
		name  string
		again []int // what /users/@me answers in turn; the last one for ever
		want  chat.FaultKind
		asks  int
	}{
		{"a token that is refused four times", []int{401}, chat.FaultFatal, 3},
		{"refused once", []int{200}, chat.FaultRetry, 1},
		{"taken at the third try", []int{401, 401, 200}, chat.FaultRetry, 3},
		{"another trouble", []int{401, 503}, chat.FaultRetry, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				asks := 0
				a := offline(func(r *http.Request) (*http.Response, error) {
					if r.URL.Path != "/api/v10/users/@me" {
						return said(401, `{"message":"401: Unauthorized","code":0}`), nil
					}
					asks++
					return said(c.again[min(asks, len(c.again))-1], `{"id":"1"}`), nil
				})
				begin := time.Now()
				_, err := a.Post(t.Context(), where(), note("op1.root", "Hello"))
				is(t, err, c.want)
				if asks != c.asks {
					t.Errorf("asked %d times, want %d", asks, c.asks)
				}
				if waited := time.Since(begin); c.asks == 3 && waited != 3*time.Second {
					t.Errorf("took %s", waited)
				}
			})
		})
	}
}

func TestUnconfirmedWhenGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := offline(func(*http.Request) (*http.Response, error) { return said(401, `{"code":0}`), nil })
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		_, err := a.Post(ctx, where(), note("op1.root", "Hello"))
		is(t, err, chat.FaultRetry)
	})
}

func TestRequestForm(t *testing.T) {
	var got *http.Request
	var body map[string]any
	a := against(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"id":"5","embeds":[{}]}`)
	})
	to := where()
	to.Thread = "88"
	ref, err := a.Post(t.Context(), to, note("op1.root", "Hello"))
	if err != nil || ref.Place != to || ref.ID != "5" {
		t.Fatalf("%+v, %v", ref, err)
	}
	if got.Method != "POST" || got.URL.Path != "/api/v10/channels/88/messages" {
		t.Errorf("%s %s", got.Method, got.URL.Path)
	}
	if h := got.Header; h.Get("Authorization") != "Bot "+secretToken || h.Get("Content-Type") != "application/json" ||
		!strings.HasPrefix(h.Get("User-Agent"), "DiscordBot (https://") {
		t.Errorf("headers %v", h)
	}
	if nonce, _ := body["nonce"].(string); body["enforce_nonce"] != true || nonce == "" || len(nonce) > 25 {
		t.Errorf("nonce %v, enforced %v", body["nonce"], body["enforce_nonce"])
	}
	if body["allowed_mentions"] == nil || body["embeds"] == nil || body["components"] == nil {
		t.Errorf("the body is %v", body)
	}
}

func TestPathsKeepTheirShape(t *testing.T) {
	if got := join("channels", "../users/@me?x#y", "messages"); got != "channels/..%2Fusers%2F@me%3Fx%23y/messages" {
		t.Error(got)
	}
}
