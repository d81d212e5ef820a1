package deliver_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/chat/chattest"
)

func TestRetryBacksOff(t *testing.T) {
	inBubble(t, chattest.Options{}, func(t *testing.T, r *rig) {
		r.fault(chat.CallPost, 20, chat.Fault{Kind: chat.FaultRetry})
		r.put("a.root", chat.First, "root")
		r.after(time.Hour)
		r.shows("a.root", "root")
		if n := r.fake.Calls(chat.CallPost); n != 21 {
			t.Errorf("%d posts, want 21", n)
		}
	})
	inBubble(t, chattest.Options{}, func(t *testing.T, r *rig) {
		r.fault(chat.CallPost, 0, chat.Fault{Kind: chat.FaultRetry})
		r.put("a.root", chat.First, "root")
		r.after(time.Hour)
		if n := r.fake.Calls(chat.CallPost); n < 60 || n > 90 {
			t.Errorf("%d posts in an hour, want about one a minute", n)
		}
	})
}

func TestThrottled(t *testing.T) {
	other := chat.Place{Platform: "fake", Channel: "other"}
	every := chat.Budget{Every: time.Millisecond, Burst: 100}
	for name, c := range map[string]struct {
		budget string
		global bool
	}{
		"own": {}, "named": {budget: "post fake:backups"}, "unknown": {budget: "secret limit"},
		"all": {budget: "*", global: true}, "global": {budget: "global", global: true},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, chattest.Options{Post: every, Edit: every}, func(t *testing.T, r *rig) {
				r.fault(chat.CallPost, 1, chat.Fault{Kind: chat.FaultThrottled, After: 30 * time.Second, Budget: c.budget})
				r.put("a.root", chat.First, "a")
				r.after(time.Second)
				r.put("b.root", chat.Final, "b")
				d := draft("", "c.root", chat.First, "c")
				d.To = other
				r.send(d)
				r.Wake()
				r.after(20 * time.Second)
				want := 2
				if c.global {
					want = 1
				}
				if n := r.fake.Calls(chat.CallPost); n != want {
					t.Errorf("%d posts while the limit holds, want %d", n, want)
				}
				r.after(20 * time.Second)
				r.delivered()
			})
		})
	}
}

func TestMessageGone(t *testing.T) {
	inBubble(t, chattest.Options{}, func(t *testing.T, r *rig) {
		r.put("a.card", chat.First, "0 %")
		r.after(0)
		r.fake.Remove(r.only("a.card").Ref)
		for range 5 {
			r.put("a.card", chat.Ongoing, "more")
			r.after(time.Second)
		}
		if n := r.fake.Calls(chat.CallEdit); n != 1 {
			t.Errorf("%d edits of a message that is gone, want 1", n)
		}
		if n := r.fake.Calls(chat.CallPost); n != 1 {
			t.Errorf("progress was posted anew (%d posts)", n)
		}
		r.put("a.card", chat.Final, "Succeeded")
		r.after(time.Second)
		r.shows("a.card", "Succeeded")
		r.put("a.card", chat.Final, "Failed")
		r.after(time.Hour)
		if m := r.shows("a.card", "Failed"); len(m.Forms) != 2 {
			t.Error("the replacement is not edited")
		}
	})
}

func TestReplacementWithinTheSafeTime(t *testing.T) {
	inBubble(t, chattest.Options{SafeRepeat: time.Minute}, func(t *testing.T, r *rig) {
		r.put("a.card", chat.First, "0 %")
		r.after(time.Second)
		r.fake.Remove(r.only("a.card").Ref)
		r.put("a.card", chat.Final, "Succeeded")
		r.after(3 * time.Minute)
		r.shows("a.card", "Succeeded")
		r.delivered()
	})
}

func TestFrozen(t *testing.T) {
	inBubble(t, chattest.Options{}, func(t *testing.T, r *rig) {
		r.put("a.card", chat.First, "0 %")
		r.after(0)
		r.fake.Freeze(channel)
		r.put("a.card", chat.Ongoing, "1 %")
		r.after(time.Minute)
		r.put("a.card", chat.Ongoing, "2 %")
		r.put("a.card", chat.Final, "Succeeded")
		r.after(time.Hour)
		all := chattest.ByKey(r.fake.Messages(), "a.card")
		if len(all) != 2 || all[0].Now().Text() != "0 %" || all[1].Now().Text() != "Succeeded" {
			t.Errorf("want the frozen message and the final one: %v", all)
		}
		r.delivered()
	})
}

func TestPlaceGone(t *testing.T) {
	inBubble(t, chattest.Options{}, func(t *testing.T, r *rig) {
		r.fake.Close(channel)
		r.put("a.root", chat.First, "root")
		r.putUnder("a.root", "a.done", chat.Final, "done")
		r.put("b.root", chat.Final, "root")
		r.after(time.Hour)
		if n := r.fake.Calls(chat.CallPost); n != 2 {
			t.Errorf("%d posts to a place that is gone, want 2", n)
		}
		for _, key := range []string{"a.root", "a.done", "b.root"} {
			if _, why := r.out.Row(key); why == nil || why.Kind != chat.FaultPlaceGone {
				t.Errorf("%s dropped with %v", key, why)
			}
		}
		if n := r.log.count("level=ERROR"); n != 1 {
			t.Errorf("%d error lines, want 1", n)
		}
		if h := r.Health()["fake"]; h.Waiting != 0 {
			t.Errorf("a dropped message still waits: %+v", h)
		}
	})
}

func TestThreadGoneGoesToChannel(t *testing.T) {
	inBubble(t, chattest.Options{}, func(t *testing.T, r *rig) {
		r.put("a.root", chat.First, "root")
		r.putUnder("a.root", "a.card", chat.First, "0 %")
		r.after(0)
		r.fake.Close(r.only("a.card").Ref.Place)
		r.putUnder("a.root", "a.card", chat.Ongoing, "50 %")
		r.after(time.Minute)
		r.putUnder("a.root", "a.card", chat.Final, "Succeeded")
		r.putUnder("a.root", "a.done", chat.Final, "done")
		r.after(time.Minute)
		r.delivered()
		for _, key := range []string{"a.card", "a.done"} {
			all := chattest.ByKey(r.fake.Messages(), key)
			if last := all[len(all)-1]; last.Ref.Place != channel {
				t.Errorf("%s stands in %v, want the channel", key, last.Ref.Place)
			}
		}
	})
}

func TestForbidden(t *testing.T) {
	inBubble(t, chattest.Options{}, func(t *testing.T, r *rig) {
		r.put("a.card", chat.First, "0 %")
		r.after(0)
		denied := chat.Fault{Kind: chat.FaultForbidden, Need: "chat:write"}
		r.fault(chat.CallEdit, 0, denied)
		r.fault(chat.CallPost, 0, denied)
		for range 60 {
			r.put("a.card", chat.Ongoing, "more")
			r.after(time.Second)
		}
		if n := r.fake.Calls(chat.CallEdit); n != 1 {
			t.Errorf("%d edits of progress in a minute where they are forbidden, want 1", n)
		}
		r.put("a.done", chat.Final, "done")
		r.put("a.card", chat.Final, "Succeeded")
		r.after(time.Hour)
		if n := r.fake.Calls(chat.CallPost); n < 12 || n > 25 {
			t.Errorf("%d posts in an hour, want about one every five minutes", n)
		}
		if n := r.log.count("may not do this"); n != 1 {
			t.Errorf("logged %d times, want once per place and need", n)
		}
		r.fake.Calm()
		r.after(6 * time.Minute)
		r.shows("a.card", "Succeeded")
		r.shows("a.done", "done")
	})
}

func TestBadCard(t *testing.T) {
	for name, c := range map[string]struct {
		call  chat.Call
		times int
		want  string
	}{
		"plain text after one refusal": {chat.CallPost, 1, "words"},
		"one sentence after two":       {chat.CallPost, 2, "A message could not be shown here; ask for the status to see where things stand."},
		"plain edit":                   {chat.CallEdit, 1, "words"},
		"one sentence by edit":         {chat.CallEdit, 2, "A message could not be shown here; ask for the status to see where things stand."},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, chattest.Options{}, func(t *testing.T, r *rig) {
				if c.call == chat.CallEdit {
					r.put("a.card", chat.First, "first")
					r.after(0)
				}
				r.fault(c.call, c.times, chat.Fault{Kind: chat.FaultBadCard, Err: errors.New("invalid_blocks: /blocks/3")})
				r.put("a.card", chat.Final, "words")
				r.after(time.Minute)
				if m := r.shows("a.card", c.want); !m.Now().Card.Plain {
					t.Error("not sent as plain text")
				}
				if r.log.count("/blocks/3") == 0 {
					t.Error("the cause is not logged")
				}
				r.delivered()
			})
		})
	}
}

func TestBadCardInEveryForm(t *testing.T) {
	for _, call := range []chat.Call{chat.CallPost, chat.CallEdit} {
		inBubble(t, chattest.Options{}, func(t *testing.T, r *rig) {
			if call == chat.CallEdit {
				r.put("a.card", chat.First, "first")
				r.after(0)
			}
			r.fault(call, 0, chat.Fault{Kind: chat.FaultBadCard})
			r.put("a.card", chat.Final, "words")
			r.after(time.Hour)
			if n := r.fake.Calls(call); n != 3 {
				t.Errorf("%d calls, want 3", n)
			}
			if _, why := r.out.Row("a.card"); why == nil {
				t.Error("not dropped")
			}
		})
	}
}

func TestPanicInAnAdapter(t *testing.T) {
	inBubble(t, chattest.Options{}, func(t *testing.T, r *rig) {
		n := 0
		r.fake.On(chat.CallPost, func(string, bool) bool {
			if n++; n == 1 {
				panic("token=secret")
			}
			return true
		})
		r.put("a.root", chat.Final, "root")
		r.after(time.Minute)
		r.shows("a.root", "root")
		if r.log.count("secret") > 0 || r.log.count("panic in") != 1 {
			t.Error("the panic is not logged, or with its value")
		}
	})
}

func TestFatal(t *testing.T) {
	inBubble(t, chattest.Options{}, func(t *testing.T, r *rig) {
		r.fault(chat.CallPost, 0, chat.Fault{Kind: chat.FaultFatal, Err: errors.New("token_revoked")})
		r.put("a.root", chat.Final, "root")
		r.after(time.Hour)
		r.put("b.root", chat.Final, "root")
		r.after(time.Hour)
		if n := r.fake.Calls(chat.CallPost); n < 2 || n > 121 {
			t.Errorf("%d calls in two hours to a platform that refuses us, want one a minute", n)
		}
		if h := r.Health()["fake"]; h.OK || !strings.Contains(h.Dead, "token_revoked") {
			t.Errorf("health %+v", h)
		}
		if err := r.Settled(t.Context()); err != nil {
			t.Error(err)
		}
		if err := r.Drained(t.Context()); err != nil {
			t.Error(err)
		}
		r.fake.Calm()
		r.after(2 * time.Minute)
		r.delivered()
		if h := r.Health()["fake"]; !h.OK {
			t.Errorf("health %+v", h)
		}
	})
}
