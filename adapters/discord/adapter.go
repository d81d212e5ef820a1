package discord

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"vmbackup-bot/bot/chat"
)

// Adapter is the bot's place on Discord. Make it with [New].
type Adapter struct {
	o      Options
	log    *slog.Logger
	http   *http.Client
	wire   *wire
	state  *state
	heard  atomic.Int64 // Unix nanoseconds of the last sign of life; zero for never
	self   atomic.Pointer[string]
	people *people
	places *places
	copies *copies
	who    atomic.Pointer[identity]
	// rearrange holds one when the commands are to be looked at.
	rearrange chan struct{}
	running   atomic.Pointer[context.Context]
}

// life ends with Run; before Run it has no end of its own.
func (a *Adapter) life() context.Context {
	if ctx := a.running.Load(); ctx != nil {
		return *ctx
	}
	return context.Background()
}

// Close lets go of idle connections. The adapter must not be used afterwards.
func (a *Adapter) Close() { a.http.CloseIdleConnections() }

// New makes an Adapter. It makes no call yet.
func New(o Options) *Adapter {
	o.APIURL = cmp.Or(o.APIURL, DefaultAPIURL)
	o.Command = cmp.Or(o.Command, "vmbackup")
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	a := &Adapter{
		o: o, log: o.Logger.With("component", Name), state: newState(), places: newPlaces(), copies: newCopies(),
		rearrange: make(chan struct{}, 1),
	}
	a.wire = newWire(o, a.log, a.hear)
	a.http = newHTTPClient(a.wire)
	a.people = newPeople(a)
	return a
}

// hear notes a sign of life from Discord.
func (a *Adapter) hear() { a.heard.Store(time.Now().UnixNano()) }

// met notes the bot's own user id, as the gateway or /users/@me told it.
func (a *Adapter) met(user string) {
	if user != "" {
		a.self.Store(&user)
	}
}

// me is the bot's own user id. It asks Discord when the gateway has not told it yet.
func (a *Adapter) me(ctx context.Context) (string, error) {
	if id := a.self.Load(); id != nil {
		return *id, nil
	}
	var u struct {
		ID string `json:"id"`
	}
	if err := a.call(ctx, act{name: actMe}, http.MethodGet, pathMe, nil, &u); err != nil {
		return "", err
	}
	if u.ID == "" {
		return "", &chat.Fault{Kind: chat.FaultRetry, Err: errEmpty}
	}
	a.met(u.ID)
	return u.ID, nil
}

// renderer draws for one guild, the only one whose messages can be linked to from there.
func (a *Adapter) renderer(guild string) renderer {
	return renderer{guild: cmp.Or(guild, a.o.Guild), zone: time.Local, command: "/" + a.o.Command}
}
