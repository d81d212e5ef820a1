package discord_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"vmbackup-bot/adapters/discord/discordtest"
)

// TestFinalCodes: where Discord says that a new link is not to be tried, none is, and the error says what to do.
func TestFinalCodes(t *testing.T) {
	t.Parallel()
	for code, words := range map[int]string{
		4010: "servers", 4011: "servers", 4012: "newer version", 4013: "the intent GUILDS", 4014: "the intent GUILDS",
	} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			inBubble(t, discordtest.Options{}, nil, func(b *bubble) {
				b.pass(time.Second)
				b.well()
				b.CloseGateway(code)
				if err := b.ended(time.Minute); err == nil || !strings.Contains(err.Error(), words) || !strings.Contains(err.Error(), fmt.Sprint(code)) {
					t.Errorf("ended with %v", err)
				}
				b.ill(words)
				if n := b.Identifies(); n != 1 {
					t.Errorf("%d sessions", n)
				}
			})
		})
	}
}

// TestToken: a token that Discord refuses for good ends the adapter with a word on what to do; one that it refuses for a
// moment does not.
func TestToken(t *testing.T) {
	t.Parallel()
	refused := func(b *bubble) {
		b.t.Helper()
		if err := b.ended(time.Minute); err == nil || !strings.Contains(err.Error(), "DISCORD_BOT_TOKEN") {
			b.t.Errorf("ended with %v", err)
		}
		b.ill("DISCORD_BOT_TOKEN")
	}
	t.Run("at the start", func(t *testing.T) {
		t.Parallel()
		inBubble(t, discordtest.Options{}, func(b *bubble) { b.SetToken(false) }, refused)
	})
	t.Run("while it runs", func(t *testing.T) {
		t.Parallel()
		inBubble(t, discordtest.Options{}, nil, func(b *bubble) {
			b.pass(time.Second)
			b.well()
			b.SetToken(false)
			refused(b)
		})
	})
	t.Run("refused once at the start", func(t *testing.T) {
		t.Parallel()
		inBubble(t, discordtest.Options{}, func(b *bubble) { b.Inject(discordtest.Rule{Path: "/gateway", Status: 401, Times: 1}) }, func(b *bubble) {
			b.pass(20 * time.Second)
			b.well()
		})
	})
	t.Run("refused by the gateway alone", func(t *testing.T) {
		t.Parallel()
		inBubble(t, discordtest.Options{}, nil, func(b *bubble) {
			b.pass(time.Second)
			b.CloseGateway(4004)
			b.pass(20 * time.Second)
			b.well()
		})
	})
}

// TestCodes: after any other code the next link is there soon; the session is taken up again where it still stands.
func TestCodes(t *testing.T) {
	t.Parallel()
	for code, resumes := range map[int]bool{
		1000: false, 1001: false, 4007: false, 4009: false,
		1006: true, 1012: true, 4000: true, 4001: true, 4002: true, 4003: true, 4005: true, 4008: true,
	} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			inBubble(t, discordtest.Options{}, nil, func(b *bubble) {
				b.pass(time.Second)
				b.well()
				if code == 1006 {
					b.Cut() // that is how a cut is called, which no frame says
				} else {
					b.CloseGateway(code)
				}
				b.pass(10 * time.Second)
				b.well()
				if got := b.Resumes() == 1 && b.Identifies() == 1; got != resumes {
					t.Errorf("%d sessions, %d resumed", b.Identifies(), b.Resumes())
				}
			})
		})
	}
}

// TestAfterResume: whatever comes first after RESUME, the link works afterwards.
func TestAfterResume(t *testing.T) {
	t.Parallel()
	for _, op := range []int{7, 9, 11} {
		t.Run(fmt.Sprintf("op %d", op), func(t *testing.T) {
			t.Parallel()
			inBubble(t, discordtest.Options{}, nil, func(b *bubble) {
				b.pass(time.Second)
				b.well()
				b.FirstFrameAfterResume(op)
				b.Cut()
				b.pass(15 * time.Second)
				b.well()
			})
		})
	}
	t.Run("op 7", func(t *testing.T) {
		t.Parallel()
		inBubble(t, discordtest.Options{}, nil, func(b *bubble) {
			b.pass(time.Hour)
			b.well()
			b.Reconnect()
			b.pass(time.Second)
			b.well()
			if b.Identifies() != 1 || b.Resumes() != 1 {
				t.Errorf("%d sessions, %d resumed", b.Identifies(), b.Resumes())
			}
			if log := b.log.String(); strings.Contains(log, "level=WARN") {
				t.Error("Discord's daily round is warned of")
			}
		})
	})
	for _, resumable := range []bool{true, false} {
		t.Run(fmt.Sprintf("session void, resumable %v", resumable), func(t *testing.T) {
			t.Parallel()
			inBubble(t, discordtest.Options{}, nil, func(b *bubble) {
				b.pass(10 * time.Second)
				b.well()
				b.InvalidSession(resumable)
				b.pass(500 * time.Millisecond)
				if b.Sessions() > 0 {
					t.Error("no wait")
				}
				b.pass(9 * time.Second)
				b.well()
				if got := b.Identifies() == 1 && b.Resumes() == 1; got != resumable {
					t.Errorf("%d sessions, %d resumed", b.Identifies(), b.Resumes())
				}
			})
		})
	}
}

// TestSilence: a gateway that says nothing holds up nothing, is told of within two heartbeats, and replaced.
func TestSilence(t *testing.T) {
	t.Parallel()
	t.Run("for good at the address to resume at", func(t *testing.T) {
		t.Parallel()
		inBubble(t, discordtest.Options{}, nil, func(b *bubble) {
			b.pass(time.Hour)
			asked := b.Calls("GET /gateway")
			b.Silence(true)
			b.pass(20 * time.Minute)
			if n := b.Calls("GET /gateway") - asked; n < 3 {
				t.Errorf("asked %d times where else to connect", n)
			}
			b.Silence(false)
			b.pass(3 * time.Minute)
			b.well()
		})
	})
	t.Run("at the start", func(t *testing.T) {
		t.Parallel()
		inBubble(t, discordtest.Options{}, func(b *bubble) { b.Silence(true) }, func(b *bubble) {
			b.pass(15 * time.Second)
			b.ill("does not say hello")
			b.pass(5 * time.Minute)
			b.Silence(false)
			b.pass(2 * time.Minute)
			b.well()
		})
	})
	t.Run("later", func(t *testing.T) {
		t.Parallel()
		inBubble(t, discordtest.Options{}, nil, func(b *bubble) {
			b.pass(time.Hour)
			b.well()
			b.Silence(true)
			b.pass(83 * time.Second)
			if b.adapter.Health().OK {
				t.Error("health does not know that Discord is silent")
			}
			b.Silence(false)
			b.pass(2 * time.Minute)
			b.well()
			if b.Identifies() != 1 {
				t.Errorf("%d sessions", b.Identifies())
			}
		})
	})
	t.Run("stopped meanwhile", func(t *testing.T) {
		t.Parallel()
		inBubble(t, discordtest.Options{}, func(b *bubble) { b.Silence(true) }, func(b *bubble) {
			b.pass(5 * time.Second)
			b.stop()
			if err := b.ended(2 * time.Second); err != nil {
				t.Error(err)
			}
		})
	})
}

// TestOutages: while Discord cannot be reached health says so, and afterwards everything works.
func TestOutages(t *testing.T) {
	t.Parallel()
	t.Run("links refused", func(t *testing.T) {
		t.Parallel()
		inBubble(t, discordtest.Options{}, func(b *bubble) { b.RefuseGateway(12) }, func(b *bubble) {
			b.pass(30 * time.Second)
			b.ill("HTTP 503")
			b.pass(15 * time.Minute)
			b.well()
		})
	})
	t.Run("stopped in the middle", func(t *testing.T) {
		t.Parallel()
		inBubble(t, discordtest.Options{}, nil, func(b *bubble) {
			b.pass(time.Second)
			b.RefuseGateway(1 << 20)
			b.Cut()
			b.pass(10 * time.Minute)
			b.ill("HTTP 503")
			b.stop()
			if err := b.ended(2 * time.Second); err != nil {
				t.Error(err)
			}
			b.pass(10 * time.Minute)
			if b.Sessions() > 0 {
				t.Error("it came back")
			}
		})
	})
	t.Run("no address of the gateway", func(t *testing.T) {
		t.Parallel()
		inBubble(t, discordtest.Options{}, func(b *bubble) { b.Inject(discordtest.Rule{Path: "/gateway", Garbage: true, Times: 10}) }, func(b *bubble) {
			b.pass(10 * time.Second)
			b.ill("gateway")
			b.pass(10 * time.Minute)
			b.well()
		})
	})
	t.Run("only the plain address of the gateway", func(t *testing.T) {
		t.Parallel()
		inBubble(t, discordtest.Options{}, func(b *bubble) { b.Inject(discordtest.Rule{Path: "/gateway/bot", Status: 404}) }, func(b *bubble) {
			b.pass(2 * time.Second)
			b.well()
		})
	})
	t.Run("something cuts links after ten seconds", func(t *testing.T) {
		t.Parallel()
		inBubble(t, discordtest.Options{}, nil, func(b *bubble) {
			b.pass(time.Second)
			for range 20 {
				b.pass(9 * time.Second)
				b.Cut()
			}
			b.pass(2 * time.Minute)
			b.well()
			if b.Identifies() != 1 {
				t.Errorf("%d sessions", b.Identifies())
			}
		})
	})
}
