package simulator

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// FaultKind is what goes wrong with an answer.
type FaultKind string

// The kinds of fault.
const (
	Slow      FaultKind = "slow"      // only Delay
	Error500  FaultKind = "500"       // HTTP 500 with an HTML page
	Cut       FaultKind = "cut"       // the connection is closed without an answer
	Truncated FaultKind = "truncated" // the connection is closed in the middle of the answer
	Malformed FaultKind = "malformed" // HTTP 200, half a JSON text
	HTMLPage  FaultKind = "html"      // HTTP 200 with an HTML page
	Refused   FaultKind = "refused"   // Success:false
	Expired   FaultKind = "expired"   // Invalid Token, and the session is gone
)

// Fault is something that goes wrong with the next answers of an endpoint.
type Fault struct {
	// Endpoint is like "instructions/take-backup"; empty is any.
	Endpoint string
	// Kind is what goes wrong.
	Kind FaultKind
	// Times is how many answers; zero is one, negative is all until [Server.ClearFaults].
	Times int
	// Processed lets the request take effect before the fault: the instruction is taken, its answer lost.
	Processed bool
	// Delay is real time that the answer waits, before the request is processed or, by Processed, after it.
	Delay time.Duration
	// Message is the ErrorMessage of [Refused]; empty is a general one.
	Message string
}

// Inject arms a fault; several for one endpoint are used one after the other.
func (s *Server) Inject(f Fault) error {
	switch f.Kind {
	case Slow, Error500, Cut, Truncated, Malformed, HTMLPage, Refused, Expired:
	default:
		return fmt.Errorf("fault %q is not known", f.Kind)
	}
	if f.Times == 0 {
		f.Times = 1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
	return nil
}

// ClearFaults disarms all faults, forgets all plans, closes the console and brings the server up again.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults, s.plans, s.standing, s.console = nil, map[string][]Plan{}, Plan{}, false
	s.downUntil, s.downForGood, s.seatFree = time.Time{}, false, time.Time{}
}

// fault takes the fault for a request, nil for none.
func (s *Server) fault(endpoint string) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if f.Endpoint != "" && f.Endpoint != endpoint {
			continue
		}
		if f.Times > 0 {
			if f.Times--; f.Times == 0 {
				s.faults = slices.Delete(s.faults, i, i+1)
			}
		}
		taken := *f
		return &taken
	}
	return nil
}

// spoil is the answer that the request's fault makes of a good one; good has no body when nothing was processed.
func (s *Server) spoil(q *request, good reply) reply {
	f := q.fault
	var r reply
	switch f.Kind {
	case Slow:
		return good
	case Error500:
		r = page(http.StatusInternalServerError, "")
	case Cut:
		r = reply{cut: true}
	case Truncated:
		r = good
		if len(r.body) == 0 {
			r = succeed()
		}
		r.cut = true
	case Malformed:
		r = reply{status: http.StatusOK, kind: jsonType, body: []byte(`{"Success":true,"ErrorCode":null,"Da`)}
	case HTMLPage:
		r = page(http.StatusOK, "Please wait while the service is starting.")
	case Refused:
		no := scriptedAway
		if f.Message != "" {
			no.message = f.Message
		}
		r = s.refuse(no, q.act.key)
	case Expired:
		s.ExpireSessions()
		r = s.refuse(invalidToken, q.act.key)
	}
	r.outcome = "fault " + string(f.Kind)
	if f.Processed {
		r.outcome += " after: " + good.outcome
	}
	return r
}

// SetDown makes the server refuse connections for d on its clock; negative is until further notice, zero ends it.
// Requests on connections that are open already are cut unprocessed.
func (s *Server) SetDown(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.downForGood = d < 0
	s.downUntil = s.clock.run().Add(max(d, 0))
}

// Down reports whether the server refuses connections; a test that dials for its client asks here.
func (s *Server) Down() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.downForGood || s.clock.run().Before(s.downUntil)
}
