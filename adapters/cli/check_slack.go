package cli

import (
	"context"
	"errors"
	"fmt"

	"vmbackup-bot/adapters/slack"
	"vmbackup-bot/bot/chat"
)

// slack looks at the Slack app: tokens, permissions, Socket Mode, and the channels that the policy and ALERT_CHANNEL name.
func (c *checker) slack(ctx context.Context) {
	got := slack.New(c.cfg.slackOptions()).Checkup(ctx, c.channels(slack.Name), c.holder == "")
	if got.Err != nil {
		c.fail("slack", fmt.Errorf("the bot token is not taken: %w", chat.Cause(got.Err)), slackNext(got.Err, "SLACK_BOT_TOKEN"))
		return
	}
	id := got.Identity
	c.add("slack", statusOK, fmt.Sprintf("the bot is %s (%s) in %s (%s)", id.Name, id.User, id.URL, id.Team), "")
	c.slackScopes(got)
	c.slackSocket(got)
	for _, ch := range got.Channels {
		c.slackChannel(ch, id.Name)
	}
}

func (c *checker) slackScopes(got slack.Checkup) {
	if got.Identity.Scopes == nil {
		c.add("slack scopes", statusWarn, "Slack does not say which permissions the token has", "")
		return
	}
	if len(got.Lacking) == 0 {
		c.add("slack scopes", statusOK, "all that the bot uses are given", "")
	}
	for _, s := range got.Lacking {
		g := statusWarn
		if s.Needed {
			g = statusFail
		}
		c.add("slack scopes", g, fmt.Sprintf("%s is not given: %s", s.Name, s.Why),
			"add it under OAuth & Permissions of the app, and install the app again; deploy/slack/manifest.yaml has them all")
	}
}

func (c *checker) slackSocket(got slack.Checkup) {
	switch {
	case c.cfg.SlackAppToken.IsZero():
		c.add("slack socket", statusWarn, "SLACK_APP_TOKEN is not set: the bot posts, but takes no commands and no buttons",
			"make an app-level token with connections:write under Basic Information of the app")
	case c.holder != "":
		c.add("slack socket", statusOK, "not tried: the bot that runs here uses it", "")
	case got.SocketErr != nil:
		c.fail("slack socket", fmt.Errorf("no link by Socket Mode: %w", chat.Cause(got.SocketErr)), slackNext(got.SocketErr, "SLACK_APP_TOKEN"))
	case got.OtherApp:
		c.add("slack socket", statusFail, "SLACK_APP_TOKEN and SLACK_BOT_TOKEN belong to different apps: nothing that people type would arrive",
			"take both from one app")
	case got.Connections > 1:
		c.add("slack socket", statusWarn, fmt.Sprintf("Socket Mode works, but the app has %s beside this one: each gets a part of what people type", count(got.Connections-1, "connection")),
			"stop the other bot, or give it an app and tokens of its own")
	default:
		c.add("slack socket", statusOK, "Socket Mode works", "")
	}
}

func (c *checker) slackChannel(ch slack.Channel, bot string) {
	const name = "slack channel"
	invite := "/invite @" + bot + " in that channel"
	f := chat.AsFault(ch.Err)
	switch {
	case f == nil && ch.Archived:
		c.add(name, statusFail, fmt.Sprintf("%s (#%s) is archived", ch.ID, ch.Name), "take it out of the policy and of ALERT_CHANNEL, or bring it back")
	case f == nil && ch.Member:
		c.add(name, statusOK, fmt.Sprintf("the bot is in %s (#%s)", ch.ID, ch.Name), "")
	case f == nil:
		c.add(name, statusFail, fmt.Sprintf("the bot is not in %s (#%s)", ch.ID, ch.Name), invite)
	case f.Kind == chat.FaultPlaceGone:
		c.add(name, statusFail, ch.ID+" does not exist, or is private and the bot is not in it", "mend the id, or "+invite)
	default:
		c.add(name, statusWarn, fmt.Sprintf("%s cannot be looked at: %v", ch.ID, chat.Cause(ch.Err)), "")
	}
}

// slackNext is what to do about a refusal.
func slackNext(err error, token string) string {
	if f, ok := errors.AsType[*chat.Fault](err); ok {
		switch f.Kind {
		case chat.FaultFatal:
			next := "copy the app's current token into " + token
			if f.Need != "" {
				next += "; it needs " + f.Need
			}
			return next
		case chat.FaultForbidden:
			return "give it " + f.Need
		}
	}
	return "see that this machine reaches Slack (HTTPS_PROXY and SSL_CERT_FILE are minded), then try again"
}
