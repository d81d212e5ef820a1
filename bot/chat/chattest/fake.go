package chattest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/deliver"
)

// Options are how a fake platform behaves. The zero value is a platform without limits.
type Options struct {
	// Post limits posts per channel, Edit edits over the whole platform, Read looks into the history. A Budget whose Every
	// is zero is no limit.
	Post, Edit, Read chat.Budget
	// SafeRepeat is how long a second post with the same key is answered with the first message.
	SafeRepeat time.Duration
	// HistoryLag is how long a message stays invisible to Find.
	HistoryLag time.Duration
	// NoThreads refuses threads.
	NoThreads bool
}

// Fake is a chat platform in memory. It is safe for concurrent use.
type Fake struct {
	opts Options

	mu       sync.Mutex
	messages []*Message
	last     int
	threads  map[string]bool // roots that have one
	gone     map[string]bool // places
	frozen   map[string]bool // places
	rules    []*Rule
	meter    *meter
	calls    map[chat.Call]int
	hooks    map[chat.Call]Hook
}

var (
	_ deliver.Chat  = (*Fake)(nil)
	_ deliver.Pacer = (*Fake)(nil)
)

// Hook is called with a message's key before a post or an edit takes effect, and again after it did but before it is
// answered. False cuts the caller off there: nothing further happens, and he never learns what did.
type Hook func(key string, stored bool) bool

// NewFake makes a fake platform.
func NewFake(o Options) *Fake {
	return &Fake{
		opts:    o,
		threads: make(map[string]bool),
		gone:    make(map[string]bool),
		frozen:  make(map[string]bool),
		meter:   newMeter(),
		calls:   make(map[chat.Call]int),
		hooks:   make(map[chat.Call]Hook),
	}
}

// On sets the hook for posts (chat.CallPost) or edits (chat.CallEdit); nil for none.
func (f *Fake) On(c chat.Call, h Hook) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hooks[c] = h
}

// Post is deliver.Chat.
func (f *Fake) Post(ctx context.Context, to chat.Place, c chat.Card) (chat.MessageRef, error) {
	return f.post(ctx, to, Render(c))
}

// Edit is deliver.Chat.
func (f *Fake) Edit(ctx context.Context, m chat.MessageRef, c chat.Card) error {
	return f.edit(ctx, m, Render(c))
}

func (f *Fake) post(ctx context.Context, to chat.Place, s Shown) (chat.MessageRef, error) {
	var ref chat.MessageRef
	err := f.call(ctx, chat.CallPost, s.Card.Key, to, func() (err error) {
		ref, err = f.store(to, s)
		return err
	})
	if err != nil {
		return chat.MessageRef{}, err
	}
	return ref, nil
}

func (f *Fake) edit(ctx context.Context, m chat.MessageRef, s Shown) error {
	return f.call(ctx, chat.CallEdit, s.Card.Key, m.Place, func() error {
		if f.frozen[m.String()] || f.frozen[m.Root().String()] {
			return &chat.Fault{Kind: chat.FaultFrozen}
		}
		was := f.find(m)
		if was == nil {
			return &chat.Fault{Kind: chat.FaultMessageGone}
		}
		if err := check(s); err != nil {
			return err
		}
		s.At = time.Now()
		was.Forms = append(was.Forms, s)
		return nil
	})
}

// Find is deliver.Chat.
func (f *Fake) Find(ctx context.Context, to chat.Place, key string, since time.Time) ([]chat.MessageRef, error) {
	var refs []chat.MessageRef
	err := f.call(ctx, chat.CallFind, key, to, func() error {
		seen := time.Now().Add(-f.opts.HistoryLag)
		for _, m := range f.messages {
			if m.Key == key && m.Ref.Place == to && !m.Deleted && !m.At.Before(since) && !m.At.After(seen) {
				refs = append(refs, m.Ref)
			}
		}
		return nil
	})
	return refs, err
}

// Delete is deliver.Chat.
func (f *Fake) Delete(ctx context.Context, m chat.MessageRef) error {
	return f.call(ctx, chat.CallDelete, "", m.Place, func() error {
		was := f.find(m)
		if was == nil {
			return &chat.Fault{Kind: chat.FaultMessageGone}
		}
		was.Deleted = true
		return nil
	})
}

// OpenThread is deliver.Chat. A thread's id is that of its root.
func (f *Fake) OpenThread(ctx context.Context, root chat.MessageRef, title string) (chat.Place, error) {
	place := root.Place
	err := f.call(ctx, chat.CallThread, "", root.Place, func() error {
		switch {
		case place.Thread != "":
			return nil
		case f.opts.NoThreads:
			return &chat.Fault{Kind: chat.FaultForbidden, Need: "threads"}
		case f.find(root) == nil:
			return &chat.Fault{Kind: chat.FaultMessageGone}
		case strings.TrimSpace(title) == "":
			return &chat.Fault{Kind: chat.FaultBadCard, Err: fmt.Errorf("a thread needs a title")}
		}
		f.threads[root.ID] = true
		place.Thread = root.ID
		return nil
	})
	return place, err
}

// Messages are all messages, deleted ones included, oldest first.
func (f *Fake) Messages() []Message {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []Message
	for _, m := range f.messages {
		all = append(all, m.clone())
	}
	return all
}

// Calls is how many calls of a kind have reached the platform.
func (f *Fake) Calls(c chat.Call) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[c]
}

// call is what every call goes through: trouble, limits, hooks, the act itself.
func (f *Fake) call(ctx context.Context, c chat.Call, key string, at chat.Place, act func() error) error {
	f.mu.Lock()
	f.calls[c]++
	rule, hook := f.rule(c, key, at), f.hooks[c]
	over := f.meter.count(f.Budgets(c, at, 0), time.Now())
	f.mu.Unlock()

	if err := rule.slow(ctx); err != nil {
		return err
	}
	if rule != nil && !rule.Stored && rule.Fault != nil {
		return rule.Fault
	}
	if over != nil {
		return over
	}
	if hook != nil && !hook(key, false) {
		return cutOff()
	}
	f.mu.Lock()
	err := f.placed(c, at)
	if err == nil {
		err = act()
	}
	f.mu.Unlock()
	if hook != nil && !hook(key, true) {
		return cutOff()
	}
	if err == nil && rule != nil && rule.Fault != nil {
		return rule.Fault
	}
	return err
}

// placed refuses what a place no longer takes. The caller holds the lock.
func (f *Fake) placed(c chat.Call, at chat.Place) error {
	root := f.messageByID(at.Thread)
	switch {
	case f.gone[at.String()], f.gone[at.Root().String()]:
		return &chat.Fault{Kind: chat.FaultPlaceGone}
	case at.Thread != "" && (root == nil || !f.threads[at.Thread] || (root.Deleted && c == chat.CallPost)):
		return &chat.Fault{Kind: chat.FaultPlaceGone}
	}
	return nil
}

// store posts a message. The caller holds the lock.
func (f *Fake) store(to chat.Place, s Shown) (chat.MessageRef, error) {
	if err := check(s); err != nil {
		return chat.MessageRef{}, err
	}
	now := time.Now()
	for _, m := range slices.Backward(f.messages) {
		if m.Key == s.Card.Key && m.Key != "" && now.Sub(m.At) < f.opts.SafeRepeat {
			return m.Ref, nil
		}
	}
	f.last++
	s.At = now
	m := &Message{Ref: chat.MessageRef{Place: to, ID: fmt.Sprintf("m%d", f.last)}, Key: s.Card.Key, At: now, Forms: []Shown{s}}
	f.messages = append(f.messages, m)
	return m.Ref, nil
}

// check refuses what is beyond the platform's limits.
func check(s Shown) error {
	text := s.Text()
	why := ""
	switch {
	case strings.TrimSpace(text) == "":
		why = "no text"
	case len([]rune(text)) > maxText:
		why = "text too long"
	case len(s.Buttons) > maxButtons:
		why = "too many buttons"
	case len(s.Card.Key) > chat.MaxKey:
		why = "key too long"
	default:
		return nil
	}
	return &chat.Fault{Kind: chat.FaultBadCard, Err: fmt.Errorf("%s", why)}
}

// find is a message that is not deleted. The caller holds the lock.
func (f *Fake) find(ref chat.MessageRef) *Message {
	if m := f.messageByID(ref.ID); m != nil && !m.Deleted && m.Ref == ref {
		return m
	}
	return nil
}

func (f *Fake) messageByID(id string) *Message {
	i, ok := slices.BinarySearchFunc(f.messages, id, func(m *Message, id string) int {
		return cmp.Or(cmp.Compare(len(m.Ref.ID), len(id)), cmp.Compare(m.Ref.ID, id))
	})
	if !ok {
		return nil
	}
	return f.messages[i]
}
