package slack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/slack-go/slack"

	"vmbackup-bot/adapters/network"
	"vmbackup-bot/bot/chat"
)

// Scope is one permission of the bot token.
type Scope struct {
	// Name is Slack's name for it, Why what the bot does with it.
	Name, Why string
	// Needed is false where the bot works without it, only worse.
	Needed bool
}

// Scopes are the permissions that the bot uses (deploy/slack/manifest.yaml asks for them all).
func Scopes() []Scope {
	return []Scope{
		{"commands", "people type the slash command", true},
		{"chat:write", "the bot posts and edits its messages", true},
		{"usergroups:read", "rules can name user groups; without it such a rule grants nothing", false},
		{"users:read", "rules can name anyone; without it such a rule grants nothing", false},
		{"channels:read", "the bot says when it is not in a public channel, before anything is started", false},
		{"groups:read", "the same for private channels", false},
		{"channels:history", "a message whose answer was lost is found again; without it it may stand there twice", false},
		{"groups:history", "the same in private channels", false},
	}
}

// Channel is how the bot stands in one channel.
type Channel struct {
	ID, Name string
	// Member and Archived are what Slack says; both false where Err is not nil.
	Member, Archived bool
	// Err is why it is not known: a *chat.Fault.
	Err error
}

// Checkup is what was found out about the app without doing anything with it.
type Checkup struct {
	Identity Identity
	// Err is why Slack did not say who the bot is: a *chat.Fault. Nothing else is known then.
	Err error
	// Lacking are the permissions that the token does not have; nil also where Slack does not say.
	Lacking []Scope
	// Channels are those that were asked about.
	Channels []Channel
	// Connections is how many links the app had when ours was opened, it included; SocketErr why none could be opened.
	// Zero and nil when it was not tried.
	Connections int
	SocketErr   error
	// OtherApp says that the two tokens are of different apps, so that what people type never arrives.
	OtherApp bool
}

// Checkup looks at tokens, permissions, channels and, where socket is set, at Socket Mode. A link that is opened for that
// may be handed what somebody types in this moment; it does not acknowledge it, so that Slack hands it to another.
func (a *Adapter) Checkup(ctx context.Context, channels []string, socket bool) Checkup {
	c := Checkup{}
	if c.Identity, c.Err = a.identify(ctx); c.Err != nil {
		c.Err = faultOf(ctx, c.Err)
		return c
	}
	if have := c.Identity.Scopes; have != nil {
		c.Lacking = slices.DeleteFunc(Scopes(), func(s Scope) bool { return slices.Contains(have, s.Name) })
	}
	for _, id := range channels {
		c.Channels = append(c.Channels, a.look(ctx, id))
	}
	if socket && a.o.AppToken != "" {
		var app string
		c.Connections, app, c.SocketErr = a.countLinks(ctx)
		c.OtherApp = app != "" && a.otherApp(ctx, app)
	}
	return c
}

// otherApp reports whether the bot is certainly not of that app. Without the scope users:read that is not known.
func (a *Adapter) otherApp(ctx context.Context, app string) bool {
	bot, err := a.api.GetBotInfoContext(ctx, slack.GetBotInfoParameters{Bot: a.identity().Bot})
	return err == nil && bot.AppID != "" && bot.AppID != app
}

func (a *Adapter) look(ctx context.Context, id string) Channel {
	got, err := a.api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: id})
	if err != nil {
		return Channel{ID: id, Err: faultOf(ctx, err)}
	}
	return Channel{ID: id, Name: got.Name, Member: got.IsMember, Archived: got.IsArchived}
}

// helloWithin is how long Slack may take to say hello on a new link.
const helloWithin = 10 * time.Second

// countLinks opens a link, reads Slack's hello, and closes it. It returns how many links the app has, and the app's id.
func (a *Adapter) countLinks(ctx context.Context) (int, string, error) {
	_, url, err := a.api.StartSocketModeContext(ctx)
	if err != nil {
		return 0, "", faultOf(ctx, err)
	}
	conn, resp, err := newDialer(a.o, a.hearLink, func(net.Conn) {}).DialContext(ctx, url, http.Header{})
	if resp != nil {
		defer resp.Body.Close()
	}
	if err != nil {
		if resp != nil {
			err = fmt.Errorf("HTTP %d in place of a websocket", resp.StatusCode)
		}
		return 0, "", &chat.Fault{Kind: chat.FaultRetry, Err: network.WithoutURL(err)} // the address holds a ticket
	}
	defer func() { _ = conn.Close() }() // nothing more is said on it
	if err := conn.SetReadDeadline(time.Now().Add(helloWithin)); err != nil {
		return 0, "", &chat.Fault{Kind: chat.FaultRetry, Err: err}
	}
	var hello struct {
		Type        string `json:"type"`
		Connections int    `json:"num_connections"`
		Info        struct {
			App string `json:"app_id"`
		} `json:"connection_info"`
	}
	if err := conn.ReadJSON(&hello); err != nil {
		return 0, "", &chat.Fault{Kind: chat.FaultRetry, Err: fmt.Errorf("wait for hello: %w", err)}
	}
	if hello.Type != "hello" {
		return 0, "", &chat.Fault{Kind: chat.FaultRetry, Err: errors.New("no hello on the new link")}
	}
	return hello.Connections, hello.Info.App, nil
}
