package vmbackup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// verdict is what became of one exchange, as far as the next step depends on it.
type verdict int

const (
	taken      verdict = iota // Success:true
	refused                   // Success:false
	tokenGone                 // Success:false, because of the session
	badStatus                 // outside 2xx, without an answer of VM Backup that could be used
	garbled                   // 2xx, but no answer of VM Backup
	cut                       // it left, but no whole answer came
	turnedAway                // the web server refused it before VM Backup saw it
	unsent                    // no byte of it left
	noSession                 // there was no session to send it with
)

// outcome is one exchange, understood.
type outcome struct {
	verdict verdict
	env     envelope
	// at is the server's clock, our own where it gave none.
	at time.Time
	// status is the HTTP status, 0 without an answer.
	status int
	// err is nil only for taken.
	err *Error
}

// wrongHost is part of the page by which HTTP.sys refuses a Host header, before VM Backup sees it.
const wrongHost = "request hostname is invalid"

// judge understands an exchange that brought an answer.
func judge(call, version string, got answer, m mask) outcome {
	o := outcome{at: got.date, status: got.status}
	if o.at.IsZero() {
		o.at = time.Now()
	}
	env, err := parseEnvelope(got.body, m)
	ok := got.status >= http.StatusOK && got.status < http.StatusMultipleChoices
	switch {
	case err == nil && env.tokenGone():
		o.verdict, o.err = tokenGone, env.refusal(call, ErrInvalidToken)
	case err == nil && ok && env.success:
		o.verdict = taken
	case err == nil && !env.success && got.status < http.StatusInternalServerError:
		o.verdict, o.err = refused, env.refusal(call, ErrServer)
	case ok:
		o.verdict = garbled
		o.err = &Error{
			Call: call, Kinds: []error{ErrNotVMBackup}, Hint: "check that VMBACKUP_URL is the address of VM Backup's API",
			Err: fmt.Errorf("not its JSON: %q", snippet(got.body, m)),
		}
	case got.status == http.StatusBadRequest && strings.Contains(strings.ToLower(string(got.body)), wrongHost):
		o.verdict = turnedAway
		o.err = &Error{
			Call: call, Kinds: []error{ErrWrongHost}, Err: &httpStatus{code: got.status},
			Hint: "VM Backup answers as localhost only: VMBACKUP_URL must name localhost and VM Backup's own port; " +
				"set VMBACKUP_DIAL_ADDRESS for where to connect",
		}
	default:
		o.verdict = badStatus
		o.err = statusError(call, version, got, m)
		o.err.Text, o.err.Details, o.err.Code = env.text, env.details, env.code
	}
	o.env = env
	return o
}

// refusal is the server's own.
func (e envelope) refusal(call string, kind error) *Error {
	return &Error{Call: call, Kinds: []error{kind}, Text: e.text, Details: e.details, Code: e.code}
}

// statusError is an answer outside 2xx.
func statusError(call, version string, got answer, m mask) *Error {
	e := &Error{Call: call, Kinds: []error{ErrNotVMBackup}, Err: &httpStatus{code: got.status, snippet: snippet(got.body, m)}}
	switch {
	case got.status == http.StatusServiceUnavailable: // HTTP.sys says so for a service that is stopped
		e.Kinds, e.Hint = []error{ErrUnreachable}, serviceHint(version)
	case got.status < http.StatusInternalServerError:
		e.Hint = "check the path in VMBACKUP_URL: version 8 and 9.0 have /api, version 9.1 and later /api/rest"
	}
	return e
}

// failed understands an exchange that brought none. The context is the caller's, without this call's own limit.
func failed(ctx context.Context, call string, t target, sent bool, err error, m mask) outcome {
	o := outcome{verdict: unsent, at: time.Now(), err: &Error{Call: call, Err: newCause(err, m)}}
	if sent {
		o.verdict = cut
	}
	if ctx.Err() != nil {
		return o // the caller gave up: that says nothing about the server
	}
	hint, kind := "", ErrUnreachable
	switch _, timeout := errors.AsType[net.Error](err); {
	case !sent:
		hint, kind = connectHint(err, t.base.Scheme, t.version)
	case !timeout && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.ErrClosedPipe):
		hint, kind = "check that VMBACKUP_URL is the address of VM Backup's API", ErrNotVMBackup
	}
	o.err.Kinds, o.err.Hint = []error{kind}, hint
	return o
}

// under puts a kind in front, for instructions. Errors of logins are shared between callers, so it works on a copy.
func (e *Error) under(call string, kind error) *Error {
	out := *e
	if out.Call != call {
		out.Call = call + ": " + out.Call
	}
	out.Kinds = append([]error{kind}, e.Kinds...)
	return &out
}
