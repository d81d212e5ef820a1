package slacktest

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"time"
)

const (
	ackTime = 3 * time.Second // after it the person saw an error
	// resendFor is how long after its first delivery an envelope that was lost with its link is sent again.
	resendFor = 5 * time.Minute
	// secondWait is the time between the second delivery and the third, in times of RedeliverAfter.
	secondWait = 4
)

// envelope is one delivery to the app, until it is acknowledged.
type envelope struct {
	id       string
	kind     string // slash_commands or interactive
	body     object
	payload  json.RawMessage // the body as it was sent first
	trigger  string          // trigger id
	response string          // id of the response URL; empty for none
	attempt  int
	reason   string
	waiting  bool // for a link
	last     *link
	via      map[*link]bool
	sentAt   time.Time
	sent     chan struct{}
	acked    chan struct{}
	ack      Ack
	effect   func(payload json.RawMessage, late bool) // of the acknowledgement, under the lock
	options  []Option
	offered  bool // options are valid
}

// dispatch makes an envelope and sends it on its way. The lock is held.
func (s *Server) dispatch(e *envelope) string {
	e.id = newUUID()
	e.via, e.sent, e.acked = make(map[*link]bool), make(chan struct{}), make(chan struct{})
	s.envelopes = append(s.envelopes, e)
	s.deliver(e, 0, "")
	s.spawn(func() { s.shepherd(e) })
	return e.id
}

// shepherd delivers an envelope again until it is acknowledged, or given up. As seen in the field, the third delivery pretends
// to be a first one.
func (s *Server) shepherd(e *envelope) {
	select {
	case <-e.sent:
	case <-s.ctx.Done():
		return
	}
	after := s.opts.RedeliverAfter
	for _, next := range []struct {
		wait    time.Duration
		attempt int
		reason  string
	}{{after, 1, "timeout"}, {secondWait * after, 0, ""}, {after, 1, "timeout"}} {
		t := time.NewTimer(next.wait)
		select {
		case <-t.C:
			s.mu.Lock()
			if e.ack.Times == 0 {
				s.deliver(e, next.attempt, next.reason)
			}
			s.mu.Unlock()
		case <-e.acked:
			t.Stop()
			return
		case <-s.ctx.Done():
			t.Stop()
			return
		}
	}
}

// deliver sends an envelope over one of the open links, or lets it wait for one. The lock is held.
func (s *Server) deliver(e *envelope, attempt int, reason string) {
	e.attempt, e.reason = attempt, reason
	var open []*link
	for _, l := range s.links {
		if !l.leaving {
			open = append(open, l)
		}
	}
	if len(open) == 0 {
		e.waiting = true
		return
	}
	s.send(open[rand.IntN(len(open))], e) //nolint:gosec // which link it is does not matter, only that it is any
}

func (s *Server) send(l *link, e *envelope) {
	e.waiting, e.last, e.via[l] = false, l, true
	if e.sentAt.IsZero() {
		s.seal(e)
	}
	l.push(encode(object{
		"envelope_id": e.id, "type": e.kind, "payload": e.payload, "accepts_response_payload": true,
		"retry_attempt": e.attempt, "retry_reason": e.reason,
	}))
}

// seal fixes what an envelope holds, and starts the time of what came with it.
func (s *Server) seal(e *envelope) {
	e.sentAt = time.Now()
	body := maps.Clone(e.body)
	if r := s.responses[e.response]; r != nil {
		base := s.opts.Base
		if base == "" {
			base = s.base
		}
		body["response_url"] = base + "/respond/" + e.response
		if r.at.IsZero() {
			r.at = e.sentAt
		}
	}
	if t := s.triggers[e.trigger]; t != nil {
		body["trigger_id"] = e.trigger
		if t.at.IsZero() {
			t.at = e.sentAt
		}
	}
	e.payload = encode(body)
	close(e.sent)
}

// resend sends over a new link what waits for one. The lock is held.
func (s *Server) resend(l *link) {
	for _, e := range s.envelopes {
		if e.waiting {
			s.send(l, e)
		}
	}
}

// lose sends what went down unacknowledged with a link again: over another one, or over the next.
func (s *Server) lose(l *link) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l.leaving = true
	for _, e := range s.envelopes {
		if e.last == l && e.ack.Times == 0 && time.Since(e.sentAt) <= resendFor {
			s.deliver(e, 1, "timeout")
		}
	}
}

// acknowledge takes a frame from a client. Slack does not put the parts of a fragmented one together, and an acknowledgement
// counts only on a link that the envelope came over.
func (s *Server) acknowledge(l *link, frame []byte, frames int) {
	var in struct {
		EnvelopeID string          `json:"envelope_id"`
		Payload    json.RawMessage `json:"payload"`
	}
	if json.Unmarshal(frame, &in) != nil || in.EnvelopeID == "" {
		return
	}
	s.mu.Lock()
	hook := s.trouble.onAck
	e := s.envelope(in.EnvelopeID)
	s.mu.Unlock()
	if e == nil {
		return
	}
	if hook != nil && !hook(e.id, false) {
		l.conn.drop()
		return
	}
	s.mu.Lock()
	e.ack.Frames = frames
	if frames == 1 && e.via[l] {
		s.count(e, in.Payload)
	}
	s.mu.Unlock()
	if hook != nil && !hook(e.id, true) {
		l.conn.drop()
	}
}

// count counts an acknowledgement, and has the effect of the first.
func (s *Server) count(e *envelope, payload json.RawMessage) {
	if e.ack.Times++; e.ack.Times > 1 {
		return
	}
	if string(payload) != "null" {
		e.ack.Payload = payload
	}
	e.ack.After = time.Since(e.sentAt)
	close(e.acked)
	if e.effect != nil {
		e.effect(e.ack.Payload, e.ack.After > ackTime)
	}
}

func (s *Server) envelope(id string) *envelope {
	for _, e := range s.envelopes {
		if e.id == id {
			return e
		}
	}
	return nil
}

// Acked returns how an envelope was acknowledged; ok is false as long as it was not.
func (s *Server) Acked(envelope string) (ack Ack, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.envelope(envelope); e != nil {
		return e.ack, e.ack.Times > 0
	}
	return Ack{}, false
}

// AckTimes returns Ack.After of every envelope that was acknowledged, oldest envelope first.
func (s *Server) AckTimes() []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []time.Duration
	for _, e := range s.envelopes {
		if e.ack.Times > 0 {
			out = append(out, e.ack.After)
		}
	}
	return out
}

// Again delivers an envelope once more and returns its id: the same, or a new one with the same payload and trigger id. It
// returns "" when there is no such envelope.
func (s *Server) Again(id string, newID bool) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.envelope(id)
	if e == nil {
		return s.mistake("again: no envelope %s", id)
	}
	if newID {
		return s.dispatch(&envelope{kind: e.kind, body: e.body, trigger: e.trigger, response: e.response, effect: e.effect})
	}
	s.deliver(e, 0, "")
	return e.id
}
