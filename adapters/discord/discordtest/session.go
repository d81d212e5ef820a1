package discordtest

import (
	"encoding/json"
	"time"
)

// Intents that gate what the fake sends. Interactions need none.
const (
	intentGuilds        = 1 << 0
	intentGuildMembers  = 1 << 1
	intentPresences     = 1 << 8
	intentGuildMessages = 1 << 9
	intentContent       = 1 << 15
	intentPrivileged    = intentGuildMembers | intentPresences | intentContent
	intentsKnown        = 1<<26 - 1
)

// Opcodes of the gateway.
const (
	opDispatch       = 0
	opHeartbeat      = 1
	opIdentify       = 2
	opPresence       = 3
	opVoice          = 4
	opResume         = 6
	opReconnect      = 7
	opRequestMembers = 8
	opInvalidSession = 9
	opHello          = 10
	opACK            = 11
)

// resumableFor is how long a session waits for its client; Discord speaks of minutes.
const resumableFor = 5 * time.Minute

// session is what IDENTIFY began. It outlives its link, if that did not end with 1000 or 1001.
type session struct {
	id       string
	intents  int
	seq      int
	events   []event // all since the beginning
	link     *link   // nil while the client is away
	detached time.Time
}

type event struct {
	seq  int
	data json.RawMessage
}

// beginSession starts a session on a link and sends READY.
func (s *Server) beginSession(l *link, intents int) {
	x := &session{id: newSecret(16), intents: intents, link: l}
	l.session = x
	s.sessions[x.id], s.newest = x, x
	bot := s.member(s.opts.BotUser)
	s.dispatchIn(x, "READY", object{
		"v": 10, "user": wireUser(bot), "session_id": x.id, "session_type": "normal",
		"resume_gateway_url": "ws://" + l.host + "/gateway/resume/", "private_channels": []object{}, "relationships": []object{},
		"guilds":      []object{{"id": s.opts.Guild, "unavailable": true}},
		"application": object{"id": s.opts.App, "flags": 0}, "user_settings": object{}, "geo_ordered_rtc_regions": []string{},
	})
	if intents&intentGuilds != 0 {
		s.dispatchIn(x, "GUILD_CREATE", s.wireJoined())
	}
}

// endSession forgets a session: it cannot be resumed.
func (s *Server) endSession(x *session) {
	if x == nil {
		return
	}
	delete(s.sessions, x.id)
	if x.link != nil {
		x.link.session, x.link = nil, nil
	}
	if s.newest == x {
		s.newest = nil
		for _, other := range s.sessions {
			if s.newest == nil || other.link != nil {
				s.newest = other
			}
		}
	}
}

// detach takes a session off its link; what happens from now on waits for RESUME.
func (s *Server) detach(x *session) {
	x.link.session, x.link, x.detached = nil, nil, time.Now()
}

// dispatch sends an event to the newest session, or keeps it there for RESUME. Without a session it is lost.
func (s *Server) dispatch(name string, data any) {
	if s.newest != nil {
		s.dispatchIn(s.newest, name, data)
	}
}

// dispatchTo does the same if the session asked for the intent.
func (s *Server) dispatchTo(intent int, name string, data any) {
	if s.newest != nil && s.newest.intents&intent != 0 {
		s.dispatchIn(s.newest, name, data)
	}
}

func (s *Server) dispatchIn(x *session, name string, data any) {
	x.seq++
	e := event{seq: x.seq, data: encode(object{"op": opDispatch, "t": name, "s": x.seq, "d": data})}
	x.events = append(x.events, e)
	if x.link != nil {
		x.link.push(frame{data: e.data, event: true})
	}
}

// resume puts a session on a new link and replays what the client has not seen. It returns the code to close with, or zero.
func (s *Server) resume(l *link, id string, seq int) int {
	x := s.sessions[id]
	if x == nil || x.link == nil && time.Since(x.detached) > resumableFor {
		s.endSession(x)
		l.push(invalidSession(false))
		return 0
	}
	if seq > x.seq || seq < 0 {
		s.endSession(x)
		return closeInvalidSeq
	}
	if old := x.link; old != nil {
		s.detach(x)
		old.push(frame{code: closeUnknown})
	}
	first := s.trouble.firstAfterResume
	s.trouble.firstAfterResume = 0
	switch first {
	case 0:
	case opInvalidSession:
		s.endSession(x)
		l.push(invalidSession(false))
		return 0
	default:
		l.push(frame{data: encode(object{"op": first, "s": nil, "t": nil, "d": nil})})
	}
	x.link, l.session, s.newest = l, x, x
	s.resumes++
	for _, e := range x.events {
		if e.seq > seq {
			l.push(frame{data: e.data, event: true})
		}
	}
	s.dispatchIn(x, "RESUMED", object{"_trace": []string{"fake"}})
	return 0
}

// Sessions returns how many sessions are connected now.
func (s *Server) Sessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, x := range s.sessions {
		if x.link != nil {
			n++
		}
	}
	return n
}

// Identifies returns how many IDENTIFYs began a session.
func (s *Server) Identifies() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.identifies
}

// Resumes returns how many sessions were taken up again.
func (s *Server) Resumes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.resumes
}

// Heartbeats returns how many heartbeats have come on the links that are open now.
func (s *Server) Heartbeats() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, l := range s.links {
		n += l.beats
	}
	return n
}
