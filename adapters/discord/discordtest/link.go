package discordtest

import (
	"bytes"
	"compress/zlib"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Close codes of the gateway.
const (
	closeNormal        = 1000
	closeGoing         = 1001
	closeUnknown       = 4000
	closeUnknownOp     = 4001
	closeDecode        = 4002
	closeNotIdentified = 4003
	closeBadToken      = 4004
	closeAlready       = 4005
	closeInvalidSeq    = 4007
	closeTooMany       = 4008
	closeTimedOut      = 4009
	closeBadVersion    = 4012
	closeBadIntents    = 4013
	closeDisallowed    = 4014
	sentPerMinute      = 120  // events that a client may send
	sentSize           = 4096 // bytes of one of them
	linkWrite          = 10 * time.Second
	closeGrace         = 5 * time.Second // for the client's answer to a close frame
	identifyEvery      = 5 * time.Second
	identifiesPerDay   = 1000
	heartbeatPatience  = 10 * time.Second
)

// frame is what leaves on a link: a payload, or a close code.
type frame struct {
	data  json.RawMessage
	event bool
	code  int
}

// link is one websocket. The server's lock guards all but conn, wake and done.
type link struct {
	conn     *websocket.Conn
	host     string
	wake     chan struct{} // holds one when there is something to write
	done     chan struct{} // closed when the link is over
	out      []frame
	session  *session
	compress bool
	beats    int
	sent     []time.Time
}

func (l *link) push(f frame) {
	l.out = append(l.out, f)
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// serveGateway upgrades a request and serves the link until it is over.
func (s *Server) serveGateway(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	refused := s.trouble.refuseGateway > 0
	if refused {
		s.trouble.refuseGateway--
	}
	s.mu.Unlock()
	if refused {
		http.Error(w, "no healthy upstream", http.StatusServiceUnavailable)
		return
	}
	up := websocket.Upgrader{HandshakeTimeout: linkWrite, CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := up.Upgrade(w, r, nil)
	if err != nil {
		return // answered by the upgrader
	}
	defer conn.NetConn().Close()
	l := &link{conn: conn, host: r.Host, wake: make(chan struct{}, 1), done: make(chan struct{})}
	if !s.addLink(l, r.URL.Query().Get("v"), r.URL.Query().Get("encoding")) {
		return
	}
	// What a close ends has ended once the client sees its echo.
	conn.SetCloseHandler(func(code int, _ string) error {
		s.dropLink(l, code)
		return conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(linkWrite))
	})
	var writer sync.WaitGroup
	writer.Go(func() { s.writeLink(l) })
	code := s.readLink(l)
	close(l.done)
	conn.NetConn().Close()
	writer.Wait()
	s.dropLink(l, code)
}

// addLink keeps a link and says HELLO. Discord still serves version 9 of the gateway.
func (s *Server) addLink(l *link, version, encoding string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.links = append(s.links, l)
	l.extend(s.opts.HeartbeatEvery)
	switch {
	case version != "9" && version != "10":
		l.push(frame{code: closeBadVersion})
	case encoding != "" && encoding != "json":
		l.push(frame{code: closeDecode})
	default:
		l.push(frame{data: encode(object{"op": opHello, "s": nil, "t": nil, "d": object{
			"heartbeat_interval": s.opts.HeartbeatEvery.Milliseconds(), "_trace": []string{"fake"},
		}})})
	}
	return true
}

// extend gives the client time for its next heartbeat.
func (l *link) extend(every time.Duration) {
	_ = l.conn.SetReadDeadline(time.Now().Add(every + max(every, heartbeatPatience))) // a dead link shows when it is read
}

// dropLink forgets a link. A client that left with 1000 or 1001, or was sent away for good, has no session any more.
func (s *Server) dropLink(l *link, code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.links = slices.DeleteFunc(s.links, func(x *link) bool { return x == l })
	switch {
	case l.session == nil:
	case endsSession(code):
		s.endSession(l.session)
	default:
		s.detach(l.session)
	}
	l.session = nil // it may go on on another link
}

func endsSession(code int) bool {
	switch code {
	case closeNormal, closeGoing, closeBadToken, closeInvalidSeq, closeTimedOut, 4010, 4011, closeBadVersion, closeBadIntents, closeDisallowed:
		return true
	}
	return false
}

// writeLink writes what is pushed, in order, until the link is over. While the server is silent everything waits.
func (s *Server) writeLink(l *link) {
	for {
		f, silent, more := s.nextFrame(l)
		switch {
		case silent != nil:
			select {
			case <-silent:
			case <-l.done:
				return
			}
		case !more:
			select {
			case <-l.wake:
			case <-l.done:
				return
			}
		case s.writeFrame(l, f) != nil:
			l.conn.NetConn().Close()
			return
		}
	}
}

func (s *Server) nextFrame(l *link) (f frame, silent chan struct{}, more bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.trouble.silent != nil {
		return f, s.trouble.silent, false
	}
	if len(l.out) == 0 {
		return f, nil, false
	}
	f, l.out = l.out[0], l.out[1:]
	return f, nil, true
}

func (s *Server) writeFrame(l *link, f frame) error {
	deadline := time.Now().Add(linkWrite)
	if f.code != 0 {
		_ = l.conn.SetReadDeadline(time.Now().Add(closeGrace)) // the close itself reports a dead link
		return l.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(f.code, ""), deadline)
	}
	if err := l.conn.SetWriteDeadline(deadline); err != nil {
		return err
	}
	s.mu.Lock()
	compress := l.compress
	s.mu.Unlock()
	if !f.event || !compress {
		return l.conn.WriteMessage(websocket.TextMessage, f.data)
	}
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, _ = z.Write(f.data) // a buffer takes everything
	_ = z.Close()
	return l.conn.WriteMessage(websocket.BinaryMessage, b.Bytes())
}
