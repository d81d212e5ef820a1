package access

import (
	"fmt"
	"slices"
	"strings"

	edlib "github.com/hbollon/go-edlib"
)

// Verb is something that a grant can allow.
type Verb string

// The verbs of the policy file.
const (
	// Status is seeing a VM: also vms, report, history, alerts and details.
	Status Verb = "status"
	// Backup is starting a backup.
	Backup Verb = "backup"
	// Offsite is starting an offsite copy.
	Offsite Verb = "offsite"
	// Restore is restoring under a new name.
	Restore Verb = "restore"
	// RestoreOver is restoring over the VM itself; it needs an approval.
	RestoreOver Verb = "restore-over"
	// SeedToDisk is writing the first offsite copy to a disk; it needs an approval.
	SeedToDisk Verb = "seed-to-disk"
	// SandboxRestore is a test restore.
	SandboxRestore Verb = "sandbox-restore"
	// Verify is checking a backup's data.
	Verify Verb = "verify"
	// Abort is stopping what one started oneself.
	Abort Verb = "abort"
	// AbortAny is stopping what others or the schedule started.
	AbortAny Verb = "abort-any"
	// Force is going on although the bot advises against it.
	Force Verb = "force"
	// Snooze is silencing alerts: also ack.
	Snooze Verb = "snooze"
	// Pause is holding the bot back: also resume and release.
	Pause Verb = "pause"
	// Approve is listing approvals. Who may approve is said by the approvals alone.
	Approve Verb = "approve"
	// Audit is reading the audit log.
	Audit Verb = "audit"
)

// allWord stands in a policy for every verb that is not too strong to be given by the way.
const allWord = "all"

// verbs lists every verb, in the order of the documentation.
func verbs() []Verb {
	return []Verb{
		Status, Backup, Offsite, Restore, RestoreOver, SeedToDisk, SandboxRestore, Verify, Abort, AbortAny, Force, Snooze,
		Pause, Approve, Audit,
	}
}

// byName reports whether v is granted only where it is named, never by "all".
func (v Verb) byName() bool {
	switch v {
	case RestoreOver, SeedToDisk, AbortAny, Force, Approve:
		return true
	default:
		return false
	}
}

// needsApproval reports whether v is refused where no approvals entry covers it.
func (v Verb) needsApproval() bool { return v == RestoreOver || v == SeedToDisk }

// everyday is what "all" stands for.
func everyday() []Verb { return slices.DeleteFunc(verbs(), Verb.byName) }

// ParseVerb reads one verb, in any case. The error names a near miss, or every verb, in words fit for a person.
func ParseVerb(s string) (Verb, error) {
	v := Verb(strings.ToLower(strings.TrimSpace(s)))
	if slices.Contains(verbs(), v) {
		return v, nil
	}
	names := verbNames()
	if near := nearest(string(v), names); near != "" {
		return "", fmt.Errorf("unknown verb %s; did you mean %q?", quoted(s), near)
	}
	return "", fmt.Errorf("unknown verb %s; the verbs are %s", quoted(s), strings.Join(names, ", "))
}

func verbNames() []string {
	var names []string
	for _, v := range verbs() {
		names = append(names, string(v))
	}
	return names
}

// nearEnough is the Jaro-Winkler similarity from which a word counts as a misspelling of another.
const nearEnough = 0.75

// nearest is the candidate that s is most likely a misspelling of; empty when none is near.
func nearest(s string, candidates []string) string {
	if len(s) > longestQuote {
		return "" // nobody mistypes that much, and the comparison is quadratic
	}
	best, at := "", float32(nearEnough)
	for _, c := range candidates {
		if got := edlib.JaroWinklerSimilarity(strings.ToLower(s), strings.ToLower(c)); got >= at && (best == "" || got > at) {
			best, at = c, got
		}
	}
	return best
}
