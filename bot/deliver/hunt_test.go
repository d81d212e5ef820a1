package deliver_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/chat/chattest"
)

// loseAnswers lets the next n posts happen and loses their answers.
func (r *rig) loseAnswers(n int) {
	r.fake.Inject(chattest.Rule{Call: chat.CallPost, Times: n, Stored: true, Fault: &chat.Fault{Kind: chat.FaultLost}})
}

func TestLostAnswerIsFound(t *testing.T) {
	inBubble(t, chattest.Options{}, func(t *testing.T, r *rig) {
		r.loseAnswers(1)
		r.put("a.root", chat.First, "root")
		r.after(time.Hour)
		r.shows("a.root", "root")
		r.delivered()
		if n := r.fake.Calls(chat.CallPost); n != 1 {
			t.Errorf("%d posts, want 1", n)
		}
	})
}

func TestLostAnswerOfAnOlderFormIsBroughtUpToDate(t *testing.T) {
	for _, safe := range []time.Duration{0, time.Minute} {
		inBubble(t, chattest.Options{SafeRepeat: safe}, func(t *testing.T, r *rig) {
			r.fake.Inject(chattest.Rule{Call: chat.CallPost, Times: 1, Stored: true, Slow: time.Second, Fault: &chat.Fault{Kind: chat.FaultLost}})
			r.put("a.root", chat.First, "old")
			r.after(500 * time.Millisecond)
			r.put("a.root", chat.Final, "new")
			r.after(time.Hour)
			r.shows("a.root", "new")
			r.delivered()
		})
	}
}

func TestLostRequestIsPostedOnceMore(t *testing.T) {
	inBubble(t, chattest.Options{}, func(t *testing.T, r *rig) {
		r.fault(chat.CallPost, 1, chat.Fault{Kind: chat.FaultLost})
		r.put("a.root", chat.First, "root")
		r.after(time.Second)
		if n := r.fake.Calls(chat.CallFind); n != 1 {
			t.Errorf("%d looks at once, want 1", n)
		}
		r.after(9 * time.Second)
		r.shows("a.root", "root")
		if n := r.fake.Calls(chat.CallFind); n != 2 {
			t.Errorf("%d looks before the second post, want 2", n)
		}
		r.after(time.Hour)
		if n := r.fake.Calls(chat.CallFind); n != 3 {
			t.Errorf("%d looks in all, want one more for a twin", n)
		}
		r.shows("a.root", "root")
	})
}

func TestNoTwinWithinTheSafeTime(t *testing.T) {
	inBubble(t, chattest.Options{SafeRepeat: time.Minute}, func(t *testing.T, r *rig) {
		r.loseAnswers(3)
		r.put("a.root", chat.First, "root")
		r.after(time.Hour)
		r.shows("a.root", "root")
		if n := r.fake.Calls(chat.CallFind); n != 0 {
			t.Errorf("%d looks where the platform prevents twins itself", n)
		}
	})
	inBubble(t, chattest.Options{SafeRepeat: time.Minute}, func(t *testing.T, r *rig) {
		r.loseAnswers(20) // longer than the platform remembers
		r.put("a.root", chat.First, "root")
		r.after(time.Hour)
		r.shows("a.root", "root")
		r.delivered()
	})
}

func TestTwinIsRemovedWhenItTurnsUp(t *testing.T) {
	for name, edits := range map[string]bool{"untouched": false, "edited meanwhile": true} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, chattest.Options{HistoryLag: 20 * time.Second}, func(t *testing.T, r *rig) {
				r.loseAnswers(1)
				r.put("a.card", chat.First, "0 %")
				r.after(10 * time.Second)
				if n := len(chattest.ByKey(r.fake.Messages(), "a.card")); n != 2 {
					t.Fatalf("%d copies, want 2 for now", n)
				}
				want := "0 %"
				if edits {
					want = "50 %"
					r.put("a.card", chat.Ongoing, want)
				}
				r.after(2 * time.Minute)
				r.shows("a.card", want)
				r.delivered()
			})
		})
	}
}

func TestSeveralFoundOldestKept(t *testing.T) {
	inBubble(t, chattest.Options{}, func(t *testing.T, r *rig) {
		r.loseAnswers(1)
		r.fake.Inject(chattest.Rule{Call: chat.CallFind, Times: 1, Fault: &chat.Fault{Kind: chat.FaultRetry, After: time.Minute}})
		r.put("a.root", chat.First, "root")
		r.after(time.Second)
		first := r.only("a.root").Ref
		for range 2 { // as another process of the bot would
			if _, err := r.fake.Post(t.Context(), channel, chat.Card{Key: "a.root", Summary: chat.T("root")}); err != nil {
				t.Fatal(err)
			}
		}
		r.fault(chat.CallDelete, 1, chat.Fault{Kind: chat.FaultRetry})
		r.fault(chat.CallDelete, 1, chat.Fault{Kind: chat.FaultThrottled, After: time.Second, Budget: "*"})
		r.after(time.Hour)
		if m := r.shows("a.root", "root"); m.Ref != first {
			t.Errorf("kept %v, want the oldest, %v", m.Ref, first)
		}
		r.delivered()
	})
}

func TestTwinThatMayNotBeDeleted(t *testing.T) {
	inBubble(t, chattest.Options{HistoryLag: 20 * time.Second}, func(t *testing.T, r *rig) {
		r.loseAnswers(1)
		r.fault(chat.CallDelete, 0, chat.Fault{Kind: chat.FaultForbidden})
		r.put("a.root", chat.First, "root")
		r.after(time.Hour)
		if n := r.fake.Calls(chat.CallDelete); n != 1 {
			t.Errorf("%d tries to delete, want 1", n)
		}
		r.delivered()
	})
}

func TestClosedHistory(t *testing.T) {
	for _, kind := range []chat.FaultKind{chat.FaultForbidden, chat.FaultRetry, chat.FaultLost, chat.FaultBadCard} {
		t.Run(string(kind), func(t *testing.T) {
			inBubble(t, chattest.Options{}, func(t *testing.T, r *rig) {
				r.loseAnswers(1)
				r.fault(chat.CallFind, 0, chat.Fault{Kind: kind, Need: "channels:history"})
				r.put("a.done", chat.Final, "done")
				r.after(time.Hour)
				all := chattest.ByKey(r.fake.Messages(), "a.done")
				if len(all) != 2 {
					t.Fatalf("%d messages, want the one that was lost and one more", len(all))
				}
				if got := all[1].Now().Text(); got != "done\nThis may repeat an earlier message." {
					t.Errorf("the second one says %q", got)
				}
				r.delivered()
			})
		})
	}
}

func TestThrottledAndFailingWhileHunting(t *testing.T) {
	inBubble(t, chattest.Options{}, func(t *testing.T, r *rig) {
		r.loseAnswers(1)
		r.fault(chat.CallFind, 3, chat.Fault{Kind: chat.FaultThrottled, After: time.Minute})
		r.put("a.done", chat.Final, "done")
		r.after(time.Hour)
		r.shows("a.done", "done")
		r.delivered()
	})
	for _, kind := range []chat.FaultKind{chat.FaultRetry, chat.FaultThrottled, chat.FaultForbidden, chat.FaultBadCard} {
		t.Run(string(kind), func(t *testing.T) {
			inBubble(t, chattest.Options{}, func(t *testing.T, r *rig) {
				r.fault(chat.CallPost, 1, chat.Fault{Kind: chat.FaultLost})
				r.fault(chat.CallPost, 1, chat.Fault{Kind: kind})
				r.put("a.done", chat.Final, "done")
				r.after(time.Hour)
				r.shows("a.done", "done")
				r.delivered()
			})
		})
	}
}

func TestHuntSurvivesRestart(t *testing.T) {
	inBubble(t, chattest.Options{}, func(t *testing.T, r *rig) {
		r.loseAnswers(1)
		r.fault(chat.CallFind, 1, chat.Fault{Kind: chat.FaultFatal})
		r.put("a.done", chat.Final, "done")
		r.after(time.Hour)
		r.stop()
		again := newRig(t, r.out, r.fake)
		again.run()
		again.after(time.Minute)
		again.shows("a.done", "done")
		again.delivered()
		again.stop()
	})
}

func TestLostReplacementDoesNotAdoptTheFrozenMessage(t *testing.T) {
	for name, lag := range map[string]time.Duration{"found": 0, "twin removed": 20 * time.Second} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, chattest.Options{HistoryLag: lag}, func(t *testing.T, r *rig) {
				r.put("a.card", chat.First, "0 %")
				r.after(time.Second)
				r.fake.Freeze(channel)
				r.loseAnswers(1)
				r.put("a.card", chat.Final, "Succeeded")
				r.after(time.Hour)
				var got []string
				for _, m := range chattest.ByKey(r.fake.Messages(), "a.card") {
					got = append(got, m.Now().Text())
				}
				if want := []string{"0 %", "Succeeded"}; !slices.Equal(got, want) {
					t.Errorf("stands there: %q, want %q", got, want)
				}
				r.delivered()
			})
		})
	}
}

func TestPlaceGoneWhileHunting(t *testing.T) {
	inBubble(t, chattest.Options{}, func(t *testing.T, r *rig) {
		r.fault(chat.CallPost, 1, chat.Fault{Kind: chat.FaultLost})
		r.fault(chat.CallFind, 1, chat.Fault{Kind: chat.FaultPlaceGone})
		r.put("a.root", chat.First, "root")
		r.after(time.Hour)
		if _, why := r.out.Row("a.root"); why == nil {
			t.Error("not dropped")
		}
	})
}

func TestManyLostAtOnce(t *testing.T) {
	inBubble(t, chattest.Options{Post: chat.Budget{Every: 100 * time.Millisecond, Burst: 5}, Read: chat.Budget{Every: 200 * time.Millisecond, Burst: 5}},
		func(t *testing.T, r *rig) {
			r.loseAnswers(50)
			for i := range 100 {
				r.send(draft("", fmt.Sprintf("k%d", i), chat.First, "x"))
			}
			r.Wake()
			r.after(10 * time.Minute)
			for i := range 100 {
				r.only(fmt.Sprintf("k%d", i))
			}
			r.delivered()
			if over := r.fake.Exceeded(); len(over) > 0 {
				t.Errorf("limits exceeded: %v", over)
			}
		})
}
