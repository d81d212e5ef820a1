package discordtest_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"vmbackup-bot/adapters/discord/discordtest"
)

func (r *rig) resume(old *link) *link {
	r.t.Helper()
	l := r.connect()
	l.op(10)
	l.write(map[string]any{"op": 6, "d": map[string]any{"token": r.fake.BotToken(), "session_id": old.id, "seq": old.seq}})
	return l
}

func TestReady(t *testing.T) {
	r := start(t, discordtest.Options{})
	l := r.connect()
	var hello struct {
		Every int `json:"heartbeat_interval"`
	}
	if err := json.Unmarshal(l.op(10).Data, &hello); err != nil || hello.Every != 41250 {
		t.Errorf("HELLO %+v %v", hello, err)
	}
	l.write(map[string]any{"op": 1, "d": nil})
	l.op(11)
	l.identify(r.fake.BotToken(), 1)
	var ready struct {
		Application struct{ ID string }
		Session     string `json:"session_id"`
		Resume      string `json:"resume_gateway_url"`
	}
	if err := json.Unmarshal(l.event("READY").Data, &ready); err != nil {
		t.Fatal(err)
	}
	if ready.Application.ID != discordtest.App || ready.Session == "" || ready.Resume == "" {
		t.Errorf("READY %+v", ready)
	}
	l.event("GUILD_CREATE")
	if r.fake.Sessions() != 1 || r.fake.Identifies() != 1 {
		t.Errorf("%d sessions, %d identifies", r.fake.Sessions(), r.fake.Identifies())
	}
	l.identify(r.fake.BotToken(), 1)
	if code := l.closed(); code != 4005 {
		t.Errorf("closed with %d", code)
	}
}

func TestIdentifyRefused(t *testing.T) {
	r := start(t, discordtest.Options{})
	for _, c := range []struct {
		token   string
		intents int
		code    int
	}{{"wrong", 0, 4004}, {r.fake.BotToken(), 1 << 40, 4013}, {r.fake.BotToken(), 1 << 15, 4014}} {
		l := r.connect()
		l.op(10)
		l.identify(c.token, c.intents)
		if code := l.closed(); code != c.code {
			t.Errorf("%+v: closed with %d", c, code)
		}
	}
	r.open()
	l := r.connect()
	l.op(10)
	l.identify(r.fake.BotToken(), 0)
	if got := string(l.op(9).Data); got != "false" {
		t.Errorf("a second IDENTIFY within five seconds: %s", got)
	}
}

func TestResume(t *testing.T) {
	r := start(t, discordtest.Options{})
	l := r.open()
	r.fake.RawDispatch("FIRST", json.RawMessage(`{}`))
	l.event("FIRST")
	r.fake.Cut()
	if code := l.closed(); code != 1006 {
		t.Errorf("a cut link was closed with %d", code)
	}
	r.fake.RawDispatch("MISSED", json.RawMessage(`{}`))
	again := r.resume(l)
	again.event("MISSED")
	again.event("RESUMED")
	r.fake.RawDispatch("NEXT", json.RawMessage(`{}`))
	again.event("NEXT")
	if r.fake.Resumes() != 1 || r.fake.Identifies() != 1 || r.fake.Sessions() != 1 {
		t.Errorf("%d resumes, %d identifies, %d sessions", r.fake.Resumes(), r.fake.Identifies(), r.fake.Sessions())
	}
	again.id = l.id
	r.fake.CloseGateway(4000)
	if code := again.closed(); code != 4000 {
		t.Errorf("closed with %d", code)
	}
	r.fake.FirstFrameAfterResume(7)
	third := r.resume(again)
	third.op(7)
	third.event("RESUMED")
	third.id = l.id
	_ = third.conn.WriteControl(8, []byte{0x03, 0xe8}, time.Now().Add(time.Second)) // 1000 ends the session
	third.closed()
	fourth := r.resume(third)
	if got := string(fourth.op(9).Data); got != "false" {
		t.Errorf("after 1000: %s", got)
	}
}

func TestBadSequence(t *testing.T) {
	r := start(t, discordtest.Options{})
	l := r.open()
	r.fake.Cut()
	l.seq = 99
	if code := r.resume(l).closed(); code != 4007 {
		t.Errorf("closed with %d", code)
	}
}

func TestOpcodes(t *testing.T) {
	r := start(t, discordtest.Options{Unlimited: true})
	l := r.open()
	r.fake.Reconnect()
	l.op(7)
	r.fake.InvalidSession(false)
	if got := string(l.op(9).Data); got != "false" {
		t.Errorf("op 9 says %s", got)
	}
	if n := r.fake.Sessions(); n != 0 {
		t.Errorf("%d sessions", n)
	}
	l.identify(r.fake.BotToken(), 0)
	l.event("READY")
	r.fake.SetToken(false)
	if code := l.closed(); code != 4004 {
		t.Errorf("closed with %d", code)
	}
	r.want(401, 0, "GET", "/users/@me", "")
	r.fake.Calm()
	r.want(200, 0, "GET", "/users/@me", "")
}

func TestSilence(t *testing.T) {
	r := start(t, discordtest.Options{})
	r.fake.Silence(true)
	l := r.connect()
	got := make(chan frame, 1)
	go func() {
		f, _ := l.read()
		got <- f
	}()
	l.write(map[string]any{"op": 1, "d": nil})
	r.want(200, 0, "GET", "/users/@me", "")
	select {
	case f := <-got:
		t.Fatalf("a silent server said %+v", f)
	default:
	}
	r.fake.Silence(false)
	if f := <-got; f.Op != 10 {
		t.Errorf("got %+v", f)
	}
	l.op(11)
}

func TestRefuseGateway(t *testing.T) {
	r := start(t, discordtest.Options{})
	r.fake.RefuseGateway(1)
	url := r.do("GET", "/gateway/bot", "").object(t)["url"].(string)
	_, resp, err := r.dial.Dial(url, nil)
	if err == nil || resp == nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Fatalf("got %v %v", resp, err)
	}
	resp.Body.Close()
	r.open()
}
