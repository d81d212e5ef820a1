package vmbackup

import (
	"context"
	"errors"
	"net/http"
)

// The instructions whose paths are public.
const (
	takeBackup      = "instructions/take-backup"
	takeOffsiteCopy = "instructions/take-offsitecopy"
	abortOperation  = "instructions/abort-operation"
)

// instructionOf is the path of a kind; empty where none is known.
func instructionOf(k Kind) string {
	switch k {
	case KindBackup:
		return takeBackup
	case KindOffsite:
		return takeOffsiteCopy
	default:
		return ""
	}
}

// Start gives the instruction to back a VM up, or to copy it offsite. Every error is exactly one of [ErrRejected],
// [ErrNotSent] and [ErrLost], and often a second kind that says why. It repeats the instruction only where the server
// certainly did not take it: once when the session was gone, once when no byte had left.
func (c *Client) Start(ctx context.Context, k Kind, ref VMRef) (Accepted, error) {
	call := instructionOf(k)
	switch {
	case call == "":
		return Accepted{}, &Error{Call: "instructions", Kinds: []error{ErrNotSent}, Err: errors.New("no path is known for this kind of operation")}
	case !isSegment(string(ref)):
		return Accepted{}, &Error{Call: call, Kinds: []error{ErrNotSent, ErrUnknownVM}, Err: errors.New("no VM id")}
	}
	o := c.instruct(ctx, call, string(ref))
	if o.err != nil {
		if o.verdict == refused && c.unknown(ctx, ref) {
			o.err.Kinds = append(o.err.Kinds, ErrUnknownVM)
		}
		return Accepted{}, o.err
	}
	guid := o.env.payload.value("Data", "OperationGuid")
	if guid == "" {
		guid = o.env.payload.value("OperationGuid")
	}
	if !isSegment(guid) { // taken, but under which id?
		return Accepted{}, &Error{Call: call, Kinds: []error{ErrLost, ErrNotVMBackup}, Err: errors.New("no operation id in the answer")}
	}
	return Accepted{GUID: OperationGUID(guid), At: o.at}, nil
}

// Abort asks for the end of a running operation. Its errors are those of [Client.Start]; [ErrRejected] is what the
// server says of an operation that does not run. Unlike a start, an abort may be repeated after [ErrLost].
func (c *Client) Abort(ctx context.Context, guid OperationGUID) error {
	if !isSegment(string(guid)) {
		return &Error{Call: abortOperation, Kinds: []error{ErrNotSent}, Err: errors.New("no operation id")}
	}
	if o := c.instruct(ctx, abortOperation, string(guid)); o.err != nil {
		return o.err
	}
	return nil
}

// instruct makes an instruction call within its time, and sorts its failure into the three kinds.
func (c *Client) instruct(ctx context.Context, call, id string) outcome {
	ctx, cancel := context.WithTimeout(ctx, instructionTimeout)
	defer cancel()
	renewals, redials := 1, 1
	for {
		o, _ := c.once(ctx, call, http.MethodPost, id)
		switch {
		case o.verdict == tokenGone && renewals > 0:
			renewals--
			continue
		case o.verdict == unsent && redials > 0 && ctx.Err() == nil && !errors.Is(o.err, ErrCertificate):
			redials--
			continue
		}
		if o.verdict == tokenGone {
			o.err.Hint = stolenHint
		}
		if o.err != nil {
			o.err = o.err.sorted(call, o.verdict)
		}
		return o
	}
}

// sorted adds what the failure means for the instruction.
func (e *Error) sorted(call string, v verdict) *Error {
	switch v {
	case refused: // VM Backup read it and said no: that is all there is to say
		out := *e
		out.Kinds = []error{ErrRejected}
		return &out
	case tokenGone, turnedAway, unsent, noSession:
		return e.under(call, ErrNotSent)
	default:
		return e.under(call, ErrLost)
	}
}
