package discord_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"vmbackup-bot/adapters/discord"
	"vmbackup-bot/adapters/discord/discordtest"
	"vmbackup-bot/bot/chat"
)

// TestFirstAnswer: nothing is done before our own deferral was taken, and a lost answer to it is no reason not to.
func TestFirstAnswer(t *testing.T) {
	t.Parallel()
	const callback = "/callback"
	for _, c := range []struct {
		name    string
		rule    discordtest.Rule
		handled int
		company bool
	}{
		{"taken, and its answer cut off", discordtest.Rule{Path: callback, Stored: true, Cut: true, Times: 1}, 1, false},
		{"taken, and 502", discordtest.Rule{Path: callback, Stored: true, Status: 502, Times: 1}, 1, false},
		{"taken, and its answer late", discordtest.Rule{Path: callback, Slow: 2 * time.Second, Times: 1}, 1, false},
		{"cut off", discordtest.Rule{Path: callback, Cut: true, Times: 2}, 1, false},
		{"cut off until it is too late", discordtest.Rule{Path: callback, Cut: true}, 0, false},
		{"no answer at all", discordtest.Rule{Path: callback, Slow: time.Minute}, 0, false},
		{"too late", discordtest.Rule{Path: callback, Status: 404, Code: 10062}, 0, false},
		{"given by another process", discordtest.Rule{Path: callback, Status: 400, Code: 40060}, 0, true},
		{"throttled for a moment", discordtest.Rule{Path: callback, RetryAfter: 0.5, Times: 1}, 1, false},
		{"held back by Cloudflare", discordtest.Rule{Path: callback, HTML: true, RetryAfter: 30, Times: 1}, 0, false},
		{"a portal's page", discordtest.Rule{Path: callback, Garbage: true}, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, discordtest.Options{}, nil, func(b *bubble) {
				b.pass(time.Second)
				b.Inject(c.rule)
				b.ask()
				b.pass(10 * time.Second)
				if n := len(b.h.requests()); n != c.handled {
					t.Errorf("handled %d times, want %d", n, c.handled)
				}
				b.Calm()
				b.pass(time.Minute)
				if strings.HasPrefix(c.name, "no answer") {
					// The deferral may stand, and does.
					if all := b.Privates(); len(all) != 1 || !strings.Contains(b.read(all[0].Content, all[0].Embeds), "nothing was started") {
						t.Errorf("shown %+v", all)
					}
				}
				if !c.company {
					if got := b.others(); len(got) > 0 {
						t.Errorf("others are seen: %v", got)
					}
					b.well()
					return
				}
				b.ill("another process")
				b.pass(20 * time.Minute)
				b.well()
				if got := fmt.Sprint(b.others()); got != "[1 0]" {
					t.Errorf("told %s, want one, then none", got)
				}
			})
		})
	}
}

// TestReplays: what a resumed session brings again is done once, and our own first answer is not taken for another process's.
func TestReplays(t *testing.T) {
	t.Parallel()
	inBubble(t, discordtest.Options{}, nil, func(b *bubble) {
		b.h.do = func(ctx context.Context, _ chat.Request, a chat.Answer) { _ = a.Private(ctx, note("Started")) }
		b.pass(time.Second)
		id := b.ask()
		b.pass(time.Second)
		b.Cut()
		b.Replay(id) // while nobody is there
		b.pass(5 * time.Second)
		b.Replay(id)
		b.pass(time.Second)
		if n := len(b.h.requests()); n != 1 {
			t.Errorf("handled %d times", n)
		}
		got := b.Interactions()[id]
		if got.Acks != 1 || len(got.Privates) != 1 || got.Privates[0].Deleted {
			t.Errorf("%d first answers, shown %+v", got.Acks, got.Privates)
		}
		if len(b.others()) > 0 {
			t.Error("our own answer is taken for another's")
		}
		suggest := b.Autocomplete(discordtest.Autocomplete{
			User: discordtest.Alice, Options: map[string]string{"verb": "backup", "vm": "w"}, Focused: "vm",
		})
		b.pass(time.Second)
		b.Replay(suggest)
		b.pass(time.Second)
		b.well()
	})
}

// TestHalfDecoded: an event that the library could not have decoded does no harm, and what is typed next works.
func TestHalfDecoded(t *testing.T) {
	t.Parallel()
	const head = `{"id":"1","token":"half","application_id":"1","guild_id":"1","channel_id":"2","member":{"user":{"id":"3"}},`
	for name, event := range map[string]string{
		"nothing":             `{}`,
		"null":                `null`,
		"a list":              `[1]`,
		"no data":             head + `"type":2}`,
		"autocomplete, empty": head + `"type":4,"data":null}`,
		"press, empty":        head + `"type":3,"message":{"components":[{"type":99}]}}`,
		"no message":          head + `"type":3,"data":{"custom_id":"abort:1"}}`,
		"form of labels":      head + `"type":5,"data":{"custom_id":"","components":[{"type":18,"component":7}]}}`,
		"other kind":          head + `"type":77,"data":{}}`,
		"ping":                head + `"type":1}`,
		"other command":       head + `"type":2,"data":{"name":"other","type":1}}`,
		"a context menu":      head + `"type":2,"data":{"name":"vmbackup","type":2}}`,
		"nobody":              `{"id":"1","token":"half","channel_id":"2","type":2,"data":{"name":"vmbackup"}}`,
		"options of any kind": head + `"type":2,"data":{"name":"vmbackup","options":"none"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, discordtest.Options{}, nil, func(b *bubble) {
				b.pass(time.Second)
				for _, kind := range []string{"INTERACTION_CREATE", "GUILD_DELETE", "RESUMED", "MADE_UP"} {
					b.RawDispatch(kind, []byte(event))
				}
				b.pass(10 * time.Second)
				if n := len(b.h.requests()); n > 0 {
					t.Errorf("handled %+v", b.h.requests())
				}
				b.well()
			})
		})
	}
}

// TestPrivate: where private answers stand, and that nothing is left saying that something is on its way.
func TestPrivate(t *testing.T) {
	t.Parallel()
	t.Run("no answer", func(t *testing.T) {
		t.Parallel()
		inBubble(t, discordtest.Options{}, nil, func(b *bubble) {
			b.pass(time.Second)
			id := b.ask()
			b.pass(time.Second)
			if got := b.Interactions()[id]; got.AckType != 5 || got.Loading || len(got.Privates) > 0 {
				t.Errorf("%+v", got)
			}
		})
	})
	t.Run("an echo", func(t *testing.T) {
		t.Parallel()
		inBubble(t, discordtest.Options{}, nil, func(b *bubble) {
			b.h.do = func(ctx context.Context, _ chat.Request, a chat.Answer) {
				c := note("Started for @everyone")
				c.Echo, c.Mention = true, &alice
				if err := a.Private(ctx, c); err != nil {
					t.Error(err)
				}
				if err := a.Form(ctx, chat.Form{}); err == nil {
					t.Error("a form")
				}
			}
			b.pass(time.Second)
			id := b.ask()
			b.pass(time.Second)
			if got := b.Interactions()[id]; len(got.Privates) != 1 || got.Loading {
				t.Errorf("%+v", got)
			}
		})
	})
	t.Run("press on a private answer", func(t *testing.T) {
		t.Parallel()
		inBubble(t, discordtest.Options{}, nil, func(b *bubble) {
			b.h.do = func(ctx context.Context, r chat.Request, a chat.Answer) {
				c := note("Abort it?")
				c.Buttons = []chat.Button{{Action: "abort_confirm", ID: "abcdefghij", Label: "Abort"}}
				if r.Kind == chat.Press {
					c = note("It is being aborted")
				}
				if err := a.Private(ctx, c); err != nil {
					t.Error(err)
				}
			}
			b.pass(time.Second)
			b.ask()
			b.pass(time.Second)
			id := b.Press(discordtest.Press{User: discordtest.Alice, CustomID: "abort_confirm:abcdefghij", Private: true})
			b.pass(time.Second)
			if got := b.Interactions()[id]; got.AckType != 6 {
				t.Errorf("%+v", got)
			}
			all := b.Privates()
			if len(all) != 1 || !strings.Contains(b.read(all[0].Content, all[0].Embeds), "being aborted") || len(buttonsIn(all[0].Components)) > 0 {
				t.Errorf("the question still stands: %+v", all)
			}
		})
	})
	t.Run("after fifteen minutes", func(t *testing.T) {
		t.Parallel()
		inBubble(t, discordtest.Options{}, nil, func(b *bubble) {
			over := make(chan error, 1)
			b.h.do = func(ctx context.Context, _ chat.Request, a chat.Answer) {
				<-time.After(16 * time.Minute)
				over <- a.Private(ctx, note("too late"))
			}
			b.pass(time.Second)
			b.ask()
			if err := <-over; err == nil {
				t.Error("no error")
			}
			b.pass(time.Minute)
			if n := b.Calls("/webhooks/{app}/{token}"); n > 1 {
				t.Errorf("%d calls about what is over", n)
			}
		})
	})
	t.Run("unknown for a moment", func(t *testing.T) {
		t.Parallel()
		inBubble(t, discordtest.Options{}, nil, func(b *bubble) {
			b.Inject(discordtest.Rule{Path: "@original", Status: 404, Code: 10015, Times: 2})
			b.h.do = func(ctx context.Context, _ chat.Request, a chat.Answer) { _ = a.Private(ctx, note("Started")) }
			b.pass(time.Second)
			id := b.ask()
			b.pass(10 * time.Second)
			if got := b.Interactions()[id]; len(got.Privates) != 1 {
				t.Errorf("%+v", got)
			}
		})
	})
	t.Run("refused as a card", func(t *testing.T) {
		t.Parallel()
		inBubble(t, discordtest.Options{}, nil, func(b *bubble) {
			b.Inject(discordtest.Rule{Path: "@original", Status: 400, Code: 50035, Times: 1})
			b.h.do = func(ctx context.Context, _ chat.Request, a chat.Answer) { _ = a.Private(ctx, note("Started")) }
			b.pass(time.Second)
			id := b.ask()
			b.pass(10 * time.Second)
			if got := b.Interactions()[id]; len(got.Privates) != 1 || !strings.Contains(got.Privates[0].Content, "Started") {
				t.Errorf("%+v", got)
			}
		})
	})
}

// TestWhereAndWho: threads, direct conversations and roles reach the bot as the policy speaks of them.
func TestWhereAndWho(t *testing.T) {
	t.Parallel()
	inBubble(t, discordtest.Options{}, func(b *bubble) {
		b.change = func(o *discord.Options) { o.Guild = "" }
		b.AddMember(discordtest.Member{ID: discordtest.Alice, Name: "alice", Roles: []string{"500000000000000001"}})
	}, func(b *bubble) {
		b.pass(5 * time.Second)
		root, err := b.adapter.Post(b.t.Context(), channelP, chat.Card{Key: "op1.root", Summary: chat.T("Backup")})
		if err != nil {
			t.Fatal(err)
		}
		thread, err := b.adapter.OpenThread(b.t.Context(), root, "Backup")
		if err != nil {
			t.Fatal(err)
		}
		c := chat.Card{Key: "op1.card", Summary: chat.T("Backup"), Buttons: []chat.Button{{Action: "abort", ID: "abcdefghij", Label: "Abort"}}}
		ref, err := b.adapter.Post(b.t.Context(), thread, c)
		if err != nil {
			t.Fatal(err)
		}
		b.Command(discordtest.Command{User: discordtest.Alice, Channel: thread.Thread, Options: map[string]string{"verb": "report", "vm": "web01", "n": "3"}})
		b.pass(time.Second)
		b.Press(discordtest.Press{User: discordtest.Alice, Channel: thread.Thread, CustomID: "abort:abcdefghij"})
		b.pass(time.Second)
		b.Command(discordtest.Command{User: discordtest.Alice, DM: true, Options: options("whoami")})
		b.pass(time.Second)
		got := b.h.requests()
		if len(got) != 3 {
			t.Fatalf("%d requests: %v", len(got), b.Mistakes())
		}
		if r := got[0]; r.Place != thread || !r.Actor.Same(alice) || r.Actor.Name != "alice" || fmt.Sprint(r.Options) != "map[n:3 verb:report vm:web01]" {
			t.Errorf("%+v", r)
		}
		if r := got[1]; r.On != ref || r.OnKey != "op1.card" || r.Action != "abort" || r.ID != "abcdefghij" || r.Confirmed || !slices.Contains(r.Actor.Roles, "500000000000000001") {
			t.Errorf("%+v", r)
		}
		if r := got[2]; !r.Place.Direct || r.Place.Team != "" || r.Place.Channel == "" || r.Actor.User != discordtest.Alice || r.Actor.Roles != nil {
			t.Errorf("%+v", r)
		}
	})
}
