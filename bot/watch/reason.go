package watch

import (
	"errors"

	"vmbackup-bot/bot/operation"
	"vmbackup-bot/vmbackup"
)

// reasonOf is what an error of VM Backup means to people, and its detail: the server's own words where it gave some.
func reasonOf(err error) (operation.Reason, string) {
	switch {
	case errors.Is(err, vmbackup.ErrSeatBusy):
		return operation.ReasonSeat, seatWords(err)
	case errors.Is(err, vmbackup.ErrBadCredentials), errors.Is(err, vmbackup.ErrLoginHeld), errors.Is(err, vmbackup.ErrCertificate):
		return operation.ReasonLogin, wordsOf(err)
	}
	return operation.ReasonUnreachable, serverWords(err)
}

// seatWords is worth saying only where the seat may be held by an earlier session of our own.
func seatWords(err error) string {
	if e, ok := errors.AsType[*vmbackup.Error](err); ok && !e.Until.IsZero() {
		return e.Hint
	}
	return ""
}

// serverWords is what the server itself said; empty where it said nothing. An error that follows from an earlier one
// (a login that is not tried again) holds the words of that one.
func serverWords(err error) string {
	for {
		e, ok := errors.AsType[*vmbackup.Error](err)
		if !ok {
			return ""
		}
		if words := e.Words(); words != "" {
			return words
		}
		err = e.Err
	}
}

// wordsOf is what the server said, or else what is wrong and can be done about it.
func wordsOf(err error) string {
	if words := serverWords(err); words != "" {
		return words
	}
	if e, ok := errors.AsType[*vmbackup.Error](err); ok {
		return e.Hint
	}
	return ""
}
