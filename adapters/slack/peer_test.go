package slack_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"vmbackup-bot/adapters/slack"
	"vmbackup-bot/adapters/slack/slacktest"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/chat/chattest"
)

var (
	alice    = chat.Actor{Platform: slack.Name, Team: "T0TEAM", User: "U0ALICE", Name: "alice"}
	channelP = chat.Place{Platform: slack.Name, Team: "T0TEAM", Channel: "C0BACKUPS"}
)

// peer is a workspace and an adapter in it, over loopback.
type peer struct {
	*slacktest.Server
	adapter *slack.Adapter
	log     *buffer
	mu      sync.Mutex
	asked   string // envelope of the newest completion
}

func newPeer(t testing.TB, o slacktest.Options, change func(*slack.Options)) *peer {
	t.Helper()
	p := &peer{log: &buffer{}}
	server, url := slacktest.Start(t, o)
	p.Server = server
	opts := slack.Options{
		BotToken: server.BotToken(), AppToken: server.AppToken(), APIURL: url,
		Logger: slog.New(slog.NewTextHandler(p.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&opts)
	}
	p.adapter = slack.New(opts)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(p.log.String())
		}
	})
	return p
}

// send brings a request in as people would, and once more where it is wanted: under the same envelope, and under another.
func (p *peer) send(t testing.TB, r chat.Request, again bool) {
	t.Helper()
	var id string
	switch r.Kind {
	case chat.Command:
		id = p.Command(slacktest.Command{User: r.Actor.User, Channel: r.Place.Channel, Text: r.Text})
	case chat.Press:
		action := r.Action
		if r.Arg != "" {
			action += "." + r.Arg
		}
		id = p.Press(slacktest.Press{User: r.Actor.User, Channel: r.On.Channel, TS: r.On.ID, ActionID: action, Value: r.ID})
	case chat.Submit:
		for _, v := range p.Views() {
			if v.Open && v.User == r.Actor.User {
				id = p.Submit(slacktest.Submit{ViewID: v.ID, Values: r.Fields})
			}
		}
	case chat.Suggest:
		view := p.Show(r.Actor.User, suggestView)
		id = p.Suggest(slacktest.Suggest{ViewID: view, BlockID: "vm", ActionID: "vm", Value: r.Options["vm"]})
		p.mu.Lock()
		p.asked = id
		p.mu.Unlock()
	}
	if id == "" {
		t.Fatalf("nobody can do that: %v", p.Mistakes())
	}
	if again {
		p.Again(id, false)
		p.Again(id, true)
	}
}

// suggestView is a form with a field that is completed.
const suggestView = `{"type": "modal", "callback_id": "form", "private_metadata": "{\"a\":\"menu\",\"p\":{\"platform\":\"slack\",\"channel\":\"C0BACKUPS\"}}",
	"title": {"type": "plain_text", "text": "Menu"}, "submit": {"type": "plain_text", "text": "Run"},
	"blocks": [{"type": "input", "block_id": "vm", "label": {"type": "plain_text", "text": "VM"},
	"element": {"type": "external_select", "action_id": "vm", "min_query_length": 0}}]}`

func (p *peer) choices(testing.TB) []string {
	p.mu.Lock()
	id := p.asked
	p.mu.Unlock()
	offered, _ := p.Options(id)
	var labels []string
	for _, o := range offered {
		labels = append(labels, o.Text)
	}
	return labels
}

func (p *peer) forms(testing.TB) []string {
	var titles []string
	for _, v := range p.Views() {
		titles = append(titles, v.Title)
	}
	return titles
}

func (p *peer) seen(testing.TB) []chattest.Seen {
	var out []chattest.Seen
	for _, m := range p.Messages() {
		ref := chat.MessageRef{Place: channelP, ID: m.TS}
		ref.Channel, ref.Thread = m.Channel, m.ThreadTS
		out = append(out, chattest.Seen{Ref: ref, Text: p.read(m.Text, m.Blocks), Buttons: buttonsIn(m.Blocks), Pings: m.Pings})
	}
	return out
}

func (p *peer) privates(testing.TB) []chattest.Seen {
	var out []chattest.Seen
	for _, e := range p.Ephemerals() {
		out = append(out, chattest.Seen{Text: p.read(e.Text, e.Blocks), Buttons: buttonsIn(e.Blocks), Pings: e.Pings, To: e.User})
	}
	return out
}

// read marks the lines of a code block, which people see in a box of its own.
func (p *peer) read(text string, blocks json.RawMessage) string {
	boxed := func(s, line string) string {
		parts := strings.Split(s, "```")
		for i := 1; i < len(parts); i += 2 {
			parts[i] = strings.ReplaceAll(parts[i], line, line+"> ")
		}
		return strings.Join(parts, "```")
	}
	return p.Read(boxed(text, "\n"), json.RawMessage(boxed(string(blocks), `\n`))) + "\n"
}

// buttonsIn are the buttons of a message, with what a press brings back.
func buttonsIn(blocks json.RawMessage) []chat.Button {
	var list []struct {
		Type     string `json:"type"`
		Elements []struct {
			Type     string `json:"type"`
			ActionID string `json:"action_id"`
			Value    string `json:"value"`
		} `json:"elements"`
	}
	if json.Unmarshal(blocks, &list) != nil {
		return nil
	}
	var out []chat.Button
	for _, b := range list {
		if b.Type != "actions" {
			continue
		}
		for _, e := range b.Elements {
			action, arg, _ := strings.Cut(e.ActionID, ".")
			out = append(out, chat.Button{Action: action, ID: e.Value, Arg: arg})
		}
	}
	return out
}

func (p *peer) makeTrouble(t testing.TB, what chattest.Trouble, m chat.MessageRef) {
	t.Helper()
	post := slacktest.Rule{Method: "chat.postMessage", Times: 1}
	switch what {
	case chattest.TroubleThrottled:
		post.RetryAfter = time.Second
		p.Inject(post)
	case chattest.TroubleFailing:
		post.Status = 500
		p.Inject(post)
	case chattest.TroubleLostAnswer:
		post.Stored, post.Cut = true, true
		p.Inject(post)
	case chattest.TroubleDeleted:
		p.DeleteMessage(m.Channel, m.ID)
	case chattest.TroublePlaceGone:
		p.Archive(channelP.Channel)
	case chattest.TroubleForbidden:
		p.SetMember(channelP.Channel, false)
	case chattest.TroubleLink:
		p.Cut()
	case chattest.TroubleFatal:
		p.SetToken("token_revoked")
	default:
		t.Fatalf("no trouble %q", what)
	}
}

// buffer is a log that can be read while it is written.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func TestConformance(t *testing.T) {
	t.Parallel()
	chattest.Run(t, func(t testing.TB) chattest.Harness {
		p := newPeer(t, slacktest.Options{Unlimited: true}, nil)
		return chattest.Harness{
			Adapter: p.adapter, Chat: p.adapter, Pacer: p.adapter, Place: channelP, Actor: alice, Log: p.log.String,
			Secrets: []string{p.BotToken(), p.AppToken(), "/respond/", "ticket="},
			Send:    p.send, Seen: p.seen, Privates: p.privates, Forms: p.forms, Choices: p.choices, Trouble: p.makeTrouble,
		}
	})
}

// handler is a bot that does nothing but remember.
type handler struct {
	mu      sync.Mutex
	claimed map[string]bool
	got     []chat.Request
	do      func(context.Context, chat.Request, chat.Answer)
	invalid map[string]string
}

func (h *handler) Claim(_ context.Context, r chat.Request) (chat.Ack, map[string]string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.Kind == chat.Submit && h.invalid != nil {
		return chat.AckInvalid, h.invalid, nil
	}
	repeat := false
	for _, id := range r.Deliveries {
		repeat = repeat || h.claimed[id]
		if h.claimed == nil {
			h.claimed = make(map[string]bool)
		}
		h.claimed[id] = true
	}
	if repeat {
		return chat.AckRepeat, nil, nil
	}
	return chat.AckHandle, nil, nil
}

func (h *handler) Handle(ctx context.Context, r chat.Request, a chat.Answer) {
	h.mu.Lock()
	h.got = append(h.got, r)
	do := h.do
	h.mu.Unlock()
	if do != nil {
		do(ctx, r, a)
	}
}

func (h *handler) Suggest(context.Context, chat.Request) []chat.Choice { return nil }

func (h *handler) requests() []chat.Request {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]chat.Request(nil), h.got...)
}
