package chattest

import (
	"context"
	"time"
)

// next waits for a request that this session has not got yet. A new session is answered at once, so that its client knows
// that it is connected.
func (s *Server) next(ctx context.Context, c wireCall) (wireAnswer, error) {
	over := time.NewTimer(pollTime)
	defer over.Stop()
	for {
		s.mu.Lock()
		cut, news := s.cut, s.news
		if !s.sessions[c.Session] {
			s.sessions[c.Session] = true
			s.mu.Unlock()
			return wireAnswer{}, nil
		}
		for _, p := range s.pending {
			if !p.acked && !p.handed[c.Session] {
				p.handed[c.Session] = true
				s.mu.Unlock()
				return wireAnswer{Pending: &p.wireRequest}, nil
			}
		}
		s.mu.Unlock()
		select {
		case <-news:
		case <-cut:
			return wireAnswer{}, cutOff()
		case <-over.C:
			return wireAnswer{}, nil
		case <-ctx.Done():
			return wireAnswer{}, cutOff()
		}
	}
}

func (s *Server) ack(_ context.Context, c wireCall) (wireAnswer, error) {
	s.mu.Lock()
	hook := s.onAck
	s.mu.Unlock()
	if hook != nil && !hook(c.Delivery, false) {
		return wireAnswer{}, cutOff()
	}
	s.mu.Lock()
	if p := s.byID(c.Delivery); p != nil {
		p.acked, p.choices, p.invalid = true, c.Choices, c.Invalid
	}
	s.mu.Unlock()
	if hook != nil && !hook(c.Delivery, true) {
		return wireAnswer{}, cutOff()
	}
	return wireAnswer{}, nil
}

func (s *Server) private(_ context.Context, c wireCall) (wireAnswer, error) {
	if err := check(c.Shown); err != nil {
		return wireAnswer{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.byID(c.Delivery); p != nil {
		s.privates = append(s.privates, Private{To: p.Request.Actor, Shown: c.Shown})
	}
	return wireAnswer{}, nil
}

func (s *Server) form(_ context.Context, c wireCall) (wireAnswer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.Form != nil {
		s.forms = append(s.forms, *c.Form)
	}
	return wireAnswer{}, nil
}
