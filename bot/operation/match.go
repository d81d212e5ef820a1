package operation

import (
	"slices"
	"strings"
	"time"

	"vmbackup-bot/vmbackup"
)

// slack is how much older than our start a report's stamp may be: stamps have whole seconds, and nobody says whether
// they mean the start or the end (reference, section 8).
const slack = time.Minute

// match finds the report of this operation. A report qualifies when it was not there before the instruction was sent, no
// other operation rests on it, it has a result, and its stamp, in any reading that the zone allows, is not older than our
// start less the slack. Of several the oldest is ours: later ones are later runs.
func (o Operation) match(e Read) (vmbackup.Report, bool) {
	zone := e.Zone
	if zone == nil {
		zone = time.Local
	}
	var best vmbackup.Report
	var bestAt time.Time
	for _, r := range e.Reports {
		if unfinished(r) || slices.ContainsFunc(o.Baseline, r.Same) || slices.ContainsFunc(e.Claimed, r.Same) {
			continue
		}
		at, ok := notBefore(r.DateTime, zone, o.Start.Add(-slack))
		if !ok {
			continue
		}
		if bestAt.IsZero() || at.Before(bestAt) {
			best, bestAt = r, at
		}
	}
	return best, !bestAt.IsZero()
}

// notBefore is the earliest reading of the stamp that is not before the limit.
func notBefore(s vmbackup.Stamp, zone *time.Location, limit time.Time) (time.Time, bool) {
	for _, t := range s.Readings(zone) {
		if !t.Before(limit) {
			return t, true
		}
	}
	return time.Time{}, false
}

// unfinished reports whether an entry is no result yet: a server might list a run before it is over.
func unfinished(r vmbackup.Report) bool {
	w := strings.ToLower(strings.ReplaceAll(strings.TrimSpace(r.Word), " ", ""))
	return w == "" || w == "inprogress" || w == "processing"
}

// stateOf is the final state that a report's result means.
func stateOf(r vmbackup.Result) State {
	switch r {
	case vmbackup.ResultSuccess:
		return Succeeded
	case vmbackup.ResultWarning:
		return Warning
	case vmbackup.ResultFailed:
		return Failed
	case vmbackup.ResultAborted:
		return Aborted
	}
	return Unknown
}

// statusOutcome is what the last status entry says of the end. Unlike a report's result, an unknown word decides
// nothing here: the words that this field can hold are not documented, and a guess would be one.
func statusOutcome(s vmbackup.Status) (State, bool) {
	if s.Running() {
		return "", false
	}
	switch strings.ToLower(strings.TrimSpace(s.Status)) {
	case "success":
		return Succeeded, true
	case "warning":
		return Warning, true
	case "failed", "error":
		return Failed, true
	case "aborted":
		return Aborted, true
	}
	return "", false
}
