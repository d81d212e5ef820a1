package discordtest

import (
	"cmp"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Rule is trouble for calls of the API. Without Status, Code, RetryAfter, HTML, Cut and Garbage a call goes well, if Slow late.
type Rule struct {
	// Method is the HTTP method; empty is any.
	Method string
	// Path is a part of the request's path, such as /messages; empty is any.
	Path string
	// Times is how many calls meet the rule; zero is every one until Calm.
	Times int
	// Status is the HTTP status of the answer; zero is 429 with RetryAfter or HTML, 200 with Garbage, else 400.
	Status int
	// Code is Discord's own error code; zero is none.
	Code int
	// RetryAfter is in seconds, for the body and, rounded up, for the header.
	RetryAfter float64
	// Scope is what X-RateLimit-Scope says of a 429: user, shared or global; empty is user.
	Scope string
	// Global makes a 429 one of the global limit.
	Global bool
	// HTML answers with Cloudflare's page for error 1015.
	HTML bool
	// Stored lets the call have its effect before the trouble.
	Stored bool
	// Slow is how long after the effect the answer leaves.
	Slow time.Duration
	// Cut closes the connection without an answer.
	Cut bool
	// Garbage answers with an HTML page, as a captive portal does.
	Garbage bool
}

// fails reports whether the rule has an answer of its own.
func (r Rule) fails() bool {
	return r.Status != 0 || r.Code != 0 || r.RetryAfter != 0 || r.HTML || r.Cut || r.Garbage
}

// answer is what the rule orders.
func (r Rule) answer() *answer {
	wait := time.Duration(r.RetryAfter * float64(time.Second))
	switch {
	case r.Cut:
		return &answer{cut: true}
	case r.Garbage:
		return portal(cmp.Or(r.Status, http.StatusOK))
	case r.HTML:
		a := cloudflare(wait)
		a.status = cmp.Or(r.Status, a.status)
		return a
	case r.Status == http.StatusTooManyRequests || r.Status == 0 && r.RetryAfter > 0:
		scope := cmp.Or(r.Scope, "user")
		if r.Global {
			scope = "global"
		}
		a := limited(wait, scope)
		if r.Code != 0 {
			asObject(a.body)["code"] = r.Code
		}
		return a
	}
	status := cmp.Or(r.Status, http.StatusBadRequest)
	text := strconv.Itoa(status) + ": " + http.StatusText(status)
	a := refuse(status, r.Code, text)
	if r.RetryAfter > 0 {
		a.set("Retry-After", strconv.Itoa(int(math.Ceil(r.RetryAfter))))
	}
	return a
}

// trouble is all that was ordered to go wrong, and the hook.
type trouble struct {
	rules            []*Rule
	tokenOK          bool
	refuseGateway    int
	silent           chan struct{} // while silent; closed at its end
	firstAfterResume int
	oldAfter         time.Duration
	lives            time.Duration
	ackWithin        time.Duration
	onCall           func(method, path string, after bool) bool
}

func newTrouble() trouble {
	return trouble{tokenOK: true, oldAfter: time.Hour, lives: 15 * time.Minute, ackWithin: 3 * time.Second}
}

// take returns the first rule that a call meets, and uses it up.
func (t *trouble) take(method, path string) Rule {
	for i, r := range t.rules {
		if r.Method != "" && r.Method != method || !strings.Contains(path, r.Path) {
			continue
		}
		taken := *r
		if r.Times > 0 {
			if r.Times--; r.Times == 0 {
				t.rules = slices.Delete(t.rules, i, i+1)
			}
		}
		return taken
	}
	return Rule{}
}

// Inject adds trouble. Of several rules that a call meets, the one added first counts.
func (s *Server) Inject(r Rule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble.rules = append(s.trouble.rules, &r)
}

// Calm ends all trouble: rules, a bad token, refused links, silence, a ban. The hook and the times that were set stay.
func (s *Server) Calm() {
	s.Silence(false)
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &s.trouble
	t.rules, t.tokenOK, t.refuseGateway, t.firstAfterResume = nil, true, 0, 0
	s.limits.invalids, s.limits.bannedUntil = nil, time.Time{}
}

// SetToken makes the token good again, or worthless: 401 for every call, and every session is sent away with 4004.
func (s *Server) SetToken(good bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble.tokenOK = good
	if !good {
		s.revoke()
	}
}

// Silence lets links be accepted and say nothing, neither HELLO nor an acknowledgement. Its end sends what has piled up.
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

// RefuseGateway refuses the next n links with 503.
func (s *Server) RefuseGateway(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble.refuseGateway = n
}

// FirstFrameAfterResume makes an opcode (7, 9, 11) the first thing that the next client hears after RESUME.
func (s *Server) FirstFrameAfterResume(op int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble.firstAfterResume = op
}

// OldAfter sets the age from which edits of a message are limited (three in six seconds and channel); an hour at first.
func (s *Server) OldAfter(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble.oldAfter = d
}

// InteractionLives sets how long an interaction's token can be used; fifteen minutes at first.
func (s *Server) InteractionLives(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble.lives = d
}

// AckWithin sets how long the first answer to an interaction is taken; three seconds at first.
func (s *Server) AckWithin(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble.ackWithin = d
}

// OnCall sets a hook that runs just before and just after the effect of each call, outside the server's lock. Answering false
// cuts the connection off.
func (s *Server) OnCall(f func(method, path string, after bool) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble.onCall = f
}
