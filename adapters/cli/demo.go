package cli

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"vmbackup-bot/adapters/console"
	"vmbackup-bot/bot/access"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/vmbackup"
	"vmbackup-bot/vmbackup/simulator"
)

// DemoOptions are the flags of the demo.
type DemoOptions struct {
	// Speed is how many times faster than real time the simulated server's clock runs.
	Speed float64
	// Seed decides on everything that the simulated server makes up.
	Seed uint64
	// Plain writes one line per message, also on a terminal.
	Plain bool
}

// demoPolicy is the policy of the demo, and a small example of one.
//
//go:embed demo_policy.yaml
var demoPolicy []byte

// demoServer is the simulated server's name on every card.
const demoServer = "demo"

// demoChannel is where the demo takes place.
const demoChannel = "#backups"

// runDemo is simulator, bot and console chat in one: it reads no environment, keeps nothing, and stays on loopback.
func runDemo(ctx context.Context, o DemoOptions, io IO) (err error) {
	folder, err := os.MkdirTemp("", "vmbackup-bot-demo-")
	if err != nil {
		return fmt.Errorf("make a folder for the demo's state: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()

	sim, err := simulator.New(simulator.Options{
		Seed: o.Seed, Speed: o.Speed,
		Settings: simulator.Settings{IdleExpiry: idleExpiry(o.Speed)},
	})
	if err != nil {
		return err
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen for the simulated server: %w", err)
	}
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	served := make(chan error, 1)
	go func() { served <- sim.Serve(serving, listener) }()
	defer func() { stop(); err = errors.Join(err, <-served) }()

	policy, err := access.Parse("demo_policy.yaml", demoPolicy)
	if err != nil {
		return err
	}
	p := demoParts(o, sim, listener.Addr().String())
	p.Database = filepath.Join(folder, databaseName)
	p.Access = access.Static(policy)
	p.Platforms = func(a *app) map[string]platform {
		return map[string]platform{"console": console.New(console.Options{
			In: io.In, Out: io.Out, Err: io.Err, Live: live(io, o.Plain), Server: demoServer,
			Actor: demoActor("alice"), Switch: demoPeople, Channel: demoChannel, Command: "/vmbackup",
			Settle: a.Settle, Drain: a.Drain, Zone: time.Local, Logger: p.Logger,
		})}
	}
	a, err := newApp(ctx, p)
	if err != nil {
		return err
	}
	return a.Run(ctx)
}

// demoParts paces the bot by the server's clock, so that a run which takes seconds is seen to move. Graces and polls are
// real time all the same.
func demoParts(o DemoOptions, sim *simulator.Server, addr string) parts {
	speed := max(o.Speed, 1)
	scaled := func(d, least time.Duration) time.Duration { return max(time.Duration(float64(d)/speed), least) }
	return parts{
		Site: demoServer, Zone: time.Local,
		VMBackup: vmbackup.Config{
			URL: sim.BaseURL(addr), DialAddress: addr, Fingerprints: []string{sim.Fingerprint()},
			Username: sim.Username(), Password: vmbackup.NewSecret(sim.Password()), Domain: sim.Domain(),
		},
		PollMin: scaled(2*time.Second, 100*time.Millisecond), PollMax: scaled(time.Minute, time.Second),
		SeenGrace: scaled(30*time.Second, 2*time.Second), ReportGrace: scaled(10*time.Minute, 10*time.Second),
		SessionIdle: 10 * time.Second, SeatWait: 10 * time.Minute,
		Logger: slog.New(slog.DiscardHandler),
	}
}

// demoActor is one of the demo's people.
func demoActor(name string) chat.Actor {
	return chat.Actor{Platform: "console", User: name, Name: name}
}

// demoPeople are who one can be in the demo: alice (developer), bob (backup administrator), carol (nothing granted).
func demoPeople(name string) (chat.Actor, error) {
	switch name {
	case "alice", "bob", "carol":
		return demoActor(name), nil
	}
	return chat.Actor{}, fmt.Errorf("the demo knows alice, bob and carol, not %q", name)
}
