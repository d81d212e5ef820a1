package slack

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"

	"vmbackup-bot/bot/chat"
)

// Name is the platform's name in actors, places and the policy file.
const Name = "slack"

// DefaultAPIURL is Slack itself.
const DefaultAPIURL = "https://slack.com/api/"

// Options say which app the adapter is. Only BotToken is required.
type Options struct {
	// BotToken is the bot's token (xoxb-…), AppToken the app-level token (xapp-…) for Socket Mode. Without the second
	// the adapter only posts.
	BotToken, AppToken string
	// Command is the slash command's name; empty is /vmbackup.
	Command string
	// APIURL is where Slack's methods are, with a slash at its end; empty is DefaultAPIURL.
	APIURL string
	// Identified is told who the bot is each time Slack has said so; may be nil.
	Identified func(Identity)
	// Company is told when it turns out that other processes are connected as the same app (how many), and with zero when
	// they are gone; may be nil.
	Company func(ctx context.Context, others int)
	// Dial replaces the way to the network, for tests; nil is the ordinary one.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Logger may be nil.
	Logger *slog.Logger
}

// Identity is who the bot is, by auth.test.
type Identity struct {
	// Team is the workspace's id, Enterprise the organisation's (empty outside Enterprise Grid).
	Team, Enterprise string
	// User and Bot are the bot's user id and bot id; Name is what people call it.
	User, Bot, Name string
	// URL is the workspace's address, with a slash at its end.
	URL string
	// Scopes are what the bot token may do, by the answer's X-OAuth-Scopes header; nil where Slack does not say.
	Scopes []string
}

// Adapter is the bot's place in one Slack workspace. Make it with [New].
type Adapter struct {
	o     Options
	log   *slog.Logger
	http  *http.Client
	api   *slack.Client
	who   atomic.Pointer[Identity]
	heard atomic.Int64 // Unix nanoseconds of the last sign of life; zero for never
	// heardLink is the same of the link alone: answers to posts must not hide that it is silent.
	heardLink atomic.Int64
	// refused wakes the one who finds out whether the bot token is good, when a call says that it is not.
	refused chan struct{}
	storm   storm // of the supervisor alone
	running atomic.Pointer[context.Context]
	state   *state
	people  *people
	places  *places
	kin     *kin
	// company is who else is connected as the same app.
	company *company
}

var _ chat.Adapter = (*Adapter)(nil)

// New makes an Adapter. It makes no call yet.
func New(o Options) *Adapter {
	o.APIURL = cmp.Or(o.APIURL, DefaultAPIURL)
	o.Command = cmp.Or(o.Command, "/vmbackup")
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	a := &Adapter{o: o, log: o.Logger.With("component", Name), state: newState(), kin: newKin(), company: &company{}, refused: make(chan struct{}, 1)}
	a.http = newHTTPClient(o, a.hear)
	a.api = newWebClient(o, a.http)
	a.people = newPeople(a)
	a.places = newPlaces(a)
	return a
}

// Close lets go of idle connections. The adapter must not be used afterwards.
func (a *Adapter) Close() { a.http.CloseIdleConnections() }

// life ends with Run; before Run it has no end of its own.
func (a *Adapter) life() context.Context {
	if ctx := a.running.Load(); ctx != nil {
		return *ctx
	}
	return context.Background()
}

// hear notes a sign of life from Slack.
func (a *Adapter) hear() { a.heard.Store(time.Now().UnixNano()) }

// hearLink notes one on the link.
func (a *Adapter) hearLink() {
	a.heardLink.Store(time.Now().UnixNano())
	a.hear()
}

// identity is who the bot is; the zero value until Slack has said so.
func (a *Adapter) identity() Identity {
	if id := a.who.Load(); id != nil {
		return *id
	}
	return Identity{}
}
