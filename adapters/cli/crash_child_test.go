package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"vmbackup-bot/adapters/discord"
	"vmbackup-bot/adapters/discord/discordtest"
	"vmbackup-bot/adapters/slack"
	"vmbackup-bot/bot"
	"vmbackup-bot/bot/access"
	"vmbackup-bot/bot/audit"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/chat/chattest"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/bot/watch"
	"vmbackup-bot/vmbackup"
)

// The crash tests run the bot as a process of its own and kill it at every instant that matters; the server and the chat
// live on in the test. What stands after the next start is what users would see.

// childEnv is the variable by which the test binary knows that it is the bot.
const childEnv = "VMBACKUP_BOT_CHILD"

// childOptions are what the bot's process is told.
type childOptions struct {
	Database, URL, Address, Fingerprint, Username, Password string
	// Chat is the fake chat's address, or Slack's or Discord's with the tokens to it.
	Chat, SlackBotToken, SlackAppToken, DiscordToken string
	// Kill names the instant at which the process kills itself; empty for none.
	Kill string
}

// crashChild is the bot's process.
func crashChild() int {
	var o childOptions
	if err := json.Unmarshal([]byte(os.Getenv(childEnv)), &o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	policyText, platforms, leave := o.chat(logger)
	defer leave()
	policy, err := access.Parse("policy.yaml", []byte(policyText))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	k := killer(o.Kill)
	a, err := newApp(ctx, parts{
		Site: "demo", Database: o.Database, Access: access.Static(policy), Zone: time.Local,
		VMBackup: vmbackup.Config{
			URL: o.URL, DialAddress: o.Address, Fingerprints: []string{o.Fingerprint},
			Username: o.Username, Password: vmbackup.NewSecret(o.Password), Domain: ".",
		},
		Platforms: platforms,
		PollMin:   50 * time.Millisecond, PollMax: 200 * time.Millisecond, SeenGrace: 500 * time.Millisecond,
		ReportGrace: 3 * time.Second, LostGrace: 8 * time.Second, SessionIdle: time.Second, SeatWait: 20 * time.Second,
		Interrupted: 2 * time.Second, Logger: logger,
		Claims:       func(c bot.Claims) bot.Claims { return &claimKiller{c, k} },
		Operations:   func(ops bot.Operations) bot.Operations { return &recordKiller{ops, k} },
		Instructions: func(i watch.Instructions) watch.Instructions { return &startKiller{i, k} },
		Watched:      func(s watch.Store) watch.Store { return &applyKiller{s, k} },
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := a.Run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// chat is the chat that the child is on, and the policy for it.
func (o childOptions) chat(logger *slog.Logger) (policy string, platforms func(*app) map[string]platform, leave func()) {
	if o.DiscordToken != "" {
		return discordNames().Replace(testPolicy), func(a *app) map[string]platform {
			return map[string]platform{discord.Name: a.joinDiscord(discord.Options{
				Token: o.DiscordToken, Guild: discordtest.Guild, APIURL: o.Chat,
			})}
		}, func() {}
	}
	if o.SlackBotToken == "" {
		client := chattest.NewClient(chattest.ClientOptions{URL: o.Chat, Logger: logger})
		return testPolicy, func(*app) map[string]platform { return map[string]platform{"fake": client} }, client.Close
	}
	return slackNames().Replace(testPolicy), func(a *app) map[string]platform {
		return map[string]platform{slack.Name: a.joinSlack(slack.Options{
			BotToken: o.SlackBotToken, AppToken: o.SlackAppToken, APIURL: o.Chat,
		})}
	}, func() {}
}

// killer kills the process when its instant has come.
type killer string

func (k killer) at(instant string) {
	if string(k) != instant {
		return
	}
	if p, err := os.FindProcess(os.Getpid()); err == nil {
		_ = p.Kill()
	}
	select {} // nothing more happens in this process
}

type claimKiller struct {
	bot.Claims
	k killer
}

func (c *claimKiller) Claim(ctx context.Context, cl chat.Claim) (int64, chat.Standing, error) {
	id, st, err := c.Claims.Claim(ctx, cl)
	c.k.at("claim before ack")
	return id, st, err
}

type recordKiller struct {
	bot.Operations
	k killer
}

func (r *recordKiller) Record(ctx context.Context, claim int64, o operation.Operation, e audit.Entry) error {
	r.k.at("ack before record")
	err := r.Operations.Record(ctx, claim, o, e)
	r.k.at("record before sending")
	return err
}

type startKiller struct {
	watch.Instructions
	k killer
}

func (s *startKiller) Start(ctx context.Context, kind vmbackup.Kind, ref vmbackup.VMRef) (vmbackup.Accepted, error) {
	s.k.at("sending before the POST")
	got, err := s.Instructions.Start(ctx, kind, ref)
	s.k.at("answer before the commit")
	return got, err
}

type applyKiller struct {
	watch.Store
	k killer
}

func (a *applyKiller) ApplyAll(ctx context.Context, changes []operation.Change) ([]operation.Operation, error) {
	ops, err := a.Store.ApplyAll(ctx, changes)
	for _, o := range ops {
		if o.State == operation.Accepted {
			a.k.at("accepted before anyone is told")
		}
		if o.State.Final() {
			a.k.at("after the end before the final edit")
		}
	}
	return ops, err
}
