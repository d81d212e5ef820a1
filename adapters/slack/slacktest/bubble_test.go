package slacktest_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"vmbackup-bot/adapters/slack/slacktest"
	"vmbackup-bot/bot/chat/chattest"
)

// bubble serves a workspace over pipes inside a bubble.
func bubble(t *testing.T, test func(*testing.T, *slacktest.Server, *http.Client, websocket.Dialer)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := chattest.NewPipes()
		s := slacktest.New(slacktest.Options{})
		web := &http.Server{Handler: s.Handler()}
		served := make(chan struct{})
		go func() {
			defer close(served)
			_ = web.Serve(p)
		}()
		transport := &http.Transport{DialContext: p.Dial}
		test(t, s, &http.Client{Transport: transport}, websocket.Dialer{NetDialContext: p.Dial, WriteBufferSize: 32 << 10})
		s.Close()
		transport.CloseIdleConnections()
		_ = web.Close()
		<-served
	})
}

const bubbleURL = "http://slack.test/api/"

func TestClocks(t *testing.T) {
	bubble(t, func(t *testing.T, s *slacktest.Server, web *http.Client, d websocket.Dialer) {
		api := client(s, bubbleURL, web)
		next, end := envelopes(t, api, d)
		id := s.Command(slacktest.Command{Text: "status"})
		began := time.Now()
		var offsets []time.Duration
		var last *socketmode.Event
		var acknowledge func()
		for range 4 {
			last, acknowledge = next()
			offsets = append(offsets, time.Since(began))
		}
		for n, want := range []time.Duration{0, 3 * time.Second, 15 * time.Second, 18 * time.Second} {
			if offsets[n] != want {
				t.Errorf("delivery %d after %v, want %v", n, offsets[n], want)
			}
		}
		acknowledge()
		synctest.Wait()
		if a, ok := s.Acked(id); !ok || a.After != 18*time.Second {
			t.Errorf("got %+v, %v", a, ok)
		}
		command := last.Data.(slack.SlashCommand)
		_, err := api.OpenViewContext(t.Context(), command.TriggerID, restore())
		wantError(t, err, "expired_trigger_id")
		respond := func() error {
			return slack.PostWebhookCustomHTTPContext(t.Context(), command.ResponseURL, web, &slack.WebhookMessage{Text: "x"})
		}
		if err := respond(); err != nil {
			t.Error(err)
		}
		// Links live on pings for as long as the server sends them.
		<-time.After(30 * time.Minute)
		if respond() == nil {
			t.Error("the response URL lives on")
		}
		if s.Links() != 1 || s.Calls("apps.connections.open") != 1 {
			t.Errorf("%d links, opened %d times", s.Links(), s.Calls("apps.connections.open"))
		}
		end()
	})
}

// envelopes runs a client of Socket Mode; next waits for an envelope and returns what acknowledges it.
func envelopes(t *testing.T, api *slack.Client, d websocket.Dialer) (next func() (*socketmode.Event, func()), end func()) {
	c := socketmode.New(api, socketmode.OptionDialer(&d))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = c.RunContext(ctx)
	}()
	next = func() (*socketmode.Event, func()) {
		for {
			e := <-c.Events
			if e.Type == socketmode.EventTypeConnectionError {
				t.Fatalf("got %+v", e)
			}
			if e.Request != nil && e.Request.EnvelopeID != "" {
				return &e, func() { ack(c, e) }
			}
		}
	}
	return next, func() {
		stop()
		<-ended
	}
}

func TestLimitsOverTime(t *testing.T) {
	bubble(t, func(t *testing.T, s *slacktest.Server, web *http.Client, _ websocket.Dialer) {
		api := client(s, bubbleURL, web)
		post := func() (string, error) {
			_, ts, err := api.PostMessageContext(t.Context(), "C0BACKUPS", slack.MsgOptionText("x", false))
			return ts, err
		}
		ts, _ := post()
		for range 20 {
			if _, err := post(); err != nil {
				t.Fatal("one a second is fine:", err)
			}
			<-time.After(time.Second)
		}
		edit := func() error {
			_, _, _, err := api.UpdateMessageContext(t.Context(), "C0BACKUPS", ts, slack.MsgOptionText("y", false))
			return err
		}
		for range 50 {
			if err := edit(); err != nil {
				t.Fatal(err)
			}
		}
		<-time.After(45 * time.Second)
		var limited *slack.RateLimitedError
		if err := edit(); !errors.As(err, &limited) || limited.RetryAfter != 15*time.Second {
			t.Fatalf("got %v", err)
		}
		<-time.After(limited.RetryAfter)
		if err := edit(); err != nil {
			t.Fatal(err)
		}
		s.SetHistoryLag(10 * time.Second)
		_, _ = post()
		history := func() int {
			h, err := api.GetConversationHistoryContext(t.Context(), &slack.GetConversationHistoryParameters{ChannelID: "C0BACKUPS"})
			if err != nil {
				t.Fatal(err)
			}
			return len(h.Messages)
		}
		before := history()
		<-time.After(10 * time.Second)
		if after := history(); after != before+1 {
			t.Errorf("history went from %d to %d messages", before, after)
		}
	})
}
