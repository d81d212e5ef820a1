package discord_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vmbackup-bot/adapters/discord"
	"vmbackup-bot/bot/chat/chattest"
)

// TestStopsWhileNobodyAnswers: a gateway that takes the connection and does not answer the handshake keeps the bot from
// nothing.
func TestStopsWhileNobodyAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lines := chattest.NewPipes()
		web := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"url":"ws://mute.test","session_start_limit":{"total":1000,"remaining":999,"reset_after":1,"max_concurrency":1}}`)
		})}
		var serving sync.WaitGroup
		serving.Go(func() { _ = web.Serve(lines) })
		var mute []net.Conn
		a := discord.New(discord.Options{
			Token: "t", APIURL: "http://discord.test/api/",
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
		if len(mute) == 0 {
			t.Error("no link was tried")
		}
		for _, c := range mute {
			_ = c.Close()
		}
		a.Close()
		_ = web.Close()
		serving.Wait()
	})
}
