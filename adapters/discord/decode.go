package discord

import (
	"cmp"
	"strconv"
	"time"

	"github.com/bwmarrin/discordgo"

	"vmbackup-bot/adapters/payload"
	"vmbackup-bot/bot/chat"
)

// Kinds of interactions (interactions/receiving-and-responding, interaction type). A ping comes over HTTP alone.
const (
	interactCommand  = 2
	interactPress    = 3
	interactComplete = 4
	interactForm     = 5
)

// Kinds of options, channels and flags.
const (
	optionSubcommand = 1 // interactions/application-commands, option type
	optionGroup      = 2
	commandTyped     = 1  // same page, command type: a slash command, and not one of a context menu
	threadAnnounce   = 10 // resources/channel, channel types
	threadPublic     = 11
	threadPrivate    = 12
	flagEphemeral    = 1 << 6 // resources/message, message flags
)

// snowflakeEpoch is the beginning of 2015 in milliseconds, since when ids count (reference, snowflakes).
const snowflakeEpoch = 1420070400000

// mostNested is how deep a form's components are read: row or label, then input.
const mostNested = 4

// handle is what an answer to one interaction needs. The token is as good as a secret, dies after fifteen minutes, and is
// kept nowhere else.
type handle struct {
	id, token, app string
	kind           int64
	// private says that the pressed message is an answer of ours that one person sees.
	private bool
}

// decode is an INTERACTION_CREATE as a request; false for what the bot has no use for.
func (a *Adapter) decode(n payload.Node, at time.Time) (chat.Request, handle, bool) {
	w := handle{
		id: n.At("id").Text(), token: n.At("token").Text(), app: cmp.Or(n.At("application_id").Text(), a.identity().App),
		kind: n.At("type").Number(), private: n.At("message", "flags").Number()&flagEphemeral != 0,
	}
	r := chat.Request{At: at, Deliveries: []string{Name + ":" + w.id}, Actor: personIn(n), Place: placeIn(n)}
	data := n.At("data")
	ok := false
	switch w.kind {
	case interactCommand:
		r.Kind = chat.Command
		r.Options, ok = a.optionsIn(data)
	case interactComplete:
		r.Kind = chat.Suggest
		r.Options, ok = a.optionsIn(data)
	case interactPress:
		ok = decodePress(&r, n)
	case interactForm:
		r.Kind, r.Fields = chat.Submit, map[string]string{}
		r.Action, r.ID, r.Arg = readCustomID(data.At("custom_id").Text())
		fieldsIn(data.At("components"), r.Fields, mostNested)
		ok = r.Action != ""
	}
	if !ok || w.id == "" || w.token == "" || r.Actor.User == "" || r.Place.Channel == "" {
		a.log.Warn("an interaction could not be read", "type", w.kind, "interaction", w.id)
		return chat.Request{}, handle{}, false
	}
	a.places.remember(target(r.Place), n.At("app_permissions").Number())
	return r, w, true
}

// personIn is who did it: a member in a guild, and a user elsewhere.
func personIn(n payload.Node) chat.Actor {
	a := chat.Actor{Platform: Name, Team: n.At("guild_id").Text()}
	user := n.At("user")
	if member := n.At("member"); member.Has() {
		user = member.At("user")
		a.Name = member.At("nick").Text()
		a.Roles = []string{}
		for _, role := range member.At("roles").List() {
			a.Roles = append(a.Roles, role.Text())
		}
	}
	a.User = user.At("id").Text()
	a.Name = cmp.Or(a.Name, user.At("global_name").Text(), user.At("username").Text())
	return a
}

// placeIn is where it was done. A thread is a channel of its own, which names the channel that it belongs to.
func placeIn(n payload.Node) chat.Place {
	p := chat.Place{
		Platform: Name, Team: n.At("guild_id").Text(),
		Channel: cmp.Or(n.At("channel_id").Text(), n.At("channel", "id").Text()),
	}
	p.Direct = p.Team == ""
	switch n.At("channel", "type").Number() {
	case threadAnnounce, threadPublic, threadPrivate:
		if parent := n.At("channel", "parent_id").Text(); parent != "" {
			p.Channel, p.Thread = parent, p.Channel
		}
	}
	return p
}

// optionsIn are the values of a command by name, with the subcommand as the value of "verb". While somebody types, Discord
// sends numbers as strings.
func (a *Adapter) optionsIn(data payload.Node) (map[string]string, bool) {
	if data.At("name").Text() != a.o.Command || data.At("type").Has() && data.At("type").Number() != commandTyped {
		return nil, false
	}
	options := map[string]string{}
	list, verb := data.At("options").List(), ""
	for len(list) > 0 {
		kind := list[0].At("type").Number()
		if kind != optionSubcommand && kind != optionGroup {
			break
		}
		if verb != "" {
			verb += " "
		}
		verb += list[0].At("name").Text()
		list = list[0].At("options").List()
	}
	for _, o := range list {
		if name := o.At("name").Text(); name != "" {
			options[name] = o.At("value").Text()
		}
	}
	if verb != "" {
		options["verb"] = verb
	}
	return options, true
}

// decodePress takes the button, and of the message only what tells which it is: it comes from Discord, but may have been
// written by whoever has the bot's token.
func decodePress(r *chat.Request, n payload.Node) bool {
	message := n.At("message")
	r.Kind = chat.Press
	r.Action, r.ID, r.Arg = readCustomID(n.At("data", "custom_id").Text())
	r.On = chat.MessageRef{Place: r.Place, ID: message.At("id").Text()}
	r.OnKey = keyIn(message.At("content").Text(), footersIn(message.At("embeds")))
	r.OnPosted = postedAt(r.On.ID)
	return r.Action != "" && r.On.ID != ""
}

// footersIn are embeds as far as keyIn reads them.
func footersIn(embeds payload.Node) []*discordgo.MessageEmbed {
	var out []*discordgo.MessageEmbed
	for _, e := range embeds.List() {
		out = append(out, &discordgo.MessageEmbed{Footer: &discordgo.MessageEmbedFooter{Text: e.At("footer", "text").Text()}})
	}
	return out
}

// postedAt is when a message was posted, by Discord's clock; zero for what is no snowflake.
func postedAt(id string) time.Time {
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil || n>>22 == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(n>>22) + snowflakeEpoch)
}

// fieldsIn collects the values of a form, by name. Inputs stand in rows or in labels.
func fieldsIn(components payload.Node, into map[string]string, deep int) {
	for _, c := range components.List() {
		fieldIn(c, into, deep)
	}
}

func fieldIn(c payload.Node, into map[string]string, deep int) {
	if deep == 0 {
		return
	}
	if name := c.At("custom_id").Text(); name != "" {
		value := c.At("value").Text()
		if chosen := c.At("values").List(); len(chosen) > 0 {
			value = chosen[0].Text()
		}
		into[name] = value
	}
	fieldsIn(c.At("components"), into, deep-1)
	if inner := c.At("component"); inner.Has() {
		fieldIn(inner, into, deep-1)
	}
}
