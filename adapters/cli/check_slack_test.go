package cli

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vmbackup-bot/adapters/slack/slacktest"
	"vmbackup-bot/vmbackup/simulator"
)

// onSlack sets the environment for a workspace, with a policy that names two of its channels.
func onSlack(t *testing.T, o slacktest.Options, more ...string) *slacktest.Server {
	t.Helper()
	s, url := slacktest.Start(t, o)
	serveFor(t, simulator.Options{Seed: 7}, append([]string{
		"SLACK_BOT_TOKEN", s.BotToken(), "SLACK_APP_TOKEN", s.AppToken(), "SLACK_API_URL", url, "ALERT_CHANNEL", "slack:C0ALERTS",
	}, more...)...)
	policy := slackNames().Replace(strings.ReplaceAll(testPolicy, `    vms: ["web*", "app*"]`, "    in: [\"slack:C0BACKUPS\", \"slack:C0ELSEWHERE\"]\n    vms: [\"web*\", \"app*\"]"))
	if err := os.WriteFile(filepath.Join(os.Getenv("STATE_DIR"), policyName), []byte(policy), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCheckSlack(t *testing.T) {
	for name, c := range map[string]struct {
		o     slacktest.Options
		more  []string
		upset func(*slacktest.Server)
		ok    bool
		hears []string
	}{
		"all well": {
			upset: func(s *slacktest.Server) {
				s.AddChannel(slacktest.Channel{ID: "C0ALERTS", Name: "alerts", Member: true})
				s.AddChannel(slacktest.Channel{ID: "C0ELSEWHERE", Name: "elsewhere", Member: true})
			},
			ok: true, hears: []string{"the bot is in C0BACKUPS (#backups)", "Socket Mode works", "all that the bot uses are given"},
		},
		"not invited": {
			upset: func(s *slacktest.Server) { s.AddChannel(slacktest.Channel{ID: "C0ELSEWHERE", Name: "elsewhere"}) },
			hears: []string{"the bot is not in C0ELSEWHERE (#elsewhere)", "/invite @vmbackup", "C0ALERTS does not exist, or is private"},
		},
		"no history":         {o: slacktest.Options{Scopes: []string{"commands", "chat:write", "channels:read", "groups:read"}}, hears: []string{"channels:history is not given", "may stand there twice"}},
		"no commands":        {o: slacktest.Options{Scopes: []string{"chat:write"}}, hears: []string{"commands is not given"}},
		"a refused token":    {upset: func(s *slacktest.Server) { s.SetToken("invalid_auth") }, hears: []string{"invalid_auth", "SLACK_BOT_TOKEN"}},
		"no app token":       {more: []string{"SLACK_APP_TOKEN", ""}, hears: []string{"takes no commands and no buttons"}},
		"a bad app token":    {upset: func(s *slacktest.Server) { s.SetAppToken("invalid_auth") }, hears: []string{"no link by Socket Mode", "SLACK_APP_TOKEN"}},
		"two on one app":     {upset: func(s *slacktest.Server) { s.SetConnections(3) }, hears: []string{"2 connections beside this one"}},
		"Slack out of reach": {more: []string{"SLACK_API_URL", "http://127.0.0.1:1/api/"}, hears: []string{"HTTPS_PROXY"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := onSlack(t, c.o, c.more...)
			if c.upset != nil {
				c.upset(s)
			}
			ok, findings := checked(t)
			var said strings.Builder
			for _, f := range findings {
				said.WriteString(f.Name + " " + string(f.Status) + ": " + f.What + " > " + f.Next + "\n")
			}
			if c.ok && !ok {
				t.Errorf("not well:\n%s", said.String())
			}
			for _, want := range c.hears {
				if !strings.Contains(said.String(), want) {
					t.Errorf("not said: %q\n%s", want, said.String())
				}
			}
		})
	}
}

// TestServeSlack is the verb as a service manager runs it: a backup from a channel of the workspace, and a clean stop.
func TestServeSlack(t *testing.T) {
	s := onSlack(t, slacktest.Options{})
	s.AddChannel(slacktest.Channel{ID: "C0ALERTS", Name: "alerts", Member: true})
	cfg, err := loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	log := &syncBuffer{}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- runServe(ctx, cfg, IO{Err: log}) }()
	s.Command(slacktest.Command{Text: "backup web01"})
	deadline := time.Now().Add(time.Minute)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !strings.Contains(transcriptOf(s), "accepted by VM Backup") {
		if time.Now().After(deadline) {
			t.Fatalf("never accepted:\n%s\n%s", transcriptOf(s), log)
		}
		<-tick.C
	}
	stop()
	if err := <-done; err != nil {
		t.Errorf("serve: %v", err)
	}
	for _, secret := range []string{s.BotToken(), s.AppToken(), os.Getenv("VMBACKUP_PASSWORD"), "/respond/"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds a secret")
		}
	}
}

func transcriptOf(s *slacktest.Server) string { return (&slackStage{Server: s}).transcript() }

// TestServeNeedsAPlatform says what to set where none is configured.
func TestServeNeedsAPlatform(t *testing.T) {
	serveFor(t, simulator.Options{Seed: 7})
	cfg, err := loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	err = runServe(t.Context(), cfg, IO{Err: io.Discard})
	if err == nil || !strings.Contains(strings.Join(hintsOf(err), " "), "SLACK_BOT_TOKEN") {
		t.Errorf("ended with %v", err)
	}
}
