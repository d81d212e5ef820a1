package slack_test

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vmbackup-bot/adapters/slack"
	"vmbackup-bot/adapters/slack/slacktest"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/chat/chattest"
)

// bubble is a workspace and a running adapter in fake time.
type bubble struct {
	*peer
	t    *testing.T
	h    *handler
	stop context.CancelFunc
	done chan error
	// company is what the adapter told of other processes.
	mu      sync.Mutex
	company []int
}

// inBubble runs the adapter against a workspace in fake time. before may make trouble before it starts.
func inBubble(t *testing.T, o slacktest.Options, before, test func(*bubble)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		lines := chattest.NewPipes()
		b := &bubble{t: t, h: &handler{}, peer: &peer{Server: slacktest.New(o), log: &buffer{}}}
		web := &http.Server{Handler: b.Handler(), ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
		var serving sync.WaitGroup
		serving.Go(func() { _ = web.Serve(lines) })
		b.adapter = slack.New(slack.Options{
			BotToken: b.BotToken(), AppToken: b.AppToken(), APIURL: "http://slack.test/api/", Dial: lines.Dial,
			Logger: slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
			Company: func(_ context.Context, others int) {
				b.mu.Lock()
				defer b.mu.Unlock()
				b.company = append(b.company, others)
			},
		})
		if before != nil {
			before(b)
		}
		ctx, stop := context.WithCancel(context.Background())
		b.stop, b.done = stop, make(chan error, 1)
		go func() { b.done <- b.adapter.Run(ctx, b.h) }()
		defer func() {
			stop()
			if b.done != nil {
				if err := <-b.done; err != nil {
					t.Errorf("Run: %v", err)
				}
			}
			b.Close()
			b.adapter.Close()
			_ = web.Close()
			serving.Wait()
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

// well checks that people can use the link now.
func (b *bubble) well() {
	b.t.Helper()
	h := b.adapter.Health()
	if !h.OK || h.State != "connected" || h.Detail != "" {
		b.t.Errorf("health is %+v", h)
	}
	n := len(b.h.requests())
	b.Command(slacktest.Command{Text: "status web01"})
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

// TestOtherCommands: an app may have more commands than the bot's. Nothing is done for those, and the person is told.
func TestOtherCommands(t *testing.T) {
	t.Parallel()
	inBubble(t, slacktest.Options{}, nil, func(b *bubble) {
		b.pass(time.Second)
		b.Command(slacktest.Command{Name: "/VMBackup", Text: "status"})
		id := b.Command(slacktest.Command{Name: "/vmbackup-test", Text: "backup web01"})
		b.pass(time.Second)
		if got := b.h.requests(); len(got) != 1 || got[0].Text != "status" {
			t.Errorf("requests %+v", got)
		}
		if _, ok := b.Acked(id); !ok {
			t.Error("the other command was not acknowledged")
		}
		told := b.Ephemerals()
		if len(told) == 0 || !strings.Contains(told[len(told)-1].Text, "This bot answers to `/vmbackup`; nothing was done.") {
			t.Errorf("the person was told %+v", told)
		}
	})
}

func note(words string) chat.Card { return chat.Card{Summary: chat.T(words)} }
