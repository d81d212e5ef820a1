package deliver_test

import (
	"fmt"
	"testing"
	"time"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/chat/chattest"
)

// slackLike is one post per second and channel, and 50 edits per minute (reference, Slack's tiers).
var slackLike = chattest.Options{
	Post: chat.Budget{Every: time.Second, Burst: 1},
	Edit: chat.Budget{Every: 1200 * time.Millisecond, Burst: 10},
	Read: chat.Budget{Every: 1200 * time.Millisecond, Burst: 5},
}

func TestTwoHundredOperations(t *testing.T) {
	inBubble(t, slackLike, func(t *testing.T, r *rig) {
		const n = 200
		card := func(i int) string { return fmt.Sprintf("op%03d.card", i) }
		for i := range n {
			r.send(draft("", card(i), chat.First, "0 %"))
		}
		r.Wake()
		tick := 0
		run := func(d time.Duration, from int) {
			for range int(d / (20 * time.Second)) {
				tick++
				for i := from; i < n; i++ {
					r.send(draft("", card(i), chat.Ongoing, fmt.Sprintf("tick %d", tick)))
				}
				r.Wake()
				r.after(20 * time.Second)
			}
		}
		run(10*time.Minute, 0)
		for i := range n {
			if m := r.only(card(i)); len(m.Forms) < 2 {
				t.Errorf("%s never showed progress in ten minutes: others took it all", card(i))
			}
		}
		// A hundred end at once, while the others go on: 100 edits at 50 a minute.
		for i := range n / 2 {
			r.send(draft("", card(i), chat.Final, "Succeeded"))
		}
		run(140*time.Second, n/2)
		for i := range n / 2 {
			r.shows(card(i), "Succeeded")
		}
		for i := n / 2; i < n; i++ {
			r.send(draft("", card(i), chat.Final, "Succeeded"))
		}
		r.Wake()
		if err := r.Drained(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			r.shows(card(i), "Succeeded")
		}
		r.delivered()
		if over := r.fake.Exceeded(); len(over) > 0 {
			t.Errorf("limits exceeded: %v", over)
		}
	})
}

func TestProgressLeavesRoom(t *testing.T) {
	inBubble(t, slackLike, func(t *testing.T, r *rig) {
		for i := range 30 {
			r.send(draft("", fmt.Sprintf("k%d", i), chat.First, "0 %"))
		}
		r.Wake()
		r.after(time.Minute)
		for i := range 30 {
			r.send(draft("", fmt.Sprintf("k%d", i), chat.Ongoing, "1 %"))
		}
		r.Wake()
		r.after(time.Second)
		r.put("k29", chat.Final, "Succeeded")
		r.after(0)
		r.shows("k29", "Succeeded")
		if over := r.fake.Exceeded(); len(over) > 0 {
			t.Errorf("limits exceeded: %v", over)
		}
	})
}

func TestManyChannels(t *testing.T) {
	inBubble(t, slackLike, func(t *testing.T, r *rig) {
		for i := range 1200 {
			d := draft("", fmt.Sprintf("k%d", i), chat.First, "x")
			d.To.Channel = fmt.Sprintf("c%d", i%1100)
			r.send(d)
		}
		r.Wake()
		r.after(10 * time.Second)
		r.delivered()
		if over := r.fake.Exceeded(); len(over) > 0 {
			t.Errorf("limits exceeded: %v", over)
		}
	})
}

func TestSlowCallsLeaveASlot(t *testing.T) {
	inBubble(t, chattest.Options{}, func(t *testing.T, r *rig) {
		for i := range 10 {
			r.send(draft("", fmt.Sprintf("k%d", i), chat.First, "0 %"))
		}
		r.Wake()
		r.after(time.Second)
		r.fake.Inject(chattest.Rule{Call: chat.CallEdit, Slow: 50 * time.Second})
		for i := range 10 {
			r.send(draft("", fmt.Sprintf("k%d", i), chat.Ongoing, "1 %"))
		}
		r.Wake()
		r.after(time.Second)
		r.put("done", chat.Final, "done")
		r.after(time.Second)
		r.shows("done", "done")
	})
}
