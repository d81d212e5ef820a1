package deliver

import (
	"context"
	"time"

	"golang.org/x/time/rate"

	"vmbackup-bot/bot/chat"
)

// A fault's Budget that means all calls to the platform.
const (
	budgetAll    = "*"
	budgetGlobal = "global"
)

// maxBuckets bounds the memory for limits that are counted per channel or thread: full ones are forgotten beyond it.
const maxBuckets = 1024

// reserveShare is the part of a limit, one in so many calls, that progress leaves to other messages.
const reserveShare = 4

// buckets count calls against a platform's limits. It is not safe for concurrent use; the link's lock guards it.
type buckets struct {
	limits map[string]*rate.Limiter
	pauses map[string]time.Time
	// wanted are limits that a message before this one in the pass is waiting for: progress does not take from them.
	wanted map[string]bool
}

func newBuckets() *buckets {
	return &buckets{
		limits: make(map[string]*rate.Limiter),
		pauses: make(map[string]time.Time),
		wanted: make(map[string]bool),
	}
}

// take counts one call against all its limits, or against none and says when to ask again.
func (b *buckets) take(now time.Time, list []chat.Budget, ongoing bool) (bool, time.Time) {
	at := b.paused(budgetAll, now)
	for _, w := range list {
		at = later(at, b.paused(w.Name, now))
		at = later(at, b.free(now, w, ongoing))
		if ongoing && b.wanted[w.Name] && !at.After(now) {
			at = now.Add(w.Every)
		}
	}
	if at.After(now) {
		if !ongoing {
			for _, w := range list {
				b.wanted[w.Name] = true
			}
		}
		return false, at
	}
	for _, w := range list {
		b.limit(now, w).ReserveN(now, 1)
	}
	return true, now
}

// free is when a limit allows the call.
func (b *buckets) free(now time.Time, w chat.Budget, ongoing bool) time.Time {
	if w.Every <= 0 {
		return now
	}
	need := 1.0
	if ongoing {
		need += float64(w.Burst / reserveShare)
	}
	missing := need - b.limit(now, w).TokensAt(now)
	if missing <= 1e-9 { // the limiter counts in floating point
		return now
	}
	return now.Add(time.Duration(missing*float64(w.Every)) + time.Microsecond)
}

func (b *buckets) limit(now time.Time, w chat.Budget) *rate.Limiter {
	every, burst := rate.Every(w.Every), max(w.Burst, 1)
	l := b.limits[w.Name]
	switch {
	case l == nil:
		b.prune(now)
		l = rate.NewLimiter(every, burst)
		b.limits[w.Name] = l
	case l.Limit() != every || l.Burst() != burst:
		l.SetLimitAt(now, every)
		l.SetBurstAt(now, burst)
	}
	return l
}

// prune forgets limits that are as good as new.
func (b *buckets) prune(now time.Time) {
	if len(b.limits) < maxBuckets {
		return
	}
	for name, l := range b.limits {
		if l.TokensAt(now) >= float64(l.Burst()) {
			delete(b.limits, name)
		}
	}
	for name, until := range b.pauses {
		if !until.After(now) {
			delete(b.pauses, name)
		}
	}
}

// pause holds back all calls that count against a limit. A limit that the call did not name cannot be told from its own
// narrowest one, which is held back too.
func (b *buckets) pause(name string, list []chat.Budget, until time.Time) {
	known := name == budgetAll || name == budgetGlobal
	if name == budgetGlobal {
		name = budgetAll
	}
	for _, w := range list {
		known = known || w.Name == name
	}
	if name != "" {
		b.pauses[name] = later(b.pauses[name], until)
	}
	if !known && len(list) > 0 {
		b.pauses[list[0].Name] = later(b.pauses[list[0].Name], until)
	}
}

// paused is when a pause ends, now where there is none.
func (b *buckets) paused(name string, now time.Time) time.Time { return later(b.pauses[name], now) }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// await takes the budget for one more call within a flight; false when ctx ended first.
func (l *link) await(ctx context.Context, d *Deliverer, call chat.Call, to chat.Place, age time.Duration) bool {
	for {
		now := d.now()
		l.mu.Lock()
		ok, at := l.limits.take(now, l.pacer.Budgets(call, to, age), false)
		l.mu.Unlock()
		if ok {
			return true
		}
		if !pauseUntil(ctx, at.Sub(now)) {
			return false
		}
	}
}
