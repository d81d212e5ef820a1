// Package intake takes requests in for a platform's adapter: each is claimed, acknowledged, and only then handled, in a
// goroutine of its own. Nothing that a handler does can hold up the link that requests come in by: a slow one runs beside
// the others, and a panic ends with a word to the person and a line in the log. When the adapter stops, what is in hand may
// finish for a moment.
package intake

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"vmbackup-bot/bot/chat"
)

const (
	// MostAtOnce bounds the requests that are in hand.
	MostAtOnce = 256
	// finishGrace is how long requests that are in hand may go on once the adapter is told to stop, and cancelGrace how
	// long they have after that: the whole bot has to be gone within ten seconds.
	finishGrace = 1500 * time.Millisecond
	cancelGrace = 500 * time.Millisecond
	// suggestWithin bounds the making of suggestions: while somebody types, few are better than late. Whatever it takes
	// that is not in memory is asked for meanwhile, and there at the next key.
	suggestWithin = 100 * time.Millisecond
)

// Waiter is whoever waits for one request to be taken, and then for its answer.
type Waiter interface {
	chat.Answer
	// Ack tells the platform that the request arrived, with the messages by field name of a form that needs mending, nil
	// for none. It is called once, before anything is handled. An error means that nothing may be done.
	Ack(ctx context.Context, invalid map[string]string) error
	// Choices acknowledges a request for suggestions with them.
	Choices(ctx context.Context, all []chat.Choice) error
}

// Desk takes requests in for one run of an adapter. Make it with [New].
type Desk struct {
	h      chat.Handler
	log    *slog.Logger
	work   context.Context //nolint:containedctx // it is the life of what is in hand, which no single call owns
	cancel context.CancelFunc
	slots  chan struct{}
	wg     sync.WaitGroup
}

// New is a desk in front of h. That ctx ends does not end what is in hand: Close does.
func New(ctx context.Context, h chat.Handler, logger *slog.Logger) *Desk {
	d := &Desk{h: h, log: logger, slots: make(chan struct{}, MostAtOnce)}
	d.work, d.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return d
}

// Close waits for what is in hand: a while for it to finish, and a while for it to end.
func (d *Desk) Close() {
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
	d.log.Error("a request does not end; it is left alone")
}

// Take does something in a goroutine of its own and returns at once; false when there is too much in hand, and nothing was
// done.
func (d *Desk) Take(do func(ctx context.Context)) bool {
	select {
	case d.slots <- struct{}{}:
	default:
		d.log.Error("too many requests at once; one is left to the platform to deliver again", "limit", MostAtOnce)
		return false
	}
	d.wg.Go(func() {
		defer func() { <-d.slots }()
		defer func() {
			if p := recover(); p != nil {
				d.panicked(p)
			}
		}()
		do(d.work)
	})
	return true
}

// Idle reports whether nothing is in hand.
func (d *Desk) Idle() bool { return len(d.slots) == 0 }

// Serve claims, acknowledges and has a request handled.
func (d *Desk) Serve(ctx context.Context, r chat.Request, w Waiter) {
	acked := false
	ack := func(invalid map[string]string) bool {
		acked = true
		err := w.Ack(ctx, invalid)
		if err != nil {
			d.log.Warn("a request could not be acknowledged, so nothing was done", "error", err)
		}
		return err == nil
	}
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		d.panicked(p)
		if acked || ack(nil) {
			d.refuse(ctx, w, chat.AsError(fmt.Errorf("panic of type %T", p)))
		}
	}()
	if r.Kind == chat.Suggest {
		acked = true
		if err := w.Choices(ctx, d.suggest(ctx, r)); err != nil {
			d.log.Debug("suggestions came too late", "error", err)
		}
		return
	}
	got, invalid, err := d.h.Claim(ctx, r)
	if got != chat.AckInvalid || err != nil {
		invalid = nil
	}
	switch {
	case !ack(invalid):
	case err != nil:
		refusal := chat.AsError(err)
		d.log.Warn("a request was not taken", "error", refusal)
		d.refuse(ctx, w, refusal)
	case got == chat.AckHandle:
		d.h.Handle(ctx, r, w)
	}
}

// suggest is what can be suggested in time.
func (d *Desk) suggest(ctx context.Context, r chat.Request) []chat.Choice {
	ctx, cancel := context.WithTimeout(ctx, suggestWithin)
	defer cancel()
	return d.h.Suggest(ctx, r)
}

// refuse says why a request was not met.
func (d *Desk) refuse(ctx context.Context, w Waiter, e *chat.Error) {
	c := chat.Card{Summary: e.Say, Tone: chat.ToneWarn, Lines: append(slices.Clip(e.Lines), e.Hint), Buttons: e.Buttons}
	if err := w.Private(ctx, c); err != nil {
		d.log.Warn("the person could not be told", "error", err)
	}
}

// panicked logs a panic without its value, which may hold anything.
func (d *Desk) panicked(p any) {
	d.log.Error("panic while a request was handled", "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
}
