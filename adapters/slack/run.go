package slack

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"golang.org/x/sync/errgroup"

	"vmbackup-bot/bot/chat"
)

// How often a refusal of our tokens is tried again before it is believed, and the waits in between. Slack has been seen to
// refuse good tokens for a moment; a token that is really gone does not come back.
const fatalTries = 3

// firstPause and longestPause bound the wait between two sessions.
const (
	firstPause   = 2 * time.Second
	longestPause = time.Minute
)

// checkEvery is how often the bot token is tried while nothing is posted: a revoked one is known before it is needed.
const checkEvery = 5 * time.Minute

// lostError means that Slack refuses the bot for good, by what Slack calls it.
type lostError struct{ what, next string }

// Error says what to do, too.
func (e *lostError) Error() string { return e.what + ": " + e.next }

// Run is chat.Adapter. It returns an error when Slack refuses the tokens for good; whatever else happens it goes on trying.
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
	if err := a.introduce(ctx); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return a.stayKnown(ctx) })
	if a.o.AppToken == "" {
		a.state.set(statePostsOnly, "")
		a.log.Warn("no app-level token: the bot posts to Slack, but takes no commands and no buttons there", "setting", "SLACK_APP_TOKEN")
		return g.Wait()
	}
	g.Go(func() error {
		d := newDesk(ctx, a, h)
		defer d.close()
		return a.supervise(ctx, d)
	})
	return g.Wait()
}

// introduce asks Slack who the bot is, for as long as that takes: without it nobody's workspace can be told from another.
func (a *Adapter) introduce(ctx context.Context) error {
	p := pause{}
	for fatal := 0; ; {
		id, err := a.identify(ctx)
		if err == nil {
			a.log.Info("known to Slack", "team", id.Team, "bot", id.User, "scopes", id.Scopes)
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		f := faultOf(ctx, err)
		if f.Kind == chat.FaultFatal {
			if fatal++; fatal >= fatalTries {
				return refusedToken("SLACK_BOT_TOKEN", f)
			}
		}
		a.trouble("Slack does not say who the bot is", f)
		if !p.wait(ctx, f.After) {
			return ctx.Err()
		}
	}
}

// stayKnown tries the bot token now and then.
func (a *Adapter) stayKnown(ctx context.Context) error {
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		_, err := a.identify(ctx)
		if err == nil || ctx.Err() != nil {
			continue
		}
		if f := a.confirmFatal(ctx, faultOf(ctx, err)); f.Kind == chat.FaultFatal {
			return refusedToken("SLACK_BOT_TOKEN", f)
		}
	}
}

// supervise keeps a session with Slack. Each end of one is followed by the next, later and later while none lives long.
func (a *Adapter) supervise(ctx context.Context, d *desk) error {
	p := pause{}
	fatal := 0
	for ctx.Err() == nil {
		began := time.Now()
		greeted, err := a.session(ctx, d)
		if ctx.Err() != nil {
			break
		}
		if greeted {
			fatal = 0
		}
		if time.Since(began) > longestPause {
			p = pause{}
		}
		if errors.Is(err, errLookAgain) {
			// The count of connections is certain only while none of ours is open.
			if !rest(ctx, aloneFor) {
				break
			}
			continue
		}
		f := faultOf(ctx, err)
		if final(f) {
			if fatal++; fatal >= fatalTries {
				return refusedToken("SLACK_APP_TOKEN", f)
			}
		}
		a.trouble("the link to Slack is down", err)
		if !p.wait(ctx, f.After) {
			break
		}
	}
	return ctx.Err()
}

// final reports whether trying again opens no link: the token is refused, or what it may do.
func final(f *chat.Fault) bool { return f.Kind == chat.FaultFatal || f.Kind == chat.FaultForbidden }

// trouble says once what keeps the link down, in health and in the log.
func (a *Adapter) trouble(what string, err error) {
	if a.state.set(stateConnecting, fmt.Sprintf("%s: %v", what, err)) {
		a.log.Warn("not connected", "what", what, "error", err)
	}
}

// refusedToken is the end: a token that Slack does not take, and what to do about it.
func refusedToken(name string, f *chat.Fault) error {
	next := "see that " + name + " is the app's current token"
	if f.Need != "" {
		next += " and that it has " + f.Need
	}
	return &lostError{what: fmt.Sprintf("Slack refuses the bot (%v)", f), next: next + ", then start the bot again"}
}

// pause waits longer each time, up to a minute. The zero value begins anew.
type pause struct{ last time.Duration }

// wait waits its own time, or least if that is longer; false when ctx ended first.
func (p *pause) wait(ctx context.Context, least time.Duration) bool {
	p.last = min(max(2*p.last, firstPause), longestPause)
	return rest(ctx, max(least, p.last+time.Duration(rand.Int64N(int64(p.last/4))))) //nolint:gosec // G404: spreads retries, nothing secret
}

// rest waits; false when ctx ended first.
func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
