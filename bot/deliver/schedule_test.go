package deliver_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/chat/chattest"
	"vmbackup-bot/bot/deliver"
)

// perChannel is a pacer whose edits count against a limit of the channel's and one that all share.
type perChannel struct{}

func (perChannel) Budgets(c chat.Call, to chat.Place, _ time.Duration) []chat.Budget {
	if c != chat.CallEdit {
		return nil
	}
	shared := chat.Budget{Name: "shared", Every: 4 * time.Second, Burst: 1}
	if to == channel {
		return []chat.Budget{{Name: "narrow", Every: 10 * time.Second, Burst: 1}, shared}
	}
	return []chat.Budget{shared}
}

func (perChannel) SafeRepeat() time.Duration { return 0 }

// bubbleWith runs a Deliverer with the given platforms in a bubble.
func bubbleWith(t *testing.T, platforms map[string]deliver.Platform, do func(t *testing.T, out *chattest.Outbox, d *deliver.Deliverer)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		out := chattest.NewOutbox()
		d := deliver.New(deliver.Options{Outbox: out, Platforms: platforms})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- d.Run(ctx) }()
		do(t, out, d)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// TestProgressDoesNotTakeWhatAFinalWaitsFor: a final version that waits for a narrow limit must not find the wide one used
// up by progress when its time comes.
func TestProgressDoesNotTakeWhatAFinalWaitsFor(t *testing.T) {
	fake := chattest.NewFake(chattest.Options{})
	bubbleWith(t, map[string]deliver.Platform{"fake": {Chat: fake, Pacer: perChannel{}}}, func(t *testing.T, out *chattest.Outbox, d *deliver.Deliverer) {
		elsewhere := func(key string, class chat.Class, words string) chat.Draft {
			dr := draft("", key, class, words)
			dr.To.Channel = "elsewhere"
			return dr
		}
		for _, dr := range []chat.Draft{draft("", "a", chat.First, "0"), draft("", "b", chat.First, "0"), elsewhere("c", chat.First, "0")} {
			out.Put(dr)
		}
		if err := d.Settled(t.Context()); err != nil {
			t.Fatal(err)
		}
		out.Put(draft("", "a", chat.Final, "1"))
		if err := d.Settled(t.Context()); err != nil {
			t.Fatal(err)
		}
		out.Put(draft("", "b", chat.Final, "1"))
		for i := range 10 {
			out.Put(elsewhere("c", chat.Ongoing, fmt.Sprint(i)))
			d.Wake()
			<-time.After(time.Second)
		}
		<-time.After(100 * time.Millisecond)
		synctest.Wait()
		if got := chattest.ByKey(fake.Messages(), "b")[0].Now().Text(); got != "1" {
			t.Error("the final version was not there when its limit allowed it")
		}
	})
}

// TestBacklogHidesNoOtherPlatform: more finals wait for one platform than are read at once. The other one's message is
// found within the three seconds after which the whole backlog is read again.
func TestBacklogHidesNoOtherPlatform(t *testing.T) {
	slow, other := chattest.NewFake(slackLike), chattest.NewFake(chattest.Options{})
	bubbleWith(t, map[string]deliver.Platform{
		"fake": {Chat: slow, Pacer: slow}, "other": {Chat: other, Pacer: other},
	}, func(t *testing.T, out *chattest.Outbox, d *deliver.Deliverer) {
		for i := range 600 {
			out.Put(draft("", fmt.Sprintf("k%d", i), chat.Final, "x"))
		}
		dr := draft("", "late", chat.First, "x")
		dr.To.Platform = "other"
		out.Put(dr)
		d.Wake()
		<-time.After(4 * time.Second)
		synctest.Wait()
		if len(other.Messages()) != 1 {
			t.Error("the other platform waits for the backlog of the first")
		}
	})
}
