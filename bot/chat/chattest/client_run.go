package chattest

import (
	"context"
	"crypto/rand"
	"errors"
	"runtime/debug"
	"sync"
	"time"

	"vmbackup-bot/bot/chat"
)

// Times of the client.
const (
	claimTime   = 2 * time.Second
	reconnect   = 20 * time.Millisecond // loopback: a test waits for it
	finishGrace = 5 * time.Second
)

// linkState is the newest health.
type linkState struct {
	mu sync.Mutex
	h  chat.Health
}

func (l *linkState) set(h chat.Health) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.h = h
}

// Health is chat.Adapter.
func (c *Client) Health() chat.Health {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	return c.link.h
}

// Run is chat.Adapter. After ctx has ended it takes nothing more, and gives answers that are under way a few seconds.
func (c *Client) Run(ctx context.Context, h chat.Handler) error {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var handlers sync.WaitGroup
	session := rand.Text()
	for ctx.Err() == nil {
		a, err := c.call(ctx, pathNext, wireCall{Session: session})
		switch {
		case ctx.Err() != nil:
		case err != nil:
			c.link.set(chat.Health{State: "connecting", Detail: "the fake platform cannot be reached: " + err.Error()})
			session = rand.Text()
			pause(ctx, reconnect)
		default:
			c.link.set(chat.Health{OK: true, State: "connected", Heard: time.Now()})
			if a.Pending != nil && !c.take(ctx, work, h, *a.Pending, &handlers) {
				session = rand.Text() // so that what was not acknowledged comes again
			}
		}
	}
	over := time.AfterFunc(finishGrace, cancel)
	handlers.Wait()
	over.Stop()
	c.link.set(chat.Health{State: "stopped", Detail: "stopped"})
	return nil
}

// take claims a request, acknowledges it and has it handled, in this order; false when the acknowledgement was lost.
func (c *Client) take(ctx, work context.Context, h chat.Handler, p wireRequest, handlers *sync.WaitGroup) bool {
	r := p.Request
	r.At = time.Now()
	if r.Kind == chat.Suggest {
		return c.ack(work, wireCall{Delivery: p.ID, Choices: h.Suggest(ctx, r)})
	}
	claim, cancel := context.WithTimeout(work, claimTime)
	defer cancel()
	ack, invalid, err := h.Claim(claim, r)
	acked := c.ack(work, wireCall{Delivery: p.ID, Invalid: invalid})
	answer := &clientAnswer{c: c, delivery: p.ID}
	switch {
	case err != nil:
		e := chat.AsError(err)
		if err := answer.Private(work, chat.Card{Summary: e.Say, Lines: append(e.Lines, e.Hint), Buttons: e.Buttons}); err != nil {
			c.log.Warn("an answer was lost", "err", err)
		}
	case ack == chat.AckHandle:
		handlers.Go(func() { c.handle(work, h, r, answer) })
	}
	return acked
}

// handle runs the bot's part; a panic in it ends neither the adapter nor the process.
func (c *Client) handle(ctx context.Context, h chat.Handler, r chat.Request, a chat.Answer) {
	defer func() {
		if p := recover(); p != nil {
			c.log.Error("panic while a request was handled", "stack", string(debug.Stack()))
			_ = a.Private(ctx, chat.Card{Summary: chat.AsError(errors.New("panic")).Say}) // nothing is left to tell
		}
	}()
	h.Handle(ctx, r, a)
}

// ack acknowledges once; where that is lost the request comes again and is recognised.
func (c *Client) ack(ctx context.Context, w wireCall) bool {
	_, err := c.call(ctx, pathAck, w)
	if err != nil {
		c.log.Warn("an acknowledgement was lost", "err", err)
	}
	return err == nil
}

type clientAnswer struct {
	c        *Client
	delivery string
}

// Private is chat.Answer.
func (a *clientAnswer) Private(ctx context.Context, card chat.Card) error {
	_, err := a.c.call(ctx, pathPrivate, wireCall{Delivery: a.delivery, Shown: a.c.render(card)})
	return err
}

// Form is chat.Answer.
func (a *clientAnswer) Form(ctx context.Context, f chat.Form) error {
	_, err := a.c.call(ctx, pathForm, wireCall{Delivery: a.delivery, Form: &f})
	return err
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
