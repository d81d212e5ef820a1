package simulator

import (
	"errors"
	"fmt"
	"time"
)

// Plan is how an operation will go. The zero value is a run that succeeds in a time and with sizes by the seed.
type Plan struct {
	// Kind is the kind of operation that the plan is for; empty is any.
	Kind Kind
	// Result is the word in the report: "Success" (also when empty), "Warning", "Failed", or anything else.
	Result string
	// Error is the report's error text; empty is a sentence that goes with Result.
	Error string
	// StatusWord is the word in the status after the end; empty is Result.
	StatusWord string
	// Length is how long it runs on the server's clock; zero is by the seed.
	Length time.Duration
	// Hang makes it run until it is aborted or [Server.Finish] is called.
	Hang bool
	// Instant ends it at once, before any look at the status can see it.
	Instant bool
	// VisibleAfter is how long it is missing in the status list; zero is [Settings].VisibleAfter.
	VisibleAfter time.Duration
	// ReportLate is how long after the end the report stays away, with it the VM list's Last… members; until then the
	// previous run's report is the newest.
	ReportLate time.Duration
	// ReportNever leaves no report, and the VM list as it was.
	ReportNever bool
	// PreviousReport makes sure that there is an older report, an hour before the start, to be mistaken for this one.
	PreviousReport bool
	// IgnoreAbort accepts an abort and goes on.
	IgnoreAbort bool
	// AbortResult is the result after an abort; empty is "Aborted".
	AbortResult string
}

// PlanNext says how the next operation of a VM will go; several plans are used one after the other. The ref must be one
// of the server's.
func (s *Server) PlanNext(ref string, p Plan) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.byRef(ref)
	if m == nil {
		return fmt.Errorf("no virtual machine has the ref %q", ref)
	}
	s.plans[m.Ref] = append(s.plans[m.Ref], p)
	return nil
}

// PlanAll says how every operation goes that has no plan of its own; the zero Plan ends that.
func (s *Server) PlanAll(p Plan) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.standing = p
}

// planFor takes the next plan of a VM.
func (s *Server) planFor(ref string, k Kind) Plan {
	queue := s.plans[ref]
	for i, p := range queue {
		if p.Kind == "" || p.Kind == k {
			s.plans[ref] = append(queue[:i:i], queue[i+1:]...)
			return p
		}
	}
	if s.standing.Kind == "" || s.standing.Kind == k {
		return s.standing
	}
	return Plan{}
}

// Start begins an operation as the schedule or the console would, and returns its OperationGuid. An empty ref is an
// operation that belongs to no VM, such as [Verification].
func (s *Server) Start(ref string, k Kind, by Origin) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.run()
	s.settle(now)
	if ref == "" {
		return s.begin(nil, k, by, now, s.planFor("", k)).guid, nil
	}
	m := s.byRef(ref)
	if m == nil {
		return "", fmt.Errorf("no virtual machine has the ref %q", ref)
	}
	return s.begin(m, k, by, now, s.planFor(m.Ref, k)).guid, nil
}

var errNotRunning = errors.New("the operation is not running")

// Finish ends a running operation now, with the result that its plan has.
func (s *Server) Finish(guid string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.run()
	s.settle(now)
	g, _ := canonical(guid)
	j := s.byGUID(g)
	if j == nil || j.ended(now) {
		return errNotRunning
	}
	j.end = now
	s.settle(now)
	return nil
}

// Report is one that a test puts into a VM's past.
type Report struct {
	Start         time.Time
	Length        time.Duration
	Result, Error string
	// RestoreAs is the name of the restored VM, for [Restore] only.
	RestoreAs string
}

// AddReport puts a report into a VM's past.
func (s *Server) AddReport(ref string, k Kind, r Report) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.byRef(ref)
	if m == nil {
		return fmt.Errorf("no virtual machine has the ref %q", ref)
	}
	plain, compressed := s.sizes(m, len(m.reports[k]), 100)
	end := r.Start.Add(r.Length)
	m.reports[k] = append(m.reports[k], report{
		start: r.Start, end: end, visible: end, result: r.Result, err: r.Error,
		location: s.pathFor(k), plain: plain, compressed: compressed, restoreAs: r.RestoreAs,
	})
	return nil
}
