package store

import (
	"context"
	"database/sql"
	"slices"
	"sync"
	"time"

	"vmbackup-bot/bot/chat"
)

// batchLimit bounds one commit of claims; those who wait for them have given up long before.
const batchLimit = 5 * time.Second

// claimCall is one claim that waits to be stored.
type claimCall struct {
	claim chat.Claim
	body  string
	done  chan struct{}
	id    int64
	st    chat.Standing
	err   error
}

// batch collects claims that come while another commit is under way, and stores them in one: each commit costs a write to
// the disk, and people press Enter at the same time. The zero value is empty.
type batch struct {
	mu      sync.Mutex
	waiting []*claimCall
	running bool
	wg      sync.WaitGroup
}

// add puts a claim in line, and sees that somebody stores it.
func (b *batch) add(c *claimCall, store func(context.Context)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting = append(b.waiting, c)
	if b.running {
		return
	}
	b.running = true
	b.wg.Go(func() {
		for {
			ctx, cancel := context.WithTimeout(context.Background(), batchLimit)
			store(ctx)
			cancel()
			b.mu.Lock()
			if len(b.waiting) == 0 {
				b.running = false
				b.mu.Unlock()
				return
			}
			b.mu.Unlock()
		}
	})
}

// take is everything that waits now.
func (b *batch) take() []*claimCall {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := b.waiting
	b.waiting = nil
	return all
}

// leave takes back a claim whose caller gave up, unless it is being stored already.
func (b *batch) leave(c *claimCall) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting = slices.DeleteFunc(b.waiting, func(w *claimCall) bool { return w == c })
}

// storeClaims stores all claims that wait once it is their turn.
func (s *Store) storeClaims(ctx context.Context) {
	var all []*claimCall
	err := s.urgently(ctx, func(tx *sql.Tx) error {
		all = s.claims.take()
		for _, c := range all {
			var err error
			if c.id, c.st, err = s.claimIn(ctx, tx, c); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil && all == nil { // its turn never came
		all = s.claims.take()
	}
	for _, c := range all {
		c.err = err
		close(c.done)
	}
}
