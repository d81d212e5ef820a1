package simulator

import (
	"slices"
	"time"
)

// keptCalls bounds the log of a simulator that runs for long.
const keptCalls = 50_000

// Call is one request in the log. It never holds a token, a password or a body.
type Call struct {
	// At is when it came, by the server's clock.
	At time.Time `json:"at"`
	// Method and Endpoint name it: "POST", "instructions/take-backup". Endpoint is empty for an unknown path.
	Method   string `json:"method"`
	Endpoint string `json:"endpoint"`
	// VM is the ref in its path, Operation the OperationGuid in its path or its answer; both in small letters.
	VM        string `json:"vm,omitempty"`
	Operation string `json:"operation,omitempty"`
	// Outcome is "ok", "refused: …" or what the HTTP layer or a fault did; empty while it is being processed.
	Outcome string `json:"outcome"`
}

// Operation is what the server knows about an operation, for tests to look at.
type Operation struct {
	GUID       string    `json:"guid"`
	JobID      string    `json:"job_id"`
	VM         string    `json:"vm,omitempty"` // ref
	Name       string    `json:"name,omitempty"`
	Kind       Kind      `json:"kind"`
	By         Origin    `json:"by"`
	Start      time.Time `json:"start"`
	End        time.Time `json:"end"` // planned or real; zero while it hangs
	Running    bool      `json:"running"`
	Listed     bool      `json:"listed"` // in the status list
	Percentage int       `json:"percentage"`
	Result     string    `json:"result,omitempty"` // empty while it runs
}

// Log is every request so far, oldest first, but for those to [AdminPath].
func (s *Server) Log() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log)
}

func (s *Server) note(c Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.log) >= keptCalls {
		s.log = slices.Delete(s.log, 0, keptCalls/10)
	}
	s.log = append(s.log, c)
}

// count takes a request into the counters when it comes, whatever becomes of it.
func (s *Server) count(c Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[c.Endpoint]++
	if c.Endpoint != "activity/operation-status" {
		return
	}
	if c.Operation == "" {
		s.statusAll++
	} else {
		s.statusOne[c.Operation]++
	}
}

// Calls is how many requests came for an endpoint, refused and cut ones included.
func (s *Server) Calls(endpoint string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[endpoint]
}

// StatusAll is how many requests for the status of all operations came.
func (s *Server) StatusAll() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.statusAll
}

// StatusOne is how many requests for the status of one operation came.
func (s *Server) StatusOne(guid string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, _ := canonical(guid)
	return s.statusOne[g]
}

// Starts is how many instructions for a VM were taken through the API, each of which made an operation.
func (s *Server) Starts(ref string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, _ := canonical(ref)
	return s.starts[r]
}

// Operations are all operations so far, oldest first, those that no client can see any more included.
func (s *Server) Operations() []Operation {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.run()
	s.settle(now)
	linger := orDefault(s.opt.Settings.Linger, DefaultLinger)
	all := make([]Operation, 0, len(s.operations))
	for _, j := range s.operations {
		o := Operation{
			GUID: j.guid, JobID: j.jobID, Kind: j.kind, By: j.by, Start: j.start.Add(j.offset),
			Running: !j.ended(now), Listed: j.listed(now, linger), Percentage: int(j.fraction(now)),
		}
		if !j.end.IsZero() {
			o.End = j.end.Add(j.offset)
		}
		if j.vm != nil {
			o.VM, o.Name = j.vm.Ref, j.vm.Name
		}
		if !o.Running {
			o.Result = j.result()
		}
		all = append(all, o)
	}
	return all
}
