package discord_test

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vmbackup-bot/adapters/discord"
	"vmbackup-bot/adapters/discord/discordtest"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/chat/chattest"
)

// bubble is a guild and a running adapter in fake time.
type bubble struct {
	*peer
	t    *testing.T
	h    *handler
	stop context.CancelFunc
	done chan error
	// change is what else the adapter's options say.
	change func(*discord.Options)
	// company is what the adapter told of other processes.
	told    sync.Mutex
	company []int
}

func (b *bubble) others() []int {
	b.told.Lock()
	defer b.told.Unlock()
	return slices.Clone(b.company)
}

// inBubble runs the adapter against a guild in fake time. before may make trouble before it starts.
func inBubble(t *testing.T, o discordtest.Options, before, test func(*bubble)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		lines := chattest.NewPipes()
		b := &bubble{t: t, h: &handler{}, peer: &peer{Server: discordtest.New(o), log: &buffer{}}}
		b.listen()
		web := &http.Server{Handler: b.Handler(), ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
		var serving sync.WaitGroup
		serving.Go(func() { _ = web.Serve(lines) })
		if before != nil {
			before(b)
		}
		opts := discord.Options{
			Token: b.BotToken(), Guild: discordtest.Guild, APIURL: "http://discord.test/api/", Dial: lines.Dial,
			Logger: slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
			Company: func(_ context.Context, others int) {
				b.told.Lock()
				defer b.told.Unlock()
				b.company = append(b.company, others)
			},
		}
		if b.change != nil {
			b.change(&opts)
		}
		b.adapter = discord.New(opts)
		ctx, stop := context.WithCancel(context.Background())
		b.stop, b.done = stop, make(chan error, 1)
		go func() { b.done <- b.adapter.Run(ctx, b.h) }()
		defer func() {
			stop()
			if b.done != nil {
				if err := b.ended(5 * time.Second); err != nil {
					t.Errorf("Run: %v", err)
				}
			}
			b.Close()
			b.adapter.Close()
			_ = web.Close()
			serving.Wait()
			if n := len(b.leaked()); n > 0 || strings.Contains(b.log.String(), b.BotToken()) {
				t.Errorf("a secret is in the log; %d tokens of interactions", n)
			}
			if t.Failed() {
				t.Log(b.log.String())
			}
		}()
		test(b)
	})
}

// pass lets time go by.
func (b *bubble) pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// ended is the error that Run returned, which it must within limit.
func (b *bubble) ended(limit time.Duration) error {
	b.t.Helper()
	select {
	case err := <-b.done:
		b.done = nil
		return err
	case <-time.After(limit):
		b.t.Fatalf("Run goes on after %v: %+v", limit, b.adapter.Health())
		return nil
	}
}

// ask types a command.
func (b *bubble) ask() string {
	b.t.Helper()
	id := b.Command(discordtest.Command{User: discordtest.Alice, Options: options("status web01")})
	if id == "" {
		b.t.Fatalf("nobody can ask: %v", b.Mistakes())
	}
	return id
}

// well checks that people can use the link now.
func (b *bubble) well() {
	b.t.Helper()
	h := b.adapter.Health()
	if !h.OK || h.State != "connected" || h.Detail != "" {
		b.t.Errorf("health is %+v", h)
	}
	n := len(b.h.requests())
	b.ask()
	b.pass(time.Second)
	if got := len(b.h.requests()); got != n+1 {
		b.t.Errorf("%d requests were handled, want one", got-n)
	}
}

// ill checks that health says that something is wrong, and what.
func (b *bubble) ill(words string) {
	b.t.Helper()
	if h := b.adapter.Health(); h.OK || !strings.Contains(h.Detail, words) {
		b.t.Errorf("health is %+v, want %q in it", h, words)
	}
}

func note(words string) chat.Card { return chat.Card{Summary: chat.T(words)} }

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
	if h.claimed == nil {
		h.claimed = make(map[string]bool)
	}
	repeat := false
	for _, id := range r.Deliveries {
		repeat = repeat || h.claimed[id]
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
