package cli

import (
	"maps"
	"strings"
	"testing"
	"time"

	"vmbackup-bot/adapters/discord/discordtest"
	"vmbackup-bot/adapters/slack"
	"vmbackup-bot/adapters/slack/slacktest"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/vmbackup/simulator"
)

// inDiscord runs a test of the whole bot in a fake guild.
func inDiscord(t *testing.T, o discordtest.Options, test func(*world, *discordStage)) {
	t.Helper()
	var s *discordStage
	inWorldWith(t, func(*world) stage { s = startDiscord(o); return s }, nil, func(w *world) { test(w, s) })
}

// TestDiscordForHours keeps one card over the fifteen minutes of an interaction, the hour after which edits are few, and a
// thread that was archived meanwhile.
func TestDiscordForHours(t *testing.T) {
	t.Parallel()
	if raced {
		t.Skip("six hours take too long under the race detector; the step whole of .ci/run has them")
	}
	inDiscord(t, discordtest.Options{}, func(w *world, s *discordStage) {
		w.plan(simulator.Plan{Length: 6 * time.Hour})
		w.say("alice", "backup web01 before release 4711")
		w.until(time.Minute, operation.Running)
		w.pass(3 * time.Hour)
		before := w.part(operation.PartCard)
		for _, th := range s.Threads() {
			s.ArchiveThread(th.ID)
		}
		w.pass(time.Hour)
		if now := w.part(operation.PartCard); now == before {
			t.Errorf("the card stands still:\n%s", now)
		}
		w.ends(4*time.Hour, operation.Succeeded, "Succeeded")
		once(w, "Succeeded")
		if n := s.Throttled(); len(n) > 0 {
			t.Errorf("limits were exceeded: %v", n)
		}
	})
}

// TestDiscordDeliversAgain: an interaction that is replayed after a resume is done once.
func TestDiscordDeliversAgain(t *testing.T) {
	t.Parallel()
	inDiscord(t, discordtest.Options{}, func(w *world, s *discordStage) {
		options, _ := discordOptions("backup web01")
		id := s.Command(discordtest.Command{User: discordtest.Alice, Options: options})
		w.pass(time.Second)
		s.Cut()
		w.pass(10 * time.Second)
		s.Replay(id)
		w.ends(time.Hour, operation.Succeeded, "Succeeded")
		once(w, "Succeeded")
	})
}

// TestDiscordLostPost: a post whose answer is lost stands there once in the end, with the right word.
func TestDiscordLostPost(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]discordtest.Rule{
		"cut":                    {Cut: true},
		"answered 502":           {Status: 502},
		"answered 500":           {Status: 500},
		"slower than our limit":  {Slow: 5 * time.Minute},
		"a page that is no word": {Garbage: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inDiscord(t, discordtest.Options{}, func(w *world, s *discordStage) {
				w.plan(simulator.Plan{Length: 10 * time.Minute})
				r.Method, r.Path, r.Stored, r.Times = "POST", "/messages", true, 1
				for range 3 { // root, card and final reply: each first try
					s.Inject(r)
					s.Inject(discordtest.Rule{Method: "POST", Path: "/messages", Times: 1})
				}
				w.say("alice", "backup web01")
				w.until(3*time.Hour, operation.Succeeded)
				w.pass(30 * time.Minute)
				once(w, "Succeeded")
			})
		})
	}
}

// both are a workspace and a guild with one bot.
type both struct {
	*slackStage
	guild *discordStage
}

func (b *both) platforms(a *app) map[string]platform {
	all := b.slackStage.platforms(a)
	maps.Copy(all, b.guild.platforms(a))
	return all
}

func (b *both) wait(t *testing.T) {
	t.Helper()
	b.slackStage.wait(t)
	b.guild.wait(t)
}

func (b *both) rename(text string) string {
	return strings.NewReplacer(
		`"fake:alice"`, `"slack:T0TEAM/U0ALICE", "discord:`+discordtest.Alice+`"`, `"fake:bob"`, `"slack:T0TEAM/U0BOB", "discord:`+discordtest.Bob+`"`,
	).Replace(text)
}

func (b *both) close() {
	b.slackStage.close()
	b.guild.close()
}

// TestAcrossPlatforms: what was started on one platform is seen and aborted from the other, and its messages stay where
// they are.
func TestAcrossPlatforms(t *testing.T) {
	t.Parallel()
	var b *both
	inWorldWith(t, func(*world) stage {
		b = &both{guild: startDiscord(discordtest.Options{})}
		b.slackStage = startSlack(slacktest.Options{})
		return b
	}, nil, func(w *world) {
		w.plan(simulator.Plan{Length: time.Hour})
		w.say("alice", "backup web01")
		o := w.until(time.Minute, operation.Running)
		if told := b.guild.say(w, "bob", "status"); !strings.Contains(told, "web01") {
			t.Errorf("bob sees on Discord: %s", told)
		}
		if told := b.guild.say(w, "carol", "abort "+string(o.ID)); strings.Contains(told, "web01") {
			t.Errorf("carol hears: %s", told)
		}
		b.guild.say(w, "bob", "abort "+string(o.ID))
		w.ends(time.Hour, operation.Aborted, "Aborted")
		once(w, "Aborted")
		if n := len(b.guild.Messages()); n != 0 {
			t.Errorf("%d messages on Discord", n)
		}
		if o := w.newest(); o.Place.Platform != slack.Name {
			t.Errorf("%+v", o.Place)
		}
	})
}
