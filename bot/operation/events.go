package operation

import (
	"time"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/vmbackup"
)

// Event is something that happened to an operation. At is always our clock.
type Event interface{ when() time.Time }

// Held means: the wish cannot be sent yet.
type Held struct {
	At  time.Time
	For Reason
	// Text is detail in foreign words; may be empty.
	Text string
}

// Cancelled means: nothing will be sent, and Why. By is the person who called it off; zero where nobody did.
type Cancelled struct {
	At    time.Time
	Why   Reason
	By    chat.Actor
	Words string
}

// Sent means: the instruction is about to leave; must be committed before it does.
type Sent struct {
	At time.Time
	// Server is the server's clock now, as far as known; else At.
	Server time.Time
	// Baseline are the VM's newest reports, read just before.
	Baseline []vmbackup.Report
}

// Taken means: the server accepted the instruction.
type Taken struct {
	At     time.Time
	GUID   vmbackup.OperationGUID
	Server time.Time
}

// Refused means: the server read the instruction and did not take it.
type Refused struct {
	At    time.Time
	Words string
}

// Unsent means: the instruction certainly did not reach the server.
type Unsent struct {
	At   time.Time
	For  Reason
	Text string
}

// AnswerLost means: the instruction left, and no usable answer came.
type AnswerLost struct {
	At    time.Time
	Words string
}

// Saw means: the status list shows the job. Single says that it was asked for alone.
type Saw struct {
	At     time.Time
	Status vmbackup.Status
	Single bool
}

// Missed means: a look succeeded and did not show the job. Single says that it was also asked for alone.
type Missed struct {
	At     time.Time
	Single bool
	// Grace is how long a started job may stay unseen.
	Grace time.Duration
}

// OutOfReach means: a look failed. It means nothing but that.
type OutOfReach struct {
	At  time.Time
	For Reason
	// Text is detail in foreign words; may be empty.
	Text string
}

// Strayed is a look at the server for a lost operation. Job says whether a job runs there that nobody claims.
type Strayed struct {
	At  time.Time
	Job bool
}

// Read means: the VM's newest reports were read.
type Read struct {
	At      time.Time
	Reports []vmbackup.Report
	// Claimed are reports that other operations of this VM rest on.
	Claimed []vmbackup.Report
	Zone    *time.Location
	// Grace is how long the report of an ended job may take; Seen how long a started job may stay unseen; Lost how long a
	// lost operation may stay without evidence.
	Grace, Seen, Lost time.Duration
	// Contested says that another operation of this VM is still open: a lost one may not take a report then.
	Contested bool
}

// LookAsked means: somebody wants a lost or unknown operation looked up now.
type LookAsked struct{ At time.Time }

// AbortAsked means: somebody wants it stopped.
type AbortAsked struct {
	At time.Time
	By chat.Actor
}

// AbortSent means: the server is about to be asked to abort; committed before it is.
type AbortSent struct{ At time.Time }

// AbortAnswered is what the server said to the abort.
type AbortAnswered struct {
	At    time.Time
	OK    bool
	Words string
}

// Restarted means: the bot found the operation like this when it started.
type Restarted struct{ At time.Time }

func (e Held) when() time.Time          { return e.At }
func (e Cancelled) when() time.Time     { return e.At }
func (e Sent) when() time.Time          { return e.At }
func (e Taken) when() time.Time         { return e.At }
func (e Refused) when() time.Time       { return e.At }
func (e Unsent) when() time.Time        { return e.At }
func (e AnswerLost) when() time.Time    { return e.At }
func (e Saw) when() time.Time           { return e.At }
func (e Missed) when() time.Time        { return e.At }
func (e OutOfReach) when() time.Time    { return e.At }
func (e Strayed) when() time.Time       { return e.At }
func (e Read) when() time.Time          { return e.At }
func (e LookAsked) when() time.Time     { return e.At }
func (e AbortAsked) when() time.Time    { return e.At }
func (e AbortSent) when() time.Time     { return e.At }
func (e AbortAnswered) when() time.Time { return e.At }
func (e Restarted) when() time.Time     { return e.At }

// Change is an event of one operation among several that are applied together.
type Change struct {
	ID    ID
	Event Event
}
