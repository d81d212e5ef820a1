package cli

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"vmbackup-bot/bot/access"
	"vmbackup-bot/bot/chat/chattest"
	"vmbackup-bot/vmbackup"
	"vmbackup-bot/vmbackup/simulator"
)

// world is the whole bot in a bubble of fake time: a simulated server behind pipes, a fake chat, a real store.
type world struct {
	t       *testing.T
	sim     *simulator.Server
	chat    stage
	room    *room // the chat where it is the fake one, else nil
	app     *app
	parts   parts
	policy  string // empty for testPolicy
	opts    simulator.Options
	log     *syncBuffer
	stop    context.CancelFunc
	done    chan error
	server  *http.Server
	serving sync.WaitGroup
	lines   *chattest.Pipes
	tokens  map[string]bool // that were ever part of a URL; guarded by log.mu
}

const secretPassword = "correct-horse-battery"

const testPolicy = `
version: 1
contact: "#it-help"
grants:
  - name: developers
    who: ["fake:alice"]
    vms: ["web*", "app*"]
    can: [status, backup, abort]
  - name: backup-administrators
    who: ["fake:bob"]
    vms: ["*"]
    can: [all, abort-any, force]
`

// inWorld runs a test in a bubble, with the fake chat. change may alter what the world is made of.
func inWorld(t *testing.T, change func(*parts, *simulator.Options), test func(*world)) {
	t.Helper()
	inWorldWith(t, func(w *world) stage {
		w.room = newRoom()
		return w.room
	}, change, test)
}

// inEachWorld runs a test with every chat there is; under the race detector, which costs the most here, without the last.
// The step whole of .ci/run goes through all.
func inEachWorld(t *testing.T, change func(*parts, *simulator.Options), test func(*world)) {
	t.Helper()
	t.Run("fake", func(t *testing.T) { inWorld(t, change, test) })
	t.Run("slack", func(t *testing.T) { inWorldWith(t, newSlackStage, change, test) })
	if !raced {
		t.Run("discord", func(t *testing.T) { inWorldWith(t, newDiscordStage, change, test) })
	}
}

func inWorldWith(t *testing.T, chat func(*world) stage, change func(*parts, *simulator.Options), test func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, log: &syncBuffer{}, lines: chattest.NewPipes()}
		w.opts = simulator.Options{
			Seed: 7, Username: "backup-admin", Password: secretPassword, HTTP: true, Location: time.UTC,
		}
		w.parts = parts{
			Site: "demo", Database: filepath.Join(t.TempDir(), "bot.db"), Zone: time.UTC,
			PollMin: 2 * time.Second, PollMax: time.Minute, SeenGrace: 30 * time.Second, ReportGrace: 10 * time.Minute,
			SessionIdle: 10 * time.Second, SeatWait: 10 * time.Minute,
			Logger: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
			VMBackup: vmbackup.Config{
				URL: "http://localhost:36013/api/rest", Username: "backup-admin", Password: vmbackup.NewSecret(secretPassword), Domain: ".",
			},
		}
		w.chat = chat(w) // before the server, whose schedule goes by the clock that a chat may set
		if change != nil {
			change(&w.parts, &w.opts)
		}
		var err error
		if w.sim, err = simulator.New(w.opts); err != nil {
			t.Fatal(err)
		}
		w.serve()
		w.parts.VMBackup.DialContext = w.dial
		defer w.noSecrets()
		defer w.unserve()
		defer w.chat.close()
		defer w.halt()
		w.start()
		test(w)
	})
}

func (w *world) serve() {
	w.tokens = make(map[string]bool)
	w.server = &http.Server{Handler: w.spy(w.sim.Handler()), ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
	w.serving.Go(func() { _ = w.server.Serve(w.lines) })
}

// spy notes the session tokens: the first GUID of a path is one.
func (w *world) spy(h http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		for part := range strings.SplitSeq(r.URL.Path, "/") {
			if len(part) == 36 && strings.Count(part, "-") == 4 {
				w.log.mu.Lock()
				w.tokens[part] = true
				w.log.mu.Unlock()
				break
			}
		}
		h.ServeHTTP(rw, r)
	})
}

func (w *world) unserve() {
	_ = w.server.Close()
	w.serving.Wait()
}

func (w *world) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if w.sim.Down() {
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	}
	return w.lines.Dial(ctx, network, addr)
}

// start starts the bot; again after halt or crash. It returns once the bot listens.
func (w *world) start() {
	w.t.Helper()
	w.launch()
	w.chat.wait(w.t)
}

// launch starts the bot and does not wait.
func (w *world) launch() {
	w.t.Helper()
	policy, err := access.Parse("policy.yaml", []byte(w.chat.rename(cmp.Or(w.policy, testPolicy))))
	if err != nil {
		w.t.Fatal(err)
	}
	p := w.parts
	p.Access = access.Static(policy)
	p.Platforms = w.chat.platforms
	if w.app, err = newApp(w.t.Context(), p); err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.t.Context()))
	w.stop, w.done = cancel, make(chan error, 1)
	go func() { w.done <- w.app.Run(ctx) }()
}

// halt stops the bot as SIGTERM would.
func (w *world) halt() {
	w.t.Helper()
	if w.stop == nil {
		return
	}
	began := time.Now()
	w.stop()
	if err := <-w.done; err != nil {
		w.t.Errorf("the bot ended with %v", err)
	}
	if d := time.Since(began); d > 10*time.Second {
		w.t.Errorf("the bot took %v to stop", d)
	}
	w.stop = nil
}

// pass lets time go by.
func (w *world) pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// say is one command; the answer is what the person was told privately.
func (w *world) say(who, text string) string {
	w.t.Helper()
	return w.chat.say(w, who, text)
}

// press presses a button of the newest message that has it.
func (w *world) press(who, action string) string {
	w.t.Helper()
	for _, m := range slices.Backward(w.chat.Messages()) {
		for _, b := range m.Now().Buttons {
			if b.Action == action && !m.Deleted {
				return w.chat.press(w, who, m, b)
			}
		}
	}
	w.t.Fatalf("no message has a button %q:\n%s", action, w.chat.transcript())
	return ""
}
