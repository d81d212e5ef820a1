package deliver

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"vmbackup-bot/bot/chat"
)

// Waits that Options may change.
const (
	defaultGrace     = 5 * time.Second
	defaultLookAgain = 5 * time.Second // design, rule 3: twice, five seconds apart
	defaultRecheck   = time.Minute     // design, rule 3: looked for again a minute later
)

// callLimit ends a call that a platform neither answers nor refuses; what became of it is then unknown.
const callLimit = time.Minute

// The number of due messages read at once: more of them only when these leave a platform idle, and then at most once in
// deepEvery, so that a long backlog costs little, and one place's hides another's for no longer than that.
const (
	firstBatch = 32
	maxBatch   = 1 << 14
	deepEvery  = 3 * time.Second
)

var (
	// ErrStopped is what waiting ends with when the Deliverer has stopped.
	ErrStopped = errors.New("deliver: stopped")
	errRunning = errors.New("deliver: already running")
)

// Platform is one platform to deliver to.
type Platform struct {
	Chat  Chat
	Pacer Pacer
}

// Options are what a Deliverer needs. Outbox and Platforms are required.
type Options struct {
	Outbox Outbox
	// Platforms by their name, the one in chat.Place.
	Platforms map[string]Platform
	// Logger is nil for none.
	Logger *slog.Logger
	// Now is the clock; nil for the system's.
	Now func() time.Time
	// Grace is how long calls in flight may take once Run's context has ended; zero for 5 s.
	Grace time.Duration
	// LookAgain is the time between the two looks for a lost message; zero for 5 s.
	LookAgain time.Duration
	// Recheck is how long after a repeated post its twin is looked for; zero for a minute.
	Recheck time.Duration
}

// Deliverer carries messages from the outbox to the platforms. Make it with New.
type Deliverer struct {
	outbox    Outbox
	log       *slog.Logger
	now       func() time.Time
	grace     time.Duration
	lookAgain time.Duration
	recheck   time.Duration
	links     map[string]*link
	said      *said
	queue     *queue
	deep      time.Time // when more than the first batch was last read; belongs to Run
	wake      chan struct{}

	mu      sync.Mutex
	running bool
	stopped bool
	asked   uint64        // raised by each Settled
	quiet   uint64        // the newest asked that a pass has answered
	passes  uint64        // counts passes
	changed chan struct{} // closed and replaced at the end of each pass
}

// New makes a Deliverer. It does nothing before Run.
func New(o Options) *Deliverer {
	d := &Deliverer{
		outbox:    o.Outbox,
		log:       o.Logger,
		now:       o.Now,
		grace:     or(o.Grace, defaultGrace),
		lookAgain: or(o.LookAgain, defaultLookAgain),
		recheck:   or(o.Recheck, defaultRecheck),
		links:     make(map[string]*link, len(o.Platforms)),
		said:      newSaid(),
		wake:      make(chan struct{}, 1),
		changed:   make(chan struct{}),
	}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	if d.now == nil {
		d.now = time.Now
	}
	d.queue = &queue{}
	for name, p := range o.Platforms {
		d.links[name] = newLink(name, p)
	}
	return d
}

// Run delivers until ctx ends, then lets the calls in flight finish for the grace period, and returns when no goroutine of
// its own is left. A Deliverer runs once.
func (d *Deliverer) Run(ctx context.Context) error {
	d.mu.Lock()
	if d.running {
		d.mu.Unlock()
		return errRunning
	}
	d.running = true
	d.mu.Unlock()

	calls, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var flights sync.WaitGroup
	for ctx.Err() == nil {
		d.sleep(ctx, d.pass(ctx, calls, &flights))
	}
	over := time.AfterFunc(d.grace, cancel)
	flights.Wait()
	over.Stop()
	d.stop()
	return nil
}

// Wake says that the outbox has something new. It never blocks, and any number of calls count as one.
func (d *Deliverer) Wake() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// sleep waits for a wake-up, for at (zero: never), or for the end.
func (d *Deliverer) sleep(ctx context.Context, at time.Time) {
	var alarm <-chan time.Time
	if !at.IsZero() {
		t := time.NewTimer(at.Sub(d.now()))
		defer t.Stop()
		alarm = t.C
	}
	select {
	case <-ctx.Done():
	case <-d.wake:
	case <-alarm:
	}
}

// pass starts everything that may leave now, and returns when the next pass is needed if nothing happens before.
func (d *Deliverer) pass(ctx, calls context.Context, flights *sync.WaitGroup) time.Time {
	d.mu.Lock()
	asked, awaited := d.asked, d.asked > d.quiet
	d.mu.Unlock()

	r := &round{now: d.now()}
	if until := d.queue.until(); r.now.Before(until) {
		return until
	}
	for _, l := range d.links {
		l.newRound()
	}
	for n := firstBatch; ; n *= 8 {
		if n > firstBatch && !awaited && r.now.Sub(d.deep) < deepEvery {
			r.again(d.deep.Add(deepEvery))
			break
		}
		rows, next, err := d.outbox.Due(ctx, r.now, n)
		if err != nil {
			if ctx.Err() != nil {
				return time.Time{}
			}
			return d.trouble(err)
		}
		d.queue.well()
		for _, m := range rows {
			if l, s := d.consider(r, m); l != nil {
				flights.Go(func() { d.fly(calls, l, m, s) })
			}
		}
		if len(rows) < n || n >= maxBatch || !d.idle() {
			r.again(next)
			if n > firstBatch {
				d.deep = r.now
			}
			break
		}
	}
	d.passed(asked, r)
	return r.next
}

// idle reports whether some platform could do more than it does.
func (d *Deliverer) idle() bool {
	for _, l := range d.links {
		if l.inFlight() < maxFlights {
			return true
		}
	}
	return false
}

// consider claims a message for a flight; the link is nil when it cannot leave now.
func (d *Deliverer) consider(r *round, m Message) (*link, step) {
	l := d.links[m.To.Platform]
	if l == nil {
		if d.said.first("platform "+m.To.Platform, r.now, time.Hour) {
			d.log.Warn("messages wait for a platform that is not configured", "platform", m.To.Platform)
		}
		return nil, step{}
	}
	s, ok := l.claim(r, m, d.recheck)
	if !ok {
		return nil, step{}
	}
	return l, s
}

// fly takes one step and releases the message.
func (d *Deliverer) fly(ctx context.Context, l *link, m Message, s step) {
	defer d.Wake()
	defer l.release(m, s)
	switch s.kind {
	case stepPost:
		d.post(ctx, l, m, s)
	case stepEdit:
		d.edit(ctx, l, m, s)
	case stepThread:
		d.openThread(ctx, l, m, s)
	case stepLook:
		d.look(ctx, l, m, s)
	case stepTwins:
		d.twins(ctx, l, m, s)
	}
}

// trouble notes a failure of the outbox and returns when to try again.
func (d *Deliverer) trouble(err error) time.Time {
	now := d.now()
	if d.said.first("outbox", now, time.Minute) {
		d.log.Error("the outbox cannot be read or written; messages wait", "err", err)
	}
	return d.queue.failed(now)
}

// write records the end of a call. The platform has already acted, so it tries until it is recorded or the process ends;
// in the latter case the open attempt tells the next one to look.
func (d *Deliverer) write(ctx context.Context, do func(context.Context) error) bool {
	for {
		err := d.once(ctx, do)
		if err == nil {
			return true
		}
		if !pauseUntil(ctx, d.trouble(err).Sub(d.now())) {
			return false
		}
	}
}

// once writes even when the calls' context has ended: the end of a call that was cut off is worth recording.
func (d *Deliverer) once(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), d.grace)
	defer cancel()
	return do(ctx)
}

// place is where a message is posted: below the message above it, or in its own place.
func (m *Message) place() chat.Place {
	if m.Under != "" {
		return m.Thread
	}
	return m.To
}

// standing reports whether there is a message that can be edited.
func (m *Message) standing() bool { return !m.Ref.IsZero() && !m.Gone }

func or(d, instead time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return instead
}
