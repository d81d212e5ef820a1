package discordtest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"vmbackup-bot/adapters/discord/discordtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a plain client: net/http and a websocket, no library of Discord's.
type rig struct {
	t    testing.TB
	fake *discordtest.Server
	api  string // ends in /api/
	http *http.Client
	dial websocket.Dialer
}

func start(t testing.TB, o discordtest.Options) *rig {
	t.Helper()
	fake, api := discordtest.Start(t, o)
	r := &rig{t: t, fake: fake, api: api, http: &http.Client{Transport: &http.Transport{}}}
	t.Cleanup(r.http.CloseIdleConnections)
	return r
}

// reply is what a route answered.
type reply struct {
	status int
	header http.Header
	raw    []byte
}

func (r reply) object(t testing.TB) map[string]any {
	t.Helper()
	var o map[string]any
	if err := json.Unmarshal(r.raw, &o); err != nil {
		t.Fatalf("no object in %d %q: %v", r.status, r.raw, err)
	}
	return o
}

// code is Discord's own error code.
func (r reply) code() int {
	var o struct{ Code int }
	_ = json.Unmarshal(r.raw, &o)
	return o.Code
}

func (r reply) id(t testing.TB) string {
	t.Helper()
	id, _ := r.object(t)["id"].(string)
	if r.status/100 != 2 || id == "" {
		t.Fatalf("no id in %d %s", r.status, r.raw)
	}
	return id
}

// try sends a request; the path follows the version.
func (r *rig) try(method, path, body string) (reply, error) {
	req, err := http.NewRequestWithContext(context.Background(), method, r.api+"v10"+path, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	req.Header.Set("User-Agent", "DiscordBot (https://example.org, 1.0)")
	req.Header.Set("Authorization", "Bot "+r.fake.BotToken())
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	return r.send(req)
}

func (r *rig) send(req *http.Request) (reply, error) {
	resp, err := r.http.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	var b bytes.Buffer
	_, err = b.ReadFrom(resp.Body)
	return reply{status: resp.StatusCode, header: resp.Header, raw: b.Bytes()}, err
}

func (r *rig) do(method, path, body string) reply {
	r.t.Helper()
	got, err := r.try(method, path, body)
	if err != nil {
		r.t.Fatalf("%s %s: %v", method, path, err)
	}
	return got
}

// want sends a request and checks the status and Discord's own code.
func (r *rig) want(status, code int, method, path, body string) reply {
	r.t.Helper()
	got := r.do(method, path, body)
	if got.status != status || got.code() != code {
		r.t.Errorf("%s %s %.200s: got %d %s, want %d and code %d", method, path, body, got.status, got.raw, status, code)
	}
	return got
}

// post creates a message in Backups and returns its id.
func (r *rig) post(body string) string {
	r.t.Helper()
	return r.do("POST", "/channels/"+discordtest.Backups+"/messages", body).id(r.t)
}

// link is a client of the gateway.
type link struct {
	t    testing.TB
	conn *websocket.Conn
	seq  int
	id   string // of the session
}

// frame is a payload of the gateway.
type frame struct {
	Op   int             `json:"op"`
	Type string          `json:"t"`
	Seq  int             `json:"s"`
	Data json.RawMessage `json:"d"`
}

func (r *rig) connect() *link {
	r.t.Helper()
	url := r.do("GET", "/gateway", "").object(r.t)["url"].(string)
	conn, resp, err := r.dial.Dial(url+"?v=10&encoding=json", nil)
	if resp != nil {
		defer resp.Body.Close()
	}
	if err != nil {
		r.t.Fatalf("dial %s: %v", url, err)
	}
	l := &link{t: r.t, conn: conn}
	r.t.Cleanup(func() { conn.NetConn().Close() })
	return l
}

// open connects, identifies and reads READY.
func (r *rig) open() *link {
	r.t.Helper()
	l := r.connect()
	l.op(10)
	l.identify(r.fake.BotToken(), 0)
	ready := l.event("READY")
	var d struct {
		Session string `json:"session_id"`
	}
	if err := json.Unmarshal(ready.Data, &d); err != nil {
		r.t.Fatal(err)
	}
	l.id = d.Session
	return l
}

func (l *link) identify(token string, intents int) {
	l.write(map[string]any{"op": 2, "d": map[string]any{
		"token": token, "intents": intents, "properties": map[string]string{"os": "linux", "browser": "test", "device": "test"},
	}})
}

func (l *link) write(v any) {
	l.t.Helper()
	if err := l.conn.WriteJSON(v); err != nil {
		l.t.Errorf("write: %v", err)
		l.t.Fatalf("closed with %d", l.closed())
	}
}

func (l *link) read() (frame, error) {
	_ = l.conn.SetReadDeadline(time.Now().Add(100 * time.Second))
	var f frame
	err := l.conn.ReadJSON(&f)
	if err == nil && f.Op == 0 {
		l.seq = f.Seq
	}
	return f, err
}

func (l *link) op(want int) frame {
	l.t.Helper()
	f, err := l.read()
	if err != nil || f.Op != want {
		l.t.Fatalf("got %+v %v, want op %d", f, err, want)
	}
	return f
}

func (l *link) event(want string) frame {
	l.t.Helper()
	f := l.op(0)
	if f.Type != want {
		l.t.Fatalf("got %s %s, want %s", f.Type, f.Data, want)
	}
	return f
}

// closed reads until the link is closed, and returns the code.
func (l *link) closed() int {
	l.t.Helper()
	for {
		if _, err := l.read(); err != nil {
			var c *websocket.CloseError
			if !errors.As(err, &c) {
				return 0
			}
			return c.Code
		}
	}
}

// event is an interaction as it arrives.
type event struct {
	ID, Token string
	Type      int
	Data      json.RawMessage
	Message   *struct{ ID string }
	Member    *struct {
		User        struct{ ID string }
		Roles       []string
		Permissions string
	}
	User *struct{ ID string }
}

func (l *link) interaction() event {
	l.t.Helper()
	var e event
	if err := json.Unmarshal(l.event("INTERACTION_CREATE").Data, &e); err != nil {
		l.t.Fatal(err)
	}
	return e
}
