package cli

import (
	"context"
	"errors"
	"fmt"
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
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/chat/chattest"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/vmbackup"
	"vmbackup-bot/vmbackup/simulator"
)

// world is the whole bot in a bubble of fake time: a simulated server behind pipes, a fake chat, a real store.
type world struct {
	t       *testing.T
	sim     *simulator.Server
	chat    *room
	app     *app
	parts   parts
	opts    simulator.Options
	log     *syncBuffer
	stop    context.CancelFunc
	done    chan error
	server  *http.Server
	serving sync.WaitGroup
	lines   *pipes
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

// inWorld runs a test in a bubble. change may alter what the world is made of.
func inWorld(t *testing.T, change func(*parts, *simulator.Options), test func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, log: &syncBuffer{}, lines: newPipes()}
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
		if change != nil {
			change(&w.parts, &w.opts)
		}
		var err error
		if w.sim, err = simulator.New(w.opts); err != nil {
			t.Fatal(err)
		}
		w.serve()
		w.chat = newRoom()
		w.parts.VMBackup.DialContext = w.dial
		w.start()
		test(w)
		w.halt()
		w.unserve()
		w.noSecrets()
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
	return w.lines.dial(ctx)
}

// start starts the bot; again after halt or crash.
func (w *world) start() {
	w.t.Helper()
	policy, err := access.Parse("policy.yaml", []byte(testPolicy))
	if err != nil {
		w.t.Fatal(err)
	}
	p := w.parts
	p.Access = access.Static(policy)
	p.Platforms = func(*app) map[string]platform { return map[string]platform{"fake": w.chat} }
	if w.app, err = newApp(w.t.Context(), p); err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.t.Context()))
	w.stop, w.done = cancel, make(chan error, 1)
	go func() { w.done <- w.app.Run(ctx) }()
	w.chat.wait(w.t)
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
	return w.chat.send(w.t, chat.Request{Kind: chat.Command, Actor: actor(who), Place: backups, Text: text})
}

// press presses a button of the newest message that has it.
func (w *world) press(who, action string) string {
	w.t.Helper()
	all := w.chat.Messages()
	for _, m := range slices.Backward(all) {
		for _, b := range m.Now().Buttons {
			if b.Action == action && !m.Deleted {
				return w.chat.send(w.t, chat.Request{
					Kind: chat.Press, Actor: actor(who), Place: m.Ref.Place, On: m.Ref,
					Action: b.Action, ID: b.ID, Arg: b.Arg, Confirmed: b.Confirm != nil,
				})
			}
		}
	}
	w.t.Fatalf("no message has a button %q:\n%s", action, w.chat.transcript())
	return ""
}

// operations are all that the store knows, newest first.
func (w *world) operations() []operation.Operation {
	w.t.Helper()
	ops, err := w.app.store.Recent(w.t.Context(), "demo", time.Time{}, 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	return ops
}

// newest is the newest operation.
func (w *world) newest() operation.Operation {
	w.t.Helper()
	ops := w.operations()
	if len(ops) == 0 {
		w.t.Fatalf("no operation was recorded:\n%s", w.chat.transcript())
	}
	return ops[0]
}

// until lets time go by until the newest operation is in one of the states.
func (w *world) until(limit time.Duration, states ...operation.State) operation.Operation {
	w.t.Helper()
	deadline := time.After(limit)
	for {
		heard := w.app.news.next()
		o := w.newest()
		if slices.Contains(states, o.State) {
			w.pass(20 * time.Second) // what is to be told is told
			return w.newest()
		}
		select {
		case <-heard:
			synctest.Wait()
		case <-deadline:
			w.t.Fatalf("still %s after %v, want %v:\n%s", o.State, limit, states, w.chat.transcript())
		}
	}
}

// part is the text of one of the newest operation's messages as it stands now; it must stand exactly once.
func (w *world) part(part string) string {
	w.t.Helper()
	key := w.newest().ID.Key(part)
	m := chattest.ByKey(w.chat.Messages(), key)
	if len(m) != 1 {
		w.t.Fatalf("%d messages with key %s:\n%s", len(m), key, w.chat.transcript())
	}
	return m[0].Now().Text()
}

// ends checks the last words: on each of the three messages, and nowhere before.
func (w *world) ends(limit time.Duration, state operation.State, word string, also ...string) {
	w.t.Helper()
	w.until(limit, state)
	for _, part := range []string{operation.PartRoot, operation.PartCard, operation.PartDone} {
		if text := w.part(part); strings.Count(text, word) != 1 {
			w.t.Errorf("%s does not say %q exactly once:\n%s", part, word, text)
		}
	}
	text := w.part(operation.PartCard)
	for _, want := range also {
		if !strings.Contains(text, want) {
			w.t.Errorf("the card does not say %q:\n%s", want, text)
		}
	}
}

// noSecrets greps everything that anybody could read for what nobody may.
func (w *world) noSecrets() {
	w.t.Helper()
	w.tokens[secretPassword] = true
	for s := range w.tokens {
		if strings.Contains(w.log.String(), s) {
			w.t.Errorf("the log holds the secret %.6s…", s)
		}
		if strings.Contains(w.chat.transcript(), s) {
			w.t.Errorf("a message holds the secret %.6s…", s)
		}
	}
}

func actor(name string) chat.Actor { return chat.Actor{Platform: "fake", User: name, Name: name} }

var backups = chat.Place{Platform: "fake", Channel: "backups"}

// room is the fake chat with an adapter in the same process.
type room struct {
	*chattest.Fake
	mu      sync.Mutex
	handler chat.Handler
	ready   chan struct{}
	sent    int
	private []string
	arg     string // of the newest private button
}

// lastArg is what the newest private button carries.
func (r *room) lastArg() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.arg
}

func newRoom() *room {
	return &room{Fake: chattest.NewFake(chattest.Options{}), ready: make(chan struct{}, 1)}
}

func (r *room) Run(ctx context.Context, h chat.Handler) error {
	r.mu.Lock()
	r.handler = h
	r.mu.Unlock()
	r.ready <- struct{}{}
	<-ctx.Done()
	return ctx.Err()
}

func (r *room) Health() chat.Health { return chat.Health{OK: true, State: "connected"} }

func (r *room) wait(t *testing.T) {
	t.Helper()
	select {
	case <-r.ready:
	case <-time.After(time.Minute):
		t.Fatal("the adapter was not started")
	}
}

// send delivers a request once, with ids of its own unless it has some.
func (r *room) send(t *testing.T, req chat.Request) string {
	t.Helper()
	r.mu.Lock()
	r.sent++
	if len(req.Deliveries) == 0 {
		req.Deliveries = []string{fmt.Sprintf("fake:%d", r.sent)}
	}
	h := r.handler
	r.mu.Unlock()
	req.At = time.Now()
	ack, _, err := h.Claim(t.Context(), req)
	if err != nil {
		return "claim: " + err.Error()
	}
	if ack != chat.AckHandle {
		return ""
	}
	a := &heard{room: r}
	h.Handle(t.Context(), req, a)
	synctest.Wait()
	return strings.Join(a.told, "\n")
}

// transcript is everything that stands in the room, for a failed test.
func (r *room) transcript() string {
	var b strings.Builder
	for _, m := range r.Messages() {
		for i, f := range m.Forms {
			fmt.Fprintf(&b, "%s #%d (%s): %s\n", m.Key, i, m.Ref.Place, f.Text())
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.private {
		fmt.Fprintf(&b, "private: %s\n", p)
	}
	return b.String()
}

// heard is what one person was told privately.
type heard struct {
	room *room
	told []string
}

func (a *heard) Private(_ context.Context, c chat.Card) error {
	text := plainText(c)
	a.told = append(a.told, text)
	a.room.mu.Lock()
	defer a.room.mu.Unlock()
	a.room.private = append(a.room.private, text)
	for _, b := range c.Buttons {
		a.room.arg = b.Arg
	}
	return nil
}

func (a *heard) Form(context.Context, chat.Form) error { return errors.New("no forms here") }

func plainText(c chat.Card) string {
	parts := []string{c.Title.Plain(time.UTC), c.Summary.Plain(time.UTC)}
	for _, f := range c.Fields {
		parts = append(parts, f.Label+": "+f.Value.Plain(time.UTC))
	}
	for _, l := range c.Lines {
		parts = append(parts, l.Plain(time.UTC))
	}
	parts = append(parts, c.Quote, c.Note.Plain(time.UTC))
	for _, b := range c.Buttons {
		parts = append(parts, "["+b.Label+"]")
	}
	return strings.Join(parts, "\n")
}

// pipes is a listener whose connections are net.Pipes, which a bubble can wait for.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) dial(ctx context.Context) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-p.closed:
		return nil, syscall.ECONNREFUSED
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 36013} }

// syncBuffer is a log that many write to.
type syncBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
