package cli

import (
	"context"
	"strings"

	"vmbackup-bot/adapters/discord"
)

// discordOptions is what the configuration says of Discord. The command is called as in Slack, without the slash, which
// Discord adds itself, and in small letters, which is all that it takes.
func (c Config) discordOptions() discord.Options {
	return discord.Options{
		Token: c.DiscordBotToken.Reveal(), Guild: c.DiscordGuildID, APIURL: c.DiscordAPIURL,
		Command: strings.ToLower(strings.TrimPrefix(c.SlackCommand, "/")),
	}
}

// joinDiscord makes the adapter and tells the policy whom to ask about Discord's people.
func (a *app) joinDiscord(o discord.Options) *discord.Adapter {
	o.Logger = a.p.Logger
	o.Company = func(ctx context.Context, others int) { a.sharedApp(ctx, discord.Name, others) }
	adapter := discord.New(o)
	a.p.Access.SetDirectory(discord.Name, adapter)
	return adapter
}
