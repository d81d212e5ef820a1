package deliver

import (
	"context"
	"time"

	"vmbackup-bot/bot/chat"
)

// farAhead is further than any message waits for its next try.
const farAhead = 365 * 24 * time.Hour

// Health is how deliveries to one platform are doing.
type Health struct {
	// OK is false while the platform refuses us, or while a final version has been waiting for longer than a minute.
	OK bool
	// Waiting is how many final versions are known to be undelivered; Oldest since when the oldest of them waits, as far
	// as this process has seen, zero for none.
	Waiting int
	Oldest  time.Time
	// LastFault is the newest fault in words, empty for none; LastFaultAt is when it came.
	LastFault   string
	LastFaultAt time.Time
	// Dead says why the platform refuses us altogether; empty while it does not.
	Dead string
}

// Health is how each platform is doing, by name.
func (d *Deliverer) Health() map[string]Health {
	now := d.now()
	all := make(map[string]Health, len(d.links))
	for name, l := range d.links {
		all[name] = l.health(now)
	}
	return all
}

func (l *link) health(now time.Time) Health {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := Health{Waiting: len(l.waiting), LastFault: l.last, LastFaultAt: l.lastAt, Dead: l.dead}
	for _, since := range l.waiting {
		if h.Oldest.IsZero() || since.Before(h.Oldest) {
			h.Oldest = since
		}
	}
	h.OK = h.Dead == "" && (h.Oldest.IsZero() || now.Sub(h.Oldest) <= time.Minute)
	return h
}

// Settled waits until nothing is due now and nothing is in flight. Messages whose next try lies in the future, and those
// of a platform that has stopped or is not configured, do not count. It needs no Wake before it.
func (d *Deliverer) Settled(ctx context.Context) error {
	d.mu.Lock()
	d.asked++
	want := d.asked
	d.mu.Unlock()
	d.Wake()
	return d.until(ctx, func() bool { return d.quiet >= want })
}

// Drained waits until every final and every first message stands, or can no longer be delivered. Tries that lie in the
// future count; platforms that have stopped or are not configured do not.
func (d *Deliverer) Drained(ctx context.Context) error {
	d.Wake()
	for {
		d.mu.Lock()
		seen := d.passes
		d.mu.Unlock()
		left, err := d.left(ctx)
		if err != nil {
			return err
		}
		if !left {
			return nil
		}
		if err := d.until(ctx, func() bool { return d.passes > seen }); err != nil {
			return err
		}
	}
}

// left reports whether the outbox holds something that people are waiting for. What stands under a message that is not
// posted yet is covered by that one.
func (d *Deliverer) left(ctx context.Context) (bool, error) {
	rows, _, err := d.outbox.Due(ctx, d.now().Add(farAhead), maxBatch)
	if err != nil {
		return false, err
	}
	for _, m := range rows {
		l := d.links[m.To.Platform]
		if l == nil || l.stopped() || m.Class == chat.Ongoing || m.Sent >= m.Version {
			continue
		}
		return true, nil
	}
	return false, nil
}

func (l *link) stopped() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dead != ""
}

func (l *link) inFlight() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.flying)
}

// passed tells those who wait that a pass is over.
func (d *Deliverer) passed(asked uint64, r *round) {
	busy := r.held
	for _, l := range d.links {
		busy += l.inFlight()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.passes++
	if busy == 0 {
		d.quiet = max(d.quiet, asked)
	}
	close(d.changed)
	d.changed = make(chan struct{})
}

// stop tells those who wait that there will be no further pass.
func (d *Deliverer) stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stopped = true
	close(d.changed)
	d.changed = make(chan struct{})
}

// until waits for a condition over the fields that mu guards.
func (d *Deliverer) until(ctx context.Context, ok func() bool) error {
	for {
		d.mu.Lock()
		met, stopped, changed := ok(), d.stopped, d.changed
		d.mu.Unlock()
		switch {
		case met:
			return nil
		case stopped:
			return ErrStopped
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}
