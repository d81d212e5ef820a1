package slack_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"vmbackup-bot/adapters/slack/slacktest"
	"vmbackup-bot/bot/chat"
)

// TestTokens: a token that Slack refuses for good ends the adapter with a word on what to do; one that it refuses for a
// moment does not.
func TestTokens(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"invalid_auth", "token_revoked", "account_inactive", "token_expired", "not_authed"} {
		t.Run("bot token "+code, func(t *testing.T) {
			t.Parallel()
			inBubble(t, slacktest.Options{}, func(b *bubble) { b.SetToken(code) }, func(b *bubble) {
				if err := b.ended(time.Minute); err == nil || !strings.Contains(err.Error(), "SLACK_BOT_TOKEN") || !strings.Contains(err.Error(), code) {
					t.Errorf("ended with %v", err)
				}
				b.ill("SLACK_BOT_TOKEN")
			})
		})
		t.Run("app token "+code, func(t *testing.T) {
			t.Parallel()
			inBubble(t, slacktest.Options{}, func(b *bubble) { b.SetAppToken(code) }, func(b *bubble) {
				if err := b.ended(time.Minute); err == nil || !strings.Contains(err.Error(), "SLACK_APP_TOKEN") {
					t.Errorf("ended with %v", err)
				}
			})
		})
	}
	t.Run("refused once", func(t *testing.T) {
		t.Parallel()
		inBubble(t, slacktest.Options{}, func(b *bubble) {
			b.Inject(slacktest.Rule{Method: "auth.test", Error: "invalid_auth", Times: 1})
			b.Inject(slacktest.Rule{Method: "apps.connections.open", Error: "invalid_auth", Times: 1})
		}, func(b *bubble) {
			b.pass(time.Minute)
			b.well()
		})
	})
	t.Run("revoked while it runs", func(t *testing.T) {
		t.Parallel()
		inBubble(t, slacktest.Options{}, nil, func(b *bubble) {
			b.pass(time.Second)
			b.well()
			b.SetToken("token_revoked")
			if err := b.ended(10 * time.Minute); err == nil || !strings.Contains(err.Error(), "token_revoked") {
				t.Errorf("ended with %v", err)
			}
		})
	})
	t.Run("a bot token in place of the app token", func(t *testing.T) {
		t.Parallel()
		inBubble(t, slacktest.Options{}, func(b *bubble) {
			b.Inject(slacktest.Rule{Method: "apps.connections.open", Error: "not_allowed_token_type"})
		}, func(b *bubble) {
			if err := b.ended(time.Minute); err == nil || !strings.Contains(err.Error(), "SLACK_APP_TOKEN") {
				t.Errorf("ended with %v", err)
			}
		})
	})
	t.Run("the app token lacks its scope", func(t *testing.T) {
		t.Parallel()
		inBubble(t, slacktest.Options{}, func(b *bubble) {
			b.Inject(slacktest.Rule{Method: "apps.connections.open", Error: "missing_scope", Needed: "connections:write"})
		}, func(b *bubble) {
			if err := b.ended(time.Minute); err == nil || !strings.Contains(err.Error(), "connections:write") {
				t.Errorf("ended with %v", err)
			}
		})
	})
}

// TestDisconnects: whatever ends a link, the next one is there soon, and nothing is done twice.
func TestDisconnects(t *testing.T) {
	t.Parallel()
	for _, reason := range []string{"warning", "refresh_requested", "link_disabled", "too_many_websockets"} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			inBubble(t, slacktest.Options{}, nil, func(b *bubble) {
				b.pass(time.Second)
				b.well()
				b.Disconnect(reason)
				b.pass(20 * time.Second)
				b.well()
			})
		})
	}
	t.Run("every link is ended at once", func(t *testing.T) {
		t.Parallel()
		inBubble(t, slacktest.Options{}, nil, func(b *bubble) {
			b.pass(time.Second)
			before := b.Calls("apps.connections.open")
			for end := time.Now().Add(10 * time.Minute); time.Now().Before(end); {
				b.Disconnect("link_disabled")
				b.pass(100 * time.Millisecond)
			}
			if n := b.Calls("apps.connections.open") - before; n > 40 {
				t.Errorf("%d links were asked for in ten minutes", n)
			}
			if n := b.Throttled(); len(n) > 0 {
				t.Errorf("limits were exceeded: %v", n)
			}
			b.ill("Socket Mode may be switched off")
			b.pass(2 * time.Minute)
			b.well()
		})
	})
	t.Run("something cuts links after ten seconds", func(t *testing.T) {
		t.Parallel()
		inBubble(t, slacktest.Options{}, nil, func(b *bubble) {
			for range 20 {
				b.pass(9 * time.Second)
				b.well()
				b.Cut()
			}
			b.pass(time.Minute)
			b.well()
		})
	})
}

// TestOutages: while Slack cannot be reached health says so, and afterwards everything works.
func TestOutages(t *testing.T) {
	t.Parallel()
	t.Run("refused twenty times", func(t *testing.T) {
		t.Parallel()
		inBubble(t, slacktest.Options{}, func(b *bubble) { b.RefuseLinks(20) }, func(b *bubble) {
			b.pass(30 * time.Second)
			b.ill("Slack")
			b.pass(15 * time.Minute)
			b.well()
		})
	})
	t.Run("no answer at the start", func(t *testing.T) {
		t.Parallel()
		inBubble(t, slacktest.Options{}, func(b *bubble) {
			b.Inject(slacktest.Rule{Method: "auth.test", Cut: true, Times: 20})
		}, func(b *bubble) {
			b.pass(10 * time.Second)
			b.ill("who the bot is")
			b.pass(30 * time.Minute)
			b.well()
		})
	})
	t.Run("a page of a portal in place of Slack", func(t *testing.T) {
		t.Parallel()
		inBubble(t, slacktest.Options{}, func(b *bubble) {
			b.Inject(slacktest.Rule{Method: "apps.connections.open", Status: 404, Times: 12})
		}, func(b *bubble) {
			b.pass(20 * time.Minute)
			b.well()
		})
	})
	t.Run("throttled", func(t *testing.T) {
		t.Parallel()
		inBubble(t, slacktest.Options{}, func(b *bubble) {
			b.Inject(slacktest.Rule{Method: "apps.connections.open", RetryAfter: 40 * time.Second, Times: 2})
		}, func(b *bubble) {
			b.pass(5 * time.Minute)
			b.well()
		})
	})
	t.Run("a link goes silent", func(t *testing.T) {
		t.Parallel()
		inBubble(t, slacktest.Options{}, nil, func(b *bubble) {
			b.pass(time.Second)
			b.well()
			b.Silence(true)
			b.pass(65 * time.Second)
			if b.adapter.Health().OK {
				t.Error("health does not know that Slack is silent")
			}
			b.Silence(false)
			b.pass(2 * time.Minute)
			b.well()
		})
	})
}

// TestCompany: another process on the same app is told of, once, and that it is gone too; our own change of links is no
// other process.
func TestCompany(t *testing.T) {
	t.Parallel()
	t.Run("at the start", func(t *testing.T) {
		t.Parallel()
		inBubble(t, slacktest.Options{}, func(b *bubble) { b.SetConnections(2) }, func(b *bubble) {
			b.pass(time.Second)
			b.ill("another process")
			b.pass(time.Hour)
			b.SetConnections(0)
			b.pass(10 * time.Minute)
			b.well()
			if got := fmt.Sprint(b.company); got != "[1 0]" {
				t.Errorf("told %s, want one, then none", got)
			}
		})
	})
	t.Run("later", func(t *testing.T) {
		t.Parallel()
		inBubble(t, slacktest.Options{}, nil, func(b *bubble) {
			b.pass(time.Second)
			b.SetConnections(2)
			b.Disconnect("refresh_requested")
			b.pass(time.Minute)
			b.ill("another process")
		})
	})
	t.Run("our own old link", func(t *testing.T) {
		t.Parallel()
		inBubble(t, slacktest.Options{}, nil, func(b *bubble) {
			b.pass(time.Second)
			b.SetConnections(2)
			b.Disconnect("refresh_requested")
			b.pass(5 * time.Second)
			b.SetConnections(0)
			b.pass(time.Minute)
			b.well()
			if len(b.company) > 0 {
				t.Errorf("told %v", b.company)
			}
		})
	})
}

// TestStop: a request in hand may finish when the bot is told to stop, and one that does not end is left alone.
func TestStop(t *testing.T) {
	t.Parallel()
	inBubble(t, slacktest.Options{}, nil, func(b *bubble) {
		finished := make(chan bool, 1)
		b.h.do = func(ctx context.Context, _ chat.Request, a chat.Answer) {
			<-time.After(time.Second)
			finished <- a.Private(ctx, note("done")) == nil
		}
		b.pass(time.Second)
		b.Command(slacktest.Command{Text: "backup web01"})
		b.pass(100 * time.Millisecond)
		b.stop()
		if !<-finished {
			t.Error("the answer did not leave")
		}
	})
}
