package chat

import (
	"errors"
	"time"
)

// ErrorKind says why a request was not met.
type ErrorKind string

// The kinds.
const (
	// Denied means that no rule allows it.
	Denied ErrorKind = "denied"
	// Invalid means that the words could not be understood.
	Invalid ErrorKind = "invalid"
	// Ambiguous means that more than one thing is called so; nothing was chosen.
	Ambiguous ErrorKind = "ambiguous"
	// NotFound means that there is no such thing, or none that the asker may know of.
	NotFound ErrorKind = "not found"
	// Busy means that something in the way will go by itself.
	Busy ErrorKind = "busy"
	// Conflict means that it has already happened, or something else has.
	Conflict ErrorKind = "conflict"
	// Unavailable means that something needed cannot be reached.
	Unavailable ErrorKind = "unavailable"
	// Lost means that it may or may not have happened.
	Lost ErrorKind = "lost"
	// Internal is a fault of the bot's own.
	Internal ErrorKind = "internal"
)

// Error is why a request was not met, in words fit for the person who asked.
type Error struct {
	Kind ErrorKind
	// Say is one sentence; Hint the next step. Lines list candidates or details.
	Say, Hint Text
	Lines     []Text
	// Buttons offer the next step where there is one to press.
	Buttons []Button
	// Err is the cause for the log; never shown.
	Err error
}

// Error is the sentence for logs.
func (e *Error) Error() string {
	s := string(e.Kind) + ": " + e.Say.Plain(time.UTC)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// AsError is err as something that can be shown: itself if it is an Error, else an internal fault without details.
func AsError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{
		Kind: Internal,
		Say:  T("Something went wrong inside the bot; nothing was started."),
		Hint: T("Try again; if it happens again, the bot's log says more."),
		Err:  err,
	}
}

// FaultKind says what became of a call to a platform.
type FaultKind string

// The kinds.
const (
	// FaultLost means that the call may have taken effect.
	FaultLost FaultKind = "lost"
	// FaultRetry means that it did not, and may be repeated.
	FaultRetry FaultKind = "retry"
	// FaultThrottled means that the platform asks to wait; After says how long, Budget for which limit.
	FaultThrottled FaultKind = "throttled"
	// FaultMessageGone means that the message was deleted or is not ours any more.
	FaultMessageGone FaultKind = "message gone"
	// FaultPlaceGone means that the channel or thread is gone or archived.
	FaultPlaceGone FaultKind = "place gone"
	// FaultForbidden means that a permission is missing; Need names it.
	FaultForbidden FaultKind = "forbidden"
	// FaultFrozen means that the message cannot be edited but new ones can be posted.
	FaultFrozen FaultKind = "frozen"
	// FaultBadCard means that the platform refused the form of the message.
	FaultBadCard FaultKind = "bad card"
	// FaultFatal means that the platform refuses us altogether.
	FaultFatal FaultKind = "fatal"
)

// Fault is the error of every call to a platform.
type Fault struct {
	Kind FaultKind
	// After is how long to wait at least; zero where the platform did not say.
	After time.Duration
	// Budget is the limit that was hit; empty for the call's own.
	Budget string
	// Need is the permission or membership that is missing.
	Need string
	Err  error
}

// Error is one line for logs.
func (f *Fault) Error() string {
	s := string(f.Kind)
	if f.Need != "" {
		s += " (needs " + f.Need + ")"
	}
	if f.Err != nil {
		s += ": " + f.Err.Error()
	}
	return s
}

// Unwrap is the cause.
func (f *Fault) Unwrap() error { return f.Err }

// Cause is what people are told: the cause of a fault without its kind, and any other error as it is.
func Cause(err error) error {
	if f, ok := errors.AsType[*Fault](err); ok && f.Err != nil {
		return f.Err
	}
	return err
}

// AsFault is err as a Fault; an error that is none counts as lost, since nothing is known of it.
func AsFault(err error) *Fault {
	if err == nil {
		return nil
	}
	if f, ok := errors.AsType[*Fault](err); ok {
		return f
	}
	return &Fault{Kind: FaultLost, Err: err}
}
