package slacktest

import "slices"

// Links returns how many links are open, those told to leave included.
func (s *Server) Links() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.links)
}

// Disconnect sends a disconnect frame on all links, with a reason such as warning, refresh_requested, link_disabled or
// too_many_websockets. They get no more envelopes, and are closed once the client has left or after 10 s.
func (s *Server) Disconnect(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.links {
		s.part(l, reason)
	}
}

// Cut drops the connections of all links, without a close frame.
func (s *Server) Cut() {
	s.mu.Lock()
	links := slices.Clone(s.links)
	s.mu.Unlock()
	for _, l := range links {
		l.conn.drop()
	}
}

// Silence stops or resumes all traffic of the links, those that are opened meanwhile included: they stay open, but nothing is
// read from them and nothing sent, hello and pings included. Calls of the Web API go on.
func (s *Server) Silence(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case on && s.trouble.silent == nil:
		s.trouble.silent = make(chan struct{})
	case !on && s.trouble.silent != nil:
		close(s.trouble.silent)
		s.trouble.silent = nil
	}
}

// RefuseLinks closes the connection of the next n calls of apps.connections.open without an answer.
func (s *Server) RefuseLinks(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble.refuseLinks = n
}

// SetConnections sets the number of connections that hello tells; zero is the true one.
func (s *Server) SetConnections(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble.connections = n
}

// Raw sends a frame, whatever it holds, on all links.
func (s *Server) Raw(frame string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.links {
		l.push([]byte(frame))
	}
}
