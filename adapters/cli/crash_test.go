package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"vmbackup-bot/bot/operation"
	"vmbackup-bot/vmbackup/simulator"
)

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
