package slack_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vmbackup-bot/adapters/slack"
	"vmbackup-bot/bot/chat/chattest"
)

// TestLinkAddress: whatever address Slack gives for the link, and whoever answers there or does not, the adapter can be
// stopped, and the ticket in the address stays secret.
func TestLinkAddress(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]string{
		"nobody answers the handshake": "ws://mute.test/link/?ticket=SECRETTICKET",
		"no address":                   "ws://slack test:port/%zz?ticket=SECRETTICKET",
		"no websocket":                 "ws://slack.test/nothing?ticket=SECRETTICKET",
		"another scheme":               "gopher://slack.test/?ticket=SECRETTICKET",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				lines, log := chattest.NewPipes(), &buffer{}
				mux := http.NewServeMux()
				mux.HandleFunc("/api/auth.test", func(w http.ResponseWriter, _ *http.Request) {
					fmt.Fprint(w, `{"ok":true,"team_id":"T0TEAM","user_id":"U0BOT","bot_id":"B0BOT","url":"https://team.slack.test/"}`)
				})
				mux.HandleFunc("/api/apps.connections.open", func(w http.ResponseWriter, _ *http.Request) {
					fmt.Fprintf(w, `{"ok":true,"url":%q}`, address)
				})
				web := &http.Server{Handler: mux}
				var serving sync.WaitGroup
				serving.Go(func() { _ = web.Serve(lines) })
				var mute []net.Conn
				a := slack.New(slack.Options{
					BotToken: "xoxb-1", AppToken: "xapp-1", APIURL: "http://slack.test/api/",
					Logger: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
					Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
						if strings.HasPrefix(addr, "mute.") {
							ours, theirs := net.Pipe()
							mute = append(mute, theirs)
							return ours, nil
						}
						return lines.Dial(ctx, network, addr)
					},
				})
				ctx, stop := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() { done <- a.Run(ctx, &handler{}) }()
				<-time.After(3 * time.Second)
				stop()
				select {
				case err := <-done:
					if err != nil {
						t.Errorf("Run: %v", err)
					}
				case <-time.After(5 * time.Second):
					t.Error("Run goes on five seconds after its context ended")
				}
				if h := a.Health(); strings.Contains(log.String()+h.Detail, "SECRETTICKET") {
					t.Errorf("the ticket is in the log or in %q:\n%s", h.Detail, log)
				}
				for _, c := range mute {
					_ = c.Close()
				}
				a.Close()
				_ = web.Close()
				serving.Wait()
			})
		})
	}
}
