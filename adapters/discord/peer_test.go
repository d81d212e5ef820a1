package discord_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vmbackup-bot/adapters/discord"
	"vmbackup-bot/adapters/discord/discordtest"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/chat/chattest"
)

var (
	alice    = chat.Actor{Platform: discord.Name, Team: discordtest.Guild, User: discordtest.Alice, Name: "alice"}
	channelP = chat.Place{Platform: discord.Name, Team: discordtest.Guild, Channel: discordtest.Backups}
)

// peer is a guild and an adapter in it.
type peer struct {
	*discordtest.Server
	adapter *discord.Adapter
	log     *buffer
	mu      sync.Mutex
	asked   string          // the newest completion
	tokens  map[string]bool // of interactions
	words   map[string]string
}

func newPeer(t testing.TB, o discordtest.Options, change func(*discord.Options)) *peer {
	t.Helper()
	p := &peer{log: &buffer{}}
	server, url := discordtest.Start(t, o)
	p.Server = server
	opts := discord.Options{
		Token: server.BotToken(), Guild: discordtest.Guild, APIURL: url,
		Logger: slog.New(slog.NewTextHandler(p.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&opts)
	}
	p.adapter = discord.New(opts)
	p.listen()
	t.Cleanup(func() {
		p.adapter.Close()
		if t.Failed() {
			t.Log(p.log.String())
		}
	})
	return p
}

// listen collects the tokens of interactions, which may show up nowhere.
func (p *peer) listen() {
	p.tokens, p.words = map[string]bool{}, map[string]string{}
	p.OnCall(func(_, path string, _ bool) bool {
		parts := strings.Split(path, "/")
		i := max(slices.Index(parts, "interactions"), slices.Index(parts, "webhooks"))
		if i >= 0 && i+2 < len(parts) {
			p.mu.Lock()
			p.tokens[parts[i+2]] = true
			p.mu.Unlock()
		}
		return true
	})
}

// leaked are the tokens of interactions that are in the log.
func (p *peer) leaked() (all []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for token := range p.tokens {
		if strings.Contains(p.log.String(), token) {
			all = append(all, token)
		}
	}
	return all
}

// eventually waits until ok.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	end := time.NewTimer(10 * time.Second)
	defer end.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-end.C:
			t.Fatal("still not so: " + what)
		case <-tick.C:
		}
	}
}

// options are a typed command as a person fills it in on Discord.
func options(text string) map[string]string {
	verb, what, _ := strings.Cut(text, " ")
	o := map[string]string{"verb": verb}
	name, ok := map[string]string{"backup": "vm", "report": "vm", "status": "target", "abort": "operation", "vms": "glob"}[verb]
	if ok && what != "" {
		o[name] = what
	}
	return o
}

// send brings a request in as people would, and once more where it is wanted.
func (p *peer) send(t testing.TB, r chat.Request, again bool) {
	t.Helper()
	eventually(t, "the command is registered", func() bool { return len(p.Commands()) > len("[]") })
	var id string
	switch r.Kind {
	case chat.Command:
		id = p.Command(discordtest.Command{User: r.Actor.User, Channel: r.Place.Channel, Options: options(r.Text)})
	case chat.Press:
		custom := r.Action + ":" + r.ID
		if r.Arg != "" {
			custom += ":" + r.Arg
		}
		channel := r.On.Channel
		if r.On.Thread != "" {
			channel = r.On.Thread
		}
		id = p.Press(discordtest.Press{User: r.Actor.User, Channel: channel, Message: r.On.ID, CustomID: custom})
	case chat.Submit:
		id = p.Submit(discordtest.Submit{User: r.Actor.User, Modal: r.Action + ":" + r.ID, Values: r.Fields})
	case chat.Suggest:
		id = p.Autocomplete(discordtest.Autocomplete{User: r.Actor.User, Channel: r.Place.Channel, Options: r.Options, Focused: "vm"})
		p.mu.Lock()
		p.asked = id
		p.mu.Unlock()
	}
	if id == "" {
		t.Fatalf("nobody can do that: %v", p.Mistakes())
	}
	if again {
		p.Replay(id)
	}
}

func (p *peer) choices(testing.TB) []string {
	p.mu.Lock()
	id := p.asked
	p.mu.Unlock()
	var labels []string
	for _, c := range p.Interactions()[id].Choices {
		labels = append(labels, c.Name)
	}
	return labels
}

func (p *peer) seen(testing.TB) []chattest.Seen {
	var out []chattest.Seen
	for _, m := range p.Messages() {
		if m.Deleted {
			continue
		}
		ref := chat.MessageRef{Place: channelP, ID: m.ID}
		ref.Channel = m.Channel
		if m.Parent != "" {
			ref.Channel, ref.Thread = m.Parent, m.Channel
		}
		out = append(out, chattest.Seen{Ref: ref, Text: p.read(m.Content, m.Embeds), Buttons: buttonsIn(m.Components), Pings: m.Pings})
	}
	return out
}

func (p *peer) privates(testing.TB) []chattest.Seen {
	var out []chattest.Seen
	for _, e := range p.Privates() {
		if !e.Deleted {
			out = append(out, chattest.Seen{Text: p.read(e.Content, e.Embeds), Buttons: buttonsIn(e.Components), To: e.User})
		}
	}
	return out
}

// read marks the lines of a code block, which people see in a box of its own. What was read once is kept.
func (p *peer) read(text string, embeds json.RawMessage) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := text + string(embeds)
	if s, ok := p.words[key]; ok {
		return s
	}
	boxed := func(s, line string) string {
		parts := strings.Split(s, "```")
		for i := 1; i < len(parts); i += 2 {
			parts[i] = strings.ReplaceAll(parts[i], line, line+"> ")
		}
		return strings.Join(parts, "```")
	}
	p.words[key] = p.Read(boxed(text, "\n"), json.RawMessage(boxed(string(embeds), `\n`))) + "\n"
	return p.words[key]
}

// buttonsIn are the buttons of a message, with what a press brings back.
func buttonsIn(components json.RawMessage) []chat.Button {
	var rows []struct {
		Components []struct {
			ID string `json:"custom_id"`
		} `json:"components"`
	}
	if json.Unmarshal(components, &rows) != nil {
		return nil
	}
	var out []chat.Button
	for _, row := range rows {
		for _, b := range row.Components {
			parts := append(strings.SplitN(b.ID, ":", 3), "", "")
			out = append(out, chat.Button{Action: parts[0], ID: parts[1], Arg: parts[2]})
		}
	}
	return out
}

func (p *peer) makeTrouble(t testing.TB, what chattest.Trouble, m chat.MessageRef) {
	t.Helper()
	post := discordtest.Rule{Method: "POST", Path: "/messages", Times: 1}
	switch what {
	case chattest.TroubleThrottled:
		post.RetryAfter = 1
		p.Inject(post)
	case chattest.TroubleFailing:
		post.Status = 500
		p.Inject(post)
	case chattest.TroubleLostAnswer:
		post.Stored, post.Cut = true, true
		p.Inject(post)
	case chattest.TroubleDeleted:
		channel := m.Channel
		if m.Thread != "" {
			channel = m.Thread
		}
		p.DeleteMessage(channel, m.ID)
	case chattest.TroublePlaceGone:
		p.RemoveChannel(channelP.Channel)
	case chattest.TroubleForbidden:
		p.SetPermissions(channelP.Channel, discordtest.ViewChannel|discordtest.ReadMessageHistory)
	case chattest.TroubleLink:
		p.Cut()
	case chattest.TroubleFatal:
		// The link is left alone: it would be ended at once, and Run with it, for which the suite has no room. gateway_test
		// has that.
		p.Inject(discordtest.Rule{Status: 401})
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
