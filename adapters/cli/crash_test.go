package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
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
	"vmbackup-bot/bot/store"
	"vmbackup-bot/bot/watch"
	"vmbackup-bot/vmbackup"
	"vmbackup-bot/vmbackup/simulator"
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

// backdrop is the chat that outlives the bot's process.
type backdrop interface {
	// say is one command of alice's.
	say(text string)
	Messages() []chattest.Message
	// on tells of each post and edit before and after it took effect; false cuts the caller off.
	on(f func(call, key string, stored bool) bool)
	// join tells the child where it is.
	join(o *childOptions)
	Close()
}

// bench is what outlives the bot's process.
type bench struct {
	t     *testing.T
	sim   *simulator.Server
	chat  backdrop
	opts  childOptions
	child *exec.Cmd
	log   *syncBuffer
	lives int // signs of life in the log before the newest start
	// kill is set while the parent may kill the child from a hook.
	kill atomic.Pointer[func(where string) bool]
}

func newBench(t *testing.T, chat backdrop) *bench {
	t.Helper()
	b := &bench{t: t, log: &syncBuffer{}, chat: chat}
	hook := func(where string) func(simulator.Call) {
		return func(c simulator.Call) { b.hit(where + " " + c.Endpoint) }
	}
	var err error
	b.sim, err = simulator.New(simulator.Options{
		Seed: 7, Speed: 100, Username: "backup-admin", Password: secretPassword, OnCall: hook("call"), OnAnswer: hook("answer"),
		Settings: simulator.Settings{IdleExpiry: -1, ManyTokens: true}, // a killed bot leaves its session behind
	})
	if err != nil {
		t.Fatal(err)
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- b.sim.Serve(ctx, l) }()
	t.Cleanup(func() {
		b.end()
		b.chat.Close()
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	b.chat.on(func(call, key string, stored bool) bool {
		_, part, _ := operation.OfKey(key)
		return !b.hit(fmt.Sprintf("%s %s %v", call, part, stored))
	})
	b.opts = childOptions{
		Database: filepath.Join(t.TempDir(), "bot.db"), URL: b.sim.BaseURL(l.Addr().String()), Address: l.Addr().String(),
		Fingerprint: b.sim.Fingerprint(), Username: b.sim.Username(), Password: b.sim.Password(),
	}
	b.chat.join(&b.opts)
	return b
}

// hit tells the one who waits for an instant that something happened; true when that killed the child.
func (b *bench) hit(where string) bool {
	if f := b.kill.Load(); f != nil {
		return (*f)(where)
	}
	return false
}

// killAt kills the child at the n-th time that something happens.
func (b *bench) killAt(instant string, n int) {
	var mu sync.Mutex
	f := func(where string) bool {
		mu.Lock()
		defer mu.Unlock()
		if where != instant {
			return false
		}
		if n--; n != 0 {
			return false
		}
		b.kill.Store(nil)
		_ = b.child.Process.Kill()
		return true
	}
	b.kill.Store(&f)
}

func (b *bench) start(kill string) {
	b.t.Helper()
	o := b.opts
	o.Kill = kill
	b.lives = strings.Count(b.log.String(), signOfLife)
	env, err := json.Marshal(o)
	if err != nil {
		b.t.Fatal(err)
	}
	b.child = exec.CommandContext(context.Background(), os.Args[0], "-test.run=^$")
	b.child.Env = append(os.Environ(), childEnv+"="+string(env))
	b.child.Stdout, b.child.Stderr = io.Discard, b.log
	if err := b.child.Start(); err != nil {
		b.t.Fatal(err)
	}
}

// signOfLife is what the bot logs once it runs: from then on a SIGTERM is an orderly one.
const signOfLife = "the policy file was read"

// alive waits until the newest child runs, and has delivered what it found undelivered.
func (b *bench) alive() {
	b.t.Helper()
	b.eventually("a sign of life", func() bool { return strings.Count(b.log.String(), signOfLife) > b.lives })
}

// died waits for the child to be killed.
func (b *bench) died() {
	b.t.Helper()
	done := make(chan error, 1)
	child := b.child
	go func() { done <- child.Wait() }()
	select {
	case err := <-done: // killed, which Wait reports as an error
		b.child = nil
		if child.ProcessState.Exited() {
			b.t.Fatalf("the bot ended by itself (%v, %v):\n%s", child.ProcessState, err, b.log)
		}
	case <-time.After(time.Minute):
		_ = child.Process.Kill()
		b.t.Logf("killed after all: %v", <-done)
		b.child = nil
		b.t.Fatalf("the instant never came:\n%s\n%s", b.transcript(), b.log)
	}
}

// end stops the child as a service manager would.
func (b *bench) end() {
	if b.child == nil {
		return
	}
	_ = b.child.Process.Signal(syscall.SIGTERM)
	if err := b.child.Wait(); err != nil {
		b.t.Errorf("the bot ended with %v:\n%s", err, b.log)
	}
	b.child = nil
}

// eventually waits for something that people can see.
func (b *bench) eventually(what string, ok func() bool) {
	b.t.Helper()
	deadline := time.Now().Add(time.Minute)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Now().After(deadline) {
			b.t.Fatalf("never: %s\n%s\n%s", what, b.transcript(), b.log)
		}
		<-tick.C
	}
}

func (b *bench) transcript() string {
	var s strings.Builder
	for _, m := range b.chat.Messages() {
		for i, f := range m.Forms {
			fmt.Fprintf(&s, "%s #%d deleted=%v: %s\n", m.Key, i, m.Deleted, f.Text())
		}
	}
	return s.String()
}

// part are the messages of a part that stand now, of any operation.
func (b *bench) part(part string) []chattest.Message {
	var out []chattest.Message
	for _, m := range b.chat.Messages() {
		if _, p, ok := operation.OfKey(m.Key); ok && p == part && !m.Deleted {
			out = append(out, m)
		}
	}
	return out
}

// says reports whether the newest standing message of a part holds a word.
func (b *bench) says(part, word string) bool {
	all := b.part(part)
	return len(all) > 0 && strings.Contains(all[len(all)-1].Now().Text(), word)
}

func (b *bench) reader() *store.Store {
	b.t.Helper()
	r, err := store.OpenReader(b.t.Context(), b.opts.Database)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = r.Close() })
	return r
}

func TestKillAnywhere(t *testing.T) {
	t.Parallel()
	const once = 1
	for name, c := range map[string]struct {
		inside string // the instant at which the process kills itself
		hook   string // or the one at which it is killed from outside
		n      int    // the how manieth time
		word   string // the last word, on each message; empty where nothing was recorded
		starts int    // how many instructions the server got
	}{
		"claim before ack":                           {inside: "claim before ack", word: "Succeeded", starts: 1}, // delivered again, taken up
		"ack before record":                          {inside: "ack before record"},
		"record before sending":                      {inside: "record before sending", word: "Not started"},
		"sending before the POST":                    {inside: "sending before the POST", word: "Outcome unknown"},
		"POST on the wire":                           {hook: "call instructions/take-backup", n: once, word: "Succeeded", starts: 1},
		"POST taken before its answer":               {hook: "answer instructions/take-backup", n: once, word: "Succeeded", starts: 1},
		"answer before the commit":                   {inside: "answer before the commit", word: "Succeeded", starts: 1},
		"accepted before anyone is told":             {inside: "accepted before anyone is told", word: "Succeeded", starts: 1},
		"before the root":                            {hook: "post root false", n: once, word: "*", starts: -1},
		"root stored, not known":                     {hook: "post root true", n: once, word: "*", starts: -1},
		"before the card":                            {hook: "post card false", n: once, word: "*", starts: -1},
		"card stored, not known":                     {hook: "post card true", n: once, word: "*", starts: -1},
		"before the final reply":                     {hook: "post done false", n: once, word: "Succeeded", starts: 1},
		"final reply stored, not known":              {hook: "post done true", n: once, word: "Succeeded", starts: 1},
		"in mid-progress":                            {hook: "edit card false", n: 3, word: "Succeeded", starts: 1},
		"in mid-progress, edit stored":               {hook: "edit card true", n: 3, word: "Succeeded", starts: 1},
		"after the end before the final edit":        {inside: "after the end before the final edit", word: "Succeeded", starts: 1},
		"root edited at acceptance, stored":          {hook: "edit root true", n: once, word: "Succeeded", starts: 1},
		"while the reports are read before the POST": {hook: "answer reports/backup", n: once, word: "Not started"},
	} {
		for platform, chat := range backdrops() {
			t.Run(platform+"/"+name, func(t *testing.T) {
				t.Parallel()
				c := c // each platform has its own
				if platform == "discord" && c.inside == "claim before ack" {
					// Discord delivers again only within a session, which ends with the process.
					c.word, c.starts = "", 0
				}
				b := newBench(t, chat(t))
				if c.hook != "" {
					b.killAt(c.hook, c.n)
				}
				b.start(c.inside)
				b.chat.say("backup web01")
				b.died()
				noted := b.head()
				b.start("")
				b.alive()
				b.recovered(c.word, c.starts)
				b.end()
				b.whole(noted, c.word, c.starts)
			})
		}
	}
}

// head is the audit log's head now; the bot is not running.
func (b *bench) head() audit.Head {
	b.t.Helper()
	r := b.reader()
	h, err := r.Verify(b.t.Context(), audit.Head{})
	if err != nil {
		b.t.Fatal(err)
	}
	return h
}

// recovered waits until the user knows how it ended.
func (b *bench) recovered(word string, starts int) {
	b.t.Helper()
	if word == "" {
		b.eventually("the user is told that it was interrupted", func() bool {
			return strings.Contains(b.transcript(), "nothing was started")
		})
		return
	}
	b.eventually("the last word on all three messages", func() bool {
		for _, part := range []string{operation.PartRoot, operation.PartCard, operation.PartDone} {
			if word == "*" && !b.says(part, "Succeeded") && !b.says(part, "Not started") && !b.says(part, "Outcome unknown") ||
				word != "*" && !b.says(part, word) {
				return false
			}
		}
		return true
	})
}

// whole checks what must hold after any crash: one instruction at the most, each message once, the chain whole.
func (b *bench) whole(noted audit.Head, word string, starts int) {
	b.t.Helper()
	if n := b.sim.Starts(b.sim.Ref("web01")); n > 1 || starts >= 0 && n != starts {
		b.t.Errorf("the server was told to start %d times, want %d", n, starts)
	}
	keys := make(map[string]int)
	for _, m := range b.chat.Messages() {
		if !m.Deleted {
			keys[m.Key]++
		}
	}
	for key, n := range keys {
		if n != 1 {
			b.t.Errorf("%d messages with key %s:\n%s", n, key, b.transcript())
		}
	}
	if want := map[bool]int{true: 3, false: 1}[word != ""]; len(keys) != want {
		b.t.Errorf("%d messages, want %d:\n%s", len(keys), want, b.transcript())
	}
	r := b.reader()
	if _, err := r.Verify(b.t.Context(), noted); err != nil {
		b.t.Errorf("the audit log: %v", err)
	}
	if strings.Contains(b.log.String(), secretPassword) {
		b.t.Error("the log holds the password")
	}
}
