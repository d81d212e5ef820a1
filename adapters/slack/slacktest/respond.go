package slacktest

import (
	"net/http"
	"strings"
	"time"
)

const (
	responseLife = 30 * time.Minute
	responseUses = 5
)

// responder is a response URL: the right to answer one interaction.
type responder struct {
	channel   string
	user      string
	pressed   bool       // came from a press, not from a command
	message   *message   // that was pressed
	ephemeral *Ephemeral // that was pressed
	at        time.Time  // of the delivery
	uses      int
}

func (s *Server) newResponder(r *responder) string {
	id := s.opts.Team + "-" + newHex(12)
	s.responses[id] = r
	return id
}

func (s *Server) serveRespond(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		s.write(w, withStatus(refuse("invalid_payload"), http.StatusBadRequest))
		return
	}
	c, fine := readCall(r, responseMethod)
	if !fine {
		s.write(w, withStatus(refuse("invalid_payload"), http.StatusBadRequest))
		return
	}
	id := r.PathValue("id")
	s.serve(w, r, c, func(c *call) answer { return s.respond(id, c) })
}

func withStatus(a answer, status int) answer {
	a.status = status
	return a
}

// respond answers one use of a response URL. It needs no token, and works where the bot is no member.
func (s *Server) respond(id string, c *call) answer {
	r := s.responses[id]
	switch {
	case r == nil || time.Since(r.at) > responseLife:
		return withStatus(refuse("expired_url"), http.StatusNotFound)
	case r.uses >= responseUses:
		return withStatus(refuse("used_url"), http.StatusNotFound)
	}
	if wait := s.throttlePost(responseMethod, r.channel, respondBurst); wait > 0 {
		return throttled(wait)
	}
	r.uses++
	if c.yes("delete_original") {
		r.takeBack()
		return ok(nil)
	}
	in, no := readContent(c)
	if no != nil {
		return withStatus(*no, http.StatusBadRequest)
	}
	switch {
	case c.yes("replace_original") && r.ephemeral != nil:
		r.ephemeral.Text, r.ephemeral.Blocks = in.text, in.blocks
		r.ephemeral.Pings = append(r.ephemeral.Pings, pings(in.text, in.blocks, in.names)...)
	case c.yes("replace_original") && r.message != nil:
		r.message.set(in.text, in.blocks, in.names)
	case c.arg("response_type") == "in_channel" && r.ephemeral == nil:
		m := &message{channel: r.channel, thread: c.arg("thread_ts"), user: BotUser}
		m.set(in.text, in.blocks, in.names)
		s.store(m)
	default:
		s.ephemeral = append(s.ephemeral, &Ephemeral{
			Channel: r.channel, User: r.user, ThreadTS: c.arg("thread_ts"), TS: s.newTS(),
			Text: in.text, Blocks: in.blocks, Pings: pings(in.text, in.blocks, in.names), Via: responseMethod,
		})
	}
	return ok(nil)
}

// takeBack deletes what was pressed. There is nothing to delete of a command.
func (r *responder) takeBack() {
	if r.ephemeral != nil {
		r.ephemeral.Deleted = true
	}
	if r.message != nil {
		r.message.deleted = true
	}
}
