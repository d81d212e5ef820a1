package watch

import (
	"time"

	"vmbackup-bot/bot/operation"
)

// The pace: a job that has run for a while is looked at after a part of that time, and more often as its expected end
// comes near, so that short jobs feel live and long ones cost little.
const (
	ageParts  = 15
	restParts = 4
)

// pace is the pause until the next look.
func (w *Watcher) pace(t *tick) time.Duration {
	if t.failed != nil {
		return w.pauseAfterFailure(t)
	}
	pause := never
	for _, o := range t.ops {
		var d time.Duration
		switch o.State {
		case operation.Accepted, operation.Running:
			d = w.pauseFor(o, t.now)
		case operation.Lost:
			d = w.bounded(o.NextLook().Sub(t.now))
		case operation.Ended:
			// Reports come in seconds; the pause grows by itself.
			d = max(o.NextLook().Sub(t.now), w.o.PollMin/2)
		case operation.Unknown:
			if !o.Watched() {
				continue
			}
			d = max(o.NextLook().Sub(t.now), w.o.PollMax)
		default:
			continue
		}
		if pause == never || d < pause {
			pause = d
		}
	}
	return pause
}

func (w *Watcher) pauseFor(o operation.Operation, now time.Time) time.Duration {
	if o.Misses > 0 || o.State == operation.Accepted {
		return w.o.PollMin
	}
	age := now.Sub(o.Sent)
	d := age / ageParts
	if rest := o.Expected() - age; rest > 0 {
		d = min(d, rest/restParts)
	}
	return w.bounded(d)
}

func (w *Watcher) bounded(d time.Duration) time.Duration {
	return min(max(d, w.o.PollMin), w.o.PollMax)
}

// pauseAfterFailure grows with the time for which nobody could look.
func (w *Watcher) pauseAfterFailure(t *tick) time.Duration {
	pause := w.o.PollMax
	for _, o := range t.ops {
		if !o.Gone.IsZero() {
			pause = min(pause, w.bounded(t.now.Sub(o.Gone)/2))
		}
	}
	return pause
}
