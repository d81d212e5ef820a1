package discord

import (
	"fmt"
	"slices"
	"strings"

	"vmbackup-bot/adapters/payload"
)

// event acts on what happened. What cannot be read is left out; the link goes on.
func (l *link) event(d *desk, f gatewayFrame) {
	switch f.Type {
	case eventInteraction:
		d.take(f.Data)
		return
	case eventReady, eventResumed, eventGuildHere, eventGuildGone:
	default:
		return
	}
	n, err := payload.Read(f.Data)
	if err != nil {
		l.a.log.Warn("an event of the gateway could not be read", "event", f.Type, "error", err)
		return
	}
	switch f.Type {
	case eventReady:
		l.ready(n)
	case eventResumed:
		l.greet()
		l.a.log.Info("the session with Discord was resumed")
	case eventGuildHere:
		l.a.joined(n.At("id").Text())
	case eventGuildGone:
		if n.At("unavailable").Text() != "true" { // else Discord has an outage there
			l.a.left(n.At("id").Text())
		}
	}
}

// ready is the beginning of a session.
func (l *link) ready(n payload.Node) {
	id := identity{
		App: n.At("application", "id").Text(), User: n.At("user", "id").Text(), Name: n.At("user", "username").Text(),
	}
	for _, g := range n.At("guilds").List() {
		id.Guilds = append(id.Guilds, g.At("id").Text())
	}
	l.s.id = n.At("session_id").Text()
	if at, err := l.a.spoken(n.At("resume_gateway_url").Text()); err == nil {
		l.s.at = at
	}
	l.a.who.Store(&id)
	l.a.met(id.User)
	l.a.inGuild()
	l.greet()
	l.a.log.Info("connected to Discord", "bot", id.User, "application", id.App, "guilds", len(id.Guilds))
	l.a.arrange()
}

// greet notes that the session is there.
func (l *link) greet() {
	l.mu.Lock()
	l.greeted = true
	l.mu.Unlock()
	l.a.state.set(stateConnected, "")
}

// joined and left keep the list of guilds; links come one after the other, so that nobody else changes it meanwhile.
func (a *Adapter) joined(guild string) {
	id := a.identity()
	if guild == "" || slices.Contains(id.Guilds, guild) {
		return
	}
	id.Guilds = append(slices.Clip(id.Guilds), guild)
	a.who.Store(&id)
	a.inGuild()
	a.arrange()
}

func (a *Adapter) left(guild string) {
	id := a.identity()
	id.Guilds = slices.DeleteFunc(slices.Clone(id.Guilds), func(g string) bool { return g == guild })
	a.who.Store(&id)
	a.inGuild()
}

// inGuild sees whether the bot is in the guild that the options name.
func (a *Adapter) inGuild() {
	id := a.identity()
	if a.o.Guild == "" || slices.Contains(id.Guilds, a.o.Guild) {
		a.state.lacks("")
		return
	}
	detail := fmt.Sprintf("the bot is not in the server %s: have somebody who manages it open %s", a.o.Guild, invitation(id.App, a.o.Guild))
	if a.state.lacks(detail) {
		a.log.Error("the bot is not in its server", "guild", a.o.Guild, "invitation", invitation(id.App, a.o.Guild))
	}
}

// needed is what the bot may have to do in a channel.
const needed = permView | permSend | permEmbed | permHistory | permThreads | permSendInThreads

// invitation is the page on which the bot is let into a guild (topics/oauth2, bot authorization flow).
func invitation(app, guild string) string {
	s := fmt.Sprintf("https://discord.com/oauth2/authorize?client_id=%s&scope=bot+applications.commands&permissions=%d", app, needed)
	if guild = strings.TrimSpace(guild); guild != "" {
		s += "&guild_id=" + guild
	}
	return s
}
