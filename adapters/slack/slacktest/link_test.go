package slacktest_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"vmbackup-bot/adapters/slack/slacktest"
)

// log keeps the envelopes that a client got.
type log struct {
	mu   sync.Mutex
	list []socketmode.Event
}

func (l *log) add(e socketmode.Event) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, e)
	return len(l.list)
}

func (l *log) all() []socketmode.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]socketmode.Event(nil), l.list...)
}

func TestCommandIsDeliveredAndAcknowledged(t *testing.T) {
	s, api, _ := start(t, slacktest.Options{})
	waiting := s.Command(slacktest.Command{Text: "status"})
	var got log
	connect(t, api, func(c *socketmode.Client, e socketmode.Event) { got.add(e); ack(c, e) })
	eventually(t, "the command that waited for a link", func() bool { _, ok := s.Acked(waiting); return ok })
	c, ok := got.all()[0].Data.(slack.SlashCommand)
	if !ok || c.Text != "status" || c.TeamID != "T0TEAM" || c.UserID != "U0ALICE" || c.ChannelID != "C0BACKUPS" ||
		c.Command != "/vmbackup" || c.TriggerID == "" || !strings.HasPrefix(c.ResponseURL, "http://127.0.0.1:") {
		t.Fatalf("got %+v", c)
	}
	a, _ := s.Acked(waiting)
	if a.Frames != 1 || a.Times != 1 || len(a.Payload) != 0 || len(s.AckTimes()) != 1 || s.Links() != 1 {
		t.Fatalf("got %+v", a)
	}
	for _, q := range []slacktest.Quirk{
		slacktest.InstallAbsent, slacktest.InstallNull, slacktest.InstallBool, slacktest.InstallString,
		slacktest.TextNull | slacktest.InstallBool, slacktest.TextAbsent,
	} {
		id := s.Command(slacktest.Command{Text: "x", Quirk: q})
		eventually(t, "a command with a quirk", func() bool { _, ok := s.Acked(id); return ok })
	}
}

func TestRepeats(t *testing.T) {
	s, api, _ := start(t, slacktest.Options{RedeliverAfter: 20 * time.Millisecond})
	var got log
	connect(t, api, func(c *socketmode.Client, e socketmode.Event) {
		if got.add(e) >= 3 {
			ack(c, e)
		}
	})
	id := s.Command(slacktest.Command{Text: "backup web01"})
	eventually(t, "an acknowledgement of the third delivery", func() bool { _, ok := s.Acked(id); return ok })
	list := got.all()
	for n, want := range []int{0, 1, 0} {
		if r := list[n].Request; r.EnvelopeID != id || r.RetryAttempt != want {
			t.Fatalf("delivery %d: %+v", n, r)
		}
	}
	if again := s.Again(id, false); again != id {
		t.Fatal(again)
	}
	fresh := s.Again(id, true)
	eventually(t, "both repeats", func() bool {
		a, _ := s.Acked(id)
		_, ok := s.Acked(fresh)
		return ok && a.Times >= 2
	})
	first, last := list[0].Data.(slack.SlashCommand), got.all()[len(got.all())-1].Data.(slack.SlashCommand)
	if fresh == id || first.TriggerID != last.TriggerID || s.Again("nothing", true) != "" || len(s.Mistakes()) != 1 {
		t.Fatal(fresh, first, last, s.Mistakes())
	}
}

func TestLostLinks(t *testing.T) {
	s, api, _ := start(t, slacktest.Options{RedeliverAfter: time.Hour})
	var got log
	connect(t, api, func(c *socketmode.Client, e socketmode.Event) {
		if got.add(e) == 1 {
			s.Cut() // before the acknowledgement
			return
		}
		ack(c, e)
	})
	id := s.Command(slacktest.Command{Text: "vms"})
	eventually(t, "redelivery after the reconnect", func() bool { _, ok := s.Acked(id); return ok })
	for _, reason := range []string{"warning", "refresh_requested", "link_disabled", "too_many_websockets"} {
		s.Disconnect(reason)
		id := s.Command(slacktest.Command{Text: "vms"}) // only a link that was not told to leave gets it
		eventually(t, "reconnect after "+reason, func() bool { _, ok := s.Acked(id); return ok && s.Links() == 1 })
	}
	s.RefuseLinks(2)
	s.Cut()
	id = s.Command(slacktest.Command{Text: "vms"})
	eventually(t, "the command after refused links", func() bool { _, ok := s.Acked(id); return ok })
}

func TestSilence(t *testing.T) {
	s, api, _ := start(t, slacktest.Options{PingEvery: 10 * time.Millisecond})
	connect(t, api, ack)
	eventually(t, "a link", func() bool { return s.Links() == 1 })
	s.Silence(true)
	id := s.Command(slacktest.Command{})
	if _, ok := s.Acked(id); ok {
		t.Fatal("acknowledged in silence")
	}
	if _, err := api.AuthTestContext(t.Context()); err != nil {
		t.Fatal("the Web API goes on:", err)
	}
	s.Calm()
	eventually(t, "the command after the silence", func() bool { _, ok := s.Acked(id); return ok })
}

// dial opens a link by hand.
func dial(t *testing.T, api *slack.Client, d websocket.Dialer) *websocket.Conn {
	t.Helper()
	_, url, err := api.StartSocketModeContext(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c, r, err := d.DialContext(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	t.Cleanup(func() { _ = c.Close() })
	if _, _, err := d.DialContext(t.Context(), url, nil); err == nil { //nolint:bodyclose // refused
		t.Fatal("a ticket opened two links")
	}
	return c
}

func frame(t *testing.T, c *websocket.Conn) map[string]any {
	t.Helper()
	var f map[string]any
	if err := c.ReadJSON(&f); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestHelloRawAndTooManyLinks(t *testing.T) {
	s, api, _ := start(t, slacktest.Options{})
	s.SetConnections(7)
	c := dial(t, api, websocket.Dialer{})
	if f := frame(t, c); f["type"] != "hello" || f["num_connections"] != 7.0 || f["connection_info"].(map[string]any)["app_id"] != slacktest.AppID {
		t.Fatalf("got %v", f)
	}
	s.Raw(`{"type":"surprise"}`)
	if f := frame(t, c); f["type"] != "surprise" {
		t.Fatalf("got %v", f)
	}
	for range 9 {
		frame(t, dial(t, api, websocket.Dialer{})) // it counts once it was greeted
	}
	if f := frame(t, dial(t, api, websocket.Dialer{})); f["type"] != "disconnect" || f["reason"] != "too_many_websockets" {
		t.Fatalf("got %v", f)
	}
}

func TestFragmentsAndLargeFrames(t *testing.T) {
	s, api, _ := start(t, slacktest.Options{RedeliverAfter: time.Hour})
	c := dial(t, api, websocket.Dialer{WriteBufferSize: 4096})
	frame(t, c)
	id := s.Command(slacktest.Command{})
	frame(t, c)
	answer := map[string]any{"envelope_id": id, "payload": map[string]any{"text": strings.Repeat("x", 10_000)}}
	if err := c.WriteJSON(answer); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the fragments", func() bool { a, _ := s.Acked(id); return a.Frames == 3 })
	if _, ok := s.Acked(id); ok {
		t.Fatal("fragments were put together")
	}
	answer["payload"] = map[string]any{"text": strings.Repeat("x", 20_480)}
	if err := c.WriteMessage(websocket.TextMessage, raw(t, answer)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseMessageTooBig) {
		t.Fatalf("got %v", err)
	}
	c = dial(t, api, websocket.Dialer{WriteBufferSize: 32 << 10})
	frame(t, c)
	if f := frame(t, c); f["envelope_id"] != id {
		t.Fatalf("got %v", f)
	}
	answer["payload"] = map[string]any{"text": strings.Repeat("x", 20_000)}
	if err := c.WriteMessage(websocket.TextMessage, raw(t, answer)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the whole frame", func() bool { a, ok := s.Acked(id); return ok && a.Frames == 1 })
}
