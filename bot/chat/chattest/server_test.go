package chattest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"vmbackup-bot/bot/chat"
)

var place = chat.Place{Platform: "fake", Channel: "backups"}

// TestHooksCut is what a bot sees that is killed around a post: nothing; the next process finds what was stored.
func TestHooksCut(t *testing.T) {
	for _, stored := range []bool{false, true} {
		p := newPeer(t, Options{})
		p.OnPost(func(key string, now bool) bool { return key != "op1.root" || now != stored })
		_, err := p.client.Post(t.Context(), place, card("op1.root", "Backup"))
		if kindOf(t, err) != chat.FaultLost {
			t.Errorf("the bot that was cut off got %v", err)
		}
		if got := len(p.Messages()); (got == 1) != stored {
			t.Errorf("%d messages when cut with stored %v", got, stored)
		}
		ref := post(t, p.harness(), place, card("op2.root", "Other"))
		p.OnEdit(func(_ string, now bool) bool { return now != stored })
		if err := p.client.Edit(t.Context(), ref, card("op2.root", "Other, edited")); kindOf(t, err) != chat.FaultLost {
			t.Errorf("the bot that was cut off got %v", err)
		}
		if all := ByKey(p.Messages(), "op2.root"); (len(all[0].Forms) == 2) != stored {
			t.Errorf("%d forms when cut with stored %v", len(all[0].Forms), stored)
		}
	}
}

// TestDeliveredUntilAcknowledged: a bot that dies before its acknowledgement counts gets the request again, in its next
// process too.
func TestDeliveredUntilAcknowledged(t *testing.T) {
	for _, taken := range []bool{false, true} {
		p := newPeer(t, Options{})
		var cut sync.Once // two links may acknowledge at once
		p.OnAck(func(_ string, now bool) (goOn bool) {
			goOn = true
			if now == taken {
				cut.Do(func() { goOn = false })
			}
			return goOn
		})
		b := runBot(t, p.harness(), nil)
		id := p.Send(command(p.harness(), "backup web01"))
		eventually(t, p.harness(), "it is acknowledged", func() bool { return p.Acked(id) })
		handled(t, b, 1)
		want := 2
		if taken {
			want = 1
		}
		eventually(t, p.harness(), "it has come often enough", func() bool {
			b.mu.Lock()
			defer b.mu.Unlock()
			return b.claims == want
		})
		if n := len(b.requests()); n != 1 {
			t.Errorf("handled %d times", n)
		}
	}
}

func TestNextProcessGetsWhatIsPending(t *testing.T) {
	p := newPeer(t, Options{})
	id := p.Send(command(p.harness(), "backup web01"))
	var a wireAnswer
	for range 2 { // a process that takes it and dies
		var err error
		if a, err = p.client.call(t.Context(), pathNext, wireCall{Session: "dead"}); err != nil {
			t.Fatal(err)
		}
	}
	if a.Pending == nil || a.Pending.ID != id {
		t.Fatalf("the first process got %+v", a.Pending)
	}
	if r := handled(t, runBot(t, p.harness(), nil), 1); !isAbout(r, "web01") {
		t.Errorf("the second process got %+v", r)
	}
}

func TestAckInvalid(t *testing.T) {
	p := newPeer(t, Options{})
	h := p.harness()
	h.Adapter = &adapter{p.client, func(in chat.Handler) chat.Handler {
		return twisted{Handler: in, claim: func(context.Context, chat.Request) (chat.Ack, map[string]string, error) {
			return chat.AckInvalid, map[string]string{"note": "too long"}, nil
		}}
	}}
	b := runBot(t, h, nil)
	id := p.Send(chat.Request{Kind: chat.Submit, Actor: h.Actor, Place: h.Place})
	eventually(t, h, "it is acknowledged", func() bool { return p.Acked(id) })
	if _, invalid := p.Outcome(id); invalid["note"] != "too long" {
		t.Errorf("the person is told %v", invalid)
	}
	if len(b.requests()) > 0 {
		t.Error("an invalid form was handled")
	}
}

func TestServerGone(t *testing.T) {
	p := newPeer(t, Options{})
	h := p.harness()
	runBot(t, h, nil)
	p.Close()
	eventually(t, h, "the adapter says that it is not well", func() bool { return !p.client.Health().OK })
	eventually(t, h, "a post is refused before it leaves", func() bool {
		_, err := p.client.Post(t.Context(), place, card("op1.root", "Backup"))
		return kindOf(t, err) == chat.FaultRetry
	})
}

func TestWrongToken(t *testing.T) {
	p := newPeer(t, Options{})
	c := NewClient(ClientOptions{URL: p.URL + "x"})
	defer c.Close()
	if _, err := c.Post(t.Context(), place, card("op1.root", "Backup")); kindOf(t, err) != chat.FaultFatal {
		t.Errorf("got %v", err)
	}
	c = NewClient(ClientOptions{URL: "http://\x00"})
	if _, err := c.Post(t.Context(), place, card("op1.root", "Backup")); kindOf(t, err) != chat.FaultFatal {
		t.Errorf("got %v", err)
	}
}

func TestFakeTrouble(t *testing.T) {
	f := NewFake(Options{HistoryLag: time.Hour})
	ctx := t.Context()
	ref, err := f.Post(ctx, place, card("op1.root", "Backup"))
	if err != nil {
		t.Fatal(err)
	}
	if refs, err := f.Find(ctx, place, "op1.root", time.Time{}); err != nil || len(refs) > 0 {
		t.Errorf("found %v, %v although the history lags", refs, err)
	}
	f.SetHistoryLag(0)
	if refs, err := f.Find(ctx, place, "op1.root", time.Time{}); err != nil || !slices.Equal(refs, []chat.MessageRef{ref}) {
		t.Errorf("found %v, %v", refs, err)
	}
	f.Freeze(place)
	if err := f.Edit(ctx, ref, card("op1.root", "x")); kindOf(t, err) != chat.FaultFrozen {
		t.Errorf("frozen: %v", err)
	}
	f.Close(place)
	if err := f.Edit(ctx, ref, card("op1.root", "x")); kindOf(t, err) != chat.FaultPlaceGone {
		t.Errorf("gone: %v", err)
	}
	f.Calm()
	for what, c := range map[string]chat.Card{
		"empty":    {Key: "k"},
		"long key": {Key: "abcdefghijabcdefghijabcdefghij", Summary: chat.T("x")},
	} {
		if err := f.Edit(ctx, ref, c); kindOf(t, err) != chat.FaultBadCard {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := f.OpenThread(ctx, ref, " "); kindOf(t, err) != chat.FaultBadCard {
		t.Errorf("no title: %v", err)
	}
	thread, err := f.OpenThread(ctx, ref, "title")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := f.OpenThread(ctx, chat.MessageRef{Place: thread, ID: "m9"}, "title"); err != nil || again != thread {
		t.Errorf("a thread in a thread: %v, %v", again, err)
	}
	f.Remove(ref)
	if _, err := f.Post(ctx, thread, card("op1.card", "x")); kindOf(t, err) != chat.FaultPlaceGone {
		t.Errorf("below a deleted message: %v", err)
	}
	if _, err := f.OpenThread(ctx, ref, "title"); kindOf(t, err) != chat.FaultMessageGone {
		t.Errorf("a thread below a deleted message: %v", err)
	}
}

func TestFakeCountsLimits(t *testing.T) {
	f := NewFake(Options{Post: chat.Budget{Every: time.Hour, Burst: 2}})
	for i := range 3 {
		_, err := f.Post(t.Context(), place, card("op1.root", "Backup"))
		if fault := chat.AsFault(err); (i == 2) != (fault != nil) || (fault != nil && (fault.Kind != chat.FaultThrottled || fault.After <= 0)) {
			t.Errorf("post %d: %v", i, err)
		}
	}
	if n := f.Exceeded()["post fake:backups"]; n != 1 {
		t.Errorf("exceeded %d times, want once: %v", n, f.Exceeded())
	}
}

func TestSlowCallIsCutShort(t *testing.T) {
	f := NewFake(Options{})
	f.Inject(Rule{Call: chat.CallPost, Slow: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err := f.Post(ctx, place, card("op1.root", "Backup"))
	if kindOf(t, err) != chat.FaultLost || !errors.Is(err, context.DeadlineExceeded) || len(f.Messages()) > 0 {
		t.Errorf("got %v", err)
	}
}

func TestWireKeepsFaults(t *testing.T) {
	want := &chat.Fault{Kind: chat.FaultThrottled, After: time.Second, Budget: "b", Need: "n", Err: errors.New("text")}
	got := chat.AsFault(toWire(want).fault())
	if got.Error() != want.Error() || got.After != want.After || got.Budget != want.Budget {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
