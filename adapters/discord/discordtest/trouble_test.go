package discordtest_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vmbackup-bot/adapters/discord/discordtest"
	"vmbackup-bot/bot/chat/chattest"
)

func TestDoors(t *testing.T) {
	r := start(t, discordtest.Options{})
	ask := func(path string, change func(http.Header)) reply {
		t.Helper()
		req, _ := http.NewRequestWithContext(context.Background(), "GET", r.api+path, nil)
		req.Header.Set("User-Agent", "DiscordBot (https://example.org, 1.0)")
		req.Header.Set("Authorization", "Bot "+r.fake.BotToken())
		change(req.Header)
		got, err := r.send(req)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	same := func(http.Header) {}
	if got := ask("v9/users/@me", same); got.status != 400 || !strings.Contains(string(got.raw), "version 10 only") {
		t.Errorf("version 9: %d %s", got.status, got.raw)
	}
	if got := ask("v10/nowhere", same); got.status != 404 {
		t.Errorf("no such route: %d", got.status)
	}
	if got := ask("v10/users/@me", func(h http.Header) { h.Set("User-Agent", "Go-http-client/1.1") }); got.code() != 40333 {
		t.Errorf("a strange user agent: %d %s", got.status, got.raw)
	}
	if got := ask("v10/users/@me", func(h http.Header) { h.Set("Authorization", r.fake.BotToken()) }); got.status != 401 {
		t.Errorf("a token without Bot: %d", got.status)
	}
	if n := r.fake.Invalid(); n != 2 {
		t.Errorf("%d invalid requests", n)
	}
	r.want(200, 0, "GET", "/applications/@me", "")
	r.want(200, 0, "GET", "/guilds/"+discordtest.Guild+"/roles", "")
	r.want(200, 0, "GET", "/guilds/"+discordtest.Guild+"/members/"+discordtest.Bob, "")
	r.want(404, 10007, "GET", "/guilds/"+discordtest.Guild+"/members/499999999999999999", "")
	r.want(200, 0, "GET", "/channels/"+discordtest.Backups, "")
}

func TestRules(t *testing.T) {
	r := start(t, discordtest.Options{})
	r.fake.Inject(discordtest.Rule{Method: "POST", Path: "/messages", Times: 1, Status: 500, Stored: true})
	r.fake.Inject(discordtest.Rule{Path: "/messages", Times: 1, RetryAfter: 1.5, Scope: "shared"})
	r.fake.Inject(discordtest.Rule{Path: "/messages", Times: 1, RetryAfter: 2, Global: true})
	r.fake.Inject(discordtest.Rule{Path: "/messages", Times: 1, HTML: true, RetryAfter: 3600})
	r.fake.Inject(discordtest.Rule{Path: "/messages", Times: 1, Status: 403, Code: 50013})
	r.fake.Inject(discordtest.Rule{Path: "/messages", Times: 1, Garbage: true})
	r.fake.Inject(discordtest.Rule{Path: "/messages", Times: 1, Cut: true})
	post := func() reply { t.Helper(); return r.do("POST", messages, `{"content":"x"}`) }
	if got := post(); got.status != 500 || len(r.fake.Messages()) != 1 {
		t.Errorf("stored, then: %d, %d messages", got.status, len(r.fake.Messages()))
	}
	got := post()
	if got.status != 429 || got.header.Get("Retry-After") != "2" || got.header.Get("X-RateLimit-Scope") != "shared" ||
		got.object(t)["retry_after"] != 1.5 {
		t.Errorf("shared: %d %v %s", got.status, got.header, got.raw)
	}
	if got = post(); got.object(t)["global"] != true || got.header.Get("X-RateLimit-Global") != "true" {
		t.Errorf("global: %v %s", got.header, got.raw)
	}
	if got = post(); got.status != 429 || !strings.Contains(string(got.raw), "1015") || got.header.Get("Retry-After") != "3600" {
		t.Errorf("HTML: %d %v %s", got.status, got.header, got.raw)
	}
	if got = post(); got.status != 403 || got.code() != 50013 {
		t.Errorf("code: %d %s", got.status, got.raw)
	}
	if got = post(); got.status != 200 || !strings.HasPrefix(string(got.raw), "<!DOCTYPE") {
		t.Errorf("garbage: %d %s", got.status, got.raw)
	}
	if _, err := r.try("POST", messages, `{"content":"x"}`); err == nil {
		t.Error("the connection was not cut")
	}
	if n := r.fake.Invalid(); n != 3 {
		t.Errorf("%d invalid requests", n)
	}
	post()
	if n := len(r.fake.Messages()); n != 2 || r.fake.Calls("POST /channels") != 8 {
		t.Errorf("%d messages, %d calls", n, r.fake.Calls("POST /channels"))
	}
}

func TestHook(t *testing.T) {
	r := start(t, discordtest.Options{})
	r.fake.OnCall(func(method, path string, after bool) bool {
		return method != "POST" || path != "/api/v10"+messages || !after
	})
	if _, err := r.try("POST", messages, `{"content":"x"}`); err == nil || len(r.fake.Messages()) != 1 {
		t.Errorf("got %v, %d messages", err, len(r.fake.Messages()))
	}
}

// inBubble runs a test in a bubble with the clock at the beginning of 2026, since ids tell no time before 2015.
func inBubble(t *testing.T, o discordtest.Options, test func(t *testing.T, r *rig)) {
	synctest.Test(t, func(t *testing.T) {
		pass(26 * 366 * 24 * time.Hour)
		fake := discordtest.New(o)
		p := chattest.NewPipes()
		web := &http.Server{Handler: fake.Handler(), ReadHeaderTimeout: time.Minute}
		served := make(chan error, 1)
		go func() { served <- web.Serve(p) }()
		tr := &http.Transport{DialContext: p.Dial}
		r := &rig{t: t, fake: fake, api: "http://discord.test/api/", http: &http.Client{Transport: tr}}
		r.dial.NetDialContext = p.Dial
		defer func() {
			fake.Close()
			tr.CloseIdleConnections()
			if err := web.Close(); err != nil {
				t.Error(err)
			}
			if err := <-served; !errors.Is(err, http.ErrServerClosed) {
				t.Error(err)
			}
		}()
		test(t, r)
	})
}

// pass lets time pass.
func pass(d time.Duration) {
	timer := time.NewTimer(d)
	<-timer.C
}

func TestLimitsInBubble(t *testing.T) {
	inBubble(t, discordtest.Options{}, func(t *testing.T, r *rig) {
		for range 5 {
			r.post(`{"content":"x"}`)
		}
		got := r.do("POST", messages, `{"content":"x"}`)
		if got.status != 429 || got.object(t)["retry_after"] != 5.0 || got.header.Get("X-RateLimit-Remaining") != "0" {
			t.Errorf("the sixth: %d %v %s", got.status, got.header, got.raw)
		}
		id := r.fake.Messages()[0].ID
		edit := func() reply { t.Helper(); return r.do("PATCH", messages+"/"+id, `{"content":"y"}`) }
		for range 5 {
			if got := edit(); got.status != 200 {
				t.Errorf("edit: %d %s", got.status, got.raw)
			}
		}
		if got := edit(); got.status != 429 || got.code() != 0 {
			t.Errorf("the sixth edit: %d %s", got.status, got.raw)
		}
		pass(time.Hour)
		for range 3 {
			if got := edit(); got.status != 200 {
				t.Errorf("old: %d %s", got.status, got.raw)
			}
		}
		if got := edit(); got.status != 429 || got.code() != 30046 {
			t.Errorf("the fourth edit of an old message: %d %s", got.status, got.raw)
		}
		pass(6 * time.Second)
		if got := edit(); got.status != 200 {
			t.Errorf("six seconds later: %d %s", got.status, got.raw)
		}
		if n := r.fake.Throttled()["PATCH /channels/{channel}/messages/{message}"]; n != 2 {
			t.Errorf("throttled %v", r.fake.Throttled())
		}
		pass(time.Second)
		limited := 0
		for range 60 {
			if r.do("GET", "/users/@me", "").object(t)["global"] == true {
				limited++
			}
		}
		if limited != 10 {
			t.Errorf("%d of 60 calls in a second met the global limit", limited)
		}
	})
}

func TestClocksInBubble(t *testing.T) {
	inBubble(t, discordtest.Options{}, func(t *testing.T, r *rig) {
		r.register()
		l := r.open()
		beat := func(n int) {
			for range n {
				pass(41250 * time.Millisecond)
				l.write(map[string]any{"op": 1, "d": l.seq})
				l.op(11)
			}
		}
		r.fake.Command(discordtest.Command{User: discordtest.Alice, Options: backup("a")})
		late := l.interaction()
		pass(3*time.Second + time.Millisecond)
		r.callback(late, `{"type":5}`, 404, 10062)
		id := r.fake.Command(discordtest.Command{User: discordtest.Alice, Options: backup("b")})
		e := l.interaction()
		pass(3 * time.Second)
		r.callback(e, `{"type":4,"data":{"content":"hello"}}`, 204, 0)
		if x := r.fake.Interactions()[id]; x.AckAfter != 3*time.Second {
			t.Errorf("taken after %v", x.AckAfter)
		}
		public := r.fake.Messages()[0].ID
		beat(21)
		r.want(200, 0, "GET", webhook(e, "@original"), "")
		beat(1)
		r.want(401, 50027, "PATCH", webhook(e, "@original"), `{"content":"by token"}`)
		r.want(200, 0, "PATCH", messages+"/"+public, `{"content":"by channel"}`)
		body := `{"content":"once","nonce":"n","enforce_nonce":true}`
		first := r.post(body)
		pass(30 * time.Second)
		if second := r.post(body); second != first {
			t.Error("the nonce was forgotten after half a minute")
		}
		beat(4)
		if third := r.post(body); third == first {
			t.Error("the nonce was kept for more than three minutes")
		}
		if code := l.closed(); code != 4009 {
			t.Errorf("a client without a heartbeat was closed with %d", code)
		}
	})
}

func TestIdleThreadInBubble(t *testing.T) {
	inBubble(t, discordtest.Options{}, func(t *testing.T, r *rig) {
		id := r.post(`{"content":"root"}`)
		r.want(201, 0, "POST", messages+"/"+id+"/threads", `{"name":"op","auto_archive_duration":60}`)
		in := "/channels/" + id + "/messages"
		card := r.want(200, 0, "POST", in, `{"content":"card"}`).id(t)
		pass(40 * time.Minute)
		r.want(200, 0, "PATCH", in+"/"+card, `{"content":"an edit is no activity"}`)
		pass(20 * time.Minute)
		r.want(400, 50083, "PATCH", in+"/"+card, `{"content":"x"}`)
		r.want(200, 0, "POST", in, `{"content":"opens it"}`)
		r.want(200, 0, "PATCH", in+"/"+card, `{"content":"x"}`)
	})
}

func TestBanInBubble(t *testing.T) {
	inBubble(t, discordtest.Options{Unlimited: true}, func(t *testing.T, r *rig) {
		r.fake.SetToken(false)
		for range 10000 {
			if got := r.do("GET", "/users/@me", ""); got.status != 401 {
				t.Fatalf("%d %s", got.status, got.raw)
			}
		}
		if got := r.do("GET", "/users/@me", ""); got.status != 429 || got.header.Get("Content-Type") != "text/html; charset=UTF-8" {
			t.Errorf("the next one: %d %v", got.status, got.header)
		}
		r.fake.SetToken(true)
		pass(2 * time.Hour)
		r.want(200, 0, "GET", "/users/@me", "")
	})
}
