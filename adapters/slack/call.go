package slack

import (
	"context"
	"fmt"
	"strings"
	"time"

	"vmbackup-bot/bot/chat"
)

// The waits between tries to confirm that Slack refuses the bot; there is one try more than waits.
const (
	firstDoubt  = time.Second
	secondDoubt = 2 * time.Second
)

// scopesHeader is where Slack says what a token may do, with each answer.
const scopesHeader = "X-OAuth-Scopes"

// call makes one web call. Its error is a *chat.Fault: one of a throttle names the method as the budget, and a fatal one
// was confirmed.
func (a *Adapter) call(ctx context.Context, method string, do func(context.Context) error) error {
	f := once(ctx, method, do)
	if f == nil {
		return nil
	}
	return a.confirmFatal(ctx, f)
}

// once is a call as it comes.
func once(ctx context.Context, method string, do func(context.Context) error) *chat.Fault {
	if err := ctx.Err(); err != nil {
		return &chat.Fault{Kind: chat.FaultRetry, Err: fmt.Errorf("%s: not sent: %w", method, err)}
	}
	ctx = tracked(ctx)
	err := do(ctx)
	if err == nil {
		return nil
	}
	f := *faultOf(ctx, err)
	f.Err = fmt.Errorf("%s: %w", method, f.Err)
	if f.Kind == chat.FaultThrottled {
		f.Budget = method // Slack blocks that method for the whole workspace
	}
	return &f
}

// confirmFatal lets a fault that ends the link stand only when Slack says the same to auth.test, three times: it has been
// seen to refuse good tokens for a moment. Other faults are returned as they are.
func (a *Adapter) confirmFatal(ctx context.Context, f *chat.Fault) *chat.Fault {
	if f == nil || f.Kind != chat.FaultFatal {
		return f
	}
	for _, wait := range []time.Duration{0, firstDoubt, secondDoubt} {
		if wait > 0 && !rest(ctx, wait) {
			return &chat.Fault{Kind: chat.FaultRetry, Err: fmt.Errorf("refused, not confirmed: %w", f)}
		}
		again := once(ctx, methodAuth, func(ctx context.Context) error {
			_, err := a.api.AuthTestContext(ctx)
			return err
		})
		switch {
		case again == nil && hasCode(f, codeTokenType):
			return &chat.Fault{Kind: chat.FaultForbidden, Need: needBot, Err: f}
		case again == nil:
			return &chat.Fault{Kind: chat.FaultRetry, Err: fmt.Errorf("refused once: %w", f)}
		case again.Kind != chat.FaultFatal:
			return &chat.Fault{Kind: chat.FaultRetry, After: again.After, Err: fmt.Errorf("refused, not confirmed: %w", f)}
		}
	}
	select { // whether it stays so is found out by stayKnown
	case a.refused <- struct{}{}:
	default:
	}
	return f
}

// identify asks Slack who the bot is and what it may do, and remembers that. The error is a *chat.Fault; a fatal one is
// not confirmed.
func (a *Adapter) identify(ctx context.Context) (Identity, error) {
	var id Identity
	f := once(ctx, methodAuth, func(ctx context.Context) error {
		r, err := a.api.AuthTestContext(ctx)
		if err != nil {
			return err
		}
		if r.TeamID == "" || r.UserID == "" {
			return errEmpty
		}
		id = Identity{
			Team: r.TeamID, Enterprise: r.EnterpriseID, User: r.UserID, Bot: r.BotID, Name: r.User, URL: r.URL,
			Scopes: scopes(r.Header.Values(scopesHeader)),
		}
		return nil
	})
	if f != nil {
		return Identity{}, f
	}
	if id.URL != "" && !strings.HasSuffix(id.URL, "/") {
		id.URL += "/"
	}
	a.kin.add(id.Team)
	a.kin.add(id.Enterprise)
	a.who.Store(&id)
	if a.o.Identified != nil {
		a.o.Identified(id)
	}
	return id, nil
}

// scopes are the names in a header's lines; nil where there is none.
func scopes(lines []string) []string {
	var names []string
	for _, line := range lines {
		for s := range strings.SplitSeq(line, ",") {
			if s = strings.TrimSpace(s); s != "" {
				names = append(names, s)
			}
		}
	}
	return names
}
