package operation

import (
	"errors"
	"fmt"
	"time"

	"vmbackup-bot/vmbackup"
)

// What Apply may refuse.
var (
	// ErrOver means that the last word has fallen; the event was ignored.
	ErrOver = errors.New("the operation is over")
	// ErrEnding means that the job has ended and its outcome is being looked up: it cannot be aborted any more.
	ErrEnding = errors.New("the job has ended, its outcome is being looked up")
	// ErrLost means that it cannot be aborted from here, because nobody knows what it is called, or whether it is.
	ErrLost = errors.New("the operation cannot be aborted from here")
	// ErrOutOfTurn means that the event cannot happen in this state; a fault of the caller's.
	ErrOutOfTurn = errors.New("event out of turn")
)

// missesToEnd is how many successful looks in a row without the job mean that it ended (design, section 4).
const missesToEnd = 2

// MaxSingles is how often the server is asked for one operation alone over its whole life (design, section 4).
const MaxSingles = 3

// Apply returns the operation after the event. The receiver does not change. On an error the operation is returned as it
// was: ErrOver and ErrEnding are answers for a person who came late, ErrOutOfTurn is a fault.
func (o Operation) Apply(e Event) (Operation, error) {
	if o.State.Final() {
		return o.inFinal(e)
	}
	switch e := e.(type) {
	case AbortAsked:
		return o.abortAsked(e)
	case AbortSent:
		return o.abortSent(e)
	case AbortAnswered:
		return o.abortAnswered(e)
	case Restarted:
		return o.restarted(e), nil
	}
	switch o.State {
	case Waiting:
		return o.inWaiting(e)
	case Sending:
		return o.inSending(e)
	case Accepted, Running:
		return o.inFlight(e)
	case Lost:
		return o.inLost(e)
	case Ended:
		return o.inEnded(e)
	}
	return o, o.outOfTurn(e)
}

// inFinal: only an unknown outcome may still be found out.
func (o Operation) inFinal(e Event) (Operation, error) {
	if o.State != Unknown || !o.Late.IsZero() {
		return o, ErrOver
	}
	switch e := e.(type) {
	case Read:
		return o.lookedUpLate(e), nil
	case LookAsked:
		o.Looked = time.Time{}
		return o, nil
	}
	return o, ErrOver
}

func (o Operation) outOfTurn(e Event) error {
	return fmt.Errorf("%w: %T while %s", ErrOutOfTurn, e, o.State)
}

// to moves the operation on.
func (o Operation) to(s State, at time.Time) Operation {
	o.State, o.Moved = s, at
	if s.Final() && o.Decided.IsZero() {
		o.Decided = at
	}
	return o
}

func (o Operation) inWaiting(e Event) (Operation, error) {
	switch e := e.(type) {
	case Held:
		o.WaitsFor, o.WaitText = e.For, e.Text
		return o, nil
	case Cancelled:
		return o.notStarted(e), nil
	case Sent:
		o.WaitsFor, o.WaitText = "", ""
		o.Sent, o.Start, o.Baseline = e.At, e.Server, e.Baseline
		if o.Start.IsZero() {
			o.Start = e.At
		}
		return o.to(Sending, e.At), nil
	}
	return o, o.outOfTurn(e)
}

func (o Operation) notStarted(e Cancelled) Operation {
	o.Why, o.Words = e.Why, e.Words
	if !e.By.IsZero() {
		o.By = &e.By
	}
	return o.to(NotStarted, e.At)
}

func (o Operation) inSending(e Event) (Operation, error) {
	switch e := e.(type) {
	case Taken:
		o.GUID = e.GUID
		if !e.Server.IsZero() {
			o.Start = e.Server
		}
		return o.to(Accepted, e.At), nil
	case Refused:
		o.Words = e.Words
		return o.to(Rejected, e.At), nil
	case Unsent:
		o.Sends++
		if o.Abort != nil {
			return o.notStarted(Cancelled{At: e.At, Why: ReasonCancelled, By: o.Abort.By}), nil
		}
		o.WaitsFor, o.WaitText = e.For, e.Text
		return o.to(Waiting, e.At), nil
	case AnswerLost:
		o.Words = e.Words
		return o.to(Lost, e.At), nil
	}
	return o, o.outOfTurn(e)
}

// inFlight is accepted and running: what the status list shows decides.
func (o Operation) inFlight(e Event) (Operation, error) {
	switch e := e.(type) {
	case Saw:
		return o.saw(e), nil
	case Missed:
		return o.missed(e), nil
	case OutOfReach:
		return o.outOfReach(e), nil
	}
	return o, o.outOfTurn(e)
}

func (o Operation) saw(e Saw) Operation {
	if e.Single {
		o.Singles++
		if e.Status.JobID != "" && !e.Status.JobID.Equal(o.GUID) {
			o.Job = e.Status.JobID
		}
	}
	o.Misses, o.Seen, o.Status = 0, e.At, e.Status
	o = o.inReach()
	switch {
	case !e.Status.Running():
		return o.over(e.At)
	case o.State == Accepted:
		return o.to(Running, e.At)
	}
	return o
}

func (o Operation) missed(e Missed) Operation {
	if e.Single {
		o.Singles++
	}
	o.Misses++
	o = o.inReach()
	if o.Misses < missesToEnd {
		return o
	}
	if o.State == Accepted && e.At.Sub(o.Moved) < e.Grace {
		return o // not yet visible
	}
	return o.over(e.At)
}

// over: the job has ended. What its last status entry said is kept.
func (o Operation) over(at time.Time) Operation {
	o.Over = at
	o.Unseen = o.Seen.IsZero()
	return o.to(Ended, at)
}

func (o Operation) outOfReach(e OutOfReach) Operation {
	if o.Gone.IsZero() {
		o.Gone = e.At
	}
	o.GoneFor, o.GoneWhy = e.For, e.Text
	return o
}

// inReach: the server answered a look.
func (o Operation) inReach() Operation {
	o.Gone, o.GoneFor, o.GoneWhy = time.Time{}, "", ""
	return o
}

func (o Operation) inLost(e Event) (Operation, error) {
	switch e := e.(type) {
	case OutOfReach:
		return o.outOfReach(e), nil
	case LookAsked:
		o.Looked = time.Time{}
		return o, nil
	case Strayed:
		o = o.inReach()
		if e.Job || o.Stray.IsZero() {
			o.Stray = e.At // also the first look: the grace counts from it
		}
		return o, nil
	case Read:
		o = o.inReach()
		o.Looked = e.At
		quiet := !o.Stray.IsZero() && e.At.Sub(o.Stray) >= e.Seen
		if r, ok := o.match(e); ok && quiet && !e.Contested {
			o.Words = ""
			return o.over(e.At).decided(r, ByTime, e.At), nil
		}
		// A job that nobody claims may be this one: while it runs, evidence may still come.
		since := o.Moved
		if o.Stray.After(since) {
			since = o.Stray
		}
		if e.At.Sub(since) >= e.Lost {
			return o.to(Unknown, e.At), nil
		}
		return o, nil
	}
	return o, o.outOfTurn(e)
}

func (o Operation) inEnded(e Event) (Operation, error) {
	switch e := e.(type) {
	case OutOfReach:
		return o.outOfReach(e), nil
	case Read:
		return o.read(e), nil
	}
	return o, o.outOfTurn(e)
}

// read decides an ended operation by its report, else, once the grace is over, by the last status entry.
func (o Operation) read(e Read) Operation {
	o = o.inReach()
	o.Looked = e.At
	if r, ok := o.match(e); ok {
		return o.decided(r, ByReport, e.At)
	}
	if e.At.Sub(o.Over) < e.Grace {
		return o
	}
	if s, ok := statusOutcome(o.Status); ok {
		o.Basis = ByStatus
		return o.to(s, e.At)
	}
	return o.to(Unknown, e.At)
}

func (o Operation) lookedUpLate(e Read) Operation {
	o.Looked = e.At
	r, ok := o.match(e)
	if !ok || stateOf(r.Result) == Unknown {
		return o
	}
	o.Late = e.At
	basis := ByReport
	if o.GUID == "" {
		if e.Contested {
			o.Late = time.Time{}
			return o
		}
		basis = ByTime
	}
	return o.decided(r, basis, e.At)
}

func (o Operation) decided(r vmbackup.Report, by Basis, at time.Time) Operation {
	o.Report, o.Basis = &r, by
	return o.to(stateOf(r.Result), at)
}

// restarted: what was about to be sent may or may not have left; what was waiting is not sent behind people's backs.
func (o Operation) restarted(e Restarted) Operation {
	switch o.State {
	case Waiting:
		return o.notStarted(Cancelled{At: e.At, Why: ReasonRestarted})
	case Sending:
		o.Words = "the bot was restarted while it was sending the instruction"
		return o.to(Lost, e.At)
	}
	return o
}
