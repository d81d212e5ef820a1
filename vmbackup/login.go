package vmbackup

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"
)

const (
	// loginTries and loginPause: a refused login is tried twice, then not again for an hour, since the lock-out of an
	// administrator's account (usual limits are five to ten tries) is worse than silence.
	loginTries = 2
	loginPause = time.Hour
	// ownSession is how long a session that nobody ended may still hold the seat: five minutes, and one to spare.
	ownSession = 6 * time.Minute
	// seatFreed is how long the seat may stay taken after a logout: a client in the field waits as long.
	seatFreed = 30 * time.Second
)

const (
	sessionsStart = "sessions/start"
	sessionsEnd   = "sessions/end"
)

// logins is what became of earlier logins.
type logins struct {
	refusals int
	last     *Error    // the last refusal
	until    time.Time // no login before
	ownUntil time.Time // a seat that is taken until then may be taken by ourselves
}

// own notes that the seat may be taken by ourselves for that long.
func (l *logins) own(now time.Time, long time.Duration) {
	if until := now.Add(long); until.After(l.ownUntil) {
		l.ownUntil = until
	}
}

// startBody is the body of sessions/start; the port is the agent's, a string in most clients.
type startBody struct {
	ServerAddress, ServerPort, Username, Password, Domain string
}

// login is a new session. It does not try while refused logins are held back.
func (c *Client) login(ctx context.Context) (*session, error) {
	if err := c.heldBack(); err != nil {
		return nil, err
	}
	t, err := c.resolve(ctx)
	if err != nil {
		return nil, err
	}
	if t, err = c.tellVersion(ctx, t); err != nil {
		return nil, err
	}
	port := c.cfg.AgentPort
	if port == 0 {
		port = agentPort(t.version)
	}
	user, domain := c.cfg.login()
	body, err := json.Marshal(startBody{
		ServerAddress: "LOCALHOST", ServerPort: strconv.Itoa(port), Username: user, Password: c.cfg.Password.Reveal(), Domain: domain,
	})
	if err != nil {
		return nil, &Error{Call: sessionsStart, Kinds: []error{ErrBadCredentials}, Hint: "user, password or domain is not text"}
	}
	r := request{method: http.MethodPost, path: []string{"sessions", "start"}, body: body}
	o := c.do(ctx, t, sessionsStart, r, startTimeout, Secret{})
	c.forget(ctx, t, o)
	token := NewSecret(o.env.payload.value("Data", "SessionToken", "Token"))
	c.mu.Lock()
	defer c.mu.Unlock()
	if o.verdict != taken || token.IsZero() {
		return nil, c.logins.failed(o, time.Now())
	}
	c.logins = logins{}
	now := time.Now()
	return &session{token: token, target: t, since: now, used: now}, nil
}

// heldBack is the error that stands in for a login that must not be tried.
func (c *Client) heldBack() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := &c.logins
	if l.until.IsZero() {
		return nil
	}
	if !time.Now().Before(l.until) {
		l.refusals, l.until = 0, time.Time{}
		return nil
	}
	return &Error{Call: sessionsStart, Kinds: []error{ErrLoginHeld}, Hint: l.hint(), Until: l.until, Err: l.last}
}

// hint says until when, and what to do meanwhile.
func (l *logins) hint() string {
	return "no login is tried before " + l.until.Format(time.RFC3339) + ", because refused ones can lock the account; " +
		"correct VMBACKUP_USERNAME, VMBACKUP_PASSWORD and VMBACKUP_DOMAIN and start again"
}

// failed is the error of a login that brought no session, and what follows from it for the next.
func (l *logins) failed(o outcome, now time.Time) *Error {
	switch {
	case o.env.seatBusy() && o.status < http.StatusInternalServerError:
		e := o.env.refusal(sessionsStart, ErrSeatBusy)
		e.Hint = "close the VM Backup management console, or wait until it is closed"
		if now.Before(l.ownUntil) {
			e.Hint = "an earlier session of this program may still hold the seat: VM Backup drops it after about five minutes; " +
				"otherwise the management console is open"
			e.Until = l.ownUntil
		}
		return e
	case o.verdict == taken: // but no token in it
		l.own(now, ownSession)
		return &Error{Call: sessionsStart, Kinds: []error{ErrNotVMBackup}, Err: errors.New("no session token in the answer")}
	case o.verdict == refused, o.verdict == tokenGone,
		o.status == http.StatusUnauthorized, o.status == http.StatusForbidden:
		return l.refused(o, now)
	case o.verdict == cut, o.verdict == garbled, o.verdict == badStatus:
		l.own(now, ownSession) // it may have been taken: then the token is lost, and the seat taken
	}
	return o.err
}

// refused counts.
func (l *logins) refused(o outcome, now time.Time) *Error {
	e := o.env.refusal(sessionsStart, ErrBadCredentials)
	if e.Words() == "" {
		e.Err = o.err.Err
	}
	e.Hint = "check VMBACKUP_USERNAME, VMBACKUP_PASSWORD and VMBACKUP_DOMAIN (a local administrator of the VM Backup machine), " +
		"and VMBACKUP_VERSION or VMBACKUP_AGENT_PORT"
	l.refusals++
	l.last = e
	if l.refusals < loginTries {
		return e
	}
	l.until = now.Add(loginPause)
	last := *e
	last.Hint, last.Until = l.hint(), l.until
	return &last
}

// logout ends a session by its token. What the server answers does not matter: an unknown session is ended too.
func (c *Client) logout(ctx context.Context, s *session) error {
	r := request{method: http.MethodPost, path: []string{"sessions", "end", s.token.Reveal()}}
	o := c.do(ctx, s.target, sessionsEnd, r, endTimeout, s.token)
	if o.verdict == unsent && ctx.Err() == nil {
		o = c.do(ctx, s.target, sessionsEnd, r, endTimeout, s.token)
	}
	switch o.verdict {
	case taken, refused, tokenGone:
		c.leftBehind(seatFreed)
		return nil
	default:
		c.leftBehind(ownSession)
		return o.err
	}
}

// leftBehind notes that the server may count a session of ours for that long.
func (c *Client) leftBehind(long time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.logins.own(time.Now(), long)
}

// tellVersion finds the version out where neither the configuration nor the address gives it: by protocol/version, and
// where that says nothing known, by taking it for 9.x.
func (c *Client) tellVersion(ctx context.Context, t target) (target, error) {
	if t.version != "" {
		return t, nil
	}
	text, err := c.ProtocolVersion(ctx)
	if errors.Is(err, ErrUnreachable) || errors.Is(err, ErrCertificate) || errors.Is(err, ErrWrongHost) || ctx.Err() != nil {
		return t, err // the login would fare no better
	}
	if t.version = versionOfProtocol(text); t.version == "" {
		t.version = Version91
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.target.base == t.base {
		c.target.version = t.version
	}
	return t, nil
}
