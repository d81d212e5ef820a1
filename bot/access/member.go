package access

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"vmbackup-bot/bot/chat"
)

// errNoDirectory means that nobody can be asked about a platform's people.
var errNoDirectory = errors.New("no link to ask")

// member finds out in which groups one account is, for one answer.
type member struct {
	a      *Access
	v      *view
	actor  chat.Actor
	groups map[string]bool // of the policy, already looked at
	broken map[string]bool // look-ups that failed once and are not tried again for this answer
	failed []string        // those of them that were met
	// until is when the first membership that was used must be asked for again.
	until time.Time
}

func (a *Access) member(v *view, actor chat.Actor) *member {
	return &member{a: a, v: v, actor: actor, groups: map[string]bool{}, broken: map[string]bool{}, until: time.Now().Add(keep)}
}

// any reports whether one of who means the account.
func (m *member) any(ctx context.Context, who []Who) bool {
	for _, w := range who {
		if m.is(ctx, w) {
			return true
		}
	}
	return false
}

func (m *member) is(ctx context.Context, w Who) bool {
	switch w.kind {
	case whoUser:
		return m.v.isAccount(w, m.actor)
	case whoRole:
		return w.platform == m.actor.Platform && m.inPlatformGroup(ctx, w)
	case whoGroup:
		in, looked := m.groups[w.id]
		if !looked {
			in = m.any(ctx, m.v.policy.Groups[w.id])
			m.groups[w.id] = in
		}
		return in
	case whoAnyone:
		return m.fullMember(ctx, w)
	default:
		return false
	}
}

func (m *member) inPlatformGroup(ctx context.Context, w Who) bool {
	if m.v.stranger(m.actor) {
		return false // a user group lists bare ids, which are those of the bot's own workspace
	}
	if w.platform == discord && m.actor.Roles != nil {
		return slices.Contains(m.actor.Roles, w.id) // they came with the request, signed by the platform
	}
	d, ok := m.v.directories[w.platform]
	if !ok && w.platform == discord {
		return false
	}
	return m.look(w, "group", func() (bool, error) {
		if !ok {
			return false, errNoDirectory
		}
		return d.InGroup(ctx, m.actor, w.id)
	})
}

// fullMember is true on the console, where every account of the machine is one.
func (m *member) fullMember(ctx context.Context, w Who) bool {
	if m.actor.User == "" {
		return false
	}
	d, ok := m.v.directories[m.actor.Platform]
	if !ok && (m.actor.Platform == console || m.actor.Platform == fake) {
		return true
	}
	if m.v.stranger(m.actor) {
		return false
	}
	return m.look(w, anyone, func() (bool, error) {
		if !ok {
			return false, errNoDirectory
		}
		return d.FullMember(ctx, m.actor)
	})
}

// look asks a directory, or remembers what it said a short while ago. A failure is no, and is not remembered.
func (m *member) look(w Who, what string, ask func() (bool, error)) bool {
	if m.broken[w.text] {
		m.fail(w)
		return false
	}
	key := keyOf(what, strconv.FormatUint(m.v.gen, 10), m.actor.Platform, m.actor.Team, m.actor.User, w.id)
	if got, until, ok := m.a.cache.get(key); ok {
		if in, ok := got.(bool); ok {
			if until.Before(m.until) {
				m.until = until
			}
			return in
		}
	}
	until := time.Now().Add(believe)
	in, err := ask()
	if err != nil {
		m.broken[w.text] = true
		m.fail(w)
		m.a.opts.Logger.Warn("membership unknown, so nothing is granted by it",
			slog.String("who", w.text), slog.String("account", m.actor.ID()), slog.Any("error", err))
		return false
	}
	m.a.cache.put(key, in, until)
	return in
}

func (m *member) fail(w Who) {
	if !slices.Contains(m.failed, w.text) {
		m.failed = append(m.failed, w.text)
	}
}
