package operation

import (
	"encoding/base32"
	"io"
	"strings"
	"time"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/vmbackup"
)

// ID is the bot's own name of an operation: ten characters of [a-z2-7]. It exists from the moment the wish is recorded.
type ID string

// idBytes gives ten base32 characters (50 bits; the seventh byte's rest is thrown away).
const idBytes = 7

// IDLen is the length of an ID.
const IDLen = 10

// NewID draws an id from a source of randomness.
func NewID(random io.Reader) (ID, error) {
	var b [idBytes]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", err
	}
	return ID(strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))[:IDLen]), nil
}

// State is where an operation stands.
type State string

// The states, in the order of an ordinary life.
const (
	Waiting    State = "waiting"
	Sending    State = "sending"
	Accepted   State = "accepted"
	Running    State = "running"
	Lost       State = "lost"
	Ended      State = "ended"
	Succeeded  State = "succeeded"
	Warning    State = "warning"
	Failed     State = "failed"
	Aborted    State = "aborted"
	Unknown    State = "unknown"
	Rejected   State = "rejected"
	NotStarted State = "not started"
)

// Open reports whether the operation still holds its VM: a second wish for the same VM is answered with this one.
func (s State) Open() bool {
	switch s {
	case Waiting, Sending, Accepted, Running, Lost, Ended:
		return true
	}
	return false
}

// Final reports whether people have been given the last word. Only [Unknown] may be followed by another one, once.
func (s State) Final() bool { return !s.Open() }

// VM is the machine that an operation is about, as it was called when the wish was recorded.
type VM struct {
	Ref  vmbackup.VMRef `json:"ref"`
	Name string         `json:"name"`
	Host string         `json:"host"`
}

// Reason says why nothing was started, or what a wish waits for.
type Reason string

// The reasons.
const (
	// ReasonSeat: the management console, or another program, holds the server's one seat.
	ReasonSeat Reason = "seat"
	// ReasonUnreachable: VM Backup does not answer.
	ReasonUnreachable Reason = "unreachable"
	// ReasonLogin: VM Backup refuses the bot's account.
	ReasonLogin Reason = "login"
	// ReasonCancelled: somebody called it off before it was sent.
	ReasonCancelled Reason = "cancelled"
	// ReasonDenied: the policy does not allow it any more.
	ReasonDenied Reason = "denied"
	// ReasonExpired: it waited too long.
	ReasonExpired Reason = "expired"
	// ReasonPaused: new instructions are paused.
	ReasonPaused Reason = "paused"
	// ReasonRestarted: the bot was restarted before it was sent.
	ReasonRestarted Reason = "restarted"
)

// Abort is somebody's wish to stop the operation.
type Abort struct {
	By chat.Actor `json:"by"`
	At time.Time  `json:"at"`
	// Sent is when the server was last asked; zero while that is still to come.
	Sent time.Time `json:"sent,omitzero"`
	// Answered is when the server last answered; OK whether it took the request, Words what it said.
	Answered time.Time `json:"answered,omitzero"`
	OK       bool      `json:"ok,omitempty"`
	Words    string    `json:"words,omitempty"`
}

// Due reports whether the server must still be asked to abort: until it has answered, since asking twice does no harm.
func (a *Abort) Due() bool { return a != nil && (a.Answered.IsZero() || a.Answered.Before(a.At)) }

// Basis says what an outcome rests on.
type Basis string

// The bases.
const (
	// ByReport: the server's own report of this run.
	ByReport Basis = "report"
	// ByTime: a new report of this VM that fits in time; the instruction's answer had been lost.
	ByTime Basis = "time"
	// ByStatus: the result in the job's last status entry; no report came.
	ByStatus Basis = "status"
)

// Operation is one instruction and all that is known of it. Values are copied freely; Apply never changes its receiver.
type Operation struct {
	ID   ID            `json:"id"`
	Site string        `json:"site"`
	Kind vmbackup.Kind `json:"kind"`
	VM   VM            `json:"vm"`
	// Requester asked for it, in Place, with a Note of their own; Rule is the grant that allowed it.
	Requester chat.Actor `json:"requester"`
	Place     chat.Place `json:"place"`
	Note      string     `json:"note,omitempty"`
	Rule      string     `json:"rule,omitempty"`
	// After is the operation that this one was started in spite of, or again instead of; Forced the former.
	After  ID   `json:"after,omitempty"`
	Forced bool `json:"forced,omitempty"`
	// LastGood and Next are what the accepted card says of the VM: its last good backup and its next scheduled run.
	LastGood vmbackup.Stamp `json:"last_good,omitzero"`
	Next     vmbackup.Stamp `json:"next,omitzero"`

	State State `json:"state"`
	// Asked is when the wish was recorded, Moved when State last changed; both by our clock.
	Asked time.Time `json:"asked"`
	Moved time.Time `json:"moved"`

	// WaitsFor and WaitText say what a waiting wish waits for; Deadline is when it is given up.
	WaitsFor Reason    `json:"waits_for,omitempty"`
	WaitText string    `json:"wait_text,omitempty"`
	Deadline time.Time `json:"deadline,omitzero"`

	// Sent is when sending began, by our clock. Start is the same instant by the server's clock.
	Sent  time.Time `json:"sent,omitzero"`
	Start time.Time `json:"start,omitzero"`
	// Sends counts the times that sending was begun and certainly did not reach the server.
	Sends int `json:"sends,omitempty"`
	// Baseline are the VM's newest reports as they stood before the instruction was sent: none of them is ours.
	Baseline []vmbackup.Report `json:"baseline,omitempty"`

	GUID vmbackup.OperationGUID `json:"guid,omitempty"`
	// Job is the JobId under which the status list shows the operation, where that is not the GUID.
	Job vmbackup.OperationGUID `json:"job,omitempty"`
	// Singles counts the status calls made for this operation alone; Misses the successful looks in a row without it.
	Singles int `json:"singles,omitempty"`
	Misses  int `json:"misses,omitempty"`
	// Seen is when it was last seen in the status list, Status how it looked then.
	Seen   time.Time       `json:"seen,omitzero"`
	Status vmbackup.Status `json:"status,omitzero"`
	// Gone says since when the server cannot be looked at, and GoneFor why; GoneWhy is detail in foreign words. Zero and
	// empty while it can.
	Gone    time.Time `json:"gone,omitzero"`
	GoneFor Reason    `json:"gone_for,omitempty"`
	GoneWhy string    `json:"gone_why,omitempty"`
	// Stray is when an unclaimed job was last seen on the server while this operation was lost.
	Stray time.Time `json:"stray,omitzero"`
	// Over is when the job was found to have ended. Unseen says that it never showed up in the status list.
	Over   time.Time `json:"over,omitzero"`
	Unseen bool      `json:"unseen,omitempty"`

	Abort *Abort `json:"abort,omitempty"`

	// Report is the report that the outcome rests on; nil where Basis says that it rests on something else.
	Report *vmbackup.Report `json:"report,omitempty"`
	Basis  Basis            `json:"basis,omitempty"`
	// Decided is when the (first) final word fell; Late when an unknown outcome was found out after all.
	Decided time.Time `json:"decided,omitzero"`
	Late    time.Time `json:"late,omitzero"`
	// Looked is when reports were last read for this operation.
	Looked time.Time `json:"looked,omitzero"`
	// Why and Words say why nothing was started or why nothing is known: the reason, and foreign text that belongs to it.
	Why   Reason `json:"why,omitempty"`
	Words string `json:"words,omitempty"`
	// By cancelled it, where somebody did.
	By *chat.Actor `json:"by,omitempty"`
}

// Expected is how long the VM's last run of this kind took; zero where that is not known.
func (o Operation) Expected() time.Duration {
	for _, r := range o.Baseline {
		if (r.Result == vmbackup.ResultSuccess || r.Result == vmbackup.ResultWarning) && r.Duration > 0 {
			return r.Duration
		}
	}
	return 0
}

// Is reports whether a status entry belongs to the operation.
func (o Operation) Is(s vmbackup.Status) bool {
	if s.JobID == "" || o.GUID == "" {
		return false
	}
	return s.JobID.Equal(o.GUID) || o.Job != "" && s.JobID.Equal(o.Job)
}

// lookups of an unknown outcome: hourly for 48 hours (design, section 5).
const (
	lateEvery = time.Hour
	lateFor   = 48 * time.Hour
)

// Watched reports whether the server must still be looked at for this operation.
func (o Operation) Watched() bool {
	switch o.State {
	case Accepted, Running, Lost, Ended:
		return true
	case Unknown:
		return o.Late.IsZero() && o.Looked.Sub(o.Decided) < lateFor && !o.Start.IsZero()
	}
	return false
}

// NextLook is when reports should be read again for an operation whose job is over or lost; the zero time means now.
// Early looks come quickly, since the report is usually there at once.
func (o Operation) NextLook() time.Time {
	switch {
	case o.Looked.IsZero():
		return time.Time{}
	case o.State == Unknown:
		return o.Looked.Add(lateEvery)
	case o.State == Ended:
		return o.Looked.Add(min(max(o.Looked.Sub(o.Over)/2, time.Second), 30*time.Second))
	}
	return o.Looked.Add(10 * time.Second)
}

// OpenError says that the VM already has an open operation, and which.
type OpenError struct{ Operation Operation }

// Error is one line for logs.
func (e *OpenError) Error() string {
	return "operation " + string(e.Operation.ID) + " of this VM is still " + string(e.Operation.State)
}
