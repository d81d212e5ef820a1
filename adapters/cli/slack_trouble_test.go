package cli

import (
	"strings"
	"testing"
	"time"

	"vmbackup-bot/adapters/slack/slacktest"
	"vmbackup-bot/bot/chat/chattest"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/vmbackup/simulator"
)

// TestSlackCompany: that another process is on the same app is told in the channel for alerts.
func TestSlackCompany(t *testing.T) {
	t.Parallel()
	inSlack(t, slacktest.Options{}, func(w *world, s *slackStage) {
		w.halt()
		s.SetConnections(2)
		w.launch()
		w.pass(30 * time.Second)
		if n := len(s.in("C0ALERTS", "Another process")); n != 1 {
			t.Errorf("told %d times:\n%s", n, s.transcript())
		}
	})
}

// TestSlackLostPost: a post whose answer is lost stands there once in the end, with the right word, in whatever way it was
// lost.
func TestSlackLostPost(t *testing.T) {
	t.Parallel()
	lost := func(r slacktest.Rule) func(*slackStage) {
		return func(s *slackStage) {
			r.Method, r.Stored = "chat.postMessage", true
			for range 3 { // root, card and final reply: each first try
				r.Times = 1
				s.Inject(r)
				s.Inject(slacktest.Rule{Method: "chat.postMessage", Times: 1})
			}
		}
	}
	for name, c := range map[string]struct {
		lag     time.Duration
		trouble func(*slackStage)
	}{
		"cut":                          {0, lost(slacktest.Rule{Cut: true})},
		"answered 500":                 {0, lost(slacktest.Rule{Status: 500})},
		"slower than the time-out":     {0, lost(slacktest.Rule{Slow: 5 * time.Minute})},
		"a page that is no answer":     {0, lost(slacktest.Rule{Garbage: true})},
		"internal_error":               {0, lost(slacktest.Rule{Error: "internal_error"})},
		"in the history after 3 s":     {3 * time.Second, lost(slacktest.Rule{Cut: true})},
		"in the history after 40 s":    {40 * time.Second, lost(slacktest.Rule{Cut: true})},
		"every second post, all along": {0, func(s *slackStage) { s.everyOther(slacktest.Rule{Method: "chat.postMessage", Stored: true, Cut: true}) }},
		"every second edit, all along": {0, func(s *slackStage) { s.everyOther(slacktest.Rule{Method: "chat.update", Stored: true, Cut: true}) }},
		"refused now and then, no loss": {0, func(s *slackStage) {
			s.everyOther(slacktest.Rule{Method: "chat.postMessage", RetryAfter: 2 * time.Second})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inSlack(t, slacktest.Options{HistoryLag: c.lag}, func(w *world, s *slackStage) {
				w.plan(simulator.Plan{Length: 10 * time.Minute})
				c.trouble(s)
				s.Command(slacktest.Command{Text: "backup web01"})
				w.pass(time.Second)
				w.until(3*time.Hour, operation.Succeeded)
				w.pass(30 * time.Minute)
				once(w, "Succeeded")
			})
		})
	}
	t.Run("and the history is closed", func(t *testing.T) {
		t.Parallel()
		inSlack(t, slacktest.Options{Scopes: []string{"commands", "chat:write", "channels:read"}}, func(w *world, s *slackStage) {
			w.plan(simulator.Plan{Length: time.Hour})
			lost(slacktest.Rule{Cut: true})(s)
			s.Command(slacktest.Command{Text: "backup web01"})
			w.pass(time.Second)
			o := w.until(time.Minute, operation.Running)
			w.pass(2 * time.Minute)
			for _, part := range []string{operation.PartRoot, operation.PartCard} {
				if n := len(chattest.ByKey(s.Messages(), o.ID.Key(part))); n < 1 || n > 2 {
					t.Fatalf("%d messages of %s:\n%s", n, part, s.transcript())
				}
			}
			// The copy that nobody knows is the first; its button works as well as any.
			first := chattest.ByKey(s.Messages(), o.ID.Key(operation.PartCard))[0]
			told := s.answerTo(w, func() string {
				return s.Press(slacktest.Press{Channel: first.Ref.Channel, TS: first.Ref.ID, ActionID: "abort", Value: string(o.ID)})
			})
			if strings.Contains(told, "not obeyed") {
				t.Errorf("told: %s", told)
			}
			w.until(time.Hour, operation.Aborted)
			for _, part := range []string{operation.PartRoot, operation.PartCard, operation.PartDone} {
				all := chattest.ByKey(s.Messages(), o.ID.Key(part))
				if n := len(all); n < 1 || n > 2 || !strings.Contains(all[n-1].Now().Text(), "Aborted") {
					t.Errorf("%d messages of %s:\n%s", n, part, s.transcript())
				}
			}
		})
	})
}

// everyOther makes every second call go wrong.
func (s *slackStage) everyOther(r slacktest.Rule) {
	for range 200 {
		r.Times = 1
		s.Inject(r)
		s.Inject(slacktest.Rule{Method: r.Method, Times: 1})
	}
}

// TestSlackRefusesForAWhile: a token that is refused for some seconds costs no message.
func TestSlackRefusesForAWhile(t *testing.T) {
	t.Parallel()
	inSlack(t, slacktest.Options{}, func(w *world, s *slackStage) {
		w.plan(simulator.Plan{Length: 10 * time.Minute})
		s.Command(slacktest.Command{Text: "backup web01"})
		s.SetToken("invalid_auth")
		w.pass(8 * time.Second)
		s.SetToken("")
		w.ends(time.Hour, operation.Succeeded, "Succeeded")
		once(w, "Succeeded")
		if h := s.adapter.Health(); !h.OK {
			t.Errorf("health %+v", h)
		}
	})
}

// TestSlackNobodyIsMetBySilence: whoever starts something where the bot cannot post, or cannot know whether it can, is told
// all the same.
func TestSlackNobodyIsMetBySilence(t *testing.T) {
	t.Parallel()
	t.Run("the bot may not ask whether it is in the channel", func(t *testing.T) {
		t.Parallel()
		inSlack(t, slacktest.Options{Scopes: []string{"commands", "chat:write"}}, func(w *world, s *slackStage) {
			s.AddChannel(slacktest.Channel{ID: "C0ELSEWHERE", Name: "elsewhere"})
			told := s.answerTo(w, func() string { return s.Command(slacktest.Command{Channel: "C0ELSEWHERE", Text: "backup web01"}) })
			if !strings.Contains(told, "web01") {
				t.Errorf("told: %s", told)
			}
		})
	})
	t.Run("stopped before there was an answer", func(t *testing.T) {
		t.Parallel()
		inSlack(t, slacktest.Options{}, func(w *world, s *slackStage) {
			s.Inject(slacktest.Rule{Method: "conversations.info", Times: 1, Slow: 30 * time.Second})
			s.Command(slacktest.Command{Text: "backup web01"})
			w.pass(150 * time.Millisecond)
			w.halt()
			w.start()
			w.pass(2 * time.Minute)
			if len(w.operations()) == 0 && len(s.in("C0BACKUPS", "nothing was started")) == 0 && len(s.Ephemerals()) == 0 {
				t.Errorf("nobody was told:\n%s", s.transcript())
			}
		})
	})
	t.Run("the last word of a lost link", func(t *testing.T) {
		t.Parallel()
		inSlack(t, slacktest.Options{}, func(w *world, s *slackStage) {
			s.SetAppToken("token_revoked")
			s.Cut()
			select {
			case err := <-w.done:
				if err == nil || !strings.Contains(err.Error(), "SLACK_APP_TOKEN") {
					t.Errorf("ended with %v", err)
				}
				w.stop = nil
			case <-time.After(5 * time.Minute):
				t.Fatal("the bot goes on without a link")
			}
			if len(s.in("C0ALERTS", "has lost slack")) != 1 {
				t.Errorf("nobody was told:\n%s", s.transcript())
			}
		})
	})
}

// TestSlackIsSlow: while Slack takes its time to say who is in a group, suggestions and menus still come in time.
func TestSlackIsSlow(t *testing.T) {
	t.Parallel()
	inSlack(t, slacktest.Options{}, func(w *world, s *slackStage) {
		w.policy = strings.Replace(testPolicy, `who: ["fake:alice"]`, `who: ["slack:usergroup:S0DEV"]`, 1)
		w.halt()
		s.SetGroup("S0DEV", "U0ALICE")
		w.start()
		w.pass(2 * time.Minute)
		s.Inject(slacktest.Rule{Method: "usergroups.users.list", Slow: 4 * time.Second})
		shown := s.answerTo(w, func() string { return s.Command(slacktest.Command{Text: ""}) })
		if !strings.Contains(shown, "backup") || len(s.Views()) != 1 {
			t.Fatalf("shown: %s\n%s", shown, s.transcript())
		}
		w.pass(2 * time.Minute)
		asked := s.Suggest(slacktest.Suggest{ViewID: s.Views()[0].ID, BlockID: "target", ActionID: "target", Value: "web"})
		w.pass(time.Second)
		if _, ok := s.Options(asked); !ok {
			ack, was := s.Acked(asked)
			t.Errorf("no suggestions in time: %q, %v, %s, %v", asked, was, ack.Payload, ack.After)
		}
	})
}
