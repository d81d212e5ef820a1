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
