package discord

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bwmarrin/discordgo"

	"vmbackup-bot/adapters/discord/discordtest"
	"vmbackup-bot/bot/chat"
)

// session is the library on top of an adapter's wire.
func session(t *testing.T, a *Adapter) *discordgo.Session {
	t.Helper()
	s, err := discordgo.New("Bot " + a.o.Token)
	if err != nil {
		t.Fatal(err)
	}
	s.Client = a.http
	return s
}

func TestWhereRequestsGo(t *testing.T) {
	for _, c := range []struct{ api, ask, want string }{
		{"http://127.0.0.1:9/api/", "https://discord.com/api/v9/channels/1/messages?limit=2", "http://127.0.0.1:9/api/v10/channels/1/messages?limit=2"},
		{"http://127.0.0.1:9/x/", "https://discord.com/api/v9/webhooks/1/to%2Fken/messages/@original", "http://127.0.0.1:9/x/v10/webhooks/1/to/ken/messages/@original"},
		{DefaultAPIURL, "https://discord.com/api/v9/gateway", "https://discord.com/api/v10/gateway"},
		{DefaultAPIURL, "https://discord.com/api/v10/users/@me", "https://discord.com/api/v10/users/@me"},
		{DefaultAPIURL, "https://discord.com.evil.test/api/v9/gateway", ""},
		{DefaultAPIURL, "http://discord.com/api/v9/gateway", ""},
		{DefaultAPIURL, "https://discord.com/login", ""},
		{DefaultAPIURL, "https://cdn.discordapp.com/x", ""},
		{"http://127.0.0.1:9/api/", "http://127.0.0.1:10/api/v10/users/@me", ""},
		{"::", "https://discord.com/api/v9/gateway", ""},
		{"/api/", "https://discord.com/api/v9/gateway", ""},
	} {
		a := New(Options{Token: secretToken, APIURL: c.api})
		u, err := url.Parse(c.ask)
		if err != nil {
			t.Fatal(err)
		}
		switch to, err := a.wire.target(u); {
		case c.want == "" && err == nil:
			t.Errorf("%s with %s goes to %s", c.ask, c.api, to)
		case c.want != "" && (err != nil || to.String() != c.want):
			t.Errorf("%s goes to %v, %v; want %s", c.ask, to, err, c.want)
		}
	}
}

func TestBadAddress(t *testing.T) {
	a := New(Options{Token: secretToken, APIURL: "http://bad host/"})
	_, err := a.Post(t.Context(), where(), note("op1.root", "Hello"))
	is(t, err, chat.FaultRetry)
}

func TestLibraryOverTheWire(t *testing.T) {
	a, s, _ := online(t, discordtest.Options{})
	lib := session(t, a)
	me, err := lib.User("@me") // the library says v9, which the server refuses
	if err != nil || me.ID != discordtest.BotUser {
		t.Fatalf("%v, %v", me, err)
	}
	send := func() error {
		_, err := lib.ChannelMessageSend(discordtest.Backups, "hello")
		return err
	}
	for _, c := range []struct {
		what string
		rule discordtest.Rule
		want chat.FaultKind
		code int
	}{
		{"a limit that the library would sit out for ever", discordtest.Rule{Status: 429, RetryAfter: 600}, chat.FaultThrottled, 0},
		{"a limit with a code", discordtest.Rule{Status: 429, RetryAfter: 1, Code: 30046}, chat.FaultThrottled, 30046},
		{"a stored post that the library would repeat", discordtest.Rule{Status: 502, Stored: true}, chat.FaultLost, 0},
		{"a page", discordtest.Rule{Garbage: true}, chat.FaultLost, 0},
		{"a plain refusal", discordtest.Rule{Status: 404, Code: 10003}, chat.FaultPlaceGone, 10003},
	} {
		t.Run(c.what, func(t *testing.T) {
			before := s.Calls("POST /channels/{channel}/messages")
			c.rule.Method = http.MethodPost
			c.rule.Times = 1
			s.Inject(c.rule)
			err := send()
			f := faultOf(act{name: actPost, channel: "1"}, err)
			if f == nil || f.Kind != c.want || codeOf(err) != c.code {
				t.Errorf("%v, code %d", err, codeOf(err))
			}
			if n := s.Calls("POST /channels/{channel}/messages") - before; n != 1 {
				t.Errorf("%d calls", n)
			}
		})
	}
	if got := len(s.Messages()); got != 1 {
		t.Errorf("%d messages", got)
	}
}

// The library sleeps on what the headers say; they do not reach it.
func TestHeadersDoNotReachTheLibrary(t *testing.T) {
	a := against(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-RateLimit-Remaining", "0")
		w.Header().Set("X-RateLimit-Reset-After", "soon")
		w.Header().Set("X-RateLimit-Reset", "4e9")
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"id":"1"}`)
	})
	lib := session(t, a)
	for range 3 {
		if _, err := lib.User("@me"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	asked := 0
	a := against(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		http.Redirect(w, r, "/api/v10/elsewhere", http.StatusTemporaryRedirect)
	})
	_, err := a.Post(t.Context(), where(), note("op1.root", "Hello"))
	is(t, err, chat.FaultLost)
	if asked != 1 {
		t.Errorf("%d requests", asked)
	}
}

func TestPauses(t *testing.T) {
	for _, c := range []struct {
		what string
		resp func() *http.Response
		// interactions says whether people can still be answered.
		interactions bool
		wait         time.Duration
	}{
		{"the global limit", func() *http.Response { return said(429, `{"retry_after":2,"global":true}`) }, true, 2 * time.Second},
		{"Cloudflare", func() *http.Response {
			return said(429, "<html>error code: 1015</html>", "Content-Type", "text/html", "Retry-After", "3600")
		}, false, time.Hour},
	} {
		t.Run(c.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls, bad := 0, true
				a := offline(func(*http.Request) (*http.Response, error) {
					if calls++; bad {
						return c.resp(), nil
					}
					return said(200, `{"id":"1","embeds":[{}]}`), nil
				})
				post := func() error {
					_, err := a.Post(t.Context(), where(), note("op1.root", "Hello"))
					return err
				}
				f := is(t, post(), chat.FaultThrottled)
				if f.After != c.wait || f.Budget != budgetGlobal {
					t.Errorf("after %s, %q", f.After, f.Budget)
				}
				bad = false
				<-time.After(c.wait / 2)
				f = is(t, post(), chat.FaultThrottled)
				if f.After != c.wait-c.wait/2 || f.Budget != budgetGlobal || calls != 1 || !strings.Contains(f.Error(), "not sent") {
					t.Errorf("after %s, %d calls: %v", f.After, calls, &f)
				}
				if until, why := a.wire.pausedUntil(time.Now()); why == nil || time.Until(until) != c.wait-c.wait/2 {
					t.Errorf("paused until %s: %v", until, why)
				}
				err := session(t, a).InteractionRespond(&discordgo.Interaction{ID: "1", Token: "tok"}, &discordgo.InteractionResponse{Type: 6})
				if (err == nil) != c.interactions {
					t.Errorf("an interaction is answered with %v", err)
				}
				<-time.After(c.wait - c.wait/2)
				if err := post(); err != nil {
					t.Error(err)
				}
				if _, why := a.wire.pausedUntil(time.Now()); why != nil {
					t.Error(why)
				}
			})
		})
	}
}

func TestBrakeOnTheWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		a := offline(func(*http.Request) (*http.Response, error) {
			calls++
			return said(403, `{"code":50013}`), nil
		})
		for range invalidBrake {
			_, err := a.Post(t.Context(), where(), note("op1.root", "Hello"))
			is(t, err, chat.FaultForbidden)
		}
		_, err := a.Post(t.Context(), where(), note("op1.root", "Hello"))
		f := is(t, err, chat.FaultThrottled)
		if calls != invalidBrake || f.Budget != budgetGlobal || f.After <= 0 || f.After > invalidWindow+slotLength {
			t.Errorf("%d calls: %v after %s", calls, &f, f.After)
		}
		if _, err := session(t, a).User("@me"); answerOf(err) == nil {
			t.Errorf("the library got through: %v", err)
		}
		<-time.After(f.After)
		_, err = a.Post(t.Context(), where(), note("op1.root", "Hello"))
		is(t, err, chat.FaultForbidden)
	})
}

func TestWireEndsACallThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := offline(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		begin := time.Now()
		_, err := a.Post(context.Background(), where(), note("op1.root", "Hello"))
		if chat.AsFault(err) == nil || time.Since(begin) != callLimit {
			t.Errorf("%v after %s", err, time.Since(begin))
		}
	})
}

func TestLongAnswersAreNotKept(t *testing.T) {
	a := offline(func(*http.Request) (*http.Response, error) {
		r := said(200, "")
		r.Body = io.NopCloser(io.LimitReader(zeros{}, maxAnswer+2))
		return r, nil
	})
	_, err := a.Post(t.Context(), where(), note("op1.root", "Hello"))
	if f := is(t, err, chat.FaultLost); !errors.Is(&f, errTooLong) {
		t.Error(&f)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }
