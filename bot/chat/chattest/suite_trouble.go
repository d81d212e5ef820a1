package chattest

import (
	"context"
	"testing"
	"time"

	"vmbackup-bot/bot/chat"
)

func troubleCases() []suiteCase {
	return []suiteCase{
		{name: "delivered", run: caseDelivered},
		{name: "throttled", troubles: []Trouble{TroubleThrottled}, run: caseThrottled},
		{name: "failing", troubles: []Trouble{TroubleFailing}, run: caseFailing},
		{name: "lost answer", needs: []Ability{Keys}, troubles: []Trouble{TroubleLostAnswer}, run: caseLostAnswer},
		{name: "lost message", troubles: []Trouble{TroubleDeleted}, run: caseDeleted},
		{name: "place gone", troubles: []Trouble{TroublePlaceGone}, run: casePlaceGone},
		{name: "forbidden", troubles: []Trouble{TroubleForbidden}, run: caseForbidden},
		{name: "fatal", troubles: []Trouble{TroubleFatal}, run: caseFatal},
	}
}

// operation are the messages of one operation, first and last.
func operation(h Harness, out *Outbox, words string, class chat.Class) {
	for _, part := range []string{"root", "card"} {
		d := chat.Draft{Key: "abcdefghij." + part, To: h.Place, Class: class, Card: card("abcdefghij."+part, words+" "+part)}
		if _, lacks := h.Lacks[string(Threads)]; part == "card" && !lacks {
			d.Under = "abcdefghij.root"
		}
		out.Put(d)
	}
}

// caseDelivered is the ordinary case, by way of deliver as everything that the bot posts.
func caseDelivered(t testing.TB, h Harness) {
	d, out := runDeliver(t, h)
	operation(h, out, "Started", chat.First)
	d.Wake()
	drained(t, h, d)
	operation(h, out, "Succeeded", chat.Final)
	d.Wake()
	drained(t, h, d)
	one(t, h, "Succeeded root")
	one(t, h, "Succeeded card")
	if left := showing(h.Seen(t), "Started"); len(left) > 0 {
		t.Errorf("the first form still stands: %q", left[0].Text)
	}
}

func caseThrottled(t testing.TB, h Harness) {
	h.Trouble(t, TroubleThrottled, chat.MessageRef{})
	_, err := h.Chat.Post(context.Background(), h.Place, card("op1.root", "First try"))
	if f := chat.AsFault(err); f == nil || f.Kind != chat.FaultThrottled || f.After <= 0 || f.After > time.Minute {
		t.Fatalf("got %+v (%v), want a throttle that says for how long", f, err)
	}
	h.Trouble(t, TroubleThrottled, chat.MessageRef{})
	d, out := runDeliver(t, h)
	operation(h, out, "Succeeded", chat.Final)
	d.Wake()
	drained(t, h, d)
	one(t, h, "Succeeded root")
	one(t, h, "Succeeded card")
}

func caseFailing(t testing.TB, h Harness) {
	h.Trouble(t, TroubleFailing, chat.MessageRef{})
	_, err := h.Chat.Post(context.Background(), h.Place, card("op1.root", "First try"))
	if k := kindOf(t, err); k != chat.FaultRetry && k != chat.FaultLost {
		t.Errorf("got %q, want retry, or lost where one cannot know", k)
	}
	h.Trouble(t, TroubleFailing, chat.MessageRef{})
	d, out := runDeliver(t, h)
	operation(h, out, "Succeeded", chat.Final)
	d.Wake()
	drained(t, h, d)
	one(t, h, "Succeeded root")
	one(t, h, "Succeeded card")
}

// caseLostAnswer: a message whose answer was lost is found by its key, and neither doubled nor missing.
func caseLostAnswer(t testing.TB, h Harness) {
	d, out := runDeliver(t, h)
	h.Trouble(t, TroubleLostAnswer, chat.MessageRef{})
	operation(h, out, "Started", chat.First)
	d.Wake()
	drained(t, h, d)
	one(t, h, "Started root")
	h.Trouble(t, TroubleLostAnswer, chat.MessageRef{})
	out.Put(chat.Draft{Key: "abcdefghij.done", To: h.Place, Class: chat.Final, Card: card("abcdefghij.done", "All done")})
	operation(h, out, "Succeeded", chat.Final)
	d.Wake()
	drained(t, h, d)
	for _, words := range []string{"Succeeded root", "Succeeded card", "All done"} {
		one(t, h, words)
	}
	never(t, "a copy turns up", func() bool { return len(showing(h.Seen(t), "All done")) > 1 })
}

// caseDeleted: what a person deleted is not edited for ever; only the last word is posted anew.
func caseDeleted(t testing.TB, h Harness) {
	ref := post(t, h, h.Place, card("op1.card", "Doomed"))
	h.Trouble(t, TroubleDeleted, ref)
	if k := kindOf(t, h.Chat.Edit(context.Background(), ref, card("op1.card", "Doomed"))); k != chat.FaultMessageGone {
		t.Errorf("got %q, want %q", k, chat.FaultMessageGone)
	}
	d, out := runDeliver(t, h)
	draft := chat.Draft{Key: "op2.card", To: h.Place, Class: chat.First, Card: card("op2.card", "Backup at 0 %")}
	out.Put(draft)
	d.Wake()
	drained(t, h, d)
	h.Trouble(t, TroubleDeleted, one(t, h, "Backup at 0 %").Ref)
	draft.Class, draft.Card = chat.Ongoing, card("op2.card", "Backup at 50 %")
	out.Put(draft)
	if err := d.Settled(context.Background()); err != nil {
		t.Fatal(err)
	}
	never(t, "progress is posted anew", func() bool { return len(showing(h.Seen(t), "50 %")) > 0 })
	draft.Class, draft.Card = chat.Final, card("op2.card", "Backup succeeded")
	out.Put(draft)
	d.Wake()
	drained(t, h, d)
	one(t, h, "Backup succeeded")
}

func casePlaceGone(t testing.TB, h Harness) {
	ref := post(t, h, h.Place, card("op1.root", "Backup"))
	h.Trouble(t, TroublePlaceGone, chat.MessageRef{})
	_, err := h.Chat.Post(context.Background(), h.Place, card("op2.root", "Another"))
	if k := kindOf(t, err); k != chat.FaultPlaceGone {
		t.Errorf("a post got %q, want %q", k, chat.FaultPlaceGone)
	}
	switch k := kindOf(t, h.Chat.Edit(context.Background(), ref, card("op1.root", "Backup, edited"))); k {
	case chat.FaultPlaceGone, chat.FaultFrozen, chat.FaultMessageGone:
	default:
		t.Errorf("an edit got %q", k)
	}
	d, out := runDeliver(t, h)
	operation(h, out, "Succeeded", chat.Final)
	d.Wake()
	drained(t, h, d)
	if _, why := out.Row("abcdefghij.root"); why == nil {
		t.Error("deliver did not give it up")
	}
}

func caseForbidden(t testing.TB, h Harness) {
	h.Trouble(t, TroubleForbidden, chat.MessageRef{})
	_, err := h.Chat.Post(context.Background(), h.Place, card("op1.root", "Backup"))
	if f := chat.AsFault(err); f == nil || f.Kind != chat.FaultForbidden || f.Need == "" {
		t.Errorf("got %+v, want a fault that names what is needed", f)
	}
}

func caseFatal(t testing.TB, h Harness) {
	h.Trouble(t, TroubleFatal, chat.MessageRef{})
	_, err := h.Chat.Post(context.Background(), h.Place, card("op1.root", "Backup"))
	if k := kindOf(t, err); k != chat.FaultFatal {
		t.Errorf("got %q, want %q", k, chat.FaultFatal)
	}
}
