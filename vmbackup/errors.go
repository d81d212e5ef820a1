package vmbackup

import (
	"errors"
	"strings"
	"time"
)

// What can go wrong, told apart with errors.Is. An error may be of two kinds at once: an instruction that was not sent
// because the seat is busy is both [ErrNotSent] and [ErrSeatBusy].
var (
	// ErrSeatBusy means that the server's one management seat is taken, by the console or by another program.
	ErrSeatBusy = errors.New("the management seat is taken")
	// ErrBadCredentials means that the login was refused for another reason than the seat.
	ErrBadCredentials = errors.New("login refused")
	// ErrLoginHeld means that no login was tried, because refused ones must not be repeated (account lock-out).
	ErrLoginHeld = errors.New("login not tried again yet")
	// ErrInvalidToken means that the session ended under us and could not be renewed within this call.
	ErrInvalidToken = errors.New("session ended")
	// ErrUnknownVM means that the server does not know the VM.
	ErrUnknownVM = errors.New("unknown VM")
	// ErrWrongHost means that the server did not accept the Host header: it answers as localhost only.
	ErrWrongHost = errors.New("wrong host name")
	// ErrUnreachable means that no connection came about, or none that lasted.
	ErrUnreachable = errors.New("not reachable")
	// ErrCertificate means that the server's certificate is neither trusted nor pinned.
	ErrCertificate = errors.New("certificate not trusted")
	// ErrNotVMBackup means that something else answered, or in a form that VM Backup does not use.
	ErrNotVMBackup = errors.New("not an answer of VM Backup")
	// ErrServer means that VM Backup answered Success:false for a reason of its own.
	ErrServer = errors.New("VM Backup refused")
	// ErrClosed means that the [Client] was closed.
	ErrClosed = errors.New("client closed")

	// ErrRejected means that VM Backup read the instruction and did not take it: nothing was started.
	ErrRejected = errors.New("instruction rejected")
	// ErrNotSent means that the instruction certainly did not reach VM Backup: it may be sent again.
	ErrNotSent = errors.New("instruction not sent")
	// ErrLost means that the instruction left and no usable answer came: it may or may not have been taken, and must
	// not be sent again.
	ErrLost = errors.New("answer lost")
)

// Error is every error that this package returns from a call.
type Error struct {
	// Call names the endpoint, never its URL: the session token is part of that.
	Call string
	// Kinds are the sentinels that the error is.
	Kinds []error
	// Text, Details and Code are the server's own words, as they came; empty where it gave none.
	Text, Details, Code string
	// Hint is what the operator can do next; empty where there is nothing to say.
	Hint string
	// Until is when another try makes sense, where that is known: with [ErrLoginHeld]. Zero otherwise.
	Until time.Time
	// Err is the cause, cleaned of URLs; may be nil.
	Err error
}

// Error is one line without URL, token or password.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Call)
	for _, k := range e.Kinds {
		b.WriteString(": ")
		b.WriteString(k.Error())
	}
	if w := e.Words(); w != "" {
		b.WriteString(": ")
		b.WriteString(w)
	}
	if e.Err != nil {
		b.WriteString(": ")
		b.WriteString(e.Err.Error())
	}
	return b.String()
}

// Unwrap yields kinds and cause.
func (e *Error) Unwrap() []error {
	all := append([]error(nil), e.Kinds...)
	if e.Err != nil {
		all = append(all, e.Err)
	}
	return all
}

// Words is what the server said, in one line: text, details and code.
func (e *Error) Words() string {
	var parts []string
	for _, s := range []string{e.Text, e.Details} {
		if s = strings.TrimSpace(s); s != "" {
			parts = append(parts, s)
		}
	}
	words := strings.Join(parts, ": ")
	if c := strings.TrimSpace(e.Code); c != "" {
		words = strings.TrimSpace(words + " (" + c + ")")
	}
	return words
}
