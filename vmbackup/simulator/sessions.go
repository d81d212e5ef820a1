package simulator

import (
	"slices"
	"strings"
	"time"
)

// session is one open token.
type session struct {
	token string
	used  time.Time
}

// dropIdle removes the sessions that rested for too long.
func (s *Server) dropIdle(now time.Time) {
	idle := orDefault(s.opt.Settings.IdleExpiry, DefaultIdleExpiry)
	if idle < 0 {
		return
	}
	s.sessions = slices.DeleteFunc(s.sessions, func(o *session) bool { return now.Sub(o.used) >= idle })
}

// touch finds an open session and keeps it from growing idle.
func (s *Server) touch(token string, now time.Time) bool {
	token, ok := canonical(token)
	if !ok {
		return false
	}
	for _, o := range s.sessions {
		if o.token == token {
			o.used = now
			return true
		}
	}
	return false
}

func (s *Server) seatTaken(now time.Time) bool {
	if s.console || now.Before(s.seatFree) {
		return true
	}
	return len(s.sessions) > 0 && !s.opt.Settings.ManyTokens
}

func (s *Server) open(now time.Time) string {
	s.serial["token"]++
	token := s.draw.guid("token", s.serial["token"])
	s.sessions = append(s.sessions, &session{token: token, used: now})
	return token
}

// close removes the sessions that match and returns their tokens.
func (s *Server) close(now time.Time, match func(token string) bool) []string {
	var closed []string
	s.sessions = slices.DeleteFunc(s.sessions, func(o *session) bool {
		if !match(o.token) {
			return false
		}
		closed = append(closed, o.token)
		return true
	})
	if len(closed) > 0 && s.opt.Settings.SeatFreeDelay > 0 {
		s.seatFree = now.Add(s.opt.Settings.SeatFreeDelay)
	}
	return closed
}

// knows reports whether credentials are the server's. Windows does not mind the case of a user name.
func (s *Server) knows(username, password, domain string) bool {
	local := func(d string) bool { return d == "" || d == "." || strings.EqualFold(d, "localhost") }
	return strings.EqualFold(username, s.opt.Username) && password == s.opt.Password &&
		(strings.EqualFold(domain, s.opt.Domain) || local(domain) && local(s.opt.Domain))
}

// Username is the account that may log in.
func (s *Server) Username() string { return s.opt.Username }

// Password is its password.
func (s *Server) Password() string { return s.opt.Password }

// Domain is its domain.
func (s *Server) Domain() string { return s.opt.Domain }

// Sessions is how many sessions are open.
func (s *Server) Sessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropIdle(s.clock.run())
	return len(s.sessions)
}

// SetConsoleOpen connects or disconnects the management console. While it is connected no session can be started; open
// ones go on, see [Server.ExpireSessions].
func (s *Server) SetConsoleOpen(open bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.console = open
}

// ExpireSessions drops all sessions at once, as if they had been idle.
func (s *Server) ExpireSessions() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions = nil
}

// EndAllSessions does what another program does that calls sessions/end without a token. The log shows it.
func (s *Server) EndAllSessions() {
	s.mu.Lock()
	now := s.clock.run()
	s.close(now, func(string) bool { return true })
	s.mu.Unlock()
	s.note(Call{At: s.Now(), Method: "POST", Endpoint: "sessions/end", Outcome: "by another program"})
}
