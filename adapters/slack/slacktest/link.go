package slacktest

import (
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	maxFrame     = 20480 // bytes that a client may send at once; more closes the link with 1009
	maxLinks     = 10
	ticketLife   = 30 * time.Second
	leaveAfter   = 10 * time.Second
	writeTime    = 10 * time.Second
	lingerTime   = time.Second
	refreshAfter = 5 * time.Hour
)

// link is one open WebSocket.
type link struct {
	conn *frameConn
	ws   *websocket.Conn
	wake chan struct{}

	mu    sync.Mutex
	queue [][]byte

	leaving bool // takes no envelopes any more; guarded by the server's lock
}

func (l *link) push(frame []byte) {
	l.mu.Lock()
	l.queue = append(l.queue, frame)
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *link) pull() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == 0 {
		return nil
	}
	frame := l.queue[0]
	l.queue = l.queue[1:]
	return frame
}

// openLink answers apps.connections.open: an address with a ticket that opens one link.
func (s *Server) openLink(c *call) answer {
	if s.trouble.refuseLinks > 0 {
		s.trouble.refuseLinks--
		return answer{cut: true}
	}
	ticket := newUUID()
	s.tickets[ticket] = time.Now()
	scheme := "ws"
	if c.secure {
		scheme = "wss"
	}
	return ok(object{"url": scheme + "://" + c.host + "/link/?ticket=" + ticket + "&app_id=" + AppID})
}

func (s *Server) useTicket(ticket string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, known := s.tickets[ticket]
	delete(s.tickets, ticket)
	return known && time.Since(at) <= ticketLife
}

func (s *Server) serveLink(w http.ResponseWriter, r *http.Request) {
	if !s.useTicket(r.URL.Query().Get("ticket")) {
		http.Error(w, "bad ticket", http.StatusForbidden)
		return
	}
	l := &link{wake: make(chan struct{}, 1)}
	l.conn = &frameConn{closed: make(chan struct{}), hush: s.hush}
	// A read buffer of its own makes the library read through the connection that counts frames.
	up := websocket.Upgrader{
		ReadBufferSize: 4096, WriteBufferSize: 32 << 10,
		CheckOrigin: func(*http.Request) bool { return true },
	}
	ws, err := up.Upgrade(&hijacker{ResponseWriter: w, conn: l.conn}, r, nil)
	if err != nil {
		return // the client was told
	}
	l.ws = ws
	defer l.conn.drop()
	if !s.join(l, r.URL.Query().Get("debug_reconnects") == "true") {
		return
	}
	var writer sync.WaitGroup
	writer.Go(func() { s.writeLink(l) })
	s.readLink(l)
	l.conn.drop()
	writer.Wait()
	s.mu.Lock()
	s.links = slices.DeleteFunc(s.links, func(o *link) bool { return o == l })
	s.mu.Unlock()
}

// join says hello on a new link, or that there are too many, and sends what waits for a link.
func (s *Server) join(l *link, short bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	if len(s.links) >= maxLinks {
		s.links = append(s.links, l)
		s.part(l, "too_many_websockets")
		return true
	}
	s.links = append(s.links, l)
	count := s.trouble.connections
	if count == 0 {
		count = len(s.links)
	}
	life := int(refreshAfter.Seconds())
	if short {
		life = 360
	}
	l.push(encode(object{
		"type": "hello", "num_connections": count, "connection_info": object{"app_id": AppID},
		"debug_info": object{"host": "applink-1", "build_number": 42, "approximate_connection_time": life},
	}))
	s.resend(l)
	return true
}

// writeLink sends what is queued, and a ping now and then.
func (s *Server) writeLink(l *link) {
	ping := time.NewTicker(s.opts.PingEvery)
	defer ping.Stop()
	for {
		select {
		case <-l.conn.closed:
			return
		case <-ping.C:
			s.hush(l.conn.closed)
			_ = l.ws.WriteControl(websocket.PingMessage, []byte("Ping from applink-1"), time.Now().Add(writeTime)) // a dead link shows in the reader
		case <-l.wake:
			for frame := l.pull(); frame != nil; frame = l.pull() {
				s.hush(l.conn.closed)
				_ = l.ws.SetWriteDeadline(time.Now().Add(writeTime)) // cannot fail
				if l.ws.WriteMessage(websocket.TextMessage, frame) != nil {
					l.conn.drop()
					return
				}
			}
		}
	}
}

// readLink takes frames until the link ends. One that is too large ends it.
func (s *Server) readLink(l *link) {
	l.ws.SetReadLimit(maxFrame)
	for {
		_, frame, err := l.ws.ReadMessage()
		if err != nil {
			s.lose(l)
			// Reading on for a moment keeps the system from resetting the connection before the close frame arrives.
			_ = l.conn.SetReadDeadline(time.Now().Add(lingerTime)) // cannot fail while it is open
			_, _ = io.Copy(io.Discard, l.conn)                     // whatever ends it
			return
		}
		s.acknowledge(l, frame, l.conn.taken())
	}
}

// hush waits while the server is silent, until it is closed or the link is gone.
func (s *Server) hush(gone <-chan struct{}) {
	s.mu.Lock()
	silent := s.trouble.silent
	s.mu.Unlock()
	if silent == nil {
		return
	}
	select {
	case <-silent:
	case <-gone:
	case <-s.ctx.Done():
	}
}

// part tells a client to leave, and closes the link when it has, or after ten seconds. The lock is held.
func (s *Server) part(l *link, reason string) {
	l.leaving = true
	l.push(encode(object{"type": "disconnect", "reason": reason, "debug_info": object{"host": "applink-1"}}))
	s.spawn(func() {
		t := time.NewTimer(leaveAfter)
		defer t.Stop()
		select {
		case <-t.C:
			goodbye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
			_ = l.ws.WriteControl(websocket.CloseMessage, goodbye, time.Now().Add(time.Second)) // it is closed next
		case <-l.conn.closed:
		case <-s.ctx.Done():
		}
		l.conn.drop()
	})
}
