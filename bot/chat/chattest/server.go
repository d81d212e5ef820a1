package chattest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"vmbackup-bot/bot/chat"
)

// pollTime is how long a client's question for the next request stays open.
const pollTime = 10 * time.Second

// maxBody bounds the bodies of the protocol in bytes; the longest are cards.
const maxBody = 16 << 20

// token is the server's secret. It is part of its URL, as with the platforms and servers whose errors tend to print it.
const token = "xfake-7f3b9d-secret" //nolint:gosec // no credential: it opens nothing but the fake platform itself

// Private is an answer that one person alone sees.
type Private struct {
	To    chat.Actor `json:"to"`
	Shown Shown      `json:"shown"`
}

// Server is the fake platform over HTTP on loopback. It lives on when a bot's process is killed.
type Server struct {
	*Fake
	// URL is the address for Client, secret included.
	URL string

	http *http.Server
	done chan struct{}

	mu       sync.Mutex
	pending  []*pending
	privates []Private
	forms    []chat.Form
	sessions map[string]bool
	onAck    func(id string, taken bool) bool
	cut      chan struct{} // closed to cut the clients' links
	news     chan struct{} // closed and replaced when there is something new to deliver
}

// pending is one request and how far its delivery has come.
type pending struct {
	wireRequest
	handed  map[string]bool // sessions that got it
	acked   bool
	choices []chat.Choice
	invalid map[string]string
}

// StartServer starts a fake platform on a free port of 127.0.0.1. Close ends it.
func StartServer(o Options) (*Server, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Server{
		Fake:     NewFake(o),
		URL:      fmt.Sprintf("http://%s/%s", l.Addr(), token),
		done:     make(chan struct{}),
		sessions: make(map[string]bool),
		cut:      make(chan struct{}),
		news:     make(chan struct{}),
	}
	s.http = &http.Server{Handler: s.routes(), ReadHeaderTimeout: pollTime}
	go func() {
		defer close(s.done)
		_ = s.http.Serve(l) // always ends with an error; Close is the reason
	}()
	return s, nil
}

// Close ends the server and every connection to it.
func (s *Server) Close() {
	s.Disconnect()
	_ = s.http.Close()
	<-s.done
}

// Send brings in a request and returns the id of its delivery. It is delivered until it is acknowledged, and delivered
// again to each client that connects meanwhile.
func (s *Server) Send(r chat.Request) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &pending{handed: make(map[string]bool)}
	p.ID = fmt.Sprintf("d%d", len(s.pending)+1)
	if len(r.Deliveries) == 0 {
		r.Deliveries = []string{"fake:" + p.ID}
	}
	p.Request = r
	s.pending = append(s.pending, p)
	s.announce()
	return p.ID
}

// Resend delivers a request once more, with the same delivery ids, and returns the id of the new delivery.
func (s *Server) Resend(id string) string {
	s.mu.Lock()
	p := s.byID(id)
	s.mu.Unlock()
	if p == nil {
		return ""
	}
	return s.Send(p.Request)
}

// Acked reports whether a delivery was acknowledged.
func (s *Server) Acked(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.byID(id)
	return p != nil && p.acked
}

// Outcome is what came with the acknowledgement: completions, or messages about a form's fields.
func (s *Server) Outcome(id string) ([]chat.Choice, map[string]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.byID(id); p != nil {
		return p.choices, p.invalid
	}
	return nil, nil
}

// Privates are the private answers so far.
func (s *Server) Privates() []Private {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.privates)
}

// Forms are the forms that were opened so far.
func (s *Server) Forms() []chat.Form {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.forms)
}

// OnAck sets a hook that is called before an acknowledgement counts and again after it does. False cuts the client off
// there.
func (s *Server) OnAck(h func(id string, taken bool) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onAck = h
}

// OnPost sets the hook for posts, OnEdit for edits; see Hook.
func (s *Server) OnPost(h Hook) { s.On(chat.CallPost, h) }

// OnEdit sets the hook for edits; see Hook.
func (s *Server) OnEdit(h Hook) { s.On(chat.CallEdit, h) }

// Disconnect cuts the clients' links; they have to come back by themselves.
func (s *Server) Disconnect() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.cut)
	s.cut = make(chan struct{})
}

// announce tells waiting clients to look again. The caller holds the lock.
func (s *Server) announce() {
	close(s.news)
	s.news = make(chan struct{})
}

func (s *Server) byID(id string) *pending {
	for _, p := range s.pending {
		if p.ID == id {
			return p
		}
	}
	return nil
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for path, do := range map[string]func(context.Context, wireCall) (wireAnswer, error){
		pathPost: func(ctx context.Context, c wireCall) (a wireAnswer, err error) {
			a.Ref, err = s.post(ctx, c.To, c.Shown)
			return a, err
		},
		pathEdit: func(ctx context.Context, c wireCall) (wireAnswer, error) {
			return wireAnswer{}, s.edit(ctx, c.Ref, c.Shown)
		},
		pathFind: func(ctx context.Context, c wireCall) (a wireAnswer, err error) {
			a.Refs, err = s.Find(ctx, c.To, c.Key, c.Since)
			return a, err
		},
		pathDelete: func(ctx context.Context, c wireCall) (wireAnswer, error) {
			return wireAnswer{}, s.Delete(ctx, c.Ref)
		},
		pathThread: func(ctx context.Context, c wireCall) (a wireAnswer, err error) {
			a.Place, err = s.OpenThread(ctx, c.Ref, c.Title)
			return a, err
		},
		pathNext:    s.next,
		pathAck:     s.ack,
		pathPrivate: s.private,
		pathForm:    s.form,
	} {
		mux.HandleFunc("POST /"+token+path, s.handler(do))
	}
	return mux
}

// handler decodes a call and answers it, or cuts the connection where that is the answer.
func (s *Server) handler(do func(context.Context, wireCall) (wireAnswer, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var c wireCall
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&c); err != nil {
			http.Error(w, "not the protocol", http.StatusBadRequest)
			return
		}
		a, err := do(r.Context(), c)
		if errors.Is(err, errCut) {
			panic(http.ErrAbortHandler)
		}
		a.Fault = toWire(err)
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(a) // the client may be gone
	}
}
