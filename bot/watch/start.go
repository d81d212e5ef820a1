package watch

import (
	"context"
	"errors"
	"time"

	"vmbackup-bot/bot/operation"
	"vmbackup-bot/vmbackup"
)

// sendGrace is how long an instruction that is under way when the bot is asked to stop may still take to be answered:
// a part of the ten seconds within which the bot must be gone.
const sendGrace = 3 * time.Second

// start sends one wish, or holds it, or gives it up. It returns the pause before the next try, never where there is none.
func (w *Watcher) start(ctx context.Context, o operation.Operation) time.Duration {
	if w.o.Allow != nil {
		if why, words := w.o.Allow(ctx, o); why != "" {
			return w.apply(ctx, o.ID, operation.Cancelled{At: time.Now(), Why: why, Words: words})
		}
	}
	baseline, err := w.o.Backups.Reports(ctx, o.Kind, o.VM.Ref, reportsAsked)
	if err != nil && !errors.Is(err, vmbackup.ErrServer) {
		return w.hold(ctx, o, err)
	}
	// A server that refuses the question (it does not know the VM any more, say) is asked for the thing itself: it will
	// refuse that in words that people should see.
	now := time.Now()
	sent := operation.Sent{At: now, Server: now, Baseline: baseline}
	if skew, ok := w.o.Instructions.Skew(); ok {
		sent.Server = now.Add(skew)
	}
	after, err := w.o.Store.ApplyAll(ctx, []operation.Change{{ID: o.ID, Event: sent}})
	if err != nil {
		if ctx.Err() == nil {
			w.o.Logger.Error("a wish could not be marked as being sent; it is not sent", "operation", o.ID, "error", err)
		}
		return longestRest
	}
	if len(after) != 1 || after[0].State != operation.Sending {
		return never // called off between our reading and our commit
	}
	return w.post(ctx, o)
}

// post sends the instruction and records what came of it. From here on the bot's end is no reason to stop: an answer
// that can still be had is waited for, and must be stored.
func (w *Watcher) post(ctx context.Context, o operation.Operation) time.Duration {
	after, cancel := graced(ctx)
	defer cancel()
	taken, err := w.o.Instructions.Start(after, o.Kind, o.VM.Ref)
	now := time.Now()
	switch {
	case err == nil:
		w.applySurely(after, o.ID, operation.Taken{At: now, GUID: taken.GUID, Server: taken.At})
	case errors.Is(err, vmbackup.ErrRejected):
		w.applySurely(after, o.ID, operation.Refused{At: now, Words: wordsOf(err)})
	case errors.Is(err, vmbackup.ErrNotSent):
		why, words := reasonOf(err)
		w.applySurely(after, o.ID, operation.Unsent{At: now, For: why, Text: words})
		return w.rest(o)
	default:
		w.applySurely(after, o.ID, operation.AnswerLost{At: now, Words: wordsOf(err)})
	}
	return never
}

// graced is a context that outlives ctx by sendGrace.
func graced(ctx context.Context) (context.Context, context.CancelFunc) {
	after, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(sendGrace)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel()
		case <-after.Done():
		}
	})
	return after, func() { stop(); cancel() }
}

// hold keeps one wish that cannot be sent now.
func (w *Watcher) hold(ctx context.Context, o operation.Operation, err error) time.Duration {
	if ctx.Err() != nil {
		return never // the bot is stopping: at the next start the wish is told as not sent
	}
	why, words := reasonOf(err)
	if o.WaitsFor != why || o.WaitText != words {
		w.apply(ctx, o.ID, operation.Held{At: time.Now(), For: why, Text: words})
	}
	return w.rest(o)
}

// rest grows with the time that the wish has been waiting.
func (w *Watcher) rest(o operation.Operation) time.Duration {
	return w.untilDeadline([]operation.Operation{o}, min(max(time.Since(o.Asked)/4, shortestRest), longestRest))
}

// abort asks the server to stop a running operation.
func (w *Watcher) abort(ctx context.Context, o operation.Operation) time.Duration {
	w.apply(ctx, o.ID, operation.AbortSent{At: time.Now()})
	err := w.o.Instructions.Abort(ctx, o.GUID)
	switch {
	case err == nil:
		return w.apply(ctx, o.ID, operation.AbortAnswered{At: time.Now(), OK: true})
	case errors.Is(err, vmbackup.ErrRejected):
		return w.apply(ctx, o.ID, operation.AbortAnswered{At: time.Now(), Words: wordsOf(err)})
	}
	return shortestRest // no answer: asking again does no harm
}

// apply stores one event. One that cannot be stored is tried again in a later round, which finds the operation as it was.
func (w *Watcher) apply(ctx context.Context, id operation.ID, e operation.Event) time.Duration {
	after, err := w.o.Store.ApplyAll(ctx, []operation.Change{{ID: id, Event: e}})
	if err != nil {
		if ctx.Err() == nil {
			w.o.Logger.Error("an event could not be stored", "operation", id, "error", err)
		}
		return longestRest
	}
	w.log(after)
	return never
}

// applySurely stores what became of an instruction, and tries until the context ends: were it forgotten, the operation
// would be taken for lost at the next start.
func (w *Watcher) applySurely(ctx context.Context, id operation.ID, e operation.Event) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			// One last try that the end of the bot cannot cut short.
			w.apply(context.WithoutCancel(ctx), id, e)
			return
		case <-timer.C:
		}
		if w.apply(ctx, id, e) == never {
			return
		}
		timer.Reset(shortestRest)
	}
}
