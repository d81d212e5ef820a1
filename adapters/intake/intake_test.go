package intake_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"vmbackup-bot/adapters/intake"
	"vmbackup-bot/bot/chat"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// person is whoever waits for one request.
type person struct {
	mu   sync.Mutex
	acks []map[string]string
	told []string
	late error // of the acknowledgement
}

func (p *person) Ack(_ context.Context, invalid map[string]string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.acks = append(p.acks, invalid)
	return p.late
}

func (p *person) Choices(_ context.Context, all []chat.Choice) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range all {
		p.told = append(p.told, c.Label)
	}
	return nil
}

func (p *person) Private(_ context.Context, c chat.Card) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.told = append(p.told, c.Summary.Plain(time.UTC))
	return nil
}

func (p *person) Form(context.Context, chat.Form) error { return errors.New("no forms") }

// bot does as it is told.
type bot struct {
	ack     chat.Ack
	invalid map[string]string
	err     error
	handle  func(ctx context.Context)
	suggest func(ctx context.Context) []chat.Choice
	handled int
}

func (b *bot) Claim(context.Context, chat.Request) (chat.Ack, map[string]string, error) {
	return b.ack, b.invalid, b.err
}

func (b *bot) Handle(ctx context.Context, _ chat.Request, _ chat.Answer) {
	b.handled++
	if b.handle != nil {
		b.handle(ctx)
	}
}

func (b *bot) Suggest(ctx context.Context, _ chat.Request) []chat.Choice { return b.suggest(ctx) }

func TestServe(t *testing.T) {
	for name, c := range map[string]struct {
		bot     bot
		late    error
		kind    chat.Kind
		handled int
		told    string // empty for nothing
		invalid bool
	}{
		"a new request":             {bot: bot{ack: chat.AckHandle}, handled: 1},
		"a repeat":                  {bot: bot{ack: chat.AckRepeat}},
		"a form to mend":            {bot: bot{ack: chat.AckInvalid, invalid: map[string]string{"vm": "no"}}, invalid: true},
		"a claim that failed":       {bot: bot{err: &chat.Error{Kind: chat.Unavailable, Say: chat.T("nothing was started")}}, told: "nothing was started"},
		"one not acknowledged":      {bot: bot{ack: chat.AckHandle}, late: errors.New("too late")},
		"a panic":                   {bot: bot{ack: chat.AckHandle, handle: func(context.Context) { panic("secret") }}, handled: 1, told: "inside the bot"},
		"a panic in a suggestion":   {kind: chat.Suggest, bot: bot{suggest: func(context.Context) []chat.Choice { panic("secret") }}, told: "inside the bot"},
		"a suggestion from memory":  {kind: chat.Suggest, bot: bot{suggest: func(context.Context) []chat.Choice { return []chat.Choice{{Label: "web01"}} }}, told: "web01"},
		"a suggestion that is late": {kind: chat.Suggest, bot: bot{suggest: func(ctx context.Context) []chat.Choice { <-ctx.Done(); return nil }}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log strings.Builder
				b, p := c.bot, &person{late: c.late}
				d := intake.New(t.Context(), &b, slog.New(slog.NewTextHandler(&log, nil)))
				d.Take(func(ctx context.Context) { d.Serve(ctx, chat.Request{Kind: c.kind}, p) })
				d.Close()
				if b.handled != c.handled {
					t.Errorf("handled %d times", b.handled)
				}
				if c.kind != chat.Suggest && len(p.acks) != 1 {
					t.Errorf("acknowledged %d times", len(p.acks))
				}
				if c.invalid != (len(p.acks) == 1 && p.acks[0] != nil) {
					t.Errorf("acknowledged with %v", p.acks)
				}
				if c.told == "" && len(p.told) > 0 || c.told != "" && !slices.ContainsFunc(p.told, func(s string) bool { return strings.Contains(s, c.told) }) {
					t.Errorf("told %q", p.told)
				}
				if strings.Contains(log.String(), "secret") {
					t.Errorf("the log: %s", log.String())
				}
			})
		})
	}
}

// TestClose: what is in hand may finish, what does not is told to, and what then still goes on is left alone.
func TestClose(t *testing.T) {
	for name, c := range map[string]struct {
		work     time.Duration
		stubborn bool
		want     time.Duration
	}{
		"soon":     {time.Second, false, time.Second},
		"too long": {time.Hour, false, 1500 * time.Millisecond},
		"stubborn": {time.Hour, true, 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := intake.New(t.Context(), &bot{}, slog.New(slog.DiscardHandler))
				d.Take(func(ctx context.Context) {
					end := ctx.Done()
					if c.stubborn {
						end = nil
					}
					timer := time.NewTimer(c.work)
					defer timer.Stop()
					select {
					case <-timer.C:
					case <-end:
					}
				})
				if d.Idle() {
					t.Error("idle with work in hand")
				}
				began := time.Now()
				d.Close()
				if took := time.Since(began); took != c.want {
					t.Errorf("took %v, want %v", took, c.want)
				}
				<-time.After(2 * time.Hour) // whoever was left alone ends some day
			})
		})
	}
}

// TestTooMany: beyond the limit nothing is taken, and afterwards everything is again.
func TestTooMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := intake.New(t.Context(), &bot{}, slog.New(slog.DiscardHandler))
		release := make(chan struct{})
		for range intake.MostAtOnce {
			if !d.Take(func(context.Context) { <-release }) {
				t.Fatal("not taken")
			}
		}
		if d.Take(func(context.Context) {}) {
			t.Error("one too many was taken")
		}
		close(release)
		synctest.Wait()
		if !d.Take(func(context.Context) {}) {
			t.Error("not taken though all is done")
		}
		d.Close()
	})
}
