package slack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/slack-go/slack"
	"golang.org/x/sync/singleflight"

	"vmbackup-bot/bot/chat"
)

const (
	// groupFor is how long a group's members are believed. Access keeps an answer for 45 s more, and both together must not
	// exceed the minute that the contract promises. Slack allows 20 of these look-ups a minute (tier 2).
	groupFor = 15 * time.Second
	// lookupWithin bounds one look-up: somebody is waiting, and no answer is a no.
	lookupWithin = 5 * time.Second
	// mostGroups bounds the memory. Only groups that the policy names are asked for.
	mostGroups = 1000
)

var (
	errUnknownBot = errors.New("slack has not said yet who the bot is")
	errNoUser     = errors.New("slack did not describe that user")
)

// people answers who is who in the workspace.
type people struct {
	a     *Adapter
	share singleflight.Group // one call for all who ask the same at the same time

	mu     sync.Mutex
	groups map[string]group
	shut   map[string]shut // by method
}

// group is who was in a user group until when.
type group struct {
	members []string
	until   time.Time
}

// shut is a method that Slack asked not to call until then.
type shut struct {
	until time.Time
	err   error
}

func newPeople(a *Adapter) *people {
	return &people{a: a, groups: map[string]group{}, shut: map[string]shut{}}
}

// InGroup is access.Directory. An error means that it is not known.
func (a *Adapter) InGroup(ctx context.Context, who chat.Actor, id string) (bool, error) {
	own, err := a.own(who)
	if err != nil || !own {
		return false, err
	}
	members, err := a.people.members(ctx, id)
	if err != nil {
		return false, err
	}
	return slices.Contains(members, who.User), nil
}

// FullMember is access.Directory: neither a guest nor a bot, not deactivated, not of a workspace that is connected only by
// a channel. An error means that it is not known.
func (a *Adapter) FullMember(ctx context.Context, who chat.Actor) (bool, error) {
	own, err := a.own(who)
	if err != nil || !own {
		return false, err
	}
	u, err := a.people.user(ctx, who.User)
	if err != nil {
		return false, err
	}
	partial := u.Deleted || u.IsRestricted || u.IsUltraRestricted || u.IsStranger || u.IsInvitedUser ||
		u.IsBot || u.IsConnectorBot || u.IsWorkflowBot
	return !partial && a.kin.has(u.TeamID), nil
}

// own reports whether an account is of the bot's own workspace or organisation: a group lists bare ids, and elsewhere the
// same id may be somebody else.
func (a *Adapter) own(who chat.Actor) (bool, error) {
	if a.identity().Team == "" {
		return false, errUnknownBot
	}
	return who.User != "" && a.OwnTeam(who.Platform, who.Team), nil
}

// members are the ids in a user group, at most groupFor old.
func (p *people) members(ctx context.Context, id string) ([]string, error) {
	return shared(ctx, p, methodGroup+" "+id, func() ([]string, error) {
		now := time.Now()
		if members, ok := p.kept(id, now); ok {
			return members, nil
		}
		var opts []slack.GetUserGroupMembersOption
		if who := p.a.identity(); who.Enterprise != "" { // a token of an organisation has to say which workspace
			opts = append(opts, slack.GetUserGroupMembersOptionTeamID(who.Team))
		}
		var members []string
		err := p.ask(ctx, methodGroup, func(ctx context.Context) (err error) {
			members, err = p.a.api.GetUserGroupMembersContext(ctx, id, opts...)
			if err == nil && members == nil {
				return errEmpty
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("the members of user group %s: %w", id, err)
		}
		// From when it was asked: the answer is that old already.
		p.keep(id, group{members, now.Add(groupFor)})
		return members, nil
	})
}

// user is what Slack says of somebody. Their workspaces are taken in if they belong to the bot's organisation.
func (p *people) user(ctx context.Context, id string) (*slack.User, error) {
	return shared(ctx, p, methodUser+" "+id, func() (*slack.User, error) {
		var u *slack.User
		err := p.ask(ctx, methodUser, func(ctx context.Context) (err error) {
			u, err = p.a.api.GetUserInfoContext(ctx, id)
			return err
		})
		if err == nil && u.ID == "" {
			err = errNoUser
		}
		if err != nil {
			return nil, fmt.Errorf("user %s: %w", id, err)
		}
		if !u.IsStranger {
			p.a.related(u.Enterprise.EnterpriseID, u.TeamID)
			for _, team := range u.Enterprise.Teams {
				p.a.related(u.Enterprise.EnterpriseID, team)
			}
		}
		return u, nil
	})
}

// shared makes one call for all who ask the same at once. Whoever waits no longer leaves the others waiting.
func shared[T any](ctx context.Context, p *people, key string, ask func() (T, error)) (T, error) {
	select {
	case got := <-p.share.DoChan(key, func() (any, error) { return ask() }):
		v, _ := got.Val.(T)
		return v, got.Err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// ask makes one call, unless Slack asked to wait. Others may be waiting for the same answer, so that it does not end with
// the request that happened to come first.
func (p *people) ask(ctx context.Context, method string, do func(context.Context) error) error {
	p.mu.Lock()
	s := p.shut[method]
	p.mu.Unlock()
	if time.Now().Before(s.until) {
		return s.err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookupWithin)
	defer cancel()
	defer context.AfterFunc(p.a.life(), cancel)() //nolint:contextcheck // with the adapter's own life it does end
	err := p.a.call(ctx, method, do)
	if f := chat.AsFault(err); f != nil && f.Kind == chat.FaultThrottled {
		p.mu.Lock()
		p.shut[method] = shut{time.Now().Add(f.After), err}
		p.mu.Unlock()
	}
	return err
}

func (p *people) kept(id string, now time.Time) ([]string, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	g, ok := p.groups[id]
	return g.members, ok && now.Before(g.until)
}

func (p *people) keep(id string, g group) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.groups) >= mostGroups {
		clear(p.groups)
	}
	p.groups[id] = g
}
