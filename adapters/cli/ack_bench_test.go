package cli

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"testing"
	"time"

	"vmbackup-bot/adapters/slack"
	"vmbackup-bot/adapters/slack/slacktest"
	"vmbackup-bot/bot/access"
	"vmbackup-bot/vmbackup"
	"vmbackup-bot/vmbackup/simulator"
)

// BenchmarkAck measures how long Slack waits for an acknowledgement while 200 operations are watched, over loopback and on a
// real disk: from the frame that leaves the fake to the one that comes back. Run it with
//
//	go test -run '^$' -bench Ack -benchtime 500x ./adapters/cli
func BenchmarkAck(b *testing.B) {
	server, url := slacktest.Start(b, slacktest.Options{Unlimited: true})
	a := loaded(b, func(a *app) map[string]platform {
		return map[string]platform{slack.Name: a.joinSlack(slack.Options{BotToken: server.BotToken(), AppToken: server.AppToken(), APIURL: url})}
	})
	for i := range many() {
		server.Command(slacktest.Command{Text: fmt.Sprintf("backup web%03d", i)})
	}
	until(b, "all operations are under way", func() bool {
		open, err := a.store.Unfinished(b.Context(), "demo")
		return err == nil && len(open) == many() && open[many()-1].GUID != ""
	})
	before := len(server.AckTimes())
	for b.Loop() {
		id := server.Command(slacktest.Command{Text: "whoami"})
		until(b, "it is acknowledged", func() bool { _, ok := server.Acked(id); return ok })
	}
	times := server.AckTimes()[before:]
	for share, name := range map[float64]string{0.5: "p50-ms", 0.99: "p99-ms", 1: "max-ms"} {
		b.ReportMetric(float64(percentile(times, share).Microseconds())/1000, name)
	}
}

// loaded is a whole bot in real time, with a server that has many VMs whose backups take an hour.
func loaded(b *testing.B, platforms func(*app) map[string]platform) *app {
	b.Helper()
	o := simulator.Options{Seed: 7, Username: "backup-admin", Password: secretPassword, HTTP: true}
	for i := range many() {
		o.VMs = append(o.VMs, simulator.VM{Name: fmt.Sprintf("web%03d", i), Host: "HV01"})
	}
	sim, err := simulator.New(o)
	if err != nil {
		b.Fatal(err)
	}
	sim.PlanAll(simulator.Plan{Length: time.Hour})
	l, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	policy, err := access.Parse("policy.yaml", []byte(slackNames().Replace(testPolicy)))
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served, ran := make(chan error, 1), make(chan error, 1)
	go func() { served <- sim.Serve(ctx, l) }()
	a, err := newApp(ctx, parts{
		Site: "demo", Database: filepath.Join(b.TempDir(), "bot.db"), Access: access.Static(policy), Zone: time.Local,
		VMBackup:  vmbackup.Config{URL: sim.BaseURL(l.Addr().String()), Username: sim.Username(), Password: vmbackup.NewSecret(secretPassword), Domain: "."},
		Platforms: platforms, PollMin: 2 * time.Second, PollMax: time.Minute, SeenGrace: 30 * time.Second, ReportGrace: 10 * time.Minute,
		SessionIdle: 10 * time.Second, SeatWait: 10 * time.Minute, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		b.Fatal(err)
	}
	go func() { ran <- a.Run(ctx) }()
	b.Cleanup(func() {
		stop()
		if err := <-ran; err != nil {
			b.Error(err)
		}
		if err := <-served; err != nil {
			b.Error(err)
		}
	})
	return a
}

func until(b *testing.B, what string, ok func() bool) {
	b.Helper()
	limit := time.After(2 * time.Minute)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			b.Fatalf("never: %s", what)
		}
	}
}
