package vmbackup

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// The calls with a token. Each name is the beginning of the path, and what errors and logs call it.
const (
	vmsList         = "vms/list"
	backupLocations = "backuplocations"
	operationStatus = "activity/operation-status"
	reportsBackup   = "reports/backup"
	reportsRestore  = "reports/restore"
)

// maxReports caps how many reports are asked for at once: more than a card or a page shows.
const maxReports = 1000

// Login makes sure that a session is in hand, for a caller that wants to know before it commits to anything. The session
// ends by itself when it is not used.
func (c *Client) Login(ctx context.Context) error {
	s, err := c.seat.acquire(ctx)
	if err != nil {
		return asError(sessionsStart, err)
	}
	c.seat.release(s, false) // the server was not asked
	return nil
}

// VMs lists the machines that the server knows, or only those set up for backup.
func (c *Client) VMs(ctx context.Context, configuredOnly bool) ([]VM, error) {
	var tail []string
	if configuredOnly {
		tail = []string{"1"}
	}
	o := c.read(ctx, vmsList, tail...)
	if o.err != nil {
		return nil, o.err
	}
	const member = "VirtualMachines"
	entries, ok := o.env.payload.list(member)
	if !ok || !o.env.payload.has(member) { // an empty list would look like every VM being gone
		return nil, missing(vmsList, member)
	}
	vms := readAll(entries, vmOf)
	if configuredOnly {
		vms = slices.DeleteFunc(vms, func(v VM) bool { return !v.Configured })
	}
	return vms, nil
}

// Locations lists the backup locations, primary and offsite.
func (c *Client) Locations(ctx context.Context) ([]Location, error) {
	return readList(c.read(ctx, backupLocations), backupLocations, "BackupLocations", locationOf)
}

// Running lists every operation that the server tells of, those included that are over but still listed. It is one call
// for any number. That an operation is not in it may mean that it is over, not yet visible, or was never known.
func (c *Client) Running(ctx context.Context) ([]Status, error) {
	return readList(c.read(ctx, operationStatus), operationStatus, "Statuses", statusOf)
}

// One asks for a single operation. One entry means that operation, whatever its JobID; none means what it means in
// [Client.Running].
func (c *Client) One(ctx context.Context, guid OperationGUID) ([]Status, error) {
	if !isSegment(string(guid)) {
		return nil, &Error{Call: operationStatus, Err: errors.New("no operation id")}
	}
	return readList(c.read(ctx, operationStatus, string(guid)), operationStatus, "Statuses", statusOf)
}

// Reports are up to n reports of a VM's finished runs, the newest first. Of offsite copies only the last run is known:
// no document names their report, so it comes from the VM list, without location and error text.
func (c *Client) Reports(ctx context.Context, k Kind, ref VMRef, n int) ([]Report, error) {
	switch k {
	case KindBackup:
		return c.reports(ctx, reportsBackup, "BackupReports", ref, n)
	case KindOffsite:
		return c.lastOffsite(ctx, ref)
	default:
		return nil, &Error{Call: "reports", Err: errors.New("no report is known for this kind of operation")}
	}
}

// RestoreReports are up to n reports of a VM's restores, the newest first.
func (c *Client) RestoreReports(ctx context.Context, ref VMRef, n int) ([]Report, error) {
	return c.reports(ctx, reportsRestore, "RestoreReports", ref, n)
}

// reports asks for one report without the path's optional tail, and for more with it. A server that does not take the
// tail is asked once more without.
func (c *Client) reports(ctx context.Context, call, member string, ref VMRef, n int) ([]Report, error) {
	if !isSegment(string(ref)) {
		return nil, &Error{Call: call, Kinds: []error{ErrUnknownVM}, Err: errors.New("no VM id")}
	}
	n = min(max(n, 1), maxReports)
	var o outcome
	if n > 1 {
		o = c.attempt(ctx, call, func(o outcome) bool { return o.verdict == tokenGone }, string(ref), "0", strconv.Itoa(n))
	}
	if n == 1 || o.verdict == refused || o.verdict == badStatus {
		o = c.read(ctx, call, string(ref))
	}
	if o.verdict == refused && c.unknown(ctx, ref) {
		return nil, o.err.under(call, ErrUnknownVM)
	}
	list, err := readList(o, call, member, reportOf)
	return newestFirst(list, n), err
}

// lastOffsite makes a report of what the VM list says.
func (c *Client) lastOffsite(ctx context.Context, ref VMRef) ([]Report, error) {
	vms, err := c.VMs(ctx, false)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(vms, func(v VM) bool { return v.Ref.Equal(ref) })
	if i < 0 || ref == "" {
		return nil, &Error{Call: vmsList, Kinds: []error{ErrUnknownVM}}
	}
	last := vms[i].LastOffsite
	if last.Time.IsZero() {
		return nil, nil
	}
	return []Report{{
		DateTime: last.Time, Duration: last.Duration, Result: last.Result, Word: last.Word,
		Compressed: last.Compressed, Uncompressed: last.Uncompressed,
	}}, nil
}

// unknown reports whether the server has no such VM, as far as that can be told now.
func (c *Client) unknown(ctx context.Context, ref VMRef) bool {
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	vms, err := c.VMs(ctx, false)
	return err == nil && !slices.ContainsFunc(vms, func(v VM) bool { return v.Ref.Equal(ref) })
}

// read makes a call that changes nothing, so it may be repeated: once, with a new session, when the session is gone, or
// may be (a status outside 2xx has been seen for that).
func (c *Client) read(ctx context.Context, call string, tail ...string) outcome {
	return c.attempt(ctx, call, func(o outcome) bool { return o.verdict == tokenGone || o.verdict == badStatus }, tail...)
}

// attempt repeats once where again says so.
func (c *Client) attempt(ctx context.Context, call string, again func(outcome) bool, tail ...string) outcome {
	o, s := c.once(ctx, call, http.MethodGet, tail...)
	if !again(o) {
		return o
	}
	if o.verdict == badStatus {
		c.seat.renew(ctx, s)
	}
	o, _ = c.once(ctx, call, http.MethodGet, tail...)
	if o.verdict == tokenGone {
		o.err.Hint = stolenHint
	}
	return o
}

// stolenHint is the only explanation of a new session that is gone at once.
const stolenHint = "another program on the VM Backup machine ends our sessions: look for scripts or exporters that log everybody out"

// once makes one call with the session in hand.
func (c *Client) once(ctx context.Context, call, method string, tail ...string) (outcome, *session) {
	s, err := c.seat.acquire(ctx)
	if err != nil {
		return outcome{verdict: noSession, err: seatError(call, err)}, nil
	}
	path := append(strings.Split(call, "/"), s.token.Reveal())
	o := c.do(ctx, s.target, call, request{method: method, path: append(path, tail...)}, readTimeout, s.token)
	c.seat.release(s, o.verdict == taken || o.verdict == refused)
	switch {
	case o.verdict == tokenGone:
		c.seat.drop(s, true)
	case o.verdict == unsent && c.forget(ctx, s.target, o) && c.seat.drop(s, false):
		// The server that is found next may be another one, which does not know this session.
		c.leftBehind(ownSession)
	}
	return o, s
}

// readList takes the entries out of an answer. Null and absent are an empty list.
func readList[T any](o outcome, call, member string, read func(object) T) ([]T, error) {
	if o.err != nil {
		return nil, o.err
	}
	entries, ok := o.env.payload.list(member)
	if !ok {
		return nil, missing(call, member)
	}
	return readAll(entries, read), nil
}

// missing is an answer without its payload.
func missing(call, member string) *Error {
	return &Error{Call: call, Kinds: []error{ErrNotVMBackup}, Err: errors.New("no list " + member + " in the answer")}
}

// asError brings an error of the seat into this package's form: a login's own, or the end of a context or client.
func asError(call string, err error) error {
	if err == nil {
		return nil
	}
	return seatError(call, err)
}

func seatError(call string, err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if errors.Is(err, ErrClosed) {
		return &Error{Call: call, Kinds: []error{ErrClosed}}
	}
	return &Error{Call: call, Err: newCause(err, nil)}
}

// isSegment reports whether an id can be part of a path as it is. The server's ids are GUIDs; what has other characters
// was never one.
func isSegment(id string) bool {
	return id != "" && !strings.ContainsFunc(id, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("-_{}", r)
	})
}
