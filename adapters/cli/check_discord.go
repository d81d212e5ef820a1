package cli

import (
	"context"
	"fmt"
	"strings"

	"vmbackup-bot/adapters/discord"
	"vmbackup-bot/bot/chat"
)

// fewSessions is when the sessions that are left today are worth a warning: after the last one Discord resets the token.
const fewSessions = 100

// discord looks at the Discord bot: token, application, guild, and the channels that the policy and ALERT_CHANNEL name.
func (c *checker) discord(ctx context.Context) {
	got := discord.New(c.cfg.discordOptions()).Checkup(ctx, c.channels(discord.Name))
	if got.Err != nil {
		next := "see that this machine reaches Discord (HTTPS_PROXY and SSL_CERT_FILE are minded), then try again"
		if f := chat.AsFault(got.Err); f.Kind == chat.FaultFatal {
			next = "copy the bot's current token into DISCORD_BOT_TOKEN: Developer Portal, Bot, Reset Token"
		}
		c.fail("discord", fmt.Errorf("who the bot is was not told: %w", chat.Cause(got.Err)), next)
		return
	}
	c.add("discord", statusOK, fmt.Sprintf("the bot is %s (%s), application %s", got.Name, got.User, got.App), "")
	if got.AppErr != nil {
		c.add("discord", statusWarn, fmt.Sprintf("the application cannot be looked at: %v", chat.Cause(got.AppErr)), "")
	}
	if got.Public {
		c.add("discord", statusWarn, "the application is public: anybody may let the bot into a guild of their own",
			"switch Public Bot off: Developer Portal, Bot; grants to anyone hold in DISCORD_GUILD_ID alone")
	}
	if got.Endpoint != "" {
		c.add("discord", statusFail, "the application has an Interactions Endpoint URL, so nothing that people type reaches the bot",
			"clear it: Developer Portal, General Information")
	}
	if got.SessionsTotal > 0 && got.Sessions < fewSessions {
		c.add("discord", statusWarn, fmt.Sprintf("only %d of %d sessions are left for the next %v; after the last one Discord resets the token", got.Sessions, got.SessionsTotal, got.SessionsReset),
			"look why the bot is started so often")
	}
	c.discordGuild(got)
	for _, ch := range got.Channels {
		c.discordChannel(ch)
	}
}

func (c *checker) discordGuild(got discord.Checkup) {
	switch {
	case c.cfg.DiscordGuildID == "":
		c.add("discord guild", statusOK, "none is set: the commands are global, and may take an hour to show", "")
	case got.GuildErr != nil:
		c.fail("discord guild", fmt.Errorf("the bot is not in guild %s: %w", c.cfg.DiscordGuildID, chat.Cause(got.GuildErr)), "let it in: "+got.Invitation)
	default:
		c.add("discord guild", statusOK, "the bot is in guild "+c.cfg.DiscordGuildID, "")
	}
}

func (c *checker) discordChannel(ch discord.Channel) {
	const name = "discord channel"
	f := chat.AsFault(ch.Err)
	switch {
	case f == nil && len(ch.Lacking) > 0:
		c.add(name, statusFail, fmt.Sprintf("in %s (#%s) the bot lacks %s", ch.ID, ch.Name, strings.Join(ch.Lacking, ", ")),
			"give them to the bot's role in the channel's settings")
	case f == nil && ch.Unsure:
		c.add(name, statusWarn, fmt.Sprintf("%s (#%s) can be read; what the bot may do there is not known", ch.ID, ch.Name), "")
	case f == nil:
		c.add(name, statusOK, fmt.Sprintf("the bot may do all it needs in %s (#%s)", ch.ID, ch.Name), "")
	case f.Kind == chat.FaultPlaceGone:
		c.add(name, statusFail, ch.ID+" does not exist", "mend the id: with Developer Mode on, Copy Channel ID")
	case f.Kind == chat.FaultForbidden:
		c.add(name, statusFail, ch.ID+" cannot be seen by the bot", "give its role View Channel there")
	default:
		c.add(name, statusWarn, fmt.Sprintf("%s cannot be looked at: %v", ch.ID, chat.Cause(ch.Err)), "")
	}
}
