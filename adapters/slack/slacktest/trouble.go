package slacktest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Rule is trouble for calls of the Web API. Without Status, Error, RetryAfter, Cut and Garbage a call goes well, if Slow late.
type Rule struct {
	// Method is the method's name, such as chat.update; empty is any. Answers to response URLs are "response_url".
	Method string
	// Match narrows the rule to calls with these arguments; nil is all. The fields of a JSON body are arguments too, as JSON
	// text where they are no strings. It runs under the server's lock and must not call the server.
	Match func(args url.Values) bool
	// Times is how many calls meet the rule; zero is every one until Calm.
	Times int
	// Status is the HTTP status of the answer; zero is 200, or 429 if only RetryAfter is set.
	Status int
	// Error is the error code of an answer with "ok": false.
	Error string
	// Needed is the scope that a missing_scope names.
	Needed string
	// RetryAfter is put into the header, in whole seconds.
	RetryAfter time.Duration
	// Pointer is put into response_metadata.messages, as the JSON pointer of what is wrong.
	Pointer string
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
	return r.Status != 0 || r.Error != "" || r.RetryAfter != 0 || r.Cut || r.Garbage
}

// trouble is all that was ordered to go wrong, and the hooks.
type trouble struct {
	rules       []*Rule
	scopes      []string
	lag         time.Duration
	token       string
	appToken    string
	refuseLinks int
	connections int
	silent      chan struct{} // while silent; closed at its end
	onCall      func(method, key string, after bool) bool
	onAck       func(envelope string, after bool) bool
}

// take returns the first rule that a call meets, and uses it up.
func (t *trouble) take(c *call) Rule {
	for i, r := range t.rules {
		if r.Method != "" && r.Method != c.method || r.Match != nil && !r.Match(c.args) {
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

// troubled is the answer that a rule orders.
func (s *Server) troubled(r Rule) answer {
	a := answer{body: object{"ok": false}, status: r.Status, cut: r.Cut, garbage: r.Garbage}
	a.retry = int((r.RetryAfter + time.Second - 1) / time.Second)
	if r.RetryAfter > 0 && r.Status == 0 && r.Error == "" {
		a.status = http.StatusTooManyRequests
	}
	switch {
	case r.Error != "":
		a.body["error"] = r.Error
	case a.status == http.StatusTooManyRequests:
		a.body["error"] = "ratelimited"
	default:
		a.body["error"] = "internal_error"
	}
	if r.Needed != "" {
		s.mu.Lock()
		a.body["provided"] = strings.Join(s.trouble.scopes, ",")
		s.mu.Unlock()
		a.body["needed"] = r.Needed
	}
	if r.Pointer != "" {
		p := r.Pointer
		if !strings.Contains(p, "json-pointer") {
			p = "[ERROR] failed to match all allowed schemas [json-pointer:" + p + "]"
		}
		a.body["response_metadata"] = object{"messages": []string{p}}
	}
	return a
}

// Inject adds trouble. Of several rules that a call meets, the one added first counts.
func (s *Server) Inject(r Rule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble.rules = append(s.trouble.rules, &r)
}

// Calm ends all trouble: rules, bad tokens, missing scopes, lag, refused links, silence. Hooks stay.
func (s *Server) Calm() {
	s.Silence(false)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble = trouble{
		scopes: slices.Clone(s.opts.Scopes),
		lag:    s.opts.HistoryLag,
		onCall: s.trouble.onCall,
		onAck:  s.trouble.onAck,
	}
}

// SetHistoryLag sets how long a post cannot be seen in history and replies.
func (s *Server) SetHistoryLag(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble.lag = d
}

// SetScopes sets the scopes of the bot token; nil takes all of them away.
func (s *Server) SetScopes(scopes []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble.scopes = slices.Clone(scopes)
}

// SetToken makes every call with the bot token answer with an error such as token_revoked; an empty one makes it well again.
func (s *Server) SetToken(err string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble.token = err
}

// SetAppToken does the same for the app token, which opens links.
func (s *Server) SetAppToken(err string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble.appToken = err
}

// OnCall sets a hook that runs just before and just after the effect of each call, outside the server's lock. The key is the one
// in the metadata of the message that the call is about. Answering false cuts the connection off.
func (s *Server) OnCall(f func(method, key string, after bool) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble.onCall = f
}

// OnAck sets a hook that runs just before and just after an acknowledgement counts, outside the server's lock. Answering false
// cuts the link off.
func (s *Server) OnAck(f func(envelope string, after bool) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble.onAck = f
}
