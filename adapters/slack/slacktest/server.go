package slacktest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Ids of the app in the workspace.
const (
	// AppID is the id of the app.
	AppID = "A0VMBACKUP"
	// BotID is the bot_id of the app's messages.
	BotID = "B0VMBACKUP"
	// BotUser is the user id of the app's bot.
	BotUser = "U0VMBACKUP"
)

// Options set up a Server. The zero value is a well-behaved workspace.
type Options struct {
	// Team is the id of the workspace; empty is T0TEAM.
	Team string
	// Enterprise is the id of the organisation the workspace belongs to; empty for none.
	Enterprise string
	// BotToken is the token for every method but apps.connections.open; empty takes one that looks real.
	BotToken string
	// AppToken is the token for apps.connections.open; empty takes one that looks real.
	AppToken string
	// PingEvery is the time between two pings on a link; zero is 5 s.
	PingEvery time.Duration
	// RedeliverAfter is the time after which an envelope nobody acknowledged comes again; zero is 3 s.
	RedeliverAfter time.Duration
	// Scopes are those of the bot token; nil is all that the manifest asks for.
	Scopes []string
	// HistoryLag is how long a post cannot be seen in conversations.history and conversations.replies.
	HistoryLag time.Duration
	// Unlimited switches the rate limits off.
	Unlimited bool
	// Base is the address in response URLs, such as http://127.0.0.1:1; empty: learned from the first request.
	Base string
}

// Server is one workspace with one app. Its methods may be called from any goroutine.
type Server struct {
	opts   Options
	routes *http.ServeMux
	ctx    context.Context //nolint:containedctx // the life of the server, ended by Close
	stop   context.CancelFunc
	wg     sync.WaitGroup

	mu        sync.Mutex
	closed    bool
	base      string
	lastTS    int64 // microseconds of the newest ts
	serial    int   // last number given to a view, file or generated id
	channels  map[string]*Channel
	users     map[string]*User
	groups    map[string][]string
	messages  []*message
	ephemeral []*Ephemeral
	views     []*View
	triggers  map[string]*trigger
	responses map[string]*responder
	tickets   map[string]time.Time
	links     []*link
	envelopes []*envelope
	limits    limits
	calls     map[string]int
	mistakes  []string
	trouble   trouble
}

// New returns a server that is ready for requests. Close ends it.
func New(o Options) *Server {
	o.fill()
	s := &Server{
		opts:      o,
		base:      strings.TrimSuffix(o.Base, "/"),
		channels:  make(map[string]*Channel),
		users:     make(map[string]*User),
		groups:    make(map[string][]string),
		triggers:  make(map[string]*trigger),
		responses: make(map[string]*responder),
		tickets:   make(map[string]time.Time),
		calls:     make(map[string]int),
		limits:    newLimits(),
	}
	s.trouble.scopes = slices.Clone(o.Scopes)
	s.trouble.lag = o.HistoryLag
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.routes = http.NewServeMux()
	s.routes.HandleFunc("/api/{method}", s.serveCall)
	s.routes.HandleFunc("/link/", s.serveLink)
	s.routes.HandleFunc("/respond/{id}", s.serveRespond)
	s.AddChannel(Channel{ID: "C0BACKUPS", Name: "backups", Member: true})
	s.AddUser(User{ID: BotUser, Name: "vmbackup", Bot: true})
	for _, u := range []User{{ID: "U0ALICE", Name: "alice"}, {ID: "U0BOB", Name: "bob"}, {ID: "U0CAROL", Name: "carol"}} {
		s.AddUser(u)
	}
	return s
}

func (o *Options) fill() {
	orString := func(p *string, v string) {
		if *p == "" {
			*p = v
		}
	}
	orString(&o.Team, "T0TEAM")
	orString(&o.BotToken, "xoxb-1000000000001-2000000000002-fAkEfAkEfAkEfAkEfAkEfAkE")
	orString(&o.AppToken, "xapp-1-A0VMBACKUP-3000000000003-fafefafefafefafefafefafefafefafe")
	if o.PingEvery <= 0 {
		o.PingEvery = 5 * time.Second
	}
	if o.RedeliverAfter <= 0 {
		o.RedeliverAfter = 3 * time.Second
	}
	if o.Scopes == nil {
		o.Scopes = []string{
			"commands", "chat:write", "usergroups:read", "users:read", "channels:read", "groups:read",
			"channels:history", "groups:history", "files:write",
		}
	}
}

// Start serves a new server on loopback until the test ends, and returns it with the URL of its Web API, which ends in /api/.
func Start(t testing.TB, o Options) (*Server, string) {
	t.Helper()
	s := New(o)
	web := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		s.Close()
		web.Close()
		if t.Failed() {
			for _, m := range s.Mistakes() {
				t.Logf("slacktest: %s", m)
			}
		}
	})
	return s, web.URL + "/api/"
}

// BotToken returns the token that the Web API takes.
func (s *Server) BotToken() string { return s.opts.BotToken }

// AppToken returns the token that apps.connections.open takes.
func (s *Server) AppToken() string { return s.opts.AppToken }

// Handler returns the workspace as an HTTP handler: the Web API under /api/, links under /link/, response URLs under /respond/.
func (s *Server) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.enter(r) {
			http.Error(w, "closed", http.StatusServiceUnavailable)
			return
		}
		defer s.wg.Done()
		s.routes.ServeHTTP(w, r)
	})
}

// enter counts a request in, so that Close can wait for it, and learns the server's address from it.
func (s *Server) enter(r *http.Request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	if s.base == "" {
		s.base = (&url.URL{Scheme: scheme(r, "http"), Host: r.Host}).String()
	}
	s.wg.Add(1)
	return true
}

// spawn runs f in a goroutine that Close waits for. After Close it does nothing. The lock is held.
func (s *Server) spawn(f func()) {
	if !s.closed {
		s.wg.Go(f)
	}
}

// Close drops the links, ends what waits, and returns when every request and goroutine of the server has ended.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	links := slices.Clone(s.links)
	s.mu.Unlock()
	s.stop()
	for _, l := range links {
		l.conn.drop()
	}
	s.wg.Wait()
}

// wait returns when the time is over, or false when the server or the request ended before.
func (s *Server) wait(ctx context.Context, d time.Duration) bool {
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
	case <-s.ctx.Done():
		return false
	}
}

// scheme is http or ws, or their encrypted form when the request came encrypted.
func scheme(r *http.Request, plain string) string {
	if r.TLS != nil {
		return plain + "s"
	}
	return plain
}
