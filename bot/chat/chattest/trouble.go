package chattest

import (
	"context"
	"errors"
	"maps"
	"time"

	"vmbackup-bot/bot/chat"
)

// errCut is the cause of a fault whose caller is to be cut off without an answer.
var errCut = errors.New("connection cut")

func cutOff() *chat.Fault { return &chat.Fault{Kind: chat.FaultLost, Err: errCut} }

// Rule is trouble for calls to come.
type Rule struct {
	// Call is which calls it meets; Key and Place narrow them, empty and zero for any.
	Call  chat.Call
	Key   string
	Place chat.Place
	// Times is how many calls it meets; zero for all.
	Times int
	// Fault is the answer; nil lets the call through, only Slow.
	Fault *chat.Fault
	// Stored lets the call take effect before the fault is answered.
	Stored bool
	// Slow is how long the call takes.
	Slow time.Duration
	met  int
}

// Inject adds trouble. Of several rules for a call the oldest that is not used up counts.
func (f *Fake) Inject(r Rule) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = append(f.rules, &r)
}

// Calm ends all injected trouble.
func (f *Fake) Calm() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = nil
	clear(f.gone)
	clear(f.frozen)
}

// Remove deletes a message as a person would.
func (f *Fake) Remove(ref chat.MessageRef) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if m := f.find(ref); m != nil {
		m.Deleted = true
	}
}

// Close takes a channel or a thread away, with what stands in it.
func (f *Fake) Close(p chat.Place) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gone[p.String()] = true
}

// Freeze forbids edits in a channel or a thread; posts go on.
func (f *Fake) Freeze(p chat.Place) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.frozen[p.String()] = true
}

// SetHistoryLag changes how long a message stays invisible to Find.
func (f *Fake) SetHistoryLag(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opts.HistoryLag = d
}

// Exceeded is how often a limit was exceeded, by its name.
func (f *Fake) Exceeded() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.meter.over)
}

// rule is the trouble that meets a call, nil for none. The caller holds the lock.
func (f *Fake) rule(c chat.Call, key string, at chat.Place) *Rule {
	for _, r := range f.rules {
		if r.Call != c || (r.Key != "" && r.Key != key) || (r.Place != chat.Place{} && r.Place != at) {
			continue
		}
		if r.Times > 0 && r.met == r.Times {
			continue
		}
		r.met++
		return r
	}
	return nil
}

// slow waits; what was cut short meanwhile has not happened.
func (r *Rule) slow(ctx context.Context) error {
	if r == nil || r.Slow <= 0 {
		return nil
	}
	t := time.NewTimer(r.Slow)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return &chat.Fault{Kind: chat.FaultLost, Err: ctx.Err()}
	case <-t.C:
		return nil
	}
}
