package console

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"vmbackup-bot/bot/chat"
)

// How long a request that is being handled may go on once the console is told to stop, two seconds in all: the whole bot
// has to be gone within ten. After finishGrace its context ends, after cancelGrace it is left alone.
const (
	finishGrace = 1500 * time.Millisecond
	cancelGrace = 500 * time.Millisecond
)

// bring claims a request and has it handled. It returns when it is, or some time after ctx has ended: what is being
// written down then may finish.
func (c *Console) bring(ctx context.Context, h chat.Handler, r chat.Request) {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.take(work, h, r)
	}()
	select {
	case <-done:
		return
	case <-ctx.Done():
	}
	for _, grace := range []time.Duration{finishGrace, cancelGrace} {
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-done:
			return
		case <-timer.C:
			cancel()
		}
	}
	c.opts.Logger.Error("a request does not end; it is left alone")
}

// take claims and handles; a panic ends neither the console nor the process.
func (c *Console) take(ctx context.Context, h chat.Handler, r chat.Request) {
	a := &answer{c: c, r: r}
	defer func() {
		if p := recover(); p != nil {
			c.opts.Logger.Error("panic while a request was handled", "stack", string(debug.Stack()))
			a.refuse(chat.AsError(fmt.Errorf("panic: %v", p)))
		}
	}()
	ack, invalid, err := h.Claim(ctx, r)
	switch {
	case err != nil:
		e := chat.AsError(err)
		c.opts.Logger.Warn("a request was not taken", "error", e)
		a.refuse(e)
	case ack == chat.AckHandle:
		h.Handle(ctx, r, a)
	case ack == chat.AckInvalid:
		c.mend(r, invalid)
	}
}

// answer is chat.Answer for one request.
type answer struct {
	c *Console
	r chat.Request
}

// refuse says why the request was not met.
func (a *answer) refuse(e *chat.Error) {
	lines := append(slices.Clip(e.Lines), e.Hint)
	a.c.board.private(a.r.Actor, a.r.Place, chat.Card{Summary: e.Say, Tone: chat.ToneWarn, Lines: lines, Buttons: e.Buttons})
}

// Private is chat.Answer. What a public message says as well is not repeated.
func (a *answer) Private(ctx context.Context, card chat.Card) error {
	if card.Echo {
		return nil
	}
	if err := usable(ctx, card); err != nil {
		return err
	}
	a.c.board.private(a.r.Actor, a.r.Place, card)
	return nil
}

// Form is chat.Answer: the questions come one by one, and the next lines are the answers.
func (a *answer) Form(_ context.Context, f chat.Form) error {
	a.c.ask(f)
	return nil
}
