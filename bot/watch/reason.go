package watch

import (
	"errors"

	"vmbackup-bot/bot/operation"
	"vmbackup-bot/vmbackup"
)

// reasonOf is what an error of VM Backup means to people, and its detail in the server's or the client's own words.
func reasonOf(err error) (operation.Reason, string) {
	var words string
	if e, ok := errors.AsType[*vmbackup.Error](err); ok {
		words = e.Hint
		if words == "" {
			words = e.Words()
		}
	}
	switch {
	case errors.Is(err, vmbackup.ErrSeatBusy):
		return operation.ReasonSeat, words
	case errors.Is(err, vmbackup.ErrBadCredentials), errors.Is(err, vmbackup.ErrLoginHeld), errors.Is(err, vmbackup.ErrCertificate):
		return operation.ReasonLogin, words
	}
	return operation.ReasonUnreachable, words
}
