package discordtest

import (
	"fmt"
	"hash/fnv"
	"maps"
	"strconv"
	"strings"
	"time"
)

// Limits. Discord publishes the global one and the one for invalid requests; those per channel are what people report.
const (
	globalLimit   = 50 // requests a second
	invalidLimit  = 10000
	invalidWindow = 10 * time.Minute
	banFor        = time.Hour
	channelLimit  = 5 // creates, and apart from them edits, of one channel
	channelWindow = 5 * time.Second
	oldLimit      = 3 // edits of old messages in one channel
	oldWindow     = 6 * time.Second
	otherLimit    = 50 // what is known for no other route is generous
	otherWindow   = time.Second
)

type limits struct {
	buckets     map[string]*bucket
	throttled   map[string]int
	invalid     int
	invalids    []time.Time
	bannedUntil time.Time
}

// bucket is a window that begins with its first request.
type bucket struct {
	route string
	limit int
	left  int
	reset time.Time
}

func newLimits() limits {
	return limits{buckets: make(map[string]*bucket), throttled: make(map[string]int)}
}

// spend takes one request out of a bucket, or returns how long the caller has to wait.
func (s *Server) spend(name string, limit int, window time.Duration) (*bucket, time.Duration) {
	now := time.Now()
	b := s.limits.buckets[name]
	if b == nil || !now.Before(b.reset) {
		b = &bucket{route: name, limit: limit, left: limit, reset: now.Add(window)}
		s.limits.buckets[name] = b
	}
	if b.left == 0 {
		return b, b.reset.Sub(now)
	}
	b.left--
	return b, 0
}

func (s *Server) throttleGlobal() *answer {
	if s.opts.Unlimited {
		return nil
	}
	if _, wait := s.spend("global", globalLimit, time.Second); wait > 0 {
		s.limits.throttled["global"]++
		return limited(wait, "global")
	}
	return nil
}

// throttle counts a call against its route's bucket. The bucket is nil when there are no limits.
func (s *Server) throttle(c *call) (*bucket, *answer) {
	if s.opts.Unlimited || c.route == "unknown" {
		return nil, nil
	}
	limit, window := otherLimit, otherWindow
	switch c.route {
	case "POST /channels/{channel}/messages", "PATCH /channels/{channel}/messages/{message}",
		"DELETE /channels/{channel}/messages/{message}", "POST /channels/{channel}/messages/{message}/threads",
		"PATCH /channels/{channel}":
		limit, window = channelLimit, channelWindow
	}
	major := c.id("channel") + c.id("guild") + c.id("token")
	b, wait := s.spend(c.route+" "+major, limit, window)
	b.route = c.route
	if wait > 0 {
		s.limits.throttled[c.route]++
		return b, limited(wait, "user")
	}
	return b, nil
}

// throttleOld counts an edit of an old message, of which no header tells beforehand.
func (s *Server) throttleOld(c *call, m *message) *answer {
	if s.opts.Unlimited || time.Since(m.at) < s.trouble.oldAfter {
		return nil
	}
	_, wait := s.spend("old "+m.channel, oldLimit, oldWindow)
	if wait == 0 {
		return nil
	}
	s.limits.throttled[c.route]++
	a := limited(wait, "user")
	body := asObject(a.body)
	body["code"] = 30046
	body["message"] = "Maximum number of edits to messages older than 1 hour reached. Try again later."
	return a
}

// tell puts a bucket into the headers of an answer.
func (b *bucket) tell(a *answer) {
	if b == nil {
		return
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(b.route)) // a hash takes everything
	left := max(0, time.Until(b.reset).Seconds())
	a.set("X-RateLimit-Limit", strconv.Itoa(b.limit))
	a.set("X-RateLimit-Remaining", strconv.Itoa(b.left))
	a.set("X-RateLimit-Reset", fmt.Sprintf("%.3f", float64(b.reset.UnixMilli())/1000))
	a.set("X-RateLimit-Reset-After", fmt.Sprintf("%.3f", left))
	a.set("X-RateLimit-Bucket", fmt.Sprintf("%016x", h.Sum64()))
}

// banned returns how long the address is still turned away for too many invalid requests.
func (s *Server) banned() time.Duration {
	now := time.Now()
	old := s.limits.invalids
	for len(old) > 0 && now.Sub(old[0]) >= invalidWindow {
		old = old[1:]
	}
	if s.limits.invalids = old; len(old) >= invalidLimit {
		s.limits.invalids, s.limits.bannedUntil = nil, now.Add(banFor)
	}
	return s.limits.bannedUntil.Sub(now)
}

// Throttled returns how many calls exceeded a limit, by route ("POST /channels/{channel}/messages") or "global". Calls that an
// injected rule refused are not counted.
func (s *Server) Throttled() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.limits.throttled)
}

// Invalid returns how many requests were answered with 401, 403 or 429 and count against the address.
func (s *Server) Invalid() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.limits.invalid
}

// Calls returns how often the routes were called whose "METHOD /pattern" contains the text, refused calls included. Patterns
// are written as in "POST /channels/{channel}/messages"; requests for what does not exist count as "unknown".
func (s *Server) Calls(route string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for name, count := range s.calls {
		if strings.Contains(name, route) {
			n += count
		}
	}
	return n
}
