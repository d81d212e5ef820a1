package slack

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"golang.org/x/sync/errgroup"

	"vmbackup-bot/adapters/intake"
	"vmbackup-bot/adapters/network"
	"vmbackup-bot/bot/chat"
)

// A refusal of our tokens is tried again before it is believed: Slack has been seen to refuse good tokens for a while. One
// that was never taken is believed after fatalTries; one that was, only when nothing else was heard for believeAfter.
const (
	fatalTries   = 3
	believeAfter = time.Minute
	believeEvery = 10 * time.Second
)

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
	life, end := context.WithCancel(context.WithoutCancel(ctx)) // what is in hand may finish after ctx has ended
	defer end()
	a.running.Store(&life)
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
		d := &desk{Desk: intake.New(ctx, recogniser{h, a}, a.log), a: a}
		defer d.Close()
		return a.supervise(ctx, d)
	})
	return g.Wait()
}

// doubt is a row of refusals that nothing interrupted. The zero value is none.
type doubt struct {
	tries int
	since time.Time
}

// believed takes one more refusal in; it reports whether that is enough. taken says that the token was good once.
func (d *doubt) believed(now time.Time, taken bool) bool {
	if d.tries++; d.tries == 1 {
		d.since = now
	}
	return d.tries >= fatalTries && (!taken || now.Sub(d.since) >= believeAfter)
}

// introduce asks Slack who the bot is, for as long as that takes: without it nobody's workspace can be told from another.
func (a *Adapter) introduce(ctx context.Context) error {
	p, d := pause{}, doubt{}
	for {
		id, err := a.identify(ctx)
		if err == nil {
			a.log.Info("known to Slack", "team", id.Team, "bot", id.User, "scopes", id.Scopes)
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		f := faultOf(ctx, err)
		switch {
		case f.Kind != chat.FaultFatal:
			d = doubt{}
		case d.believed(time.Now(), false):
			return refusedToken("SLACK_BOT_TOKEN", f)
		}
		a.trouble("Slack does not say who the bot is", f)
		if !p.wait(ctx, f.After) {
			return ctx.Err()
		}
	}
}

// stayKnown tries the bot token now and then, and at once when a call was refused.
func (a *Adapter) stayKnown(ctx context.Context) error {
	d, every := doubt{}, checkEvery
	for {
		timer := time.NewTimer(every)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-a.refused:
			timer.Stop()
		case <-timer.C:
		}
		_, err := a.identify(ctx)
		f := chat.AsFault(err)
		if f == nil || f.Kind != chat.FaultFatal {
			d, every = doubt{}, checkEvery
			if f == nil {
				a.state.refuse("")
			}
			continue
		}
		if d.believed(time.Now(), true) {
			return refusedToken("SLACK_BOT_TOKEN", f)
		}
		if every = believeEvery; a.state.refuse("Slack refuses the bot token, so nothing can be posted: " + chat.Cause(f).Error()) {
			a.log.Error("the bot token is refused; it is tried again before that is believed", "error", f)
		}
	}
}

// supervise keeps a session with Slack. Each end of one is followed by the next, later and later while none lives long.
func (a *Adapter) supervise(ctx context.Context, d *desk) error {
	p, no, taken := pause{}, doubt{}, false
	for ctx.Err() == nil {
		began := time.Now()
		greeted, err := a.session(ctx, d)
		if ctx.Err() != nil {
			break
		}
		taken = taken || greeted
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
		switch {
		case greeted, !final(f):
			no = doubt{}
		case no.believed(time.Now(), taken):
			return refusedToken("SLACK_APP_TOKEN", f)
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

// trouble says once what keeps the link down, in health and in the log. An address in it may hold the ticket to a link.
func (a *Adapter) trouble(what string, err error) {
	err = network.WithoutURL(chat.Cause(err))
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
	return &lostError{what: fmt.Sprintf("Slack refuses the bot (%v)", chat.Cause(f)), next: next + ", then start the bot again"}
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
