package cli

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"vmbackup-bot/adapters/slack/slacktest"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/chat/chattest"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/bot/store"
	"vmbackup-bot/vmbackup/simulator"
)

// inSlack runs a test of the whole bot in a fake workspace.
func inSlack(t *testing.T, o slacktest.Options, test func(*world, *slackStage)) {
	t.Helper()
	var s *slackStage
	inWorldWith(t, func(w *world) stage {
		w.parts.Alerts = []chat.Place{{Platform: "slack", Channel: "C0ALERTS"}}
		s = startSlack(o)
		s.AddChannel(slacktest.Channel{ID: "C0ALERTS", Name: "alerts", Member: true})
		return s
	}, nil, func(w *world) { test(w, s) })
}

// once checks that web01 was started once, and that each message stands once with the last word.
func once(w *world, word string) {
	w.t.Helper()
	if n := w.sim.Starts(w.sim.Ref("web01")); n != 1 {
		w.t.Errorf("%d instructions", n)
	}
	if n := len(w.operations()); n != 1 {
		w.t.Errorf("%d operations", n)
	}
	for _, part := range []string{operation.PartRoot, operation.PartCard, operation.PartDone} {
		if text := w.part(part); !strings.Contains(text, word) {
			w.t.Errorf("%s: %s", part, text)
		}
	}
}

// TestSlackDeliversAgain: whatever Slack delivers twice, and however, is done once.
func TestSlackDeliversAgain(t *testing.T) {
	t.Parallel()
	for name, again := range map[string]func(*world, *slackStage, string){
		"under the same envelope": func(_ *world, s *slackStage, id string) { s.Again(id, false) },
		"under another envelope":  func(_ *world, s *slackStage, id string) { s.Again(id, true) },
		"after a restart": func(w *world, s *slackStage, id string) {
			w.halt()
			w.start()
			s.Again(id, true)
		},
		"on another link": func(w *world, s *slackStage, id string) {
			s.Cut()
			w.pass(5 * time.Second)
			s.Again(id, false)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inSlack(t, slacktest.Options{}, func(w *world, s *slackStage) {
				id := s.Command(slacktest.Command{Text: "backup web01"})
				w.pass(time.Second)
				again(w, s, id)
				w.ends(time.Hour, operation.Succeeded, "Succeeded")
				once(w, "Succeeded")
			})
		})
	}
	t.Run("because the acknowledgement was lost", func(t *testing.T) {
		t.Parallel()
		inSlack(t, slacktest.Options{}, func(w *world, s *slackStage) {
			lost := 0
			s.OnAck(func(string, bool) bool { lost++; return lost > 2 })
			s.Command(slacktest.Command{Text: "backup web01"})
			w.pass(time.Minute)
			w.ends(time.Hour, operation.Succeeded, "Succeeded")
			once(w, "Succeeded")
		})
	})
	for _, reason := range []string{"warning", "refresh_requested", "link_disabled", "too_many_websockets"} {
		t.Run("while the link is changed, "+reason, func(t *testing.T) {
			t.Parallel()
			inSlack(t, slacktest.Options{}, func(w *world, s *slackStage) {
				s.Command(slacktest.Command{Text: "backup web01"})
				s.Disconnect(reason)
				w.pass(time.Minute)
				w.ends(time.Hour, operation.Succeeded, "Succeeded")
				once(w, "Succeeded")
			})
		})
	}
}

// TestSlackClicks: two clicks are one deed, whoever makes them.
func TestSlackClicks(t *testing.T) {
	t.Parallel()
	running := func(w *world, s *slackStage) (operation.Operation, slacktest.Press) {
		s.Command(slacktest.Command{Text: "backup web01"})
		w.pass(time.Second)
		o := w.until(time.Minute, operation.Running)
		ref := cardOf(w)
		return o, slacktest.Press{Channel: ref.Channel, TS: ref.ID, ActionID: "abort", Value: string(o.ID)}
	}
	t.Run("a double click, and two people's", func(t *testing.T) {
		t.Parallel()
		inSlack(t, slacktest.Options{}, func(w *world, s *slackStage) {
			_, press := running(w, s)
			for _, who := range []string{"U0ALICE", "U0ALICE", "U0BOB"} {
				press.User = who
				if s.Press(press) == "" {
					t.Fatal(s.Mistakes())
				}
			}
			w.ends(time.Hour, operation.Aborted, "Aborted")
			once(w, "Aborted")
			if n := w.sim.Calls("instructions/abort-operation"); n != 1 {
				t.Errorf("%d instructions to abort", n)
			}
		})
	})
	t.Run("on a forged copy", func(t *testing.T) {
		t.Parallel()
		inSlack(t, slacktest.Options{}, func(w *world, s *slackStage) {
			o, press := running(w, s)
			copied := s.copyOf(t, press.TS)
			press.TS = copied
			for range 3 {
				told := s.answerTo(w, func() string { return s.Press(press) })
				if !strings.Contains(told, "not obeyed") {
					t.Errorf("told: %s", told)
				}
			}
			if w.newest().State != operation.Running {
				t.Errorf("%s is %s", o.ID, w.newest().State)
			}
			w.pass(10 * time.Second)
			if n := len(s.in("C0ALERTS", "looks like the bot's")); n != 1 {
				t.Errorf("%d alarms:\n%s", n, s.transcript())
			}
			lines, err := w.app.store.AuditLog(w.t.Context(), store.Filter{})
			if err != nil || len(lines) < 3 {
				t.Errorf("audit: %v, %v", lines, err)
			}
		})
	})
	t.Run("after the end", func(t *testing.T) {
		t.Parallel()
		inSlack(t, slacktest.Options{}, func(w *world, s *slackStage) {
			_, press := running(w, s)
			w.ends(time.Hour, operation.Succeeded, "Succeeded")
			press.Forged = true // the button is gone, but a slow client still shows it
			if told := s.answerTo(w, func() string { return s.Press(press) }); !strings.Contains(told, "already finished") {
				t.Errorf("told: %s", told)
			}
		})
	})
}

// copyOf posts what stands at ts once more, with the bot's own token, as somebody would who stole it.
func (s *slackStage) copyOf(t *testing.T, ts string) string {
	t.Helper()
	for _, m := range s.Server.Messages() {
		if m.TS == ts {
			return s.forge(t, m)
		}
	}
	t.Fatalf("nothing stands at %s", ts)
	return ""
}

// in are the texts that stand in a channel and hold words.
func (s *slackStage) in(channel, words string) []string {
	var out []string
	for _, m := range s.Server.Messages() {
		if text := s.Read(m.Text, m.Blocks); m.Channel == channel && strings.Contains(text, words) {
			out = append(out, text)
		}
	}
	return out
}

// TestSlackPeople: a right is one of an account of the bot's own workspace, unless the policy says otherwise.
func TestSlackPeople(t *testing.T) {
	t.Parallel()
	t.Run("a stranger in a shared channel", func(t *testing.T) {
		t.Parallel()
		inSlack(t, slacktest.Options{}, func(w *world, s *slackStage) {
			s.AddUser(slacktest.User{ID: "U0STRANGER", Team: "T0OTHER", Name: "stranger", Stranger: true})
			s.Command(slacktest.Command{Text: "backup web01"})
			w.pass(time.Second)
			o := w.until(time.Minute, operation.Running)
			ref := cardOf(w)
			for _, action := range []string{"abort", "menu"} {
				told := s.answerTo(w, func() string {
					return s.Press(slacktest.Press{User: "U0STRANGER", Team: "T0OTHER", Channel: ref.Channel, TS: ref.ID, ActionID: action, Value: string(o.ID)})
				})
				if action == "abort" && !strings.Contains(told, "not yours") && !strings.Contains(told, "another workspace") {
					t.Errorf("told: %s", told)
				}
				if strings.Contains(told, "web01") {
					t.Errorf("a stranger reads: %s", told)
				}
			}
			told := s.answerTo(w, func() string {
				return s.Command(slacktest.Command{Team: "T0OTHER", Enterprise: "E0OTHER", User: "U0STRANGER", Text: "backup web01"})
			})
			if !strings.Contains(told, "another workspace") {
				t.Errorf("told: %s", told)
			}
			w.ends(time.Hour, operation.Succeeded, "Succeeded")
		})
	})
	t.Run("direct messages", func(t *testing.T) {
		t.Parallel()
		inSlack(t, slacktest.Options{}, func(w *world, s *slackStage) {
			s.AddChannel(slacktest.Channel{ID: "D0ALICE", Name: "directmessage", Member: true, IM: true})
			told := s.answerTo(w, func() string { return s.Command(slacktest.Command{Channel: "D0ALICE", Text: "backup web01"}) })
			if !strings.Contains(told, "direct messages") {
				t.Errorf("told: %s", told)
			}
		})
	})
	t.Run("where the bot was not invited", func(t *testing.T) {
		t.Parallel()
		inSlack(t, slacktest.Options{}, func(w *world, s *slackStage) {
			s.AddChannel(slacktest.Channel{ID: "C0ELSEWHERE", Name: "elsewhere"})
			s.AddChannel(slacktest.Channel{ID: "C0SECRET", Name: "secret", Private: true})
			for _, c := range []string{"C0ELSEWHERE", "C0SECRET"} {
				told := s.answerTo(w, func() string { return s.Command(slacktest.Command{Channel: c, Text: "backup web01"}) })
				if !strings.Contains(told, "/invite @") || !strings.Contains(told, "Nothing was started") {
					t.Errorf("told: %s", told)
				}
			}
			if n := len(w.operations()); n != 0 {
				t.Errorf("%d operations", n)
			}
			s.SetMember("C0ELSEWHERE", true)
			s.Command(slacktest.Command{Channel: "C0ELSEWHERE", Text: "backup web01"})
			w.pass(time.Second)
			w.ends(time.Hour, operation.Succeeded, "Succeeded")
		})
	})
}

// TestSlackMenu starts a backup from the menu below a card, where no command can be typed.
func TestSlackMenu(t *testing.T) {
	t.Parallel()
	inSlack(t, slacktest.Options{}, func(w *world, s *slackStage) {
		s.Command(slacktest.Command{Text: "backup web01"})
		w.pass(time.Second)
		w.ends(time.Hour, operation.Succeeded, "Succeeded")
		first := w.newest()
		ref := cardOf(w)
		s.answerTo(w, func() string {
			return s.Press(slacktest.Press{Channel: ref.Channel, TS: ref.ID, ActionID: "menu", Value: string(first.ID)})
		})
		views := s.Views()
		if len(views) != 1 || strings.Contains(string(views[0].JSON), "abort-any") {
			t.Fatalf("%d forms:\n%s", len(views), s.transcript())
		}
		v := views[0].ID
		s.Submit(slacktest.Submit{ViewID: v, Values: map[string]string{"command": "report", "note": "many"}})
		w.pass(time.Second)
		if wrong := s.Views()[0].Errors["note"]; !strings.Contains(wrong, "many") {
			t.Errorf("the form says %v", s.Views()[0].Errors)
		}
		typed := s.Suggest(slacktest.Suggest{ViewID: v, BlockID: "target", ActionID: "target", Value: "web0"})
		w.pass(time.Second)
		offered, ok := s.Options(typed)
		if !ok || !strings.Contains(fmt.Sprint(offered), "web02") || strings.Contains(fmt.Sprint(offered), "sql01") {
			t.Errorf("offered %v", offered)
		}
		if s.Submit(slacktest.Submit{ViewID: v, Values: map[string]string{"command": "backup", "target": "web02", "note": "from the thread"}}) == "" {
			t.Fatal(s.Mistakes())
		}
		w.pass(time.Second)
		w.ends(time.Hour, operation.Succeeded, "Succeeded")
		o := w.newest()
		if o.VM.Name != "web02" || o.Note != "from the thread" || o.Place.Thread != ref.Thread {
			t.Errorf("%+v", o)
		}
		for _, m := range chattest.ByKey(s.Messages(), o.ID.Key(operation.PartCard)) {
			if m.Ref.Thread != ref.Thread {
				t.Errorf("the card stands in %q, want %q", m.Ref.Thread, ref.Thread)
			}
		}
	})
}

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
