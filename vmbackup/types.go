package vmbackup

import (
	"strings"
	"time"
)

// Kind names an instruction that VM Backup can be given for a virtual machine.
type Kind string

// The kinds whose paths are public; the others join with their own issue.
const (
	// KindBackup is a backup to the VM's primary location.
	KindBackup Kind = "backup"
	// KindOffsite is a copy of the newest backup to the VM's offsite location.
	KindOffsite Kind = "offsite"
)

// VMRef is VM Backup's own id of a virtual machine (AltaroVirtualMachineRef, a GUID). It is kept and sent in the letter
// case in which the server wrote it; compare with [VMRef.Equal]. The zero value names no VM.
type VMRef string

// Equal reports whether both name the same VM; letter case does not count.
func (r VMRef) Equal(o VMRef) bool { return strings.EqualFold(string(r), string(o)) }

// Key is the lower-case form, for maps and tables.
func (r VMRef) Key() string { return strings.ToLower(string(r)) }

// OperationGUID is VM Backup's id of one accepted instruction. The zero value means that none is known.
type OperationGUID string

// Equal reports whether both name the same operation; letter case does not count.
func (g OperationGUID) Equal(o OperationGUID) bool { return strings.EqualFold(string(g), string(o)) }

// Status is one entry of activity/operation-status. It names no VM.
type Status struct {
	// JobID is probably the OperationGuid of the instruction, but no document says so.
	JobID OperationGUID
	// Operation and SubOperation are free text for people: print, never branch.
	Operation, SubOperation string
	// Percentage is 0 to 100 and may have fractions.
	Percentage float64
	// Status is the server's word: "Processing" while the job runs.
	Status string
}

// Running reports whether the entry says that the job still runs. Any other word than "Processing" means that it ended.
func (s Status) Running() bool { return strings.EqualFold(strings.TrimSpace(s.Status), "Processing") }

// Result is what a finished run came to, folded from the server's free words.
type Result string

// The results that people are told.
const (
	// ResultNone means that the server gave no result: never backed up, or not filled in.
	ResultNone Result = ""
	// ResultSuccess is the only good one.
	ResultSuccess Result = "success"
	// ResultWarning means done, with something to look at.
	ResultWarning Result = "warning"
	// ResultFailed also stands for every word that this program does not know.
	ResultFailed Result = "failed"
	// ResultAborted means stopped on somebody's request.
	ResultAborted Result = "aborted"
	// ResultUnknown is the server's own word "Unknown": it does not know either.
	ResultUnknown Result = "unknown"
)

// ParseResult folds the server's word into a Result. An unknown word is a failure whose reason is the word itself: the
// field has been seen holding error identifiers.
func ParseResult(word string) Result {
	switch strings.ToLower(strings.TrimSpace(word)) {
	case "":
		return ResultNone
	case "success":
		return ResultSuccess
	case "warning":
		return ResultWarning
	case "aborted":
		return ResultAborted
	case "unknown":
		return ResultUnknown
	default: // "failed", "error", and whatever comes next
		return ResultFailed
	}
}

// Run is one finished run of a VM as the VM list tells it.
type Run struct {
	// Time is when the run started or ended: the server does not say which. Zero when there was none.
	Time Stamp
	// Duration is zero when the server gave none.
	Duration time.Duration
	// Result is the folded word, Word the word itself.
	Result Result
	Word   string
	// Compressed and Uncompressed are the bytes transferred.
	Compressed, Uncompressed int64
}

// VM is one entry of vms/list.
type VM struct {
	// Ref is empty for a VM that is not configured.
	Ref VMRef
	// Name is not unique.
	Name, Host string
	// HypervisorUUID and HypervisorRef identify the VM and its host to the hypervisor.
	HypervisorUUID, HypervisorRef string
	// Configured says whether VM Backup is set up to protect the VM.
	Configured bool
	// LastBackup and LastOffsite are zero when there was none.
	LastBackup, LastOffsite Run
	// NextBackup and NextOffsite are zero when nothing is scheduled.
	NextBackup, NextOffsite Stamp
}

// Report is one entry of reports/*.
type Report struct {
	// DateTime is when the run started or ended: the server does not say which.
	DateTime Stamp
	// Duration is zero when the server gave none.
	Duration time.Duration
	// Result is the folded word, Word the word itself.
	Result Result
	Word   string
	// Location is where the data went; Error the server's own sentence, empty on success.
	Location, Error string
	// Compressed and Uncompressed are the bytes transferred; zero when the server gave none.
	Compressed, Uncompressed int64
	// RestoreAsName is the new VM's name, in restore reports.
	RestoreAsName string
}

// Same reports whether both are the same entry read twice. There is no id, so every member that the server gives counts.
func (r Report) Same(o Report) bool { return r == o }

// Location is one backup location.
type Location struct {
	// ID is a GUID; Path is what people know it by.
	ID, Path string
}

// Accepted is the answer to an instruction that VM Backup took. Accepted is not done: only a report tells the outcome.
type Accepted struct {
	// GUID is what the job is watched and aborted by.
	GUID OperationGUID
	// At is the server's clock when it answered (its Date header); our own clock where the header is absent.
	At time.Time
}
