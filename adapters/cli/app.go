package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"vmbackup-bot/bot"
	"vmbackup-bot/bot/access"
	"vmbackup-bot/bot/card"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/deliver"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/bot/store"
	"vmbackup-bot/bot/watch"
	"vmbackup-bot/vmbackup"
)

// platform is one place where people talk, both ways.
type platform interface {
	chat.Adapter
	deliver.Chat
	deliver.Pacer
}

// parts are what an app is made of, as far as that differs between serve, console, demo and the tests.
type parts struct {
	Site     string
	Database string // the store's file
	VMBackup vmbackup.Config
	Access   *access.Access
	// Platforms are made once the app is there, since the console waits for what the app delivers. By name.
	Platforms func(*app) map[string]platform
	// Zone is the zone of the server's stamps.
	Zone                   *time.Location
	PollMin, PollMax       time.Duration
	SeenGrace, ReportGrace time.Duration
	LostGrace              time.Duration // zero is the watcher's own
	SessionIdle, SeatWait  time.Duration
	// Alerts are where the people who run the bot are told what needs them; nil for nowhere.
	Alerts []chat.Place
	// Interrupted is how long redeliveries are waited for before the user of an interrupted request is told; zero is the
	// bot's own.
	Interrupted time.Duration
	// Random is where operation ids come from; nil is crypto/rand.
	Random io.Reader
	Logger *slog.Logger
	// Instructions stands before the client where a test wants to see or break what is sent; nil for nothing.
	Instructions func(watch.Instructions) watch.Instructions
	// Claims and Operations likewise stand before the store.
	Claims     func(bot.Claims) bot.Claims
	Operations func(bot.Operations) bot.Operations
	Watched    func(watch.Store) watch.Store
	Outbox     func(deliver.Outbox) deliver.Outbox
}

// app is a whole bot, wired and ready to run.
type app struct {
	p         parts
	store     *store.Store
	client    *vmbackup.Client
	inventory *watch.Inventory
	watcher   *watch.Watcher
	deliverer *deliver.Deliverer
	bot       *bot.Bot
	platforms map[string]platform
	news      *news
}

// newApp opens the store and wires everything. Close undoes it; Run closes by itself.
func newApp(ctx context.Context, p parts) (*app, error) {
	a := &app{p: p, news: newNews()}
	style := card.Style{Zone: p.Zone}
	var err error
	a.store, err = store.Open(ctx, store.Options{
		Path: p.Database, Render: style.Operation, Wake: a.stored, Logger: p.Logger,
	})
	if err != nil {
		return nil, fmt.Errorf("open the state: %w", err)
	}
	if _, p.VMBackup.AfterUncleanStop, err = a.store.Begin(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("begin a run in the state: %w", err), a.store.Close())
	}
	p.VMBackup.SessionIdle, p.VMBackup.Logger = p.SessionIdle, p.Logger
	if a.client, err = vmbackup.NewClient(p.VMBackup); err != nil {
		return nil, errors.Join(err, a.store.Close())
	}
	a.inventory = watch.NewInventory(p.Site, a.client, a.store, func(vms []vmbackup.VM) { p.Access.SetVMs(accessVMs(vms)) })
	if err := a.inventory.Load(ctx); err != nil {
		return nil, errors.Join(err, a.client.Close(ctx), a.store.Close())
	}
	a.wireWatcher()
	a.wireBot(style)
	a.platforms = p.Platforms(a)
	a.wireDeliverer()
	return a, nil
}

func (a *app) wireWatcher() {
	a.watcher = watch.New(watch.Options{
		Site: a.p.Site, Backups: a.client,
		Instructions: through[watch.Instructions](a.p.Instructions, a.client),
		Store:        through[watch.Store](a.p.Watched, a.store),
		Zone:         a.p.Zone, PollMin: a.p.PollMin, PollMax: a.p.PollMax,
		SeenGrace: a.p.SeenGrace, ReportGrace: a.p.ReportGrace, LostGrace: a.p.LostGrace, SessionIdle: a.p.SessionIdle,
		Allow: a.allow, Ended: a.inventory.Stale, Logger: a.p.Logger,
	})
}

func (a *app) wireBot(style card.Style) {
	a.bot = bot.New(bot.Options{
		Site: a.p.Site, Access: a.p.Access,
		Claims:     through[bot.Claims](a.p.Claims, a.store),
		Operations: through[bot.Operations](a.p.Operations, a.store),
		Records:    a.store, Inventory: a.inventory, Server: a.client, Wake: a.watcher.Wake, Card: style,
		SeatWait: a.p.SeatWait, CanPost: a.canPost, Alarm: a.alarm, Random: a.p.Random, Zone: a.p.Zone, Logger: a.p.Logger,
	})
}

// canPost asks the platform, where it can tell, whether messages can stand in a place.
func (a *app) canPost(ctx context.Context, p chat.Place) (known bool, err error) {
	if asked, ok := a.platforms[p.Platform].(interface {
		CanPost(ctx context.Context, p chat.Place) (bool, error)
	}); ok {
		return asked.CanPost(ctx, p)
	}
	return true, nil
}

func (a *app) wireDeliverer() {
	links := make(map[string]deliver.Platform, len(a.platforms))
	for name, p := range a.platforms {
		links[name] = deliver.Platform{Chat: p, Pacer: p}
	}
	a.deliverer = deliver.New(deliver.Options{
		Outbox: through[deliver.Outbox](a.p.Outbox, a.store), Platforms: links, Logger: a.p.Logger, Grace: deliverGrace,
	})
}

// through puts something before a part, where that is wanted.
func through[T any](before func(T) T, part T) T {
	if before == nil {
		return part
	}
	return before(part)
}

// accessVMs is the VM list as the policy sees it.
func accessVMs(vms []vmbackup.VM) []access.VM {
	out := make([]access.VM, 0, len(vms))
	for _, v := range vms {
		out = append(out, access.VM{Ref: string(v.Ref), Name: v.Name, Host: v.Host})
	}
	return out
}

// stored is told after every commit that people should hear of.
func (a *app) stored() {
	a.news.tell()
	if a.deliverer != nil {
		a.deliverer.Wake()
	}
}

// rolesKept is how long the roles are believed that came with a request: memberships are known for a minute, by the contract.
const rolesKept = time.Minute

// allow asks the policy once more when a wish is about to be sent: a grant may have gone while it waited.
func (a *app) allow(ctx context.Context, o operation.Operation) (operation.Reason, string) {
	who := o.Requester
	if time.Since(o.Asked) > rolesKept {
		who.Roles = nil // the directory is asked
	}
	d := a.p.Access.Decide(ctx, access.Question{
		Actor: who, Place: o.Place, Verb: access.Verb(o.Kind),
		VM: &access.VM{Ref: string(o.VM.Ref), Name: o.VM.Name, Host: o.VM.Host},
	})
	if d.Allowed {
		return "", ""
	}
	return operation.ReasonDenied, d.Reason.Plain(a.p.Zone)
}

// logoutGrace is how long giving the session back may take: a part of the ten seconds within which the bot must be gone,
// of which the watcher takes three at the most and the deliverer two.
const logoutGrace = 2 * time.Second

// deliverGrace is how long posts and edits that are under way may take then.
const deliverGrace = 2 * time.Second

// Run runs everything until ctx ends or the last platform is gone, and then stops in this order: no more requests, no
// more instructions (one that is under way is waited for), no more messages, no more session. Operations go on at the
// server and are taken up at the next start.
func (a *app) Run(ctx context.Context) error {
	inner, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	if err := a.watcher.Resume(inner); err != nil {
		return errors.Join(err, a.Close(inner))
	}
	a.p.Access.OnChange(func(c access.Change) { a.policyChanged(inner, c) })
	a.policyAtStart(inner)
	delivering, endDelivering := context.WithCancel(inner)
	defer endDelivering()
	var back, out errgroup.Group
	out.Go(func() error { return a.deliverer.Run(delivering) })
	back.Go(func() error { return a.watcher.Run(inner) })
	back.Go(func() error { return a.p.Access.Run(inner) })
	back.Go(func() error { return a.bot.TellInterrupted(inner, a.p.Interrupted) })
	back.Go(func() error { return a.tidy(inner) })
	a.watcher.Wake()

	err := a.talk(ctx)
	stop()
	err = errors.Join(err, back.Wait())
	endDelivering()
	return errors.Join(err, out.Wait(), a.Close(ctx))
}

// talk runs the platforms. It ends when all have ended; that is an error unless they were told to, or had nothing more
// to hear.
func (a *app) talk(ctx context.Context) error {
	var g errgroup.Group
	for name, p := range a.platforms {
		g.Go(func() error {
			err := p.Run(ctx, a.bot)
			if ctx.Err() != nil || err == nil {
				return nil
			}
			a.p.Logger.Error("a platform is lost", "platform", name, "error", err)
			a.lost(ctx, name, err)
			return fmt.Errorf("%s: %w", name, err)
		})
	}
	return g.Wait()
}

// tidyEvery is how often what has served its time is removed from the store.
const tidyEvery = 6 * time.Hour

func (a *app) tidy(ctx context.Context) error {
	timer := time.NewTicker(tidyEvery)
	defer timer.Stop()
	for {
		if err := a.store.Prune(ctx); err != nil && ctx.Err() == nil {
			a.p.Logger.Error("old claims could not be removed", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
	}
}

// Close gives the session back, marks the stop as a clean one and closes the store. That ctx has ended is no reason not
// to.
func (a *app) Close(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	leaving, cancel := context.WithTimeout(ctx, logoutGrace)
	defer cancel()
	err := a.client.Close(leaving)
	if err != nil {
		a.p.Logger.Warn("the session could not be given back; it ends by itself in some minutes", "error", err)
	}
	return errors.Join(a.store.End(ctx), a.store.Close())
}

// Settle returns when everything that was recorded so far stands where people see it.
func (a *app) Settle(ctx context.Context) error { return a.deliverer.Settled(ctx) }

// Drain returns when every operation that was started has its last word, and that word stands where people see it.
func (a *app) Drain(ctx context.Context) error {
	for {
		heard := a.news.next()
		open, err := a.store.Unfinished(ctx, a.p.Site)
		if err != nil {
			return err
		}
		if len(open) == 0 {
			return a.deliverer.Drained(ctx)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-heard:
		}
	}
}
