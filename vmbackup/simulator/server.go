package simulator

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// Server is a simulated VM Backup server. Its methods may be called from any goroutine.
type Server struct {
	opt    Options
	ver    version
	clock  *clock
	draw   draw
	cert   tls.Certificate
	routes map[string]route

	mu          sync.Mutex // guards all below; clock has its own
	machines    []*machine
	locations   []location
	schedules   []schedule
	sessions    []*session
	seatFree    time.Time
	console     bool
	jobs        []*job // not yet forgotten by the status
	operations  []*job // all
	serial      map[string]int
	faults      []*Fault
	plans       map[string][]Plan
	standing    Plan
	downUntil   time.Time
	downForGood bool
	log         []Call
	calls       map[string]int
	statusAll   int
	statusOne   map[string]int
	starts      map[string]int
}

// New makes a server; it listens nowhere until [Server.Serve].
func New(o Options) (*Server, error) {
	ver, err := versionOf(o.Version)
	if err != nil {
		return nil, err
	}
	if o.Speed < 0 {
		return nil, fmt.Errorf("speed %v is negative", o.Speed)
	}
	s := &Server{
		opt: o, ver: ver, clock: newClock(o), draw: draw(o.Seed), console: o.Settings.ConsoleOpen,
		serial: map[string]int{}, plans: map[string][]Plan{}, calls: map[string]int{},
		statusOne: map[string]int{}, starts: map[string]int{},
	}
	s.routes = s.endpoints()
	s.credentials()
	if !o.HTTP {
		if s.cert, err = selfSigned(); err != nil {
			return nil, err
		}
	}
	return s, s.furnish()
}

// credentials fills in what the options leave out.
func (s *Server) credentials() {
	if s.opt.Username == "" {
		s.opt.Username = fmt.Sprintf("backup-admin-%03d", s.draw.between(0, 999, "username"))
	}
	if s.opt.Password == "" {
		s.opt.Password = "Pw-" + s.draw.guid("password")
	}
	if s.opt.Domain == "" {
		s.opt.Domain = "."
	}
}

// furnish fills the server with locations, schedules and VMs.
func (s *Server) furnish() error {
	s.locations = []location{
		{id: s.draw.guid("location", 1), path: `\\NAS01\vmbackup`},
		{id: s.draw.guid("location", 2), path: `E:\Backups`},
		{id: s.draw.guid("location", 3), path: `\\OFFSITE01\vmbackup`, offsite: true},
	}
	s.schedules = []schedule{
		{id: s.draw.guid("schedule", 1), name: "Nightly backup"},
		{id: s.draw.guid("schedule", 2), name: "Monthly sandbox restore", sandbox: true},
	}
	vms := s.opt.VMs
	if vms == nil {
		vms = DefaultVMs(s.opt.Seed)
	}
	now, refs := s.clock.run(), map[string]string{}
	for i, v := range vms {
		m, err := s.newMachine(i, v)
		if err != nil {
			return err
		}
		if other, taken := refs[m.Ref]; taken && m.Ref != "" {
			return fmt.Errorf("virtual machines %q and %q have the same ref", other, m.Name)
		}
		refs[m.Ref] = m.Name
		if m.Ref != "" {
			m.locations[s.locations[0].id], m.locations[s.locations[2].id] = true, true
			m.schedules[s.schedules[0].id] = !m.Unscheduled
		}
		s.remember(m, now)
		s.machines = append(s.machines, m)
	}
	return nil
}

// BaseURL is the API's address when the server listens on addr, by the only host name that it answers to.
func (s *Server) BaseURL(addr string) string {
	scheme := "https"
	if s.opt.HTTP {
		scheme = "http"
	}
	host := "localhost"
	if _, port, err := net.SplitHostPort(addr); err == nil {
		host = net.JoinHostPort(host, port)
	}
	return scheme + "://" + host + s.ver.base
}

// AgentPort is the ServerPort that a login must name.
func (s *Server) AgentPort() string { return s.ver.agent }

// stopGrace is how long Serve lets requests finish after its context ended; the whole stop takes under five seconds.
const stopGrace = 2 * time.Second

// Serve answers on l, by TLS unless Options.HTTP, until ctx ends, and returns nil then. Requests that are still being
// answered end with it.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	var busy sync.WaitGroup
	inner := s.Handler()
	srv := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			busy.Add(1)
			defer busy.Done()
			inner.ServeHTTP(w, r)
		}),
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: 30 * time.Second,
		ErrorLog:          slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo), // refused handshakes are a client's business
		Protocols:         new(http.Protocols),
		TLSConfig:         &tls.Config{Certificates: []tls.Certificate{s.cert}, MinVersion: tls.VersionTLS12},
	}
	srv.Protocols.SetHTTP1(true) // on HTTP/2 a cut answer would not be a cut connection
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopGrace)
		defer cancel()
		if srv.Shutdown(grace) != nil {
			_ = srv.Close() // what did not finish in time is cut
		}
	})
	err := s.listen(srv, gate{Listener: l, down: s.Down})
	if stop() {
		_ = srv.Close()
		return fmt.Errorf("serving: %w", err)
	}
	<-stopped
	return join(&busy)
}

func (s *Server) listen(srv *http.Server, l net.Listener) error {
	if s.opt.HTTP {
		return srv.Serve(l)
	}
	return srv.ServeTLS(l, "", "")
}

// join waits for the handlers; one that a hook holds for good must not hold Serve.
func join(busy *sync.WaitGroup) error {
	done := make(chan struct{})
	go func() {
		busy.Wait()
		close(done)
	}()
	t := time.NewTimer(stopGrace)
	defer t.Stop()
	select {
	case <-done:
		return nil
	case <-t.C:
		return fmt.Errorf("a request was still being answered %v after the end", stopGrace)
	}
}

// gate closes connections at once while the server is down: before a TLS handshake, so that nothing can be sent.
type gate struct {
	net.Listener
	down func() bool
}

func (g gate) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		if err != nil || !g.down() {
			return c, err
		}
		_ = c.Close() // refusing is all there is to do
	}
}
