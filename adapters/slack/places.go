package slack

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/slack-go/slack"
	"golang.org/x/time/rate"

	"vmbackup-bot/bot/chat"
)

const (
	// canPostFor is how long it is believed that a channel takes posts. That it does not is never kept: an invitation
	// counts at once.
	canPostFor = 5 * time.Minute
	// canPostWithin bounds the question: a person is waiting, and not to know is no reason to refuse.
	canPostWithin = 2 * time.Second
	// mostPlaces bounds each memory of channels; one that is full begins anew.
	mostPlaces = 4096
	// The scopes without which Slack does not tell a channel that the bot is in from one that does not exist, and the one
	// that lets it post in public channels without being in them.
	scopePrivate = "groups:read"
	scopePublic  = "chat:write.public"
)

// places is what is known of channels.
type places struct {
	a *Adapter
	// further counts further pages of looks into the history, by method.
	further map[string]*rate.Limiter

	mu    sync.Mutex
	open  map[string]time.Time // channels that take posts, and until when that is believed
	users map[string]string    // who sits in a direct conversation
	as    map[string]string    // where posts to a direct conversation end up that the bot cannot see
	shut  time.Time            // Slack asked not to be asked before
}

func newPlaces(a *Adapter) *places {
	return &places{
		a:       a,
		further: map[string]*rate.Limiter{methodHistory: further(), methodReplies: further()},
		open:    map[string]time.Time{},
		users:   map[string]string{},
		as:      map[string]string{},
	}
}

// meet remembers who sits in a direct conversation: the bot may not be in it, and then answers in its own one.
func (p *places) meet(channel, user string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	put(p.users, channel, user)
}

// direct is who sits in a direct conversation, as far as a request told since the start.
func (p *places) direct(channel string) (user string, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	user, ok = p.users[channel]
	return user, ok
}

// moved remembers where posts to a channel end up.
func (p *places) moved(from, to string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if from != to {
		put(p.as, from, to)
	}
}

// seenAs is where posts to a channel end up: the channel itself, as a rule.
func (p *places) seenAs(channel string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if to, ok := p.as[channel]; ok {
		return to
	}
	return channel
}

// doubt forgets that a channel takes posts.
func (p *places) doubt(channel string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, channel)
}

func (p *places) opened(channel string, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	put(p.open, channel, now.Add(canPostFor))
}

// settled reports whether a channel takes posts, as far as that is believed now, and whether there is no need to ask.
func (p *places) settled(channel string, now time.Time) (open, asked bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	open = now.Before(p.open[channel])
	return open, open || now.Before(p.shut)
}

func (p *places) wait(until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shut = until
}

func put[V any](m map[string]V, key string, v V) {
	if len(m) >= mostPlaces {
		clear(m)
	}
	m[key] = v
}

// CanPost returns a *chat.Error when it is certain that the bot cannot post in a place, fit to be told before anything is
// started. What cannot be found out within two seconds is no reason to refuse; known is false then.
func (a *Adapter) CanPost(ctx context.Context, p chat.Place) (known bool, err error) {
	now := time.Now()
	if p.Direct || p.Channel == "" {
		return false, nil
	}
	if open, asked := a.places.settled(p.Channel, now); asked {
		return open, nil
	}
	ctx, cancel := context.WithTimeout(ctx, canPostWithin)
	defer cancel()
	var c *slack.Channel
	err = a.call(ctx, methodChannel, func(ctx context.Context) (err error) {
		c, err = a.api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: p.Channel})
		if err == nil && c.ID == "" {
			return errEmpty
		}
		return err
	})
	switch f := chat.AsFault(err); {
	case f == nil:
		if no := a.closed(c); no != nil {
			return false, no
		}
		a.places.opened(p.Channel, now)
		return true, nil
	case f.Kind == chat.FaultThrottled:
		a.places.wait(now.Add(f.After))
	case hasCode(err, codeNoChannel) && a.may(scopePrivate):
		return false, a.notIn(err)
	}
	return false, nil
}

// closed says why nothing can be posted in a channel; nil when something can.
func (a *Adapter) closed(c *slack.Channel) error {
	switch {
	case c.IsIM || c.IsMpIM: // whoever can see one is in it
		return nil
	case c.IsArchived:
		return &chat.Error{
			Kind: chat.Unavailable,
			Say:  chat.T("This channel is archived, so the bot cannot post here. Nothing was started."),
			Hint: chat.T("Ask in another channel, or have this one unarchived."),
		}
	case !c.IsMember && (c.IsPrivate || !a.may(scopePublic)):
		return a.notIn(nil)
	}
	return nil
}

// notIn says that the bot is not in a channel, and how to have it there.
func (a *Adapter) notIn(cause error) error {
	e := &chat.Error{
		Kind: chat.Unavailable,
		Say:  chat.T("The bot is not in this channel and cannot post here. Nothing was started."),
		Hint: chat.T("Invite it from the channel's details (Integrations, Add an app), then ask again."),
		Err:  cause,
	}
	if name := a.identity().Name; name != "" {
		e.Hint = chat.T("Invite it by typing ", chat.Code("/invite @"+name), " in the channel, then ask again.")
	}
	return e
}

// may reports whether Slack said that the bot's token has a scope.
func (a *Adapter) may(scope string) bool { return slices.Contains(a.identity().Scopes, scope) }
