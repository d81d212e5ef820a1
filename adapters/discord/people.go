package discord

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"vmbackup-bot/bot/chat"
)

const (
	// memberFor is how long it is believed what Discord says of a member. The access rules keep an answer for a while
	// more, and both together stay under the minute that a revocation may take.
	memberFor = 15 * time.Second
	// lookupWithin bounds one look-up: somebody is waiting, and no answer is a no.
	lookupWithin = 5 * time.Second
)

// guestFlag marks somebody who was only let into a voice channel (resources/guild, guild member flags).
const guestFlag = 1 << 4

// errNoGuild is a question about somebody of whom no guild is known.
var errNoGuild = errors.New("no guild is known for that person")

// people answers who is who in a guild.
type people struct {
	a     *Adapter
	share singleflight.Group // one call for all who ask the same at the same time

	mu      sync.Mutex
	members map[string]member
	shut    map[string]refused // by guild
}

// member is what Discord says of a person in a guild. One who is not in it has no user id.
type member struct {
	User struct {
		ID  string `json:"id"`
		Bot bool   `json:"bot"`
	} `json:"user"`
	Roles   []string `json:"roles"`
	Pending bool     `json:"pending"`
	Flags   int      `json:"flags"`

	until time.Time
}

// refused is a limit that Discord asked to keep.
type refused struct {
	until time.Time
	err   error
}

func newPeople(a *Adapter) *people {
	return &people{a: a, members: map[string]member{}, shut: map[string]refused{}}
}

// InGroup is access.Directory: it reports whether a person has a role in their guild. An error means that it is not known.
func (a *Adapter) InGroup(ctx context.Context, who chat.Actor, role string) (bool, error) {
	m, err := a.people.member(ctx, who)
	return err == nil && role != "" && slices.Contains(m.Roles, role), err
}

// FullMember is access.Directory: in the guild that is configured and past its rules screen, neither a guest nor a bot. An
// error means that it is not known. Whoever lets the bot into a guild of their own is a full member there, and nobody here:
// without a configured guild nobody is.
func (a *Adapter) FullMember(ctx context.Context, who chat.Actor) (bool, error) {
	if a.o.Guild == "" {
		return false, errNoGuild
	}
	if who.Team != "" && who.Team != a.o.Guild {
		return false, nil
	}
	m, err := a.people.member(ctx, who)
	return err == nil && m.User.ID != "" && !m.User.Bot && !m.Pending && m.Flags&guestFlag == 0, err
}

// member is what is known of a person, at most memberFor old; the zero value for one who is not in the guild.
func (p *people) member(ctx context.Context, who chat.Actor) (member, error) {
	if who.Platform != Name || who.User == "" {
		return member{}, nil
	}
	guild := who.Team
	if guild == "" {
		guild = p.a.o.Guild
	}
	if guild == "" {
		return member{}, errNoGuild
	}
	// Whoever waits no longer leaves the others waiting.
	select {
	case got := <-p.share.DoChan(guild+"/"+who.User, func() (any, error) { return p.ask(ctx, guild, who.User) }):
		m, _ := got.Val.(member)
		if got.Err != nil {
			return member{}, fmt.Errorf("member %s of guild %s: %w", who.User, guild, got.Err)
		}
		return m, nil
	case <-ctx.Done():
		return member{}, ctx.Err()
	}
}

// ask makes one call, unless the answer is still good or Discord asked to wait. Others may be waiting for the same answer,
// so that it does not end with the request that happened to come first.
func (p *people) ask(ctx context.Context, guild, user string) (member, error) {
	now := time.Now()
	p.mu.Lock()
	m, ok := p.members[guild+"/"+user]
	shut := p.shut[guild]
	p.mu.Unlock()
	if ok && now.Before(m.until) {
		return m, nil
	}
	if now.Before(shut.until) {
		return member{}, shut.err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookupWithin)
	defer cancel()
	defer context.AfterFunc(p.a.life(), cancel)() //nolint:contextcheck // with the adapter's own life it does end
	m = member{}
	err := p.a.call(ctx, act{name: actMember, channel: guild}, http.MethodGet, join("guilds", guild, "members", user), nil, &m)
	switch code := codeOf(err); {
	case code == codeUnknownMember, code == codeUnknownUser:
		m = member{}
	case err != nil:
		if f := chat.AsFault(err); f.Kind == chat.FaultThrottled {
			p.mu.Lock()
			put(p.shut, guild, refused{now.Add(f.After), err})
			p.mu.Unlock()
		}
		return member{}, err
	case m.User.ID != user:
		return member{}, errEmpty
	}
	m.until = now.Add(memberFor) // from when it was asked: the answer is that old already
	p.mu.Lock()
	put(p.members, guild+"/"+user, m)
	p.mu.Unlock()
	return m, nil
}
