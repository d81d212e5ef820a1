package discord

import (
	"sync"
	"time"

	"vmbackup-bot/bot/chat"
)

// The states of the link.
const (
	stateConnecting = "connecting"
	stateConnected  = "connected"
	stateStopped    = "stopped"
)

const (
	// silence is how long nothing may be heard on a link until health says so: Discord asks for a heartbeat every 41 s and
	// answers each.
	silence = 100 * time.Second
	// companyFor is how long another process is believed to be there after it was last noticed.
	companyFor = 15 * time.Minute
)

// state is what the link says of itself.
type state struct {
	mu      sync.Mutex
	now     string
	detail  string
	absent  string    // what is wrong with the guild; empty for nothing
	untyped string    // why the command is not there to be typed; empty when it is
	company time.Time // when another process was last noticed; zero for never
}

func newState() *state { return &state{now: stateConnecting, detail: "not connected yet"} }

// set changes the state; detail says what is wrong and what to do, empty when nothing is. It reports whether the detail is
// another one than before.
func (s *state) set(now, detail string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	changed := s.detail != detail
	s.now, s.detail = now, detail
	return changed
}

// lacks notes what is wrong with the guild, and reports whether that is news.
func (s *state) lacks(guild string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	changed := s.absent != guild
	s.absent = guild
	return changed
}

// lacksCommand notes why the command cannot be typed; empty when it can.
func (s *state) lacksCommand(why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.untyped = why
}

// noticed notes that another process answers what people ask, and reports whether that is news.
func (s *state) noticed(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	news := s.company.IsZero()
	s.company = now
	return news
}

// alone reports whether another process was there and has not been noticed for long, once.
func (s *state) alone(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.company.IsZero() || now.Sub(s.company) < companyFor {
		return false
	}
	s.company = time.Time{}
	return true
}

// Health is chat.Adapter. A link on which Discord has been silent for longer than two heartbeats is not well, though nobody
// has closed it yet.
func (a *Adapter) Health() chat.Health {
	s := a.state
	s.mu.Lock()
	defer s.mu.Unlock()
	h := chat.Health{State: s.now, Detail: s.detail}
	if at := a.heard.Load(); at != 0 {
		h.Heard = time.Unix(0, at)
	}
	switch {
	case s.detail != "":
	case s.now == stateConnected && time.Since(h.Heard) > silence:
		h.Detail = "Discord has been silent for " + time.Since(h.Heard).Round(time.Second).String() + "; the link is about to be replaced"
	case !s.company.IsZero():
		h.Detail = "another process uses the same bot token and answers what people ask; stop it, or give it a bot of its own"
	case s.absent != "":
		h.Detail = s.absent
	case s.untyped != "":
		h.Detail = s.untyped
	default:
		h.OK = s.now == stateConnected
	}
	return h
}
