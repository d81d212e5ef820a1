package simulator

import (
	"fmt"
	"slices"
	"time"
)

// Kind is what an operation does, spelled as its status shows it (invented: the product's words are not known).
type Kind string

// The kinds of operation.
const (
	Backup       Kind = "Backup"
	OffsiteCopy  Kind = "OffsiteCopy"
	Restore      Kind = "Restore"
	Verification Kind = "DataVerification" // of a whole backup location: belongs to no VM
)

// Origin is who started an operation.
type Origin string

// The origins of operations.
const (
	ByAPI      Origin = "api"
	BySchedule Origin = "schedule"
	ByConsole  Origin = "console"
)

// phases are the sub-operations with the percentage at which each ends; invented.
var phases = []struct {
	until int
	text  string
}{{3, "Preparing"}, {8, "Taking snapshot"}, {85, "Copying data"}, {95, "Verifying"}, {101, "Pruning"}}

const (
	// hangsAt is the percentage at which an operation that never ends stands still.
	hangsAt = 57
	// secondStartLength is how long an operation lives that was accepted while another one ran for its VM.
	secondStartLength = 5 * time.Second
	// keptOperations bounds the history of a simulator that runs for long.
	keptOperations = 10_000
)

// job is one operation. It is never stepped: all it shows follows from its times and the clock.
type job struct {
	guid, jobID string
	vm          *machine // nil for a whole location
	kind        Kind
	by          Origin
	run         int // how many operations the VM had before
	plan        Plan
	start       time.Time
	length      time.Duration
	end         time.Time // zero: it hangs
	visible     time.Time // in the status list from then on
	offset      time.Duration
	aborted     bool
	settled     bool
}

func (j *job) ended(now time.Time) bool { return !j.end.IsZero() && !now.Before(j.end) }

// listed reports whether the status list shows the job.
func (j *job) listed(now time.Time, linger time.Duration) bool {
	if j.plan.Instant || now.Before(j.visible) {
		return false
	}
	return !j.ended(now) || now.Before(j.end.Add(linger))
}

// fraction is the progress in percent.
func (j *job) fraction(now time.Time) float64 {
	if j.ended(now) {
		if j.aborted || j.result() == "Failed" {
			now = j.end.Add(-time.Nanosecond)
		} else {
			return 100
		}
	}
	p := 100 * float64(now.Sub(j.start)) / float64(max(j.length, time.Nanosecond))
	if j.plan.Hang {
		return min(p, hangsAt)
	}
	return max(0, min(p, 99))
}

func (j *job) result() string {
	switch {
	case j.aborted && j.plan.AbortResult != "":
		return j.plan.AbortResult
	case j.aborted:
		return "Aborted"
	case j.plan.Result != "":
		return j.plan.Result
	}
	return "Success"
}

func (j *job) phase(now time.Time) string {
	p := int(j.fraction(now))
	for _, ph := range phases {
		if p < ph.until {
			return ph.text
		}
	}
	return phases[len(phases)-1].text
}

func (j *job) status(now time.Time) string {
	if !j.ended(now) {
		return "Processing"
	}
	if j.plan.StatusWord != "" {
		return j.plan.StatusWord
	}
	return j.result()
}

// begin makes an operation that goes by a plan; m is nil for one that belongs to no VM.
func (s *Server) begin(m *machine, k Kind, by Origin, now time.Time, p Plan) *job {
	s.serial["operation"]++
	n := s.serial["operation"]
	j := &job{
		guid: s.draw.guid("operation", n), vm: m, kind: k, by: by, plan: p, start: now,
		offset: s.clock.shownOffset(), length: 6 * time.Minute,
	}
	j.jobID = j.guid
	if s.opt.Settings.OtherJobID {
		j.jobID = s.draw.guid("job", n)
	}
	if m != nil {
		m.runs++
		j.run = m.runs
		j.length = m.Length * time.Duration(s.draw.between(85, 115, "run", m.uuid, j.run)) / 100
	}
	s.schedule(j, now)
	s.jobs = append(s.jobs, j)
	s.operations = append(s.operations, j)
	if over := len(s.operations) - keptOperations; over > 0 {
		s.operations = slices.Delete(s.operations, 0, over)
	}
	return j
}

// schedule fixes the times of a job by its plan.
func (s *Server) schedule(j *job, now time.Time) {
	if j.plan.Length > 0 {
		j.length = j.plan.Length
	}
	switch {
	case j.plan.Instant:
		j.length, j.end = 0, now
	case !j.plan.Hang:
		j.end = now.Add(j.length)
	}
	after := s.opt.Settings.VisibleAfter
	if j.plan.VisibleAfter > 0 {
		after = j.plan.VisibleAfter
	}
	j.visible = now.Add(after)
	if j.plan.PreviousReport && j.vm != nil && len(j.vm.reports[j.kind]) == 0 {
		start := now.Add(-time.Hour)
		plain, compressed := s.sizes(j.vm, 0, 100)
		j.vm.reports[j.kind] = append(j.vm.reports[j.kind], report{
			start: start, end: start.Add(j.vm.Length / 4), visible: start, result: "Success",
			location: s.pathFor(j.kind), plain: plain, compressed: compressed,
		})
	}
}

// settle turns every job that has ended into a report and forgets those that nothing shows any more.
func (s *Server) settle(now time.Time) {
	linger := orDefault(s.opt.Settings.Linger, DefaultLinger)
	for _, j := range s.jobs {
		if !j.settled && j.ended(now) {
			j.settled = true
			s.file(j)
		}
	}
	s.jobs = slices.DeleteFunc(s.jobs, func(j *job) bool {
		return j.settled && !j.listed(now, linger) && !now.Before(j.visible)
	})
}

// file writes the report of an ended job.
func (s *Server) file(j *job) {
	if j.vm == nil || j.plan.ReportNever {
		return
	}
	text := j.plan.Error
	if text == "" || j.aborted {
		text = errorText(j.kind, j.result())
	}
	done := int(j.fraction(j.end))
	plain, compressed := s.sizes(j.vm, j.run, done)
	j.vm.reports[j.kind] = append(j.vm.reports[j.kind], report{
		start: j.start, end: j.end, visible: j.end.Add(j.plan.ReportLate), offset: j.offset,
		result: j.result(), err: text, location: s.pathFor(j.kind), plain: plain, compressed: compressed,
	})
}

// errorText is a sentence in the product's manner, ending in an error code; only the family ALTERR_<COMPONENT>_<nnn> and
// the number of an aborted restore are known.
func errorText(k Kind, result string) string {
	component, thing := "BASEBACKUPCONTROLLER", "backup"
	switch k {
	case OffsiteCopy:
		component, thing = "OFFSITECOPYCONTROLLER", "offsite copy"
	case Restore:
		component, thing = "BASERESTORECONTROLLER", "restore"
	case Backup, Verification:
	}
	switch result {
	case "Success":
		return ""
	case "Aborted":
		return fmt.Sprintf("The %s was aborted by the user (ALTERR_%s_007)", thing, component)
	case "Warning":
		return fmt.Sprintf("The %s finished, but application consistency could not be ensured (ALTERR_%s_031)", thing, component)
	case "Failed", "Error":
		return fmt.Sprintf("The %s failed because the snapshot could not be taken (ALTERR_%s_018)", thing, component)
	}
	return fmt.Sprintf("The %s ended in an unexpected way (ALTERR_%s_099)", thing, component)
}

// runningFor is the job that runs for a VM, nil for none.
func (s *Server) runningFor(m *machine, now time.Time) *job {
	for _, j := range s.jobs {
		if j.vm == m && !j.ended(now) {
			return j
		}
	}
	return nil
}

// byGUID is the job of an OperationGuid that is still known, nil for none.
func (s *Server) byGUID(guid string) *job {
	for _, j := range s.jobs {
		if j.guid == guid {
			return j
		}
	}
	return nil
}
