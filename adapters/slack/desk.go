package slack

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"vmbackup-bot/bot/chat"
)

const (
	// mostAtOnce bounds the requests that are in hand. Beyond it nothing is acknowledged, so that Slack tells the people
	// and delivers again.
	mostAtOnce = 256
	// finishGrace is how long requests that are in hand may go on once the bot is told to stop, and cancelGrace how long
	// they have after that: the whole bot has to be gone within ten seconds.
	finishGrace = 1500 * time.Millisecond
	cancelGrace = 500 * time.Millisecond
)

// ackFunc acknowledges an envelope, with a payload where there is something to say at once.
type ackFunc func(envelope string, payload any) error

// desk takes requests in. It belongs to one Run and outlives the sessions in it.
type desk struct {
	a      *Adapter
	h      chat.Handler
	work   context.Context
	cancel context.CancelFunc
	slots  chan struct{}
	wg     sync.WaitGroup
}

func newDesk(ctx context.Context, a *Adapter, h chat.Handler) *desk {
	d := &desk{a: a, h: h, slots: make(chan struct{}, mostAtOnce)}
	// What is being written down when the bot is told to stop may finish.
	d.work, d.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return d
}

// close waits for what is in hand, for a while.
func (d *desk) close() {
	defer d.cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.wg.Wait()
	}()
	for _, grace := range []time.Duration{finishGrace, cancelGrace} {
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-done:
			return
		case <-timer.C:
			d.cancel()
		}
	}
	d.a.log.Error("a request does not end; it is left alone")
}

// take hands an envelope to a goroutine of its own, and returns at once.
func (d *desk) take(e envelope, ack ackFunc) {
	select {
	case d.slots <- struct{}{}:
	default:
		d.a.log.Error("too many requests at once; one is left to Slack to deliver again", "limit", mostAtOnce)
		return
	}
	d.wg.Go(func() {
		defer func() { <-d.slots }()
		d.handle(e, ack)
	})
}

// decline acknowledges what the bot has no use for, lest Slack deliver it again.
func (d *desk) decline(id string, ack ackFunc) {
	if err := ack(id, nil); err != nil {
		d.a.log.Warn("an envelope could not be acknowledged", "error", err)
	}
}

// handle claims, acknowledges and has a request handled. A panic on the way ends neither the link nor the process.
func (d *desk) handle(e envelope, ack ackFunc) {
	acked := false
	say := func(payload any) {
		acked = true
		if err := ack(e.ID, payload); err != nil {
			d.a.log.Warn("an envelope could not be acknowledged", "error", err)
		}
	}
	var to *answer
	defer func() {
		p := recover()
		if !acked {
			say(nil)
		}
		if p != nil {
			d.a.log.Error("panic while a request was handled", "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			d.refuse(to, chat.AsError(fmt.Errorf("panic of type %T", p)))
		}
	}()
	r, hook, ok := d.a.decode(e)
	if !ok {
		return
	}
	to = &answer{a: d.a, r: r, hook: hook}
	if r.Kind == chat.Suggest {
		say(suggestions(d.h.Suggest(d.work, r)))
		return
	}
	got, invalid, err := d.h.Claim(d.work, r)
	if got == chat.AckInvalid && err == nil {
		say(slack.NewErrorsViewSubmissionResponse(invalid))
		return
	}
	say(nil)
	switch {
	case err != nil:
		refusal := chat.AsError(err)
		d.a.log.Warn("a request was not taken", "error", refusal)
		d.refuse(to, refusal)
	case got == chat.AckHandle:
		d.a.recognise(d.work, r.Actor)
		d.h.Handle(d.work, r, to)
	}
}

// refuse says why a request was not met.
func (d *desk) refuse(to *answer, e *chat.Error) {
	if to == nil {
		return
	}
	c := chat.Card{Summary: e.Say, Tone: chat.ToneWarn, Lines: append(slices.Clip(e.Lines), e.Hint), Buttons: e.Buttons}
	if err := to.Private(d.work, c); err != nil {
		d.a.log.Warn("the person could not be told", "error", err)
	}
}
