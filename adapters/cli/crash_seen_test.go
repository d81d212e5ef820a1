package cli

import (
	"fmt"
	"strings"
	"time"

	"vmbackup-bot/bot/audit"
	"vmbackup-bot/bot/chat/chattest"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/bot/store"
)

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
