package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/user"
	"strings"

	"golang.org/x/term"

	"vmbackup-bot/adapters/console"
	"vmbackup-bot/bot/access"
	"vmbackup-bot/bot/chat"
)

// runServe is the bot, until ctx ends or no platform is left.
func runServe(ctx context.Context, cfg Config, _ IO) (err error) {
	if cfg.SlackBotToken.IsZero() && cfg.DiscordBotToken.IsZero() {
		return withHint(errors.New("no chat platform is configured, so nobody could talk to the bot"),
			"this version talks in a terminal only: use vmbackup-bot console")
	}
	return withHint(errors.New("this version cannot talk to Slack or Discord yet"),
		"use vmbackup-bot console, and unset SLACK_BOT_TOKEN and DISCORD_BOT_TOKEN")
}

// runConsole is the chat in a terminal against the configured server, as the account that runs it.
func runConsole(ctx context.Context, cfg Config, plain bool, io IO) (err error) {
	release, err := lockState(cfg.StateDir, "console")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	who, err := account()
	if err != nil {
		return err
	}
	p := cfg.parts(cfg.Logger(io.Err))
	p.Platforms = func(a *app) map[string]platform {
		return map[string]platform{"console": console.New(console.Options{
			In: io.In, Out: io.Out, Err: io.Err, Live: live(io, plain), Server: cfg.SiteName,
			Actor: who, Channel: "#console", Command: cfg.SlackCommand,
			Settle: a.Settle, Drain: a.Drain, Zone: p.Zone, Logger: p.Logger,
		})}
	}
	a, err := newApp(ctx, p)
	if err != nil {
		return err
	}
	return a.Run(ctx)
}

// parts is what the configuration says of an app; the platforms are the verb's.
func (c Config) parts(logger *slog.Logger) parts {
	return parts{
		Site: c.SiteName, Database: c.Database(), VMBackup: c.VMBackup(), Zone: c.Zone(),
		Access:  access.New(access.Options{Path: c.PolicyFile, Logger: logger}),
		PollMin: c.PollMin, PollMax: c.PollMax, SeenGrace: c.SeenGrace, ReportGrace: c.ReportGrace,
		SessionIdle: c.SessionIdle, SeatWait: c.SeatWait, Logger: logger,
	}
}

// account is the person of the console: the operating system's account, on Windows without its domain.
func account() (chat.Actor, error) {
	u, err := user.Current()
	if err != nil {
		return chat.Actor{}, fmt.Errorf("the operating system does not say whose account this is: %w", err)
	}
	name := u.Username[strings.LastIndexByte(u.Username, '\\')+1:]
	return chat.Actor{Platform: "console", User: name, Name: name}, nil
}

// live reports whether there is a terminal on both sides to draw on.
func live(io IO, plain bool) bool {
	in, isFile := io.In.(interface{ Fd() uintptr })
	out, alsoFile := io.Out.(interface{ Fd() uintptr })
	return !plain && isFile && alsoFile && term.IsTerminal(int(in.Fd())) && term.IsTerminal(int(out.Fd()))
}
