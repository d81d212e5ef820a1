package discord_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"vmbackup-bot/adapters/discord"
	"vmbackup-bot/adapters/discord/discordtest"
	"vmbackup-bot/bot/chat"
)

// TestIdentifies: whatever happens, a day has fewer sessions than make Discord reset the token.
func TestIdentifies(t *testing.T) {
	t.Parallel()
	t.Run("in a day", func(t *testing.T) {
		t.Parallel()
		inBubble(t, discordtest.Options{}, nil, func(b *bubble) {
			begin := time.Now()
			for time.Since(begin) < 24*time.Hour {
				b.pass(time.Minute)
				b.CloseGateway(1000)
			}
			if n := b.Identifies(); n > 900 || n < 500 {
				t.Errorf("%d sessions in a day", n)
			}
			b.pass(10 * time.Minute)
			b.well()
		})
	})
	t.Run("throttled", func(t *testing.T) {
		t.Parallel()
		inBubble(t, discordtest.Options{}, func(b *bubble) {
			b.Inject(discordtest.Rule{Path: "/gateway/bot", RetryAfter: 30, Times: 3})
		}, func(b *bubble) {
			b.pass(20 * time.Second)
			b.ill("429")
			b.pass(5 * time.Minute)
			b.well()
		})
	})
	t.Run("one after the other", func(t *testing.T) {
		t.Parallel()
		inBubble(t, discordtest.Options{}, nil, func(b *bubble) {
			for range 10 {
				b.pass(6 * time.Second)
				b.CloseGateway(1000)
			}
			b.pass(2 * time.Minute)
			b.well()
			if log := b.log.String(); strings.Contains(log, "void") {
				t.Error("identified too soon")
			}
		})
	})
}

// TestCommands: the one command is registered once, where it belongs, and nowhere else.
func TestCommands(t *testing.T) {
	t.Parallel()
	t.Run("once", func(t *testing.T) {
		t.Parallel()
		inBubble(t, discordtest.Options{}, nil, func(b *bubble) {
			for range 3 {
				b.pass(10 * time.Second)
				b.well()
				b.CloseGateway(1000)
			}
			b.pass(10 * time.Second)
			if puts := b.Calls("PUT /applications/{app}/guilds/{guild}/commands"); puts != 1 || b.CommandCreates() != 1 {
				t.Errorf("written %d times, created %d", puts, b.CommandCreates())
			}
		})
	})
	t.Run("moved", func(t *testing.T) {
		t.Parallel()
		inBubble(t, discordtest.Options{}, func(b *bubble) {
			b.change = func(o *discord.Options) { o.Guild = "" }
		}, func(b *bubble) {
			b.pass(10 * time.Second)
			b.well()
			if strings.Contains(string(b.Commands()), "guild_id") {
				t.Errorf("not global: %s", b.Commands())
			}
		})
	})
	t.Run("later", func(t *testing.T) {
		t.Parallel()
		inBubble(t, discordtest.Options{}, func(b *bubble) {
			b.Inject(discordtest.Rule{Path: "/commands", Status: 500, Times: 3})
		}, func(b *bubble) {
			b.pass(time.Second)
			if h := b.adapter.Health(); !h.OK {
				t.Errorf("%+v", h)
			}
			b.pass(10 * time.Minute)
			b.well()
		})
	})
	t.Run("not in the guild", func(t *testing.T) {
		t.Parallel()
		inBubble(t, discordtest.Options{}, func(b *bubble) {
			b.change = func(o *discord.Options) { o.Guild = "100000000000000009" }
		}, func(b *bubble) {
			b.pass(10 * time.Second)
			b.ill("oauth2/authorize?client_id=" + discordtest.App)
			b.RawDispatch("GUILD_CREATE", []byte(`{"id":"100000000000000009"}`))
			b.pass(time.Second)
			b.ill("the command could not be registered") // in there, and not let in for commands
			b.RawDispatch("GUILD_DELETE", []byte(`{"id":"100000000000000009","unavailable":true}`))
			b.pass(time.Second)
			b.ill("the command could not be registered") // an outage there is no farewell
			b.RawDispatch("GUILD_DELETE", []byte(`{"id":"100000000000000009"}`))
			b.pass(time.Second)
			b.ill("not in the server")
		})
	})
}

// TestStop: a request in hand may finish when the bot is told to stop.
func TestStop(t *testing.T) {
	t.Parallel()
	inBubble(t, discordtest.Options{}, nil, func(b *bubble) {
		finished := make(chan bool, 1)
		b.h.do = func(ctx context.Context, _ chat.Request, a chat.Answer) {
			<-time.After(time.Second)
			finished <- a.Private(ctx, note("done")) == nil
		}
		b.pass(time.Second)
		b.ask()
		b.pass(100 * time.Millisecond)
		b.stop()
		if !<-finished {
			t.Error("the answer did not leave")
		}
		if err := b.ended(2 * time.Second); err != nil {
			t.Error(err)
		}
	})
}
