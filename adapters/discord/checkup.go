package discord

import (
	"context"
	"errors"
	"net/http"
	"time"

	"vmbackup-bot/bot/chat"
)

// Channel is how the bot stands in one channel.
type Channel struct {
	ID, Name string
	// Lacking are the permissions that the bot does not have there, as Discord's settings name them; nil also where Unsure.
	Lacking []string
	// Unsure says that the channel can be read but not what may be done in it.
	Unsure bool
	// Err is why nothing is known of it: a *chat.Fault.
	Err error
}

// Checkup is what was found out about the bot without doing anything with it.
type Checkup struct {
	// User is the bot's user id and Name what people call it; App is the application's id.
	User, Name, App string
	// Err is why Discord did not say who the bot is: a *chat.Fault. Nothing else is known then.
	Err error
	// Public says that anybody may let the bot into a guild of their own. Endpoint is where Discord sends interactions
	// instead of to the gateway; it must be empty. AppErr is why neither is known: a *chat.Fault.
	Public   bool
	Endpoint string
	AppErr   error
	// Invitation is the page on which the bot is let into its guild; GuildErr is why it cannot be seen there: a *chat.Fault,
	// nil also where the options name no guild.
	Invitation string
	GuildErr   error
	// Channels are those that were asked about.
	Channels []Channel
	// Sessions is how many sessions may begin until SessionsReset, of SessionsTotal: after the last of them Discord resets
	// the token. All are zero where Discord does not say.
	Sessions, SessionsTotal int
	SessionsReset           time.Duration
}

// Checkup looks at the token, the application, the guild, the channels and how many sessions are left. It opens none.
func (a *Adapter) Checkup(ctx context.Context, channels []string) Checkup {
	c := Checkup{}
	var me struct {
		ID   string `json:"id"`
		Name string `json:"username"`
	}
	if c.Err = a.call(ctx, act{name: actMe}, http.MethodGet, pathMe, nil, &me); c.Err != nil {
		return c
	}
	a.met(me.ID)
	c.User, c.Name, c.App = me.ID, me.Name, me.ID // the ids of all but the oldest bots are those of their applications
	var app struct {
		ID       string `json:"id"`
		Public   bool   `json:"bot_public"`
		Endpoint string `json:"interactions_endpoint_url"`
	}
	if c.AppErr = a.call(ctx, act{name: actMe}, http.MethodGet, join("applications", "@me"), nil, &app); c.AppErr == nil {
		c.App, c.Public, c.Endpoint = app.ID, app.Public, app.Endpoint
	}
	c.Invitation = invitation(c.App, a.o.Guild)
	mine := map[string]guildView{}
	if a.o.Guild != "" {
		mine[a.o.Guild], c.GuildErr = a.viewGuild(ctx, a.o.Guild, me.ID)
	}
	for _, id := range channels {
		c.Channels = append(c.Channels, a.viewChannel(ctx, id, me.ID, mine))
	}
	if d, err := a.gateway(ctx); err == nil {
		c.Sessions, c.SessionsTotal = d.Limit.Remaining, d.Limit.Total
		c.SessionsReset = time.Duration(d.Limit.ResetAfter) * time.Millisecond
	}
	return c
}

// viewChannel is one channel, with what the bot may do there. mine keeps the guilds that were looked at.
func (a *Adapter) viewChannel(ctx context.Context, id, user string, mine map[string]guildView) Channel {
	var seen channelView
	if err := a.call(ctx, act{name: actChannel, channel: id}, http.MethodGet, join("channels", id), nil, &seen); err != nil {
		return Channel{ID: id, Err: err}
	}
	c := Channel{ID: id, Name: seen.Name}
	guild, ok := mine[seen.Guild]
	if !ok && seen.Guild != "" {
		guild, _ = a.viewGuild(ctx, seen.Guild, user) // that it is not known is said by Unsure
		mine[seen.Guild] = guild
	}
	if !guild.known {
		c.Unsure = true
		return c
	}
	have := guild.in(seen, user)
	for _, want := range []permission{permView, permSend, permEmbed, permHistory, permThreads, permSendInThreads} {
		if have&(want|permAdministrator) == 0 {
			c.Lacking = append(c.Lacking, want.name())
		}
	}
	return c
}

// channelView is what is read of a channel.
type channelView struct {
	Name       string      `json:"name"`
	Guild      string      `json:"guild_id"`
	Overwrites []overwrite `json:"permission_overwrites"`
}

// overwrite changes what a role or a member may do in a channel (resources/channel, overwrite).
type overwrite struct {
	ID    string     `json:"id"`
	Allow permission `json:"allow,string"`
	Deny  permission `json:"deny,string"`
}

// guildView is what the bot may do in a guild, before a channel changes it. The zero value knows nothing.
type guildView struct {
	id    string
	known bool
	base  permission
	roles map[string]bool
}

// viewGuild asks for the bot's roles in a guild and what they allow.
func (a *Adapter) viewGuild(ctx context.Context, guild, user string) (guildView, error) {
	var m member
	if err := a.call(ctx, act{name: actMember, channel: guild}, http.MethodGet, join("guilds", guild, "members", user), nil, &m); err != nil {
		return guildView{}, err
	}
	var g struct {
		Owner string `json:"owner_id"`
		Roles []struct {
			ID          string     `json:"id"`
			Permissions permission `json:"permissions,string"`
		} `json:"roles"`
	}
	if err := a.call(ctx, act{name: actChannel, channel: guild}, http.MethodGet, join("guilds", guild), nil, &g); err != nil {
		return guildView{}, err
	}
	if len(g.Roles) == 0 {
		return guildView{}, &chat.Fault{Kind: chat.FaultRetry, Err: errors.New("a guild without roles")}
	}
	v := guildView{id: guild, known: true, roles: map[string]bool{}}
	for _, id := range append(m.Roles, guild) { // everyone's role has the guild's id
		v.roles[id] = true
	}
	for _, r := range g.Roles {
		if v.roles[r.ID] {
			v.base |= r.Permissions
		}
	}
	if g.Owner == user {
		v.base |= permAdministrator
	}
	return v, nil
}

// in is what the bot may do in a channel: everyone's overwrite counts first, then those of the roles together, then the
// bot's own (topics/permissions, permission overwrites).
func (v guildView) in(c channelView, user string) permission {
	have := v.base
	if have&permAdministrator != 0 {
		return have
	}
	var allow, deny permission
	var own overwrite
	for _, o := range c.Overwrites {
		switch {
		case o.ID == v.id:
			have = have&^o.Deny | o.Allow
		case o.ID == user:
			own = o
		case v.roles[o.ID]:
			allow, deny = allow|o.Allow, deny|o.Deny
		}
	}
	have = have&^deny | allow
	return have&^own.Deny | own.Allow
}
