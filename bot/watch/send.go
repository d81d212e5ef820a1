package watch

import (
	"context"
	"sync"
	"time"

	"vmbackup-bot/bot/operation"
)

// The pauses between two tries to send what cannot be sent now.
const (
	shortestRest = time.Second
	longestRest  = 15 * time.Second
)

// sender keeps track of what is being sent, so that a slow answer holds up nothing but its own operation.
type sender struct {
	mu    sync.Mutex
	busy  map[operation.ID]bool
	retry map[operation.ID]time.Time
	wg    sync.WaitGroup

	// The send loop's own: since when the server cannot be logged in to, and when that is tried next.
	shutSince, shutUntil time.Time
}

func newSender() *sender {
	return &sender{busy: make(map[operation.ID]bool), retry: make(map[operation.ID]time.Time)}
}

// send is one round over the wishes that wait and the aborts that are due. It returns the pause until the next round.
func (w *Watcher) send(ctx context.Context) time.Duration {
	open, err := w.o.Store.Unfinished(ctx, w.o.Site)
	if err != nil {
		if ctx.Err() == nil {
			w.o.Logger.Error("the store does not answer; nothing was sent", "error", err)
		}
		return longestRest
	}
	open = w.expire(ctx, w.due(open))
	if len(open) == 0 {
		return never
	}
	if pause, ok := w.entered(ctx, open); !ok {
		return pause
	}
	pause := never
	for _, o := range open {
		if d := w.dispatch(ctx, o); d != never && (pause == never || d < pause) {
			pause = d
		}
	}
	return pause
}

// due are the operations that something must be sent for.
func (w *Watcher) due(open []operation.Operation) []operation.Operation {
	var due []operation.Operation
	for _, o := range open {
		if o.State == operation.Waiting || o.Abort.Due() && o.GUID != "" && o.Stoppable() {
			due = append(due, o)
		}
	}
	return due
}

// expire gives up the wishes that have waited long enough, and returns the rest.
func (w *Watcher) expire(ctx context.Context, due []operation.Operation) []operation.Operation {
	now := time.Now()
	rest := due[:0]
	for _, o := range due {
		if o.State == operation.Waiting && o.WaitsFor != "" && !o.Deadline.IsZero() && !now.Before(o.Deadline) {
			w.apply(ctx, o.ID, operation.Cancelled{At: now, Why: o.WaitsFor, Words: o.WaitText})
			continue
		}
		rest = append(rest, o)
	}
	return rest
}

// entered makes sure of a session for the whole round: 200 wishes that wait for one seat ask for it once. Where there is
// none the wishes are held in one commit; a refused login is not waited out, since only a person can mend it.
func (w *Watcher) entered(ctx context.Context, due []operation.Operation) (time.Duration, bool) {
	now := time.Now()
	s := w.sender
	if now.Before(s.shutUntil) {
		return w.untilDeadline(due, s.shutUntil.Sub(now)), false
	}
	err := w.o.Instructions.Login(ctx)
	if err == nil {
		s.shutSince, s.shutUntil = time.Time{}, time.Time{}
		return 0, true
	}
	if ctx.Err() != nil {
		return never, false // the bot is stopping: at the next start a wish is told as not sent
	}
	why, words := reasonOf(err)
	now = time.Now()
	var changes []operation.Change
	for _, o := range due {
		var e operation.Event
		switch {
		case o.State != operation.Waiting:
			e = operation.OutOfReach{At: now, For: why, Text: words}
		case why == operation.ReasonLogin:
			e = operation.Cancelled{At: now, Why: why, Words: words}
		case o.WaitsFor == why && o.WaitText == words:
			continue
		default:
			e = operation.Held{At: now, For: why, Text: words}
		}
		changes = append(changes, operation.Change{ID: o.ID, Event: e})
	}
	_ = w.commit(ctx, changes) // logged there; the next round finds them as they were
	if s.shutSince.IsZero() {
		s.shutSince = now
	}
	pause := min(max(now.Sub(s.shutSince)/2, shortestRest), longestRest)
	s.shutUntil = now.Add(pause)
	return w.untilDeadline(due, pause), false
}

// untilDeadline shortens a pause so that no wish outlives its deadline.
func (w *Watcher) untilDeadline(due []operation.Operation, pause time.Duration) time.Duration {
	for _, o := range due {
		if o.State == operation.Waiting && !o.Deadline.IsZero() {
			pause = min(pause, max(time.Until(o.Deadline), shortestRest/100))
		}
	}
	return pause
}

// dispatch starts what is due for one operation in a goroutine of its own, unless that is under way, resting, or more
// are under way than may be; the end of one wakes the loop for the next. It returns the rest that is left.
func (w *Watcher) dispatch(ctx context.Context, o operation.Operation) time.Duration {
	s := w.sender
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy[o.ID] || len(s.busy) >= w.o.Sending {
		return never
	}
	if rest := time.Until(s.retry[o.ID]); rest > 0 {
		return rest
	}
	step := w.start
	if o.State != operation.Waiting {
		step = w.abort
	}
	s.busy[o.ID] = true
	s.wg.Go(func() {
		pause := step(ctx, o)
		s.mu.Lock()
		delete(s.busy, o.ID)
		delete(s.retry, o.ID)
		if pause != never {
			s.retry[o.ID] = time.Now().Add(pause)
		}
		s.mu.Unlock()
		w.Wake()
	})
	return never
}

// Resume tells the operations that the bot was restarted: what was waiting is not sent behind people's backs, and what
// was being sent may or may not have arrived. Call it once, before Run.
func (w *Watcher) Resume(ctx context.Context) error {
	open, err := w.o.Store.Unfinished(ctx, w.o.Site)
	if err != nil {
		return err
	}
	var changes []operation.Change
	now := time.Now()
	for _, o := range open {
		if o.State == operation.Waiting || o.State == operation.Sending {
			changes = append(changes, operation.Change{ID: o.ID, Event: operation.Restarted{At: now}})
		}
	}
	if len(changes) == 0 {
		return nil
	}
	_, err = w.o.Store.ApplyAll(ctx, changes)
	return err
}
