package discord

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"golang.org/x/sync/errgroup"

	"vmbackup-bot/bot/chat"
)

// firstPause and longestPause bound the wait between two links.
const (
	firstPause   = time.Second
	longestPause = time.Minute
)

// A link after which the session was there is followed by the next at once, and the wait begins anew; not so when that has
// happened stormLinks times within stormWithin: something ends every link.
const (
	stormWithin = time.Minute
	stormLinks  = 5
	// atOnce spreads the clients that Discord sends away together.
	atOnce = 250 * time.Millisecond
)

// lostError means that Discord refuses the bot for good.
type lostError struct{ what, next string }

// Error says what to do, too.
func (e *lostError) Error() string { return e.what + ": " + e.next }

// Run is chat.Adapter. It returns an error when Discord refuses the bot for good; whatever else happens it goes on trying.
func (a *Adapter) Run(ctx context.Context, h chat.Handler) error {
	err := a.run(ctx, h)
	if ctx.Err() != nil {
		a.state.set(stateStopped, "the bot is being stopped")
		return nil
	}
	a.state.set(stateStopped, err.Error())
	return err
}

func (a *Adapter) run(ctx context.Context, h chat.Handler) error {
	life, end := context.WithCancel(context.WithoutCancel(ctx)) // what is in hand may finish after ctx has ended
	defer end()
	a.running.Store(&life)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return a.tend(ctx) })
	g.Go(func() error {
		d := a.newDesk(ctx, h)
		defer d.Close()
		return a.supervise(ctx, d)
	})
	return g.Wait()
}

// supervise keeps a link to the gateway. Each end of one is followed by the next, later and later while none lives long.
func (a *Adapter) supervise(ctx context.Context, d *desk) error {
	s, spaced, p := &gatewaySession{}, &identifies{}, backoff{}
	var lived []time.Time // when links ended after the session was there
	for ctx.Err() == nil {
		greeted, err := a.connect(ctx, d, s, spaced)
		if ctx.Err() != nil {
			break
		}
		if lost, ok := errors.AsType[*lostError](err); ok {
			return lost
		}
		f := a.confirmFatal(ctx, asFault(err))
		if f.Kind == chat.FaultFatal {
			return refusedToken(f)
		}
		now := time.Now()
		if greeted {
			lived = append(lived, now)
			for now.Sub(lived[0]) > stormWithin {
				lived = lived[1:]
			}
		}
		if !errors.Is(err, errReconnect) || !greeted { // that is Discord's daily round
			a.trouble("the link to Discord is down", f)
		}
		wait := p.next
		if greeted && len(lived) <= stormLinks {
			p = backoff{}
			wait = func() time.Duration { return rand.N(atOnce) } //nolint:gosec // G404: spreads clients, nothing secret
		}
		if !pause(ctx, max(f.After, wait())) {
			break
		}
	}
	return ctx.Err()
}

// asFault is why a link ended. What became of it is clear: it is gone.
func asFault(err error) *chat.Fault {
	if f, ok := errors.AsType[*chat.Fault](err); ok {
		return f
	}
	return &chat.Fault{Kind: chat.FaultRetry, Err: err}
}

// trouble says once what keeps the link down, in health and in the log.
func (a *Adapter) trouble(what string, f *chat.Fault) {
	var err error = f
	if f.Err != nil {
		err = f.Err
	}
	if a.state.set(stateConnecting, fmt.Sprintf("%s: %v", what, err)) {
		a.log.Warn("not connected", "what", what, "error", err)
	}
}

// refusedToken is the end: a token that Discord does not take, and what to do about it.
func refusedToken(f *chat.Fault) error {
	return &lostError{
		what: fmt.Sprintf("Discord refuses the bot's token (%v)", f),
		next: "see that DISCORD_BOT_TOKEN is the bot's current token, then start the bot again",
	}
}

// backoff waits longer each time, up to a minute. The zero value begins anew.
type backoff struct{ last time.Duration }

// next is the next wait, a part of which is left to chance.
func (b *backoff) next() time.Duration {
	b.last = min(max(2*b.last, firstPause), longestPause)
	return b.last - rand.N(b.last/4) //nolint:gosec // G404: spreads retries, nothing secret
}
