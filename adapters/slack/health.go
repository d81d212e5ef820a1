package slack

import (
	"sync"
	"time"

	"vmbackup-bot/bot/chat"
)

// The states of the link.
const (
	stateConnecting = "connecting"
	stateConnected  = "connected"
	statePostsOnly  = "posts only"
	stateStopped    = "stopped"
)

// state is what the link says of itself.
type state struct {
	mu       sync.Mutex
	now      string
	detail   string
	changing time.Time // since when a new link is being made; zero for none
	refusal  string    // what Slack says against the bot token; empty while it takes it
}

func newState() *state { return &state{now: stateConnecting, detail: "not connected yet"} }

// set changes the state; detail says what is wrong and what to do, empty when nothing is. It reports whether the detail is
// another one than before.
func (s *state) set(now, detail string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	changed := s.detail != detail
	s.now, s.detail, s.changing = now, detail, time.Time{}
	return changed
}

// change notes that a link is being replaced by another, which takes a moment and is nothing to worry about.
func (s *state) change() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changing.IsZero() {
		s.changing = time.Now()
	}
}

// refuse notes what Slack says against the bot token, empty when it takes it; it reports whether that is news.
func (s *state) refuse(why string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	news := s.refusal != why
	s.refusal = why
	return news
}

// since is how long ago something was, in Unix nanoseconds.
func since(at int64) time.Duration { return time.Since(time.Unix(0, at)) }

// Health is chat.Adapter. A link on which Slack has been silent for longer than its pings allow is not well, though nobody
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
	case s.refusal != "":
		h.Detail = s.refusal
	case s.now == stateConnected && since(a.heardLink.Load()) > silence:
		h.Detail = "Slack has been silent for " + since(a.heardLink.Load()).Round(time.Second).String() + "; the link is about to be replaced"
	case s.now == stateConnected && !s.changing.IsZero() && time.Since(s.changing) > helloWithin:
		h.Detail = "Slack does not say hello on a new link; it is tried again"
	case a.company.there():
		h.Detail = "another process is connected as the same Slack app and gets a part of what people type; stop it, or give it an app of its own"
	default:
		h.OK = s.now == stateConnected || s.now == statePostsOnly
	}
	return h
}
