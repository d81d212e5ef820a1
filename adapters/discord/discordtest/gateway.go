package discordtest

import (
	"encoding/json"
	"errors"
	"net"
	"slices"
	"time"

	"github.com/gorilla/websocket"
)

// payload is what a client sends.
type payload struct {
	Op   *int            `json:"op"`
	Data json.RawMessage `json:"d"`
}

// readLink reads what the client sends until the link is over, and returns the code that it ended with; zero for a plain cut.
func (s *Server) readLink(l *link) int {
	told := 0 // the code that the client was sent away with
	for {
		_, raw, err := l.conn.ReadMessage()
		if err != nil {
			var closed *websocket.CloseError
			var timeout net.Error
			switch {
			case told != 0:
				return told
			case errors.As(err, &closed):
				return closed.Code
			case errors.As(err, &timeout) && timeout.Timeout():
				bye := websocket.FormatCloseMessage(closeTimedOut, "")
				_ = l.conn.WriteControl(websocket.CloseMessage, bye, time.Now().Add(time.Second)) // nobody may be there
				return closeTimedOut
			}
			return 0
		}
		if told != 0 {
			continue
		}
		s.mu.Lock()
		if told = s.receive(l, raw); told != 0 {
			l.push(frame{code: told})
		}
		s.mu.Unlock()
	}
}

// receive takes one payload, and returns the code to close with, or zero.
func (s *Server) receive(l *link, raw []byte) int {
	var p payload
	if len(raw) > sentSize || json.Unmarshal(raw, &p) != nil || p.Op == nil {
		return closeDecode
	}
	now := time.Now()
	l.sent = slices.DeleteFunc(l.sent, func(t time.Time) bool { return now.Sub(t) >= time.Minute })
	if l.sent = append(l.sent, now); len(l.sent) > sentPerMinute {
		return closeTooMany
	}
	switch *p.Op {
	case opHeartbeat:
		l.beats++
		l.extend(s.opts.HeartbeatEvery)
		l.push(frame{data: encode(object{"op": opACK, "s": nil, "t": nil, "d": nil})})
	case opIdentify:
		return s.identify(l, p.Data)
	case opResume:
		return s.takeUp(l, p.Data)
	case opPresence, opVoice, opRequestMembers:
		if l.session == nil {
			return closeNotIdentified
		}
	default:
		return closeUnknownOp
	}
	return 0
}

func (s *Server) identify(l *link, raw json.RawMessage) int {
	var d struct {
		Token      string            `json:"token"`
		Intents    *int              `json:"intents"`
		Properties map[string]string `json:"properties"`
		Compress   bool              `json:"compress"`
	}
	if err := json.Unmarshal(raw, &d); err != nil || d.Properties == nil {
		return closeDecode
	}
	switch {
	case l.session != nil:
		return closeAlready
	case !s.tokenFits(d.Token):
		return closeBadToken
	case d.Intents == nil || *d.Intents&^intentsKnown != 0:
		return closeBadIntents
	case *d.Intents&intentPrivileged != 0:
		return closeDisallowed
	}
	now := time.Now()
	s.identified = slices.DeleteFunc(s.identified, func(t time.Time) bool { return now.Sub(t) >= 24*time.Hour })
	if n := len(s.identified); n > 0 && !s.opts.Unlimited && now.Sub(s.identified[n-1]) < identifyEvery {
		l.push(invalidSession(false))
		return 0
	}
	if s.identified = append(s.identified, now); len(s.identified) > identifiesPerDay {
		s.revoke()
		return closeBadToken
	}
	s.identifies++
	l.compress = d.Compress
	s.beginSession(l, *d.Intents)
	return 0
}

func (s *Server) takeUp(l *link, raw json.RawMessage) int {
	var d struct {
		Token   string `json:"token"`
		Session string `json:"session_id"`
		Seq     int    `json:"seq"`
	}
	if json.Unmarshal(raw, &d) != nil {
		return closeDecode
	}
	switch {
	case l.session != nil:
		return closeAlready
	case !s.tokenFits(d.Token):
		return closeBadToken
	}
	return s.resume(l, d.Session, d.Seq)
}

func invalidSession(resumable bool) frame {
	return frame{data: encode(object{"op": opInvalidSession, "s": nil, "t": nil, "d": resumable})}
}

// tokenFits reports whether a token, with or without the word Bot before it, is the bot's and works.
func (s *Server) tokenFits(token string) bool {
	return s.trouble.tokenOK && (token == "Bot "+s.opts.Token || token == s.opts.Token)
}

// revoke makes the token worthless and sends every session away, as Discord does when it resets one.
func (s *Server) revoke() {
	s.trouble.tokenOK = false
	for _, l := range s.links {
		if l.session != nil {
			s.endSession(l.session)
			l.push(frame{code: closeBadToken})
		}
	}
}

// Reconnect asks every client to reconnect and resume (op 7). The links stay open until they do.
func (s *Server) Reconnect() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.links {
		l.push(frame{data: encode(object{"op": opReconnect, "s": nil, "t": nil, "d": nil})})
	}
}

// InvalidSession tells every client that its session is void (op 9). One that is not resumable is forgotten; the link stays.
func (s *Server) InvalidSession(resumable bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.links {
		if l.session != nil && resumable {
			s.detach(l.session)
		} else {
			s.endSession(l.session)
		}
		l.push(invalidSession(resumable))
	}
}

// CloseGateway closes every link with a code. 1000, 1001, 4007, 4009 and the fatal codes end the sessions, others keep them.
func (s *Server) CloseGateway(code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.links {
		if l.session != nil && endsSession(code) {
			s.endSession(l.session)
		} else if l.session != nil {
			s.detach(l.session)
		}
		l.push(frame{code: code})
	}
}

// Cut drops the TCP connection of every link. The sessions can be resumed.
func (s *Server) Cut() {
	s.mu.Lock()
	links := slices.Clone(s.links)
	for _, l := range links {
		if l.session != nil {
			s.detach(l.session)
		}
	}
	s.mu.Unlock()
	for _, l := range links {
		l.conn.NetConn().Close()
	}
}
