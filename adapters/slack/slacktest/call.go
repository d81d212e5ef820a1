package slacktest

import (
	"encoding/json"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// maxBody bounds a request's body in bytes; far more than anything a method takes.
const maxBody = 4 << 20

// call is one request to a method, whatever form its arguments came in.
type call struct {
	method string
	token  string
	args   url.Values // a JSON body is flattened: its strings as they are, everything else as JSON text
	host   string
	secure bool
	key    string // of the message that the call is about
}

func (c *call) arg(name string) string { return c.args.Get(name) }

// yes reads a boolean argument, which comes as true or 1.
func (c *call) yes(name string) bool { return c.arg(name) == "true" || c.arg(name) == "1" }

// answer is what a method says: a body, and what else the client is told.
type answer struct {
	body     object
	scopes   []string // that would have been accepted
	status   int      // zero is 200
	retry    int      // seconds; negative: no header
	cut      bool
	garbage  bool
	warnings []string
}

func ok(body object) answer {
	if body == nil {
		body = object{}
	}
	body["ok"] = true
	return answer{body: body}
}

func refuse(code string) answer { return answer{body: object{"ok": false, "error": code}} }

// refuseAt refuses and points at the part of the argument that is wrong.
func refuseAt(code string, messages ...string) answer {
	a := refuse(code)
	a.body["response_metadata"] = object{"messages": messages}
	return a
}

// readCall reads the arguments from the query and from a form or JSON body.
func readCall(r *http.Request, method string) (*call, bool) {
	c := &call{method: method, args: r.URL.Query(), host: r.Host, secure: r.TLS != nil}
	r.Body = http.MaxBytesReader(nil, r.Body, maxBody)
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch kind {
	case "application/json":
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, false
		}
		args, fine := flatten(body)
		if !fine && len(body) > 0 {
			return nil, false
		}
		maps.Copy(c.args, args)
	default:
		if r.ParseForm() != nil {
			return nil, false
		}
		maps.Copy(c.args, r.PostForm)
	}
	c.token = c.arg("token")
	if bearer, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); found {
		c.token = bearer
	}
	return c, true
}

// flatten turns the fields of a JSON object into arguments.
func flatten(body []byte) (url.Values, bool) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil {
		return nil, false
	}
	args := make(url.Values, len(fields))
	for name, raw := range fields {
		var text string
		switch {
		case string(raw) == "null":
		case json.Unmarshal(raw, &text) == nil:
			args.Set(name, text)
		default:
			args.Set(name, string(raw))
		}
	}
	return args, true
}

func (s *Server) serveCall(w http.ResponseWriter, r *http.Request) {
	c, fine := readCall(r, r.PathValue("method"))
	if !fine {
		s.write(w, refuse("invalid_json"))
		return
	}
	s.serve(w, r, c, s.run)
}

// serve takes a call through the hooks and the trouble that was ordered, around its effect.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, c *call, run func(*call) answer) {
	s.mu.Lock()
	s.calls[c.method]++
	c.key = s.keyOf(c)
	hook := s.trouble.onCall
	rule := s.trouble.take(c)
	s.mu.Unlock()
	if hook != nil && !hook(c.method, c.key, false) {
		s.write(w, answer{cut: true})
		return
	}
	var a answer
	if !rule.fails() || rule.Stored {
		s.mu.Lock()
		a = run(c)
		s.mu.Unlock()
	}
	if hook != nil && !hook(c.method, c.key, true) {
		a.cut = true
	}
	if !a.cut && rule.fails() {
		a = s.troubled(rule)
	}
	if !s.wait(r.Context(), rule.Slow) {
		a.cut = true
	}
	s.write(w, a)
}

// run checks the token, the scope and the limit, and has the method's effect. The lock is held.
func (s *Server) run(c *call) answer {
	m, known := methodNamed(c.method)
	if !known {
		return refuse("unknown_method")
	}
	if code := s.authorise(c); code != "" {
		return refuse(code)
	}
	if m.scope != "" && !slices.Contains(s.trouble.scopes, m.scope) {
		return s.missing(m.scope)
	}
	if wait := s.throttle(c.method, m.tier); wait > 0 {
		return throttled(wait)
	}
	a := m.run(s, c)
	if m.scope != "" {
		a.scopes = []string{m.scope}
	}
	return a
}

// authorise returns the error code for the call's token, or nothing.
func (s *Server) authorise(c *call) string {
	want, bad, other := s.opts.BotToken, s.trouble.token, s.opts.AppToken
	if c.method == openLink {
		want, bad, other = s.opts.AppToken, s.trouble.appToken, s.opts.BotToken
	}
	switch {
	case c.token == "":
		return "not_authed"
	case c.token == other:
		return "not_allowed_token_type"
	case c.token != want:
		return "invalid_auth"
	}
	return bad
}

// missing is the refusal of a token that lacks a scope.
func (s *Server) missing(scope string) answer {
	a := refuse("missing_scope")
	a.body["needed"] = scope
	a.body["provided"] = strings.Join(s.trouble.scopes, ",")
	a.scopes = []string{scope}
	return a
}

// keyOf returns the key in the metadata that a call carries, or else in the message that it is about.
func (s *Server) keyOf(c *call) string {
	if key := metadataKey(json.RawMessage(c.arg("metadata"))); key != "" {
		return key
	}
	if m := s.find(c.arg("channel"), c.arg("ts")); m != nil {
		return metadataKey(m.metadata)
	}
	return ""
}
