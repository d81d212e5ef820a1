package slacktest_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vmbackup-bot/adapters/slack/slacktest"
)

// sight is one line of the peer: "saw" is what it tells of, the rest depends on that.
type sight map[string]string

// peer is Slack's own client, which runs in a process of its own.
type peer struct {
	s     *slacktest.Server
	stdin io.Closer
	ended chan struct{} // closed after err is set
	err   error

	mu     sync.Mutex
	sights []sight
}

// TestBolt holds the fake to what the official client for Node expects. The folder is .ci/bolt with its packages installed.
func TestBolt(t *testing.T) {
	dir := os.Getenv("SLACK_BOLT")
	if dir == "" {
		t.Skip("SLACK_BOLT is not set to a folder with the official client; .ci/run bolt makes one")
	}
	s, url := slacktest.Start(t, slacktest.Options{Enterprise: "E0ORG", PingEvery: time.Second})
	p := startPeer(t, dir, s, url)
	for _, step := range []struct {
		name string
		run  func(*testing.T, *peer)
	}{
		{"hello", boltHello},
		{"command and press", boltCard},
		{"modal", boltModal},
		{"response_url", boltResponses},
		{"refresh", boltRefresh},
		{"redelivery", boltRedelivery},
		{"goodbye", boltGoodbye},
	} {
		if !t.Run(step.name, func(t *testing.T) { step.run(t, p) }) {
			return // the rest builds on it
		}
	}
}

// startPeer runs the client against a server until the test ends.
func startPeer(t *testing.T, dir string, s *slacktest.Server, url string) *peer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	cmd := exec.CommandContext(ctx, "node", filepath.Join(dir, "index.mjs"))
	cmd.Dir, cmd.WaitDelay = dir, patience
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"),
		"SLACK_API_URL=" + url, "SLACK_BOT_TOKEN=" + s.BotToken(), "SLACK_APP_TOKEN=" + s.AppToken(),
	}
	p := &peer{s: s, ended: make(chan struct{})}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	reader, writer := io.Pipe()
	cmd.Stdout, cmd.Stderr, p.stdin = writer, writer, stdin
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		var reading sync.WaitGroup
		reading.Go(func() { p.read(reader) })
		p.err = cmd.Wait()
		_ = writer.Close() // always nil
		reading.Wait()
	}()
	t.Cleanup(func() {
		cancel()
		<-p.ended
		if t.Failed() {
			p.mu.Lock()
			defer p.mu.Unlock()
			t.Logf("the peer ended with %v and saw %q", p.err, p.sights)
		}
	})
	return p
}

func (p *peer) read(r io.Reader) {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		got := sight{}
		if json.Unmarshal(lines.Bytes(), &got) != nil {
			got = sight{"saw": "noise", "text": lines.Text()}
		}
		p.mu.Lock()
		p.sights = append(p.sights, got)
		p.mu.Unlock()
	}
	_, _ = io.Copy(io.Discard, r) // after a line that is too long
}

// saw waits until the peer has told of something with these fields, given as name and value in turn.
func (p *peer) saw(t *testing.T, what string, fields ...string) sight {
	t.Helper()
	var got sight
	eventually(t, "the peer's "+what+" with "+strings.Join(fields, " "), func() bool {
		ended := p.hasEnded()
		p.mu.Lock()
		defer p.mu.Unlock()
		i := slices.IndexFunc(p.sights, func(s sight) bool { return s["saw"] == what && s.has(fields) })
		if i >= 0 {
			got = p.sights[i]
		} else if ended {
			t.Fatalf("the peer ended before its %s with %q", what, fields)
		}
		return i >= 0
	})
	return got
}

func (p *peer) hasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

func (s sight) has(fields []string) bool {
	for pair := range slices.Chunk(fields, 2) {
		if s[pair[0]] != pair[1] {
			return false
		}
	}
	return true
}

// acked checks that an envelope was acknowledged in one frame with this payload, on both sides.
func (p *peer) acked(t *testing.T, id, payload string) {
	t.Helper()
	p.saw(t, "ack", "envelope", id, "payload", payload)
	eventually(t, "the acknowledgement of "+id, func() bool { _, ok := p.s.Acked(id); return ok })
	if a, _ := p.s.Acked(id); string(a.Payload) != payload || a.Frames != 1 {
		t.Fatalf("got %s in %d frames, want %s in one", a.Payload, a.Frames, payload)
	}
}

// command types a command and waits until the peer has seen and acknowledged it.
func (p *peer) command(t *testing.T, text string) string {
	t.Helper()
	id := p.s.Command(slacktest.Command{Text: text})
	p.saw(t, "envelope", "envelope", id, "kind", "command", "again", "false", "accepts", "true", "team", "T0TEAM", "enterprise", "E0ORG",
		"install", "false", "user", "U0ALICE", "bot", slacktest.BotUser, "bot_id", slacktest.BotID)
	p.saw(t, "command", "envelope", id, "command", "/vmbackup", "text", text, "channel", "C0BACKUPS", "user", "U0ALICE", "name", "alice")
	return id
}

func boltHello(t *testing.T, p *peer) {
	p.saw(t, "hello", "app", slacktest.AppID, "links", "1", "host", "applink-1")
	p.saw(t, "me", "user", slacktest.BotUser, "bot", slacktest.BotID, "team", "T0TEAM", "enterprise", "E0ORG", "url", "https://t0team.slack.com/")
	p.saw(t, "ping", "text", "Ping from applink-1")
	if pong := p.saw(t, "pong"); !strings.HasPrefix(pong["text"], "Ping from client") {
		t.Fatalf("a ping of the client came back as %q", pong["text"])
	}
}

func boltCard(t *testing.T, p *peer) {
	p.s.Inject(slacktest.Rule{Method: "chat.postMessage", Times: 1, RetryAfter: time.Second})
	p.acked(t, p.command(t, "card"), "{}")
	p.saw(t, "limited", "seconds", "1")
	card := p.saw(t, "card", "channel", "C0BACKUPS", "bot", slacktest.BotID, "app", slacktest.AppID, "key", "k1", "text", "Running",
		"error", "slack_webapi_platform_error msg_too_long")
	m := p.s.Messages()
	if len(m) != 2 || m[0].TS != card["ts"] || m[0].TS != card["edit"] || m[1].TS != card["reply"] || card["thread"] != m[0].TS {
		t.Fatalf("got %+v for %q", m, card)
	}
	if len(m[0].Forms) != 2 || p.s.Read(m[0].Forms[0].Text, m[0].Forms[0].Blocks) != "Waiting\n[Abort]" || p.s.Read(m[0].Text, m[0].Blocks) != "Running\n[Abort]" ||
		m[0].Key != "k1" || m[1].ThreadTS != m[0].TS || m[1].Text != "accepted" || !strings.Contains(card["scopes"], "chat:write") {
		t.Fatalf("got %+v for %q", m, card)
	}

	id := p.s.Press(slacktest.Press{User: "U0BOB", TS: m[0].TS, ActionID: "abort", Value: "k1"})
	p.saw(t, "envelope", "envelope", id, "kind", "block_actions", "enterprise", "E0ORG", "install", "false", "user", "U0BOB")
	p.saw(t, "action", "envelope", id, "type", "button", "value", "k1", "label", "Abort", "channel", "C0BACKUPS", "user", "U0BOB",
		"ts", m[0].TS, "container", m[0].TS, "key", "k1", "text", "Running")
	p.acked(t, id, "{}")
	p.saw(t, "aborted")
	if m := p.s.Messages(); m[0].Text != "Aborted" || len(m[0].Blocks) != 0 {
		t.Fatalf("the original was not replaced: %+v", m[0])
	}
	if e := p.s.Ephemerals(); len(e) != 1 || e[0].User != "U0BOB" || e[0].Text != "you aborted it" {
		t.Fatalf("got %+v", e)
	}
}

func boltModal(t *testing.T, p *peer) {
	p.acked(t, p.command(t, "settings"), "{}")
	opened := p.saw(t, "opened", "title", "Settings", "callback", "settings", "app", slacktest.AppID,
		"again", "slack_webapi_platform_error exchanged_trigger_id", "stale", "slack_webapi_platform_error hash_conflict")
	view := func() slacktest.View { return p.s.Views()[0] }
	v := view()
	if len(p.s.Views()) != 1 || v.ID != opened["view"] || v.ID != opened["root"] || !v.Open || v.Title != "Settings" || v.User != "U0ALICE" {
		t.Fatalf("got %+v for %q", v, opened)
	}

	id := p.s.Suggest(slacktest.Suggest{ViewID: v.ID, BlockID: "vm", Value: "we"})
	p.saw(t, "envelope", "envelope", id, "kind", "block_suggestion", "user", "U0ALICE")
	p.saw(t, "options", "envelope", id, "value", "we", "view", v.ID, "user", "U0ALICE")
	p.acked(t, id, `{"options":[{"text":{"type":"plain_text","text":"web01"},"value":"web01"},{"text":{"type":"plain_text","text":"web02"},"value":"web02"}]}`)
	if o, ok := p.s.Options(id); !ok || !slices.Equal(o, []slacktest.Option{{Text: "web01", Value: "web01"}, {Text: "web02", Value: "web02"}}) {
		t.Fatalf("got %v, %v", o, ok)
	}

	submit := func(days, payload string) {
		t.Helper()
		id := p.s.Submit(slacktest.Submit{ViewID: v.ID, Values: map[string]string{"vm": "web02", "keep": days}})
		p.saw(t, "envelope", "envelope", id, "kind", "view_submission", "user", "U0ALICE")
		p.saw(t, "submission", "envelope", id, "view", v.ID, "metadata", "k2", "vm", "web02", "days", days)
		p.acked(t, id, payload)
	}
	submit("never", `{"response_action":"errors","errors":{"keep":"not a number of days"}}`)
	if v := view(); !v.Open || len(v.Errors) != 1 || v.Errors["keep"] != "not a number of days" {
		t.Fatalf("after errors: %+v", v)
	}
	submit("14", "{}")
	if v := view(); v.Open || len(v.Errors) != 0 {
		t.Fatalf("after a good submission: %+v", v)
	}
}

func boltResponses(t *testing.T, p *peer) {
	before, posts := len(p.s.Ephemerals()), len(p.s.Messages())
	p.acked(t, p.command(t, "vms"), "{}")
	p.saw(t, "responded", "status", "200")
	e, m := p.s.Ephemerals()[before:], p.s.Messages()[posts:]
	if len(e) != 1 || e[0].User != "U0ALICE" || e[0].Via != "response_url" || p.s.Read(e[0].Text, e[0].Blocks) != "three VMs" {
		t.Fatalf("got %+v", e)
	}
	if len(m) != 1 || m[0].Text != "for all" || m[0].Channel != "C0BACKUPS" {
		t.Fatalf("got %+v", m)
	}
}

// boltRefresh moves the client to a new link, over which comes what was typed meanwhile. It waits 5 s before it opens one.
func boltRefresh(t *testing.T, p *peer) {
	before := p.s.Calls("apps.connections.open")
	p.s.Disconnect("refresh_requested")
	p.saw(t, "disconnect", "reason", "refresh_requested")
	p.acked(t, p.command(t, "status"), "{}")
	if p.s.Calls("apps.connections.open") == before {
		t.Fatal("the client got the command without a new link")
	}
	p.saw(t, "responded", "status", "")
	eventually(t, "the old link's end", func() bool { return p.s.Links() == 1 })
}

func boltRedelivery(t *testing.T, p *peer) {
	id := p.command(t, "silence")
	p.saw(t, "envelope", "envelope", id, "again", "false", "retry", "0", "reason", "")
	p.saw(t, "envelope", "envelope", id, "again", "true", "retry", "1", "reason", "timeout", "accepts", "true")
	p.acked(t, id, "{}")
}

// boltGoodbye ends the peer, which must close its link well and have had nothing to complain of.
func boltGoodbye(t *testing.T, p *peer) {
	if err := p.stdin.Close(); err != nil {
		t.Fatal(err)
	}
	p.saw(t, "end")
	eventually(t, "the peer's end", p.hasEnded)
	if p.err != nil {
		t.Fatal(p.err)
	}
	eventually(t, "the link's end", func() bool { return p.s.Links() == 0 })
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.sights {
		// One rate limit was ordered, and a machine that stands still for seconds is no fault of the server.
		fine := strings.Contains(s["text"], "A rate limit was exceeded") || strings.Contains(s["text"], "before the timeout of")
		if s["saw"] == "noise" || s["saw"] == "complaint" && !fine {
			t.Errorf("the client complains: %s", s["text"])
		}
	}
}
