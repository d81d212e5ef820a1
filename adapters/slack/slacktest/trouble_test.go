package slacktest_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"vmbackup-bot/adapters/slack/slacktest"
)

func TestRules(t *testing.T) {
	s, api, _ := start(t, slacktest.Options{Unlimited: true})
	post := func() error {
		_, _, err := api.PostMessageContext(t.Context(), "C0BACKUPS", slack.MsgOptionText("x", false))
		return err
	}
	var limited *slack.RateLimitedError
	var status slack.StatusCodeError
	for name, c := range map[string]struct {
		rule   slacktest.Rule
		fits   func(error) bool
		stored bool
	}{
		"retry after": {
			rule: slacktest.Rule{RetryAfter: 7 * time.Second},
			fits: func(err error) bool { return errors.As(err, &limited) && limited.RetryAfter == 7*time.Second },
		},
		"429 alone": {
			rule: slacktest.Rule{Status: http.StatusTooManyRequests},
			fits: func(err error) bool { return errors.As(err, &status) && status.Code == http.StatusTooManyRequests },
		},
		"stored and lost": {rule: slacktest.Rule{Stored: true, Cut: true}, fits: func(err error) bool { return err != nil }, stored: true},
		"cut":             {rule: slacktest.Rule{Cut: true}, fits: func(err error) bool { return err != nil }},
		"garbage":         {rule: slacktest.Rule{Garbage: true}, fits: func(err error) bool { return err != nil }},
		"server":          {rule: slacktest.Rule{Status: 503}, fits: func(err error) bool { return errors.As(err, &status) && status.Code == 503 }},
		"slow":            {rule: slacktest.Rule{Slow: time.Millisecond}, fits: func(err error) bool { return err == nil }, stored: true},
		"pointer": {
			rule: slacktest.Rule{Error: "invalid_blocks", Pointer: "/blocks/0"},
			fits: func(err error) bool {
				e := wantError(t, err, "invalid_blocks")
				return len(e.Messages) == 1
			},
		},
		"scope": {
			rule: slacktest.Rule{Error: "missing_scope", Needed: "chat:write"},
			fits: func(err error) bool { return wantError(t, err, "missing_scope").Needed == "chat:write" },
		},
	} {
		before := len(s.Messages())
		c.rule.Method, c.rule.Times = "chat.postMessage", 1
		c.rule.Match = func(args url.Values) bool { return args.Get("channel") == "C0BACKUPS" }
		s.Inject(c.rule)
		if err := post(); !c.fits(err) {
			t.Errorf("%s: got %v", name, err)
		}
		if stored := len(s.Messages()) > before; stored != c.stored {
			t.Errorf("%s: stored %v", name, stored)
		}
		if err := post(); err != nil {
			t.Errorf("after %s: %v", name, err)
		}
	}
	s.Inject(slacktest.Rule{Error: "fatal_error"})
	for range 2 {
		wantError(t, post(), "fatal_error")
	}
	s.Calm()
	if err := post(); err != nil || len(s.Throttled()) != 0 {
		t.Fatal(err, s.Throttled())
	}
}

func TestSlowAnswerOfACallerWhoLeft(t *testing.T) {
	s, api, _ := start(t, slacktest.Options{})
	s.Inject(slacktest.Rule{Slow: time.Hour})
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for len(s.Messages()) == 0 {
			<-tick.C
		}
		stop()
	}()
	if _, _, err := api.PostMessageContext(ctx, "C0BACKUPS", slack.MsgOptionText("x", false)); err == nil {
		t.Fatal("the answer came")
	}
}

func TestHooks(t *testing.T) {
	s, api, _ := start(t, slacktest.Options{})
	for _, after := range []bool{false, true} {
		before := len(s.Messages())
		s.OnCall(func(method, key string, at bool) bool {
			return method != "chat.postMessage" || key != "k1" || at != after
		})
		if _, _, err := api.PostMessageContext(t.Context(), "C0BACKUPS", slack.MsgOptionText("x", false), keyed("k1")); err == nil {
			t.Fatal("the call was not cut off")
		}
		if stored := len(s.Messages()) > before; stored != after {
			t.Fatalf("after %v: stored %v", after, stored)
		}
	}
	s.OnCall(nil)
	cuts := make(chan bool, 10)
	s.OnAck(func(_ string, after bool) bool {
		cuts <- after
		return len(cuts) > 1
	})
	connect(t, api, func(c *socketmode.Client, e socketmode.Event) { ack(c, e) })
	id := s.Command(slacktest.Command{})
	eventually(t, "the acknowledgement after the cut", func() bool { _, ok := s.Acked(id); return ok && len(cuts) == 3 })
}
