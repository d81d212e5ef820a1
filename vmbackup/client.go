package vmbackup

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// The time-outs of one call each. The server can be slow: a client that is known to run allows
// as much, and half of it for a logout.
const (
	// versionTimeout is for a call that touches no data.
	versionTimeout = 10 * time.Second
	// startTimeout is for a login.
	startTimeout = 60 * time.Second
	// endTimeout is for a logout.
	endTimeout = 30 * time.Second
	// readTimeout is for lists, statuses and reports.
	readTimeout = 60 * time.Second
	// instructionTimeout is for an instruction with the login and the repeat that it may need.
	instructionTimeout = 60 * time.Second
	// lookupTimeout is for looking whether a refusal was about an unknown VM; the refusal itself must not wait longer.
	lookupTimeout = 10 * time.Second
)

// target is one server, as far as it is known.
type target struct {
	base    *url.URL
	version string // empty: not told yet
	probed  bool
}

// Client speaks to one VM Backup server. It is safe for concurrent use and holds at most one session, which all callers
// share. [Client.Close] must be called in the end.
type Client struct {
	cfg    Config
	log    *slog.Logger
	dialer dialer
	seat   *seat
	// resolving is held by the one caller that looks for the server.
	resolving chan struct{}

	mu          sync.Mutex
	target      target
	protocol    string
	fingerprint string
	skew        time.Duration
	skewKnown   bool
	logins      logins
}

// NewClient refuses a configuration with problems, all of them named. It does not connect.
func NewClient(cfg Config) (*Client, error) {
	if problems := cfg.Validate(); problems != nil {
		return nil, errors.Join(problems...)
	}
	if cfg.SessionIdle == 0 {
		cfg.SessionIdle = DefaultSessionIdle
	}
	c := &Client{cfg: cfg, log: cfg.Logger, resolving: make(chan struct{}, 1)}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if base, err := cfg.baseURL(); err == nil && base != nil {
		c.target = target{base: base, version: cfg.version()}
		if c.target.version == VersionAuto {
			c.target.version = versionOfURL(base)
		}
	}
	if cfg.AfterUncleanStop {
		c.logins.own(time.Now(), ownSession)
	}
	c.dialer = dialer{
		trust: trustOf(cfg), pins: parseFingerprints(cfg.Fingerprints), cfg: cfg, address: cfg.DialAddress, seen: c.sawFingerprint,
	}
	life, kill := context.WithCancel(context.Background())
	c.seat = &seat{idle: cfg.SessionIdle, open: c.login, logout: c.logout, life: life, kill: kill}
	return c, nil
}

// Close gives the session back, stops the idle clock and waits until nothing of the client runs. When ctx ends first,
// what is left is cut. Calls made afterwards fail with [ErrClosed].
func (c *Client) Close(ctx context.Context) error { return asError(sessionsEnd, c.seat.close(ctx)) }

// Release ends the session now, as soon as calls in flight are done with it; nil where there is none. The next call logs
// in again.
func (c *Client) Release(ctx context.Context) error { return asError(sessionsEnd, c.seat.leave(ctx)) }

// SessionStolen reports whether sessions of ours were ended under us three times in the last ten minutes, other than by
// the server's own expiry: another program on the VM Backup machine does that.
func (c *Client) SessionStolen() bool { return c.seat.stolen() }

// Skew is the server's clock minus ours, to within a second, from the newest Date header; false before there was one.
func (c *Client) Skew() (time.Duration, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.skew, c.skewKnown
}

// Info is what the client knows of its server, fit to be shown.
type Info struct {
	// URL is empty until an unset one was found by probing.
	URL string
	// Version is 8, 9.0 or 9.1; empty until it is known.
	Version string
	// Protocol is the server's own word from protocol/version; empty until asked.
	Protocol string
	// Fingerprint is the SHA-256 of the certificate presented last, hex without colons; empty before, and with http.
	Fingerprint string
	// Trust is why the server is believed.
	Trust Trust
	// SessionHeld says whether we hold the seat now, SeatSince since when.
	SessionHeld bool
	SeatSince   time.Time
}

// Info tells what is known now; it makes no call.
func (c *Client) Info() Info {
	since, held := c.seat.held()
	c.mu.Lock()
	defer c.mu.Unlock()
	info := Info{
		Version: c.target.version, Protocol: c.protocol, Fingerprint: c.fingerprint, Trust: c.dialer.trust,
		SessionHeld: held, SeatSince: since,
	}
	if c.target.base != nil {
		info.URL = c.target.base.String()
		if c.target.base.Scheme == "http" {
			info.Trust = TrustPlain
		}
	}
	return info
}

// ProtocolVersion asks for the server's protocol version, whose form no document gives. It needs no session.
func (c *Client) ProtocolVersion(ctx context.Context) (string, error) {
	t, err := c.resolve(ctx)
	if err != nil {
		return "", err
	}
	o := c.do(ctx, t, protocolVersion, versionRequest(), versionTimeout, Secret{})
	if o.err != nil {
		c.forget(ctx, t, o)
		return "", o.err
	}
	version := cleanText(o.env.payload.value("Data", "Version", "ProtocolVersion"), snippetRunes)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.protocol = version
	return version, nil
}

// protocolVersion is the one call without a token.
const protocolVersion = "protocol/version"

func versionRequest() request {
	return request{method: http.MethodGet, path: strings.Split(protocolVersion, "/")}
}

// do makes one exchange, understands it, and notes what it tells by the way.
func (c *Client) do(ctx context.Context, t target, call string, r request, limit time.Duration, token Secret) outcome {
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	m, began := newMask(c.cfg.Password, token), time.Now()
	got, sent, err := c.dialer.exchange(limited, t.base, r)
	var o outcome
	if err != nil {
		o = failed(ctx, call, t, sent, err, m)
	} else {
		got.body = hideToken(got.body, token)
		o = judge(call, t.version, got, m)
		c.sawDate(got.date)
	}
	attrs := []slog.Attr{
		slog.String("call", call), slog.Duration("took", time.Since(began)), slog.Int("status", got.status),
		slog.Int("bytes", len(got.body)),
	}
	if o.err != nil {
		attrs = append(attrs, slog.String("error", o.err.Error()))
	}
	c.log.LogAttrs(ctx, slog.LevelDebug, "VM Backup call", attrs...)
	return o
}

// hideToken keeps an echoed token out of every member of an answer. A token so short that it could be part of ordinary
// words is hidden in the server's sentences only.
func hideToken(body []byte, token Secret) []byte {
	const guid = 32 // hex digits, without dashes
	if len(token.Reveal()) < guid {
		return body
	}
	return []byte(newMask(token).hide(string(body)))
}

func (c *Client) sawFingerprint(digest string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fingerprint = digest
}

func (c *Client) sawDate(date time.Time) {
	if date.IsZero() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.skew, c.skewKnown = time.Until(date), true
}
