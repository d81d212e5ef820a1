package chattest

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/deliver"
)

// Outbox is a deliver.Outbox in memory. The zero value is not usable; make it with NewOutbox.
type Outbox struct {
	mu    sync.Mutex
	rows  map[string]*row
	seq   int
	fail  error
	calls int
}

var _ deliver.Outbox = (*Outbox)(nil)

// row is a message and what only the outbox needs to know of it.
type row struct {
	deliver.Message
	seq     int       // when its oldest unsent version was put
	next    time.Time // not before
	recheck time.Time
	thread  chat.Place // opened below it
	dropped *chat.Fault
}

// NewOutbox makes an empty outbox.
func NewOutbox() *Outbox { return &Outbox{rows: make(map[string]*row)} }

// Put adds a message, or a newer version of one.
func (o *Outbox) Put(d chat.Draft) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.seq++
	r := o.rows[d.Key]
	if r == nil {
		r = &row{seq: o.seq}
		o.rows[d.Key] = r
	}
	if r.Sent == r.Version {
		r.seq = o.seq
	}
	if d.Class < r.Class { // what was put off for progress is not put off for the last word
		r.next = time.Time{}
	}
	r.Key, r.Under, r.To, r.Class, r.Card = d.Key, d.Under, d.To, d.Class, d.Card
	if up := o.rows[d.Under]; d.Under != "" && up != nil && up.dropped != nil && up.Ref.IsZero() {
		r.dropped = up.dropped // nothing will ever stand below it
	}
	r.Version++
}

// Break makes every call fail with err until Break(nil).
func (o *Outbox) Break(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.fail = err
}

// Calls is how often the outbox was asked or told something.
func (o *Outbox) Calls() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.calls
}

// Row is a message as it stands in the outbox, and why it was dropped, nil if it was not.
func (o *Outbox) Row(key string) (deliver.Message, *chat.Fault) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if r := o.rows[key]; r != nil {
		return o.message(r), r.dropped
	}
	return deliver.Message{}, nil
}

// Undelivered are the keys whose newest version was neither sent nor dropped, in order.
func (o *Outbox) Undelivered() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	var keys []string
	for key, r := range o.rows {
		if r.dropped == nil && r.Sent < r.Version {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// Due is deliver.Outbox.
func (o *Outbox) Due(ctx context.Context, now time.Time, n int) ([]deliver.Message, time.Time, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.called(ctx); err != nil {
		return nil, time.Time{}, err
	}
	var due []*row
	var next time.Time
	for _, r := range o.rows {
		at, ok := o.when(r)
		switch {
		case !ok:
		case !at.After(now):
			due = append(due, r)
		case next.IsZero() || at.Before(next):
			next = at
		}
	}
	slices.SortFunc(due, func(a, b *row) int {
		return cmp.Or(cmp.Compare(a.Class, b.Class), cmp.Compare(a.seq, b.seq))
	})
	var out []deliver.Message
	for _, r := range due[:min(n, len(due))] {
		out = append(out, o.message(r))
	}
	return out, next, nil
}

// when is when a row is due; false for one that is not waiting for anything that time brings.
func (o *Outbox) when(r *row) (time.Time, bool) {
	if r.dropped != nil || (r.Gone && r.Class != chat.Final) {
		return time.Time{}, false
	}
	if r.Under != "" {
		if up := o.rows[r.Under]; up == nil || up.Ref.IsZero() {
			return time.Time{}, false
		}
	}
	if r.Sent < r.Version {
		return r.next, true
	}
	if r.recheck.IsZero() {
		return time.Time{}, false
	}
	if r.next.After(r.recheck) {
		return r.next, true
	}
	return r.recheck, true
}

// message is a row as deliver sees it.
func (o *Outbox) message(r *row) deliver.Message {
	m := r.Message
	m.Recheck = !r.recheck.IsZero()
	if up := o.rows[r.Under]; r.Under != "" && up != nil {
		m.UnderRef, m.Thread = up.Ref, up.thread
	}
	return m
}

// Attempt is deliver.Outbox.
func (o *Outbox) Attempt(ctx context.Context, key string, version int, at time.Time) error {
	return o.with(ctx, key, func(r *row) { r.Attempt, r.AttemptVersion = at, version })
}

// Done is deliver.Outbox.
func (o *Outbox) Done(ctx context.Context, key string, version int, ref chat.MessageRef, recheck time.Time) error {
	return o.with(ctx, key, func(r *row) {
		if r.Ref != ref {
			r.Gone = false
			r.Posted = time.Now()
		}
		r.Ref = ref
		r.Sent = max(r.Sent, version)
		r.Attempt, r.AttemptVersion, r.Fails = time.Time{}, 0, 0
		r.next, r.recheck = time.Time{}, recheck
		o.seq++
		r.seq = o.seq
	})
}

// Opened is deliver.Outbox.
func (o *Outbox) Opened(ctx context.Context, key string, thread chat.Place) error {
	return o.with(ctx, key, func(r *row) { r.thread = thread })
}

// Fail is deliver.Outbox.
func (o *Outbox) Fail(ctx context.Context, key string, f *chat.Fault, next time.Time) error {
	return o.with(ctx, key, func(r *row) {
		r.Fails++
		r.next = next
		switch f.Kind {
		case chat.FaultLost:
			return
		case chat.FaultMessageGone, chat.FaultFrozen:
			r.Gone = true
		case chat.FaultBadCard:
			r.Card.Plain = true
		}
		r.Attempt, r.AttemptVersion = time.Time{}, 0
	})
}

// Drop is deliver.Outbox.
func (o *Outbox) Drop(ctx context.Context, key string, f *chat.Fault) error {
	return o.with(ctx, key, func(r *row) {
		r.dropped = f
		for _, below := range o.rows {
			if below.Under == key {
				below.dropped = f
			}
		}
	})
}

func (o *Outbox) with(ctx context.Context, key string, do func(*row)) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.called(ctx); err != nil {
		return err
	}
	if r := o.rows[key]; r != nil {
		do(r)
	}
	return nil
}

// called counts a call, and refuses it where the outbox is broken.
func (o *Outbox) called(ctx context.Context) error {
	o.calls++
	return cmp.Or(o.fail, ctx.Err())
}
