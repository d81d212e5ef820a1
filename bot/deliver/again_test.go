package deliver_test

import (
	"testing"
	"testing/synctest"
	"time"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/chat/chattest"
)

// TestOldFormAdoptedAfterTwoCrashes: what stands there is the form of the first attempt, however often the post was repeated.
func TestOldFormAdoptedAfterTwoCrashes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out, fake := chattest.NewOutbox(), chattest.NewFake(chattest.Options{SafeRepeat: 20 * time.Second})
		out.Put(draft("", "a.root", chat.First, "old"))
		p := spawn(out, fake, 4) // attempt, attempt done, post, post stored
		<-p.done
		out.Put(draft("", "a.root", chat.Final, "new"))
		p = spawn(out, fake, 2) // post, answered with the old message
		<-p.done
		<-time.After(30 * time.Second)
		p = spawn(out, fake, 0)
		<-time.After(time.Minute)
		p.kill()
		<-p.done
		if all := chattest.ByKey(fake.Messages(), "a.root"); len(all) != 1 || all[0].Now().Text() != "new" {
			t.Errorf("stands there: %v", all)
		}
	})
}

func TestSecondLossIsLookedForAgain(t *testing.T) {
	inBubble(t, chattest.Options{}, func(t *testing.T, r *rig) {
		r.fault(chat.CallPost, 1, chat.Fault{Kind: chat.FaultLost})
		r.loseAnswers(1)
		r.put("a.root", chat.First, "root")
		r.after(time.Hour)
		r.shows("a.root", "root")
		if n := r.fake.Calls(chat.CallPost); n != 2 {
			t.Errorf("%d posts, want 2: the second one was there to be found", n)
		}
	})
}

func TestThreadGoneWhileHunting(t *testing.T) {
	inBubble(t, chattest.Options{}, func(t *testing.T, r *rig) {
		r.put("a.root", chat.First, "root")
		r.after(time.Second)
		r.fault(chat.CallPost, 1, chat.Fault{Kind: chat.FaultLost})
		r.fault(chat.CallFind, 1, chat.Fault{Kind: chat.FaultPlaceGone})
		r.putUnder("a.root", "a.done", chat.Final, "done")
		r.after(time.Second)
		if m := r.shows("a.done", "done"); m.Ref.Place != channel {
			t.Errorf("stands in %v, want the channel", m.Ref.Place)
		}
		r.after(time.Hour)
		if n := r.fake.Calls(chat.CallFind); n != 1 {
			t.Errorf("%d looks, want 1: what was lost in the thread is gone with it", n)
		}
	})
}

func TestLostEditIsMadeAgain(t *testing.T) {
	inBubble(t, chattest.Options{}, func(t *testing.T, r *rig) {
		r.put("a.card", chat.First, "0 %")
		r.after(0)
		r.fake.Inject(chattest.Rule{Call: chat.CallEdit, Times: 1, Stored: true, Fault: &chat.Fault{Kind: chat.FaultLost}})
		r.put("a.card", chat.Final, "Succeeded")
		r.after(time.Minute)
		r.shows("a.card", "Succeeded")
		r.delivered()
		if n := r.fake.Calls(chat.CallFind); n != 0 {
			t.Errorf("looked %d times for a message whose place is known", n)
		}
	})
}
