package cli

import (
	"context"

	"vmbackup-bot/adapters/slack"
	"vmbackup-bot/bot/card"
)

// slackOptions is what the configuration says of Slack.
func (c Config) slackOptions() slack.Options {
	return slack.Options{
		BotToken: c.SlackBotToken.Reveal(), AppToken: c.SlackAppToken.Reveal(), APIURL: c.SlackAPIURL, Command: c.SlackCommand,
	}
}

// joinSlack makes the adapter and tells the policy whom to ask about Slack's people.
func (a *app) joinSlack(o slack.Options) *slack.Adapter {
	o.Logger = a.p.Logger
	o.Company = func(ctx context.Context, others int) { a.sharedApp(ctx, slack.Name, others) }
	adapter := slack.New(o)
	a.p.Access.SetDirectory(slack.Name, adapter)
	a.p.Access.SetOwnTeam(adapter.OwnTeam)
	return adapter
}

// sharedApp tells the operator that another process uses the same app, or that it is gone.
func (a *app) sharedApp(ctx context.Context, platform string, others int) {
	a.alarm(ctx, card.AppShared(platform, a.p.Site, others))
}
