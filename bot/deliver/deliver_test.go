package deliver_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/chat/chattest"
	"vmbackup-bot/bot/deliver"
)

func TestPostsThenEdits(t *testing.T) {
	inBubble(t, chattest.Options{}, func(t *testing.T, r *rig) {
		r.put("a.root", chat.First, "one")
		r.after(0)
		r.put("a.root", chat.Ongoing, "two")
		r.after(0)
		if m := r.shows("a.root", "two"); len(m.Forms) != 2 {
			t.Errorf("%d forms, want 2", len(m.Forms))
		}
		r.delivered()
	})
}

func TestNewestFormWins(t *testing.T) {
	inBubble(t, chattest.Options{}, func(t *testing.T, r *rig) {
		r.put("a.card", chat.First, "0 %")
		r.after(0)
		r.fake.Inject(chattest.Rule{Call: chat.CallEdit, Times: 1, Slow: 3 * time.Second})
		for i := 1; i <= 5; i++ {
			r.put("a.card", chat.Ongoing, fmt.Sprintf("%d %%", i))
			r.after(100 * time.Millisecond)
		}
		r.after(5 * time.Second)
		if m := r.shows("a.card", "5 %"); len(m.Forms) != 3 {
			t.Errorf("%d forms, want 3: what was superseded in flight is left out", len(m.Forms))
		}
		r.delivered()
	})
}

func TestThreadOpenedOnceAndAfterItsRoot(t *testing.T) {
	inBubble(t, chattest.Options{}, func(t *testing.T, r *rig) {
		r.fake.Inject(chattest.Rule{Call: chat.CallPost, Times: 1, Slow: time.Second})
		r.putUnder("a.root", "a.card", chat.First, "card")
		r.putUnder("a.root", "a.done", chat.Final, "done")
		r.put("a.root", chat.First, "root")
		r.after(5 * time.Second)
		root := r.only("a.root")
		for _, key := range []string{"a.card", "a.done"} {
			if at := r.only(key).Ref.Thread; at != root.Ref.ID {
				t.Errorf("%s stands in thread %q, want %q", key, at, root.Ref.ID)
			}
		}
		if n := r.fake.Calls(chat.CallThread); n != 1 {
			t.Errorf("thread opened %d times, want once", n)
		}
	})
}

func TestThreadThatCannotBeOpened(t *testing.T) {
	for _, kind := range []chat.FaultKind{chat.FaultForbidden, chat.FaultFrozen, chat.FaultMessageGone, chat.FaultRetry, chat.FaultLost} {
		t.Run(string(kind), func(t *testing.T) {
			inBubble(t, chattest.Options{}, func(t *testing.T, r *rig) {
				r.fault(chat.CallThread, 0, chat.Fault{Kind: kind, Need: "CREATE_PUBLIC_THREADS"})
				r.put("a.root", chat.First, "root")
				for i := range 3 {
					d := draft("a.root", fmt.Sprintf("a.%d", i), chat.First, "child")
					d.Card.Broadcast = true
					r.send(d)
				}
				r.after(5 * time.Minute)
				for i := range 3 {
					m := r.only(fmt.Sprintf("a.%d", i))
					if m.Ref.Place != channel {
						t.Errorf("child stands in %v, want the channel", m.Ref.Place)
					}
					if m.Now().Card.Broadcast {
						t.Error("a message in the channel itself is broadcast")
					}
				}
				r.delivered()
			})
		})
	}
}

func TestAtMostFourCallsAndOnePerKey(t *testing.T) {
	inBubble(t, chattest.Options{}, func(t *testing.T, r *rig) {
		var mu sync.Mutex
		now, most, byKey := 0, 0, map[string]int{}
		count := func(key string, n int) {
			mu.Lock()
			defer mu.Unlock()
			now += n
			byKey[key] += n
			most = max(most, now)
			if byKey[key] > 1 {
				t.Errorf("two calls for %s at once", key)
			}
		}
		r.fake.On(chat.CallPost, func(key string, stored bool) bool {
			if !stored {
				count(key, 1)
				return true
			}
			<-time.After(time.Second)
			count(key, -1)
			return true
		})
		for i := range 20 {
			r.put(fmt.Sprintf("k%d", i), chat.First, "x")
		}
		r.after(time.Minute)
		r.delivered()
		if most != 4 {
			t.Errorf("%d calls at once, want 4", most)
		}
	})
}

func TestFinalsBeforeFirstBeforeOngoing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		every := chat.Budget{Every: time.Second, Burst: 1}
		r := newRig(t, chattest.NewOutbox(), chattest.NewFake(chattest.Options{Post: every}))
		for i, class := range []chat.Class{chat.Ongoing, chat.First, chat.Final, chat.Ongoing, chat.First, chat.Final} {
			r.send(draft("", fmt.Sprintf("k%d", i), class, "x"))
		}
		r.run()
		r.after(time.Minute)
		want := []string{"k2", "k5", "k1", "k4", "k0", "k3"}
		for i, m := range r.fake.Messages() {
			if m.Key != want[i] {
				t.Errorf("message %d is %s, want %s", i, m.Key, want[i])
			}
		}
		r.stop()
	})
}

func TestSettled(t *testing.T) {
	inBubble(t, chattest.Options{Post: chat.Budget{Every: time.Second, Burst: 1}}, func(t *testing.T, r *rig) {
		for i := range 5 {
			r.send(draft("", fmt.Sprintf("k%d", i), chat.First, "x"))
		}
		if err := r.Settled(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.delivered()
		r.fault(chat.CallPost, 1, chat.Fault{Kind: chat.FaultRetry, After: time.Hour})
		r.send(draft("", "later", chat.Final, "x"))
		if err := r.Settled(t.Context()); err != nil {
			t.Fatal(err)
		}
		if left := r.out.Undelivered(); len(left) != 1 {
			t.Errorf("undelivered %v: a try that lies in the future does not hold Settled up", left)
		}
		if err := r.Drained(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.delivered()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		r.fake.Inject(chattest.Rule{Call: chat.CallPost, Slow: 50 * time.Second})
		r.put("slow", chat.First, "x")
		r.after(0)
		if err := r.Settled(ctx); err != nil {
			t.Errorf("settled: %v", err)
		}
		r.put("slower", chat.First, "x")
		if err := r.Drained(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("drained while a post is in flight: %v", err)
		}
		r.stop()
		if err := r.Settled(t.Context()); !errors.Is(err, deliver.ErrStopped) {
			t.Errorf("settled after the end: %v", err)
		}
	})
}

func TestStopLetsCallsFinish(t *testing.T) {
	inBubble(t, chattest.Options{}, func(t *testing.T, r *rig) {
		r.fake.Inject(chattest.Rule{Call: chat.CallPost, Slow: 4 * time.Second})
		r.put("a.root", chat.First, "root")
		r.after(time.Second)
		r.stop()
		r.shows("a.root", "root")
		r.delivered()
	})
}

func TestStopDoesNotWaitForEver(t *testing.T) {
	inBubble(t, chattest.Options{}, func(t *testing.T, r *rig) {
		r.fake.Inject(chattest.Rule{Call: chat.CallPost, Slow: time.Hour})
		r.put("a.root", chat.First, "root")
		r.after(time.Second)
		began := time.Now()
		r.stop()
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("stopped after %v, want 5s", took)
		}
		if m, _ := r.out.Row("a.root"); m.Attempt.IsZero() {
			t.Error("the attempt that was cut off is not open: the next start would not look for it")
		}
	})
}

func TestRunsOnce(t *testing.T) {
	inBubble(t, chattest.Options{}, func(t *testing.T, r *rig) {
		r.after(0)
		if err := r.Run(t.Context()); err == nil {
			t.Error("a second Run did not fail")
		}
	})
}

func TestBrokenOutbox(t *testing.T) {
	inBubble(t, chattest.Options{}, func(t *testing.T, r *rig) {
		r.out.Break(errors.New("disk full"))
		r.put("a.root", chat.Final, "root")
		r.after(150 * time.Second)
		if n := r.log.count("outbox cannot be"); n != 3 {
			t.Errorf("logged %d times in 150 s, want once per minute", n)
		}
		r.out.Break(nil)
		r.after(time.Minute)
		r.shows("a.root", "root")
	})
}

func TestOutboxBreaksWhileACallIsOut(t *testing.T) {
	inBubble(t, chattest.Options{}, func(t *testing.T, r *rig) {
		r.fake.On(chat.CallPost, func(_ string, stored bool) bool {
			if stored {
				r.out.Break(errors.New("disk full"))
			}
			return true
		})
		r.put("a.root", chat.Final, "root")
		r.after(10 * time.Minute)
		r.fake.On(chat.CallPost, nil)
		r.out.Break(nil)
		r.after(2 * time.Minute)
		r.shows("a.root", "root")
		r.delivered()
	})
}

func TestUnknownPlatformAndHealth(t *testing.T) {
	inBubble(t, chattest.Options{}, func(t *testing.T, r *rig) {
		d := draft("", "x", chat.Final, "x")
		d.To.Platform = "irc"
		r.send(d)
		if err := r.Settled(t.Context()); err != nil {
			t.Fatal(err)
		}
		if r.log.count("not configured") != 1 {
			t.Error("nothing is said of a platform that is not configured")
		}
		r.fault(chat.CallPost, 0, chat.Fault{Kind: chat.FaultRetry, Err: errors.New("HTTP 500")})
		r.put("a.done", chat.Final, "done")
		r.after(0)
		if h := r.Health()["fake"]; !h.OK || h.Waiting != 1 || h.LastFault != "retry: HTTP 500" {
			t.Errorf("at once: %+v", h)
		}
		since := time.Now()
		r.after(5 * time.Minute)
		if h := r.Health()["fake"]; h.OK || !h.Oldest.Equal(since) {
			t.Errorf("after five minutes: %+v", h)
		}
		r.fake.Calm()
		r.after(2 * time.Minute)
		if h := r.Health()["fake"]; !h.OK || h.Waiting != 0 {
			t.Errorf("when delivered: %+v", h)
		}
	})
}
