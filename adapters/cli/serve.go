package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/user"
	"path/filepath"
	"strings"

	"golang.org/x/term"

	"vmbackup-bot/adapters/console"
	"vmbackup-bot/adapters/discord"
	"vmbackup-bot/adapters/slack"
	"vmbackup-bot/bot/access"
	"vmbackup-bot/bot/chat"
)

// noPlatform is the next step where there is no chat platform.
const noPlatform = "set SLACK_BOT_TOKEN and SLACK_APP_TOKEN, or DISCORD_BOT_TOKEN (the README says how to get them), or use vmbackup-bot console"

// platformsOf makes the chat platforms that are configured, by name.
func platformsOf(cfg Config) (func(*app) map[string]platform, error) {
	if cfg.SlackBotToken.IsZero() && cfg.DiscordBotToken.IsZero() {
		return nil, withHint(errors.New("no chat platform is configured, so nobody could talk to the bot"), noPlatform)
	}
	return func(a *app) map[string]platform {
		all := make(map[string]platform)
		if !cfg.SlackBotToken.IsZero() {
			all[slack.Name] = a.joinSlack(cfg.slackOptions())
		}
		if !cfg.DiscordBotToken.IsZero() {
			all[discord.Name] = a.joinDiscord(cfg.discordOptions())
		}
		return all
	}, nil
}

// runServe is the bot, until ctx ends or no platform is left.
func runServe(ctx context.Context, cfg Config, io IO) (err error) {
	release, err := lockState(cfg.StateDir, "serve")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	p := cfg.parts(cfg.Logger(io.Err))
	if p.Platforms, err = platformsOf(cfg); err != nil {
		return err
	}
	a, err := newApp(ctx, p)
	if err != nil {
		return err
	}
	return a.Run(ctx)
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
	isLive := live(io, plain)
	log, closeLog, err := consoleLog(cfg, isLive, io)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeLog()) }()
	p := cfg.parts(cfg.Logger(log))
	p.Platforms = func(a *app) map[string]platform {
		return map[string]platform{"console": console.New(console.Options{
			In: io.In, Out: io.Out, Err: io.Err, Live: isLive, Server: cfg.SiteName,
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

// consoleLogName is where the log of a live console goes, in the state directory: on the terminal it would be drawn over.
const consoleLogName = "console.log"

// consoleLog is where the console logs to. The file holds the newest run only.
func consoleLog(cfg Config, isLive bool, std IO) (io.Writer, func() error, error) {
	if !isLive {
		return std.Err, func() error { return nil }, nil
	}
	f, err := os.OpenFile(filepath.Join(cfg.StateDir, consoleLogName), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("open the log: %w", err)
	}
	return f, f.Close, nil
}

// parts is what the configuration says of an app; the platforms are the verb's.
func (c Config) parts(logger *slog.Logger) parts {
	return parts{
		Site: c.SiteName, Database: c.Database(), VMBackup: c.VMBackup(), Zone: c.Zone(),
		Access:  access.New(access.Options{Path: c.PolicyFile, Logger: logger}),
		PollMin: c.PollMin, PollMax: c.PollMax, SeenGrace: c.SeenGrace, ReportGrace: c.ReportGrace,
		SessionIdle: c.SessionIdle, SeatWait: c.SeatWait, Alerts: c.alertPlaces(), Logger: logger,
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
