package simulator

import (
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// bodyLimit bounds a request's body; the largest real one is a login.
const bodyLimit = 64 << 10

// Handler is the server without a listener, for one of the test's own. A connection is cut by http.ErrAbortHandler.
func (s *Server) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, AdminPath) {
			s.admin(w, r)
			return
		}
		if s.Down() {
			panic(http.ErrAbortHandler)
		}
		w.Header()["Date"] = []string{s.Now().UTC().Format(http.TimeFormat)}
		w.Header().Set("Server", "Microsoft-HTTPAPI/2.0")
		write(w, s.answer(r))
	})
}

// answer takes a request through the HTTP layer, the faults and the API, and logs it.
func (s *Server) answer(r *http.Request) reply {
	c := Call{At: s.Now(), Method: r.Method}
	q, early := s.read(r, &c)
	s.count(c)
	if s.opt.OnCall != nil {
		s.opt.OnCall(c)
	}
	out := early
	if q != nil {
		out = s.process(r.Context(), q, &c)
	}
	c.Outcome = out.outcome
	s.note(c)
	if s.opt.OnAnswer != nil {
		s.opt.OnAnswer(c)
	}
	if q != nil && q.fault != nil && q.fault.Processed && !wait(r.Context(), q.fault.Delay) {
		out.cut, out.body = true, nil
	}
	return out
}

// read is the HTTP layer: host, path, method, length and body. It returns no request when that layer answers itself.
func (s *Server) read(r *http.Request, c *Call) (*request, reply) {
	if !isLocalhost(r.Host) {
		return nil, invalidHost()
	}
	q, methods := s.route(r)
	if methods == nil {
		return nil, page(http.StatusNotFound, "The requested resource was not found.")
	}
	c.Endpoint = q.endpoint
	act, ok := methods[r.Method]
	if !ok {
		no := page(http.StatusMethodNotAllowed, "")
		no.allow = strings.Join(allowed(methods), ", ")
		return nil, no
	}
	if !q.fit(act) {
		return nil, page(http.StatusNotFound, "The requested resource was not found.")
	}
	c.VM, c.Operation = q.guid(act.vm), q.guid(act.operation)
	if noLength(r) {
		return nil, page(http.StatusLengthRequired, "HTTP Error 411. The request must be chunked or have a content length.")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, bodyLimit+1))
	if err != nil || len(body) > bodyLimit {
		return nil, page(http.StatusBadRequest, "")
	}
	q.body = body
	return q, reply{}
}

// process lets a request take effect, or a fault instead of it or after it.
func (s *Server) process(ctx context.Context, q *request, c *Call) reply {
	q.fault = s.fault(q.endpoint)
	if f := q.fault; f != nil && !f.Processed {
		if !wait(ctx, f.Delay) {
			return reply{cut: true, outcome: "client gone"}
		}
		if f.Kind != Slow {
			return s.spoil(q, reply{})
		}
	}
	out := s.do(q, c)
	if q.fault != nil && q.fault.Processed {
		out = s.spoil(q, out)
	}
	return out
}

// do is the API proper.
func (s *Server) do(q *request, c *Call) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	q.now = s.clock.run()
	s.settle(q.now)
	s.dropIdle(q.now)
	if q.act.token && !s.touch(q.token, q.now) {
		return s.refuse(invalidToken, q.act.key)
	}
	out := q.act.do(s, q)
	if q.made != "" {
		c.Operation = q.made
	}
	return out
}

// isLocalhost is the rule of the HTTP layer below the product: the name, with or without a port.
func isLocalhost(host string) bool {
	name := host
	if n, port, err := net.SplitHostPort(host); err == nil {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return false
		}
		name = n
	}
	return strings.EqualFold(name, "localhost")
}

// noLength reports whether a POST says nothing about its length. A request that came over no connection (a test's) may
// leave the header out.
func noLength(r *http.Request) bool {
	if r.Method != http.MethodPost {
		return false
	}
	overWire := r.Context().Value(http.ServerContextKey) != nil
	return r.ContentLength < 0 || overWire && r.Header.Get("Content-Length") == ""
}

// wait lets real time pass; false means that the client left first.
func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func write(w http.ResponseWriter, r reply) {
	if r.cut && len(r.body) == 0 {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", r.kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(r.body)))
	if r.allow != "" {
		w.Header().Set("Allow", r.allow)
	}
	w.WriteHeader(r.status)
	if !r.cut {
		_, _ = w.Write(r.body) // a client that left is no business of the server's
		return
	}
	_, _ = w.Write(r.body[:len(r.body)/2])
	_ = http.NewResponseController(w).Flush() // what can be sent is sent, then the connection goes
	panic(http.ErrAbortHandler)
}
