package discordtest

import (
	"cmp"
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"
)

// What is in a server from the start. The ids look like Discord's, and differ so that none passes for another.
const (
	// Guild is the default id of the guild.
	Guild = "100000000000000001"
	// Backups is the id of the channel "backups", which is always there.
	Backups = "200000000000000001"
	// App is the default id of the application.
	App = "300000000000000001"
	// BotUser is the default id of the application's bot.
	BotUser = "300000000000000002"
	// Alice is a member of the guild.
	Alice = "400000000000000001"
	// Bob is a member of the guild.
	Bob = "400000000000000002"
	// Carol is a member of the guild.
	Carol = "400000000000000003"
	// Token is the default token of the bot.
	Token = "MzAwMDAwMDAwMDAwMDAwMDAy.GfAkEt.fAkEfAkEfAkEfAkEfAkEfAkEfAkEfAkEfAkEfA" //nolint:gosec // of no real bot
)

// Options set up a Server. The zero value is a well-behaved guild.
type Options struct {
	// Token is the bot's, without the word Bot; empty is the constant Token.
	Token string
	// Guild, App and BotUser are ids; empty are the constants of that name.
	Guild, App, BotUser string
	// HeartbeatEvery is the interval in HELLO; zero is 41.25 s.
	HeartbeatEvery time.Duration
	// Unlimited switches the rate limits off, the one for IDENTIFY included.
	Unlimited bool
	// HistoryLag is how long a post cannot be seen in lists of messages.
	HistoryLag time.Duration
	// NonceFor is how long an enforced nonce is remembered; zero is 3 minutes.
	NonceFor time.Duration
}

// Server is one guild with one application. Its methods may be called from any goroutine.
type Server struct {
	opts   Options
	routes *http.ServeMux
	ctx    context.Context //nolint:containedctx // the life of the server, ended by Close
	stop   context.CancelFunc
	wg     sync.WaitGroup

	mu           sync.Mutex
	closed       bool
	host         string // of the newest request, for the gateway's address
	lastID       int64
	channels     map[string]*channel
	members      map[string]*Member
	messages     []*message
	interactions map[string]*interaction
	ordered      []*interaction
	modals       []*modal
	commands     map[string][]object // by scope: a guild's id, or "" for global ones
	creates      []time.Time         // of commands
	sessions     map[string]*session
	newest       *session
	links        []*link
	identified   []time.Time
	identifies   int
	resumes      int
	limits       limits
	calls        map[string]int
	mistakes     []string
	trouble      trouble
}

// New returns a server that is ready for requests. Close ends it.
func New(o Options) *Server {
	o.Token, o.Guild = cmp.Or(o.Token, Token), cmp.Or(o.Guild, Guild)
	o.App, o.BotUser = cmp.Or(o.App, App), cmp.Or(o.BotUser, BotUser)
	o.HeartbeatEvery = cmp.Or(o.HeartbeatEvery, 41250*time.Millisecond)
	o.NonceFor = cmp.Or(o.NonceFor, 3*time.Minute)
	s := &Server{
		opts:         o,
		channels:     make(map[string]*channel),
		members:      make(map[string]*Member),
		interactions: make(map[string]*interaction),
		commands:     make(map[string][]object),
		sessions:     make(map[string]*session),
		calls:        make(map[string]int),
		limits:       newLimits(),
		trouble:      newTrouble(),
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.routes = s.newRoutes()
	s.AddChannel(Channel{ID: Backups, Name: "backups"})
	s.AddMember(Member{ID: o.BotUser, Name: "vmbackup", Bot: true})
	for _, m := range []Member{{ID: Alice, Name: "alice"}, {ID: Bob, Name: "bob"}, {ID: Carol, Name: "carol"}} {
		s.AddMember(m)
	}
	return s
}

// Start serves a new server on loopback until the test ends, and returns it with the URL of its API, which ends in /api/.
func Start(t testing.TB, o Options) (*Server, string) {
	t.Helper()
	s := New(o)
	web := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		s.Close()
		web.Close()
		if t.Failed() {
			for _, m := range s.Mistakes() {
				t.Logf("discordtest: %s", m)
			}
		}
	})
	return s, web.URL + "/api/"
}

// Handler returns the whole of it as an HTTP handler: the API under /api/v10/, the gateway under /gateway/.
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

// enter counts a request in, so that Close can wait for it.
func (s *Server) enter(r *http.Request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.host = r.Host
	s.wg.Add(1)
	return true
}

// Close drops the gateway's links, ends what waits, and returns when every request and goroutine of the server has ended.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	links := slices.Clone(s.links)
	s.mu.Unlock()
	s.stop()
	for _, l := range links {
		l.conn.NetConn().Close()
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

// Mistakes lists what people or tests tried that cannot be done.
func (s *Server) Mistakes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mistakes)
}

// BotToken returns the token that the API takes, without the word Bot.
func (s *Server) BotToken() string { return s.opts.Token }
