package slacktest

import (
	"maps"
	"math"
	"net/http"
	"time"
)

// Published limits: calls of a method in a sliding window of a minute.
const (
	window    = time.Minute
	unlimited = 0
	tier2     = 20
	tier3     = 50
	tier4     = 100
)

// Posts are let through at one a second and channel. How long a burst may be is not published, and for response URLs not even
// how far the rule holds.
const (
	postEvery    = time.Second
	postBurst    = 3
	respondBurst = 10
)

type limits struct {
	recent    map[string][]time.Time // per method, calls of the last minute
	ready     map[string]time.Time   // per channel: when the bucket is full again
	throttled map[string]int
}

func newLimits() limits {
	return limits{
		recent:    make(map[string][]time.Time),
		ready:     make(map[string]time.Time),
		throttled: make(map[string]int),
	}
}

// throttle counts a call of a method, or returns how long the caller has to wait. A refused call does not count.
func (s *Server) throttle(method string, perMinute int) time.Duration {
	if s.opts.Unlimited || perMinute == unlimited {
		return 0
	}
	now := time.Now()
	recent := s.limits.recent[method]
	for len(recent) > 0 && now.Sub(recent[0]) >= window {
		recent = recent[1:]
	}
	if len(recent) >= perMinute {
		s.limits.recent[method] = recent
		s.limits.throttled[method]++
		return window - now.Sub(recent[0])
	}
	s.limits.recent[method] = append(recent, now)
	return 0
}

// throttlePost does the same for what is limited to one a second and channel.
func (s *Server) throttlePost(method, channel string, burst int) time.Duration {
	if s.opts.Unlimited {
		return 0
	}
	now := time.Now()
	bucket := method + " " + channel
	ready := s.limits.ready[bucket]
	if ready.Before(now) {
		ready = now
	}
	if over := ready.Add(postEvery).Sub(now) - time.Duration(burst)*postEvery; over > 0 {
		s.limits.throttled[method]++
		return over
	}
	s.limits.ready[bucket] = ready.Add(postEvery)
	return 0
}

func throttled(wait time.Duration) answer {
	a := refuse("ratelimited")
	a.status = http.StatusTooManyRequests
	a.retry = max(1, int(math.Ceil(wait.Seconds())))
	return a
}

// Throttled returns, per method, how many calls were answered with 429 because they exceeded a published limit. Calls that an
// injected rule refused are not counted. Answers to response URLs count as "response_url".
func (s *Server) Throttled() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.limits.throttled)
}

// Calls returns how often a method was called, refused calls included; answers to response URLs count as "response_url".
func (s *Server) Calls(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[method]
}
