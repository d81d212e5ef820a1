package slack

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
	"golang.org/x/sync/errgroup"
)

const (
	// pingWithin is how long Slack may stay silent on a link before the library replaces it: pings come every few seconds.
	pingWithin = 30 * time.Second
	// silence is how long it may last until health says so: the library looks every pingWithin.
	silence = 2 * pingWithin
	// largestFrame bounds what is read at once. Slack's own frames are far smaller: a view has at most 250 KB.
	largestFrame = 1 << 20
	// ackWithin bounds the queueing of an acknowledgement: once a session has ended nobody empties the queue, and the
	// library would wait for ever.
	ackWithin = 2 * time.Second
)

// A link that is made anew again and again (Socket Mode switched off, too many connections, something on the way that
// cuts links) would be made anew without any pause: the library does not tell why a link ended.
const (
	stormWithin = time.Minute
	stormLinks  = 10
)

var (
	errStorm      = errors.New("every link is ended at once, by Slack or on the way; Socket Mode may be switched off in the app's settings, or too many programs use the app")
	errUnanswered = errors.New("no connection to Slack")
	errEnded      = errors.New("the session ended")
	errNoHello    = errors.New("a new link was not greeted by Slack")
)

// session is one client of the library, from its first connection until it gives up or is given up.
type session struct {
	a       *Adapter
	d       *desk
	client  *socketmode.Client
	conns   conns
	greeted bool
	// waiting is since when a link has not been greeted by Slack; zero for none.
	waiting time.Time
}

// conns are the connections of a session. The websocket library minds a context's end only before a connection is there:
// a handshake that is not answered has to be cut off.
type conns struct {
	mu   sync.Mutex
	all  []net.Conn
	over bool
}

func (c *conns) add(n net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		_ = n.Close() // nobody waits for it any more
	}
	c.all = append(c.all[max(0, len(c.all)-1):], n) // the one before it may still be in use
}

func (c *conns) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
	for _, n := range c.all {
		_ = n.Close() // it may be closed already
	}
}

// session runs one session. It reports whether Slack said hello, and why it ended.
func (a *Adapter) session(ctx context.Context, d *desk) (greeted bool, err error) {
	s := &session{a: a, d: d}
	s.client = socketmode.New(a.api,
		socketmode.OptionDialer(newDialer(a.o, a.hearLink, s.conns.add)),
		socketmode.OptionPingInterval(pingWithin),
		socketmode.OptionReadLimit(largestFrame),
		socketmode.OptionLog(libraryLog{a.log}),
	)
	ctx, stop := context.WithCancel(ctx)
	var running errgroup.Group
	ended := make(chan struct{})
	running.Go(func() error {
		defer close(ended)
		return s.client.RunContext(ctx)
	})
	look := time.NewTicker(lookSoon)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			err = ctx.Err()
		case <-ended:
			stop()
			return s.greeted, cmp.Or(running.Wait(), errEnded)
		case e := <-s.client.Events:
			err = s.on(ctx, e)
		case <-look.C:
			err = s.looked(time.Now())
		}
		if err != nil {
			stop()
			s.conns.cut()
			<-ended
			return s.greeted, err
		}
	}
}

// on handles one event of the library, at once: while this blocks nothing is read, pings included. An error ends the
// session.
func (s *session) on(ctx context.Context, e socketmode.Event) error {
	switch e.Type {
	case socketmode.EventTypeConnecting:
		s.a.state.change()
		s.waiting = time.Now()
	case socketmode.EventTypeConnected:
		return s.connected()
	case socketmode.EventTypeHello:
		s.hello(e.Request)
	case socketmode.EventTypeConnectionError:
		return s.refused(ctx, e)
	case socketmode.EventTypeSlashCommand, socketmode.EventTypeInteractive:
		if e.Request != nil {
			s.d.take(envelope{ID: e.Request.EnvelopeID, Type: e.Request.Type, Payload: e.Request.Payload}, s.ack)
		}
	case socketmode.EventTypeErrorBadMessage:
		s.undecodable(e)
	case socketmode.EventTypeErrorWriteFailed:
		// Slack delivers again what was not acknowledged, and the claim knows it.
		s.a.log.Warn("an acknowledgement could not be sent")
	case socketmode.EventTypeIncomingError:
		s.a.log.Debug("a frame could not be read") // belongs to each ordinary change of links
	default:
		if e.Request != nil && e.Request.EnvelopeID != "" {
			s.d.decline(e.Request.EnvelopeID, s.ack)
		}
	}
	return nil
}

// looked ends a session that is of no use, or in the way of counting.
func (s *session) looked(now time.Time) error {
	switch {
	case !s.waiting.IsZero() && now.Sub(s.waiting) > helloWithin && s.greeted:
		return errNoHello
	case s.a.company.due(now) && s.d.Idle():
		return errLookAgain
	}
	return nil
}

// connected guards against storms.
func (s *session) connected() error {
	if s.a.storm.rises(time.Now()) {
		return errStorm
	}
	return nil
}

// storm counts the links of the last minute, over all sessions. The zero value has counted none.
type storm struct {
	links []time.Time
	// warned means that there was one and no link has lived for long since: then each link but the first is too many.
	warned bool
}

// rises takes one more link in; it reports whether that is one too many.
func (s *storm) rises(now time.Time) bool {
	if n := len(s.links); n > 0 && now.Sub(s.links[n-1]) > 2*longestPause { // longer than any pause: it was alive
		s.warned = false
	}
	s.links = append(s.links, now)
	for now.Sub(s.links[0]) > stormWithin {
		s.links = s.links[1:]
	}
	most := stormLinks
	if s.warned {
		most = 1
	}
	if len(s.links) <= most {
		return false
	}
	s.warned, s.links = true, s.links[len(s.links)-1:]
	return true
}

func (s *session) hello(r *socketmode.Request) {
	again := s.greeted
	s.greeted, s.waiting = true, time.Time{}
	s.a.state.set(stateConnected, "")
	if r == nil {
		return
	}
	s.a.log.Info("connected to Slack", "connections", r.NumConnections)
	s.a.counted(s.d, r.NumConnections, again)
}

// refused is a connection that was not made. The library goes on trying for ever, whatever the reason, and waits longer
// each time.
func (s *session) refused(ctx context.Context, e socketmode.Event) error {
	failed, ok := e.Data.(*slack.ConnectionErrorEvent)
	if !ok || ctx.Err() != nil {
		return nil
	}
	s.waiting = time.Time{}
	f := faultOf(ctx, failed.ErrorObj)
	if final(f) {
		return failed.ErrorObj
	}
	s.a.trouble("the link to Slack is down", failed.ErrorObj)
	if failed.Backoff > longestPause/2 {
		return errors.Join(errUnanswered, failed.ErrorObj)
	}
	return nil
}

// undecodable is a frame that the library could not make sense of; the envelope in it may be sound.
func (s *session) undecodable(e socketmode.Event) {
	bad, ok := e.Data.(*socketmode.ErrorBadMessage)
	if !ok {
		return
	}
	env, err := openEnvelope(bad.Message)
	if err != nil || env.ID == "" {
		s.a.log.Warn("a frame from Slack could not be understood", "error", bad.Cause)
		return
	}
	s.a.log.Debug("an envelope was decoded by hand", "error", bad.Cause)
	s.d.take(env, s.ack)
}

// ack acknowledges an envelope; payload may be nil.
func (s *session) ack(id string, payload any) error {
	ctx, cancel := context.WithTimeout(context.Background(), ackWithin)
	defer cancel()
	return s.client.AckCtx(ctx, id, payload)
}

// libraryLog is where the library says what it says beside its events.
type libraryLog struct{ log *slog.Logger }

// Output is what the library calls.
func (l libraryLog) Output(_ int, line string) error {
	l.log.Debug("the library says", "line", line)
	return nil
}
