package chattest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"vmbackup-bot/bot/chat"
)

func requestCases() []suiteCase {
	return []suiteCase{
		{name: "command", run: caseCommand},
		{name: "private answer", run: casePrivate},
		{name: "press", needs: []Ability{Buttons}, run: casePress},
		{name: "form", needs: []Ability{Forms}, run: caseForm},
		{name: "completion", needs: []Ability{Completion}, run: caseCompletion},
		{name: "duplicate delivery", needs: []Ability{Repeats}, run: caseDuplicate},
		{name: "claim refused", run: caseClaimRefused},
		{name: "panic while handling", run: casePanic},
		{name: "slow handling", needs: []Ability{Concurrent}, run: caseSlow},
		{name: "reconnect", troubles: []Trouble{TroubleLink}, run: caseReconnect},
	}
}

// handled waits for the n-th request that the bot handled.
func handled(t testing.TB, b *bot, n int) chat.Request {
	t.Helper()
	eventually(t, b.h, "the request is handled", func() bool { return len(b.requests()) >= n })
	return b.requests()[n-1]
}

func caseCommand(t testing.TB, h Harness) {
	b := runBot(t, h, nil)
	h.Send(t, command(h, "status web01"), false)
	r := handled(t, b, 1)
	if r.Kind != chat.Command || !r.Actor.Same(h.Actor) || r.Place.Root() != h.Place.Root() {
		t.Errorf("handled %+v", r)
	}
	if !strings.Contains(r.Text, "status web01") && r.Options["verb"] != "status" {
		t.Errorf("neither text nor options say what was typed: %q, %v", r.Text, r.Options)
	}
	if len(r.Deliveries) == 0 || r.At.IsZero() {
		t.Errorf("without delivery ids or time: %+v", r)
	}
	h.Send(t, command(h, "status web02"), false)
	next := handled(t, b, 2)
	for _, id := range next.Deliveries {
		if slices.Contains(r.Deliveries, id) {
			t.Errorf("two requests share the delivery id %q", id)
		}
	}
}

func casePrivate(t testing.TB, h Harness) {
	runBot(t, h, func(ctx context.Context, _ chat.Request, a chat.Answer) {
		for _, words := range []string{"For your eyes", "And this too"} {
			if err := a.Private(ctx, card("", words)); err != nil {
				t.Errorf("private: %v", err)
			}
		}
	})
	h.Send(t, command(h, "whoami"), false)
	eventually(t, h, "both answers are shown", func() bool {
		return len(showing(h.Privates(t), "For your eyes")) == 1 && len(showing(h.Privates(t), "And this too")) == 1
	})
	if got := showing(h.Privates(t), "For your eyes")[0].To; got != h.Actor.User {
		t.Errorf("shown to %q, want %q", got, h.Actor.User)
	}
	if public := showing(h.Seen(t), "For your eyes"); len(public) > 0 {
		t.Error("a private answer can be seen by everybody")
	}
}

func casePress(t testing.TB, h Harness) {
	b := runBot(t, h, nil)
	c := card("op1.card", "Backup of web01")
	c.Buttons = []chat.Button{{Action: "snooze", ID: "abcdefghij", Arg: "4h", Label: "Snooze"}}
	ref := post(t, h, h.Place, c)
	one(t, h, "Backup of web01")
	h.Send(t, chat.Request{Kind: chat.Press, Actor: h.Actor, Place: ref.Place, Action: "snooze", ID: "abcdefghij", Arg: "4h", On: ref}, false)
	r := handled(t, b, 1)
	if r.Kind != chat.Press || r.Action != "snooze" || r.ID != "abcdefghij" || r.Arg != "4h" || !r.Actor.Same(h.Actor) {
		t.Errorf("handled %+v", r)
	}
	if r.On != ref {
		t.Errorf("pressed on %v %q, want %v %q: a stored message would not be recognised", r.On.Place, r.On.ID, ref.Place, ref.ID)
	}
}

func caseForm(t testing.TB, h Harness) {
	b := runBot(t, h, func(ctx context.Context, r chat.Request, a chat.Answer) {
		if r.Kind != chat.Command {
			return
		}
		if err := a.Form(ctx, chat.Form{Action: "menu", ID: "abcdefghij", Title: "Back up", Submit: "Start", Inputs: []chat.Input{{Name: "note", Label: "Note"}}}); err != nil {
			t.Errorf("form: %v", err)
		}
	})
	h.Send(t, command(h, "backup"), false)
	handled(t, b, 1)
	eventually(t, h, "the form is shown", func() bool { return slices.Contains(h.Forms(t), "Back up") })
	h.Send(t, chat.Request{Kind: chat.Submit, Actor: h.Actor, Place: h.Place, Action: "menu", ID: "abcdefghij", Fields: map[string]string{"note": "before release"}}, false)
	if r := handled(t, b, 2); r.Kind != chat.Submit || r.Action != "menu" || r.ID != "abcdefghij" || r.Fields["note"] != "before release" {
		t.Errorf("handled %+v", r)
	}
}

func caseCompletion(t testing.TB, h Harness) {
	b := runBot(t, h, nil)
	b.mu.Lock()
	for range 200 {
		b.choices = append(b.choices, chat.Choice{Label: "web01 on HV01", Value: "web01@HV01"})
	}
	b.mu.Unlock()
	h.Send(t, chat.Request{Kind: chat.Suggest, Actor: h.Actor, Place: h.Place, Options: map[string]string{"verb": "backup", "vm": "we"}}, false)
	eventually(t, h, "the choices are shown", func() bool { return slices.Contains(h.Choices(t), "web01 on HV01") })
	if len(b.requests()) > 0 {
		t.Error("a completion was handled as a request")
	}
}

func caseDuplicate(t testing.TB, h Harness) {
	b := runBot(t, h, nil)
	h.Send(t, command(h, "backup web01"), true)
	handled(t, b, 1)
	h.Send(t, command(h, "backup web02"), false)
	eventually(t, h, "all three deliveries are claimed", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.claims >= 3
	})
	eventually(t, h, "the next request is handled", func() bool {
		all := b.requests()
		return slices.ContainsFunc(all, func(r chat.Request) bool { return isAbout(r, "web02") })
	})
	never(t, "handled twice", func() bool { return len(b.requests()) > 2 })
}

func isAbout(r chat.Request, vm string) bool {
	for _, v := range r.Options {
		if v == vm {
			return true
		}
	}
	return strings.Contains(r.Text, vm)
}

func caseClaimRefused(t testing.TB, h Harness) {
	b := runBot(t, h, nil)
	b.mu.Lock()
	b.refuse = &chat.Error{Kind: chat.Unavailable, Say: chat.T("The disk is full; nothing was started."), Err: errors.New("disk full")}
	b.mu.Unlock()
	h.Send(t, command(h, "backup web01"), false)
	eventually(t, h, "the person is told", func() bool { return len(showing(h.Privates(t), "nothing was started")) > 0 })
	if len(b.requests()) > 0 {
		t.Error("handled although its claim failed")
	}
}

func casePanic(t testing.TB, h Harness) {
	b := runBot(t, h, func(_ context.Context, r chat.Request, _ chat.Answer) {
		if isAbout(r, "web01") {
			panic("a fault of the bot")
		}
	})
	h.Send(t, command(h, "backup web01"), false)
	handled(t, b, 1)
	h.Send(t, command(h, "backup web02"), false)
	handled(t, b, 2)
}

func caseSlow(t testing.TB, h Harness) {
	release := make(chan struct{})
	b := runBot(t, h, func(ctx context.Context, r chat.Request, _ chat.Answer) {
		if isAbout(r, "web01") {
			select {
			case <-release:
			case <-ctx.Done():
			}
		}
	})
	defer close(release)
	h.Send(t, command(h, "backup web01"), false)
	handled(t, b, 1)
	h.Send(t, command(h, "backup web02"), false)
	handled(t, b, 2)
}

func caseReconnect(t testing.TB, h Harness) {
	b := runBot(t, h, nil)
	h.Send(t, command(h, "backup web01"), false)
	handled(t, b, 1)
	for i, vm := range []string{"web02", "web03"} {
		h.Trouble(t, TroubleLink, chat.MessageRef{})
		eventually(t, h, "the link is back", func() bool { return h.Adapter.Health().OK })
		h.Send(t, command(h, "backup "+vm), false)
		if r := handled(t, b, i+2); !isAbout(r, vm) {
			t.Errorf("after the cut %+v was handled, want %s", r, vm)
		}
	}
	never(t, "a request is handled again after the cut", func() bool { return len(b.requests()) > 3 })
}
