package simulator

import (
	"encoding/json"
	"strconv"
	"strings"
)

func (s *Server) protocolVersion(*request) reply { return succeed(member{"Data", s.ver.protocol}) }

// login is the body of sessions/start. Member names are case-exact, unknown ones are let through.
type login map[string]json.RawMessage

func (l login) text(name string) string {
	var t string
	if json.Unmarshal(l[name], &t) != nil {
		return ""
	}
	return t
}

// port is a string from some clients and a number from others.
func (l login) port() string {
	if t := l.text("ServerPort"); t != "" {
		return t
	}
	var n int
	if json.Unmarshal(l["ServerPort"], &n) != nil {
		return ""
	}
	return strconv.Itoa(n)
}

// startSession checks the credentials before the seat, so that a wrong password shows while the console is open.
func (s *Server) startSession(q *request) reply {
	var l login
	if err := json.Unmarshal(q.body, &l); err != nil || l == nil {
		return malformed()
	}
	switch {
	case !strings.EqualFold(l.text("ServerAddress"), "localhost") || l.port() != s.ver.agent:
		return s.refuse(badAgent, q.act.key)
	case !s.knows(l.text("Username"), l.text("Password"), l.text("Domain")):
		return s.refuse(badLogin, q.act.key)
	case s.seatTaken(q.now):
		return s.refuse(seatTaken, q.act.key)
	}
	return succeed(member{"Data", s.guidOut(s.open(q.now))})
}

// endSession ends one session by its token, or all of them without any token.
func (s *Server) endSession(q *request) reply {
	token := q.arg(1)
	want, _ := canonical(token)
	closed := s.close(q.now, func(t string) bool { return token == "" || t == want })
	if token != "" && len(closed) == 0 {
		return s.refuse(invalidToken, q.act.key)
	}
	list := []object{}
	for _, t := range closed {
		list = append(list, object{{"SessionToken", s.guidOut(t)}})
	}
	return succeed(member{"ClosedSessions", list})
}
