package operation

import (
	"time"

	"vmbackup-bot/bot/chat"
)

// abortAsked records the wish. What it comes to depends on the state; only before sending does it decide.
func (o Operation) abortAsked(e AbortAsked) (Operation, error) {
	switch o.State {
	case Waiting:
		return o.notStarted(Cancelled{At: e.At, Why: ReasonCancelled, By: e.By}), nil
	case Lost:
		return o, ErrLost
	case Ended:
		return o, ErrEnding
	}
	a := Abort{By: e.By, At: e.At}
	if o.Abort != nil {
		// Asking again repeats the request, but the first to ask stays on the card.
		a = *o.Abort
		a.At = e.At
	}
	o.Abort = &a
	return o, nil
}

func (o Operation) abortSent(e AbortSent) (Operation, error) {
	if o.Abort == nil || o.GUID == "" {
		return o, o.outOfTurn(e)
	}
	a := *o.Abort
	a.Sent, a.Answered, a.OK, a.Words = e.At, time.Time{}, false, ""
	o.Abort = &a
	return o, nil
}

func (o Operation) abortAnswered(e AbortAnswered) (Operation, error) {
	if o.Abort == nil {
		return o, o.outOfTurn(e)
	}
	a := *o.Abort
	a.Answered, a.OK, a.Words = e.At, e.OK, e.Words
	o.Abort = &a
	return o, nil
}

// abortSlow is after how long an accepted abort of a job that still runs is worth a word (design, section 5).
const abortSlow = 5 * time.Minute

// AbortSlow reports whether the server took the abort some time ago and the job was still seen running after that.
func (o Operation) AbortSlow() bool {
	return o.State == Running && o.Abort != nil && o.Abort.OK && o.Seen.Sub(o.Abort.Answered) >= abortSlow
}

// Stoppable reports whether asking to abort can still have an effect.
func (o Operation) Stoppable() bool {
	switch o.State {
	case Waiting, Sending, Accepted, Running:
		return true
	}
	return false
}

// StartedBy reports whether the actor is the one who asked for the operation.
func (o Operation) StartedBy(a chat.Actor) bool { return o.Requester.Same(a) }
