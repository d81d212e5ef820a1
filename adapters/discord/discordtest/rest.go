package discordtest

import (
	"context"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxBody bounds a request's body in bytes; far more than anything a route takes.
const maxBody = 1 << 20

// base is where the API is. Version 9 still lives at Discord, but nothing here should ask for it.
const base = "/api/v10"

// call is one request to a route.
type call struct {
	route  string // METHOD /pattern
	r      *http.Request
	query  url.Values
	body   any    // decoded JSON, nil without a body
	fields object // the body, if it is an object
	broken bool   // the body is no JSON
	free   bool   // counts for no limit: answers to interactions
}

func (c *call) id(name string) string { return c.r.PathValue(name) }

// readBody reads the JSON of a request. What is no JSON is noted and refused after the token was looked at.
func (c *call) readBody() error {
	raw, err := io.ReadAll(http.MaxBytesReader(nil, c.r.Body, maxBody))
	if err != nil || len(raw) == 0 {
		return err
	}
	kind, _, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	c.body, err = decode(raw)
	c.broken = err != nil || kind != "application/json"
	c.fields = asObject(c.body)
	return nil
}

// handle is a route's effect. The lock is held.
type handle func(s *Server, c *call) *answer

// rest makes a route a handler that takes calls through the hooks and the trouble that was ordered, around its effect.
func (s *Server) rest(route string, free bool, run handle) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := &call{route: route, r: r, query: r.URL.Query(), free: free}
		if c.readBody() != nil {
			cutOff(w)
			return
		}
		s.serve(r.Context(), w, c, run)
	}
}

func (s *Server) serve(ctx context.Context, w http.ResponseWriter, c *call, run handle) {
	method, path := c.r.Method, c.r.URL.Path
	s.mu.Lock()
	s.calls[c.route]++
	hook, rule := s.trouble.onCall, s.trouble.take(method, path)
	s.mu.Unlock()
	if hook != nil && !hook(method, path, false) {
		cutOff(w)
		return
	}
	var a *answer
	if !rule.fails() || rule.Stored {
		s.mu.Lock()
		a = s.run(c, run)
		s.mu.Unlock()
	}
	cut := hook != nil && !hook(method, path, true)
	if rule.fails() {
		a = rule.answer()
	}
	if !s.wait(ctx, rule.Slow) || cut {
		a = &answer{cut: true}
	}
	s.mu.Lock()
	s.countInvalid(a)
	s.mu.Unlock()
	a.write(w)
}

// run checks what every route checks, and has the route's effect. The lock is held.
func (s *Server) run(c *call, run handle) *answer {
	if wait := s.banned(); wait > 0 {
		return cloudflare(wait)
	}
	if !strings.HasPrefix(c.r.UserAgent(), "DiscordBot (") {
		return refuse(http.StatusForbidden, 40333, "internal network error")
	}
	if !c.free && !s.authorised(c) {
		return refuse(http.StatusUnauthorized, 0, "401: Unauthorized")
	}
	if !c.free {
		if a := s.throttleGlobal(); a != nil {
			return a
		}
	}
	limit, a := s.throttle(c)
	if a == nil {
		if c.broken {
			a = refuse(http.StatusBadRequest, 50109, "The request body contains invalid JSON.")
		} else {
			a = run(s, c)
		}
	}
	limit.tell(a)
	return a
}

// authorised reports whether a request carries the bot's token, in the only form that bots may use.
func (s *Server) authorised(c *call) bool {
	return s.trouble.tokenOK && c.r.Header.Get("Authorization") == "Bot "+s.opts.Token
}

// newRoutes lists every route. What is not listed does not exist.
func (s *Server) newRoutes() *http.ServeMux {
	m := http.NewServeMux()
	m.HandleFunc("/gateway/", s.serveGateway)
	add := func(route string, free bool, run handle) {
		method, pattern, _ := strings.Cut(route, " ")
		m.HandleFunc(method+" "+base+pattern, s.rest(route, free, run))
	}
	for route, run := range botRoutes() {
		add(route, false, run)
	}
	for route, run := range interactionRoutes() {
		add(route, true, run)
	}
	m.HandleFunc("/", s.rest("unknown", true, func(_ *Server, c *call) *answer {
		if rest, old := strings.CutPrefix(c.r.URL.Path, "/api/v"); old && !strings.HasPrefix(rest, "10/") {
			return refuse(http.StatusBadRequest, 50041, "Invalid API version: this server speaks version 10 only, not "+c.r.URL.Path)
		}
		return refuse(http.StatusNotFound, 0, "404: Not Found")
	}))
	return m
}

// interactionRoutes need no bot token and count for no global limit: a token of the interaction is in the path.
func interactionRoutes() map[string]handle {
	return map[string]handle{
		"GET /gateway": (*Server).getGateway,
		"POST /interactions/{interaction}/{token}/callback": (*Server).postCallback,
		"POST /webhooks/{app}/{token}":                      (*Server).postFollowUp,
		"GET /webhooks/{app}/{token}/messages/{message}":    (*Server).getReply,
		"PATCH /webhooks/{app}/{token}/messages/{message}":  (*Server).patchReply,
		"DELETE /webhooks/{app}/{token}/messages/{message}": (*Server).deleteReply,
	}
}

func botRoutes() map[string]handle {
	routes := map[string]handle{
		"GET /gateway/bot":                                    (*Server).getGatewayBot,
		"GET /users/@me":                                      (*Server).getMe,
		"GET /users/@me/guilds":                               (*Server).getMyGuilds,
		"GET /applications/@me":                               (*Server).getApplication,
		"GET /oauth2/applications/@me":                        (*Server).getApplication,
		"GET /guilds/{guild}":                                 (*Server).getGuild,
		"GET /guilds/{guild}/roles":                           (*Server).getRoles,
		"GET /guilds/{guild}/channels":                        (*Server).getChannels,
		"GET /guilds/{guild}/threads/active":                  (*Server).getActiveThreads,
		"GET /guilds/{guild}/members/{user}":                  (*Server).getMember,
		"GET /channels/{channel}":                             (*Server).getChannel,
		"PATCH /channels/{channel}":                           (*Server).patchChannel,
		"GET /channels/{channel}/messages":                    (*Server).getMessages,
		"POST /channels/{channel}/messages":                   (*Server).postMessage,
		"GET /channels/{channel}/messages/{message}":          (*Server).getMessage,
		"PATCH /channels/{channel}/messages/{message}":        (*Server).patchMessage,
		"DELETE /channels/{channel}/messages/{message}":       (*Server).deleteMessage,
		"POST /channels/{channel}/messages/{message}/threads": (*Server).postThread,
		"PUT /channels/{channel}/thread-members/@me":          (*Server).joinThread,
	}
	for _, scope := range []string{"/applications/{app}/commands", "/applications/{app}/guilds/{guild}/commands"} {
		routes["GET "+scope] = (*Server).getCommands
		routes["PUT "+scope] = (*Server).putCommands
		routes["POST "+scope] = (*Server).postCommand
		routes["GET "+scope+"/{command}"] = (*Server).getCommand
		routes["PATCH "+scope+"/{command}"] = (*Server).patchCommand
		routes["DELETE "+scope+"/{command}"] = (*Server).deleteCommand
	}
	return routes
}

// countInvalid counts what Discord counts against an address: 401, 403 and 429, if the limit was not shared.
func (s *Server) countInvalid(a *answer) {
	switch a.status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests:
		if a.cut || a.uncount {
			return
		}
		s.limits.invalid++
		s.limits.invalids = append(s.limits.invalids, time.Now())
	}
}
