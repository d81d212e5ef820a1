package discord

import (
	"cmp"
	"strconv"
	"time"

	"github.com/bwmarrin/discordgo"

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
func (a *Adapter) decode(n node, at time.Time) (chat.Request, handle, bool) {
	w := handle{
		id: n.at("id").text(), token: n.at("token").text(), app: cmp.Or(n.at("application_id").text(), a.identity().App),
		kind: n.at("type").number(), private: n.at("message", "flags").number()&flagEphemeral != 0,
	}
	r := chat.Request{At: at, Deliveries: []string{Name + ":" + w.id}, Actor: personIn(n), Place: placeIn(n)}
	data := n.at("data")
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
		r.Action, r.ID, r.Arg = readCustomID(data.at("custom_id").text())
		fieldsIn(data.at("components"), r.Fields, mostNested)
		ok = r.Action != ""
	}
	if !ok || w.id == "" || w.token == "" || r.Actor.User == "" || r.Place.Channel == "" {
		a.log.Warn("an interaction could not be read", "type", w.kind, "interaction", w.id)
		return chat.Request{}, handle{}, false
	}
	a.places.remember(target(r.Place), n.at("app_permissions").number())
	return r, w, true
}

// personIn is who did it: a member in a guild, and a user elsewhere.
func personIn(n node) chat.Actor {
	a := chat.Actor{Platform: Name, Team: n.at("guild_id").text()}
	user := n.at("user")
	if member := n.at("member"); member.has() {
		user = member.at("user")
		a.Name = member.at("nick").text()
		a.Roles = []string{}
		for _, role := range member.at("roles").list() {
			a.Roles = append(a.Roles, role.text())
		}
	}
	a.User = user.at("id").text()
	a.Name = cmp.Or(a.Name, user.at("global_name").text(), user.at("username").text())
	return a
}

// placeIn is where it was done. A thread is a channel of its own, which names the channel that it belongs to.
func placeIn(n node) chat.Place {
	p := chat.Place{
		Platform: Name, Team: n.at("guild_id").text(),
		Channel: cmp.Or(n.at("channel_id").text(), n.at("channel", "id").text()),
	}
	p.Direct = p.Team == ""
	switch n.at("channel", "type").number() {
	case threadAnnounce, threadPublic, threadPrivate:
		if parent := n.at("channel", "parent_id").text(); parent != "" {
			p.Channel, p.Thread = parent, p.Channel
		}
	}
	return p
}

// optionsIn are the values of a command by name, with the subcommand as the value of "verb". While somebody types, Discord
// sends numbers as strings.
func (a *Adapter) optionsIn(data node) (map[string]string, bool) {
	if data.at("name").text() != a.o.Command || data.at("type").has() && data.at("type").number() != commandTyped {
		return nil, false
	}
	options := map[string]string{}
	list, verb := data.at("options").list(), ""
	for len(list) > 0 {
		kind := list[0].at("type").number()
		if kind != optionSubcommand && kind != optionGroup {
			break
		}
		if verb != "" {
			verb += " "
		}
		verb += list[0].at("name").text()
		list = list[0].at("options").list()
	}
	for _, o := range list {
		if name := o.at("name").text(); name != "" {
			options[name] = o.at("value").text()
		}
	}
	if verb != "" {
		options["verb"] = verb
	}
	return options, true
}

// decodePress takes the button, and of the message only what tells which it is: it comes from Discord, but may have been
// written by whoever has the bot's token.
func decodePress(r *chat.Request, n node) bool {
	message := n.at("message")
	r.Kind = chat.Press
	r.Action, r.ID, r.Arg = readCustomID(n.at("data", "custom_id").text())
	r.On = chat.MessageRef{Place: r.Place, ID: message.at("id").text()}
	r.OnKey = keyIn(message.at("content").text(), footersIn(message.at("embeds")))
	r.OnPosted = postedAt(r.On.ID)
	return r.Action != "" && r.On.ID != ""
}

// footersIn are embeds as far as keyIn reads them.
func footersIn(embeds node) []*discordgo.MessageEmbed {
	var out []*discordgo.MessageEmbed
	for _, e := range embeds.list() {
		out = append(out, &discordgo.MessageEmbed{Footer: &discordgo.MessageEmbedFooter{Text: e.at("footer", "text").text()}})
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
func fieldsIn(components node, into map[string]string, deep int) {
	for _, c := range components.list() {
		fieldIn(c, into, deep)
	}
}

func fieldIn(c node, into map[string]string, deep int) {
	if deep == 0 {
		return
	}
	if name := c.at("custom_id").text(); name != "" {
		value := c.at("value").text()
		if chosen := c.at("values").list(); len(chosen) > 0 {
			value = chosen[0].text()
		}
		into[name] = value
	}
	fieldsIn(c.at("components"), into, deep-1)
	if inner := c.at("component"); inner.has() {
		fieldIn(inner, into, deep-1)
	}
}
