package vmbackup

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"
)

const (
	// dialTimeout bounds one connection attempt. On loopback an answer comes at once; Windows repeats a refused
	// connection for about two seconds before it gives up.
	dialTimeout = 10 * time.Second
	// handshakeTimeout bounds the TLS handshake.
	handshakeTimeout = 10 * time.Second
)

// dialer makes one connection per request: which connection a request left on, and whether it left at all, is then
// certain, and nothing is ever repeated behind our back.
type dialer struct {
	trust   Trust
	pins    []string
	cfg     Config
	address string // Config.DialAddress
	seen    func(fingerprint string)
}

// line is a connection that a request can be written to.
type line struct {
	net.Conn
	wire  *counted
	ready int64 // what had left when the line was ready: the handshake
}

// sent reports whether a byte of the request left.
func (l *line) sent() bool { return l.wire.written > l.ready }

// counted counts what the network took, below TLS.
type counted struct {
	net.Conn
	written int64
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.written += int64(n)
	return n, err
}

// connect is a line to the server; every error means that nothing of the request left.
func (d dialer) connect(ctx context.Context, base *url.URL) (*line, error) {
	conn, err := d.dial(ctx, dialTargets(base, d.address))
	if err != nil {
		return nil, err
	}
	wire := &counted{Conn: conn}
	if base.Scheme != "https" {
		return &line{Conn: wire, wire: wire}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	secure := tls.Client(wire, tlsConfig(d.trust, base.Hostname(), d.pins, d.cfg.RootCAs, d.seen))
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close() // nothing was sent on it
		return nil, err
	}
	return &line{Conn: secure, wire: wire, ready: wire.written}, nil
}

// dial takes the first target that answers.
func (d dialer) dial(ctx context.Context, targets []string) (net.Conn, error) {
	open := d.cfg.DialContext
	if open == nil {
		open = (&net.Dialer{}).DialContext
	}
	var errs []error
	for _, target := range targets {
		attempt, cancel := context.WithTimeout(ctx, dialTimeout)
		conn, err := open(attempt, "tcp", target)
		cancel()
		if err == nil {
			return conn, nil
		}
		errs = append(errs, err)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, dialError(errs)
}

// dialError is all the attempts in one line.
type dialError []error

func (e dialError) Error() string {
	var texts []string
	for _, err := range e {
		texts = append(texts, err.Error())
	}
	return strings.Join(texts, "; ")
}

func (e dialError) Unwrap() []error { return e }

// connectHint is the next step after a connection that did not come about, and the kind of failure that it was.
func connectHint(err error, scheme, version string) (hint string, kind error) {
	if u, ok := asUntrusted(err); ok {
		return fmt.Sprintf("compare the fingerprint with the server's certificate; if it is the right one, "+
			"set VMBACKUP_TLS_FINGERPRINT=%s", u.fingerprint), ErrCertificate
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok && scheme == "https" {
		return "the port answers without TLS: is it VM Backup's? Plain http is only used with an explicit " +
			"VMBACKUP_URL=http://… on loopback", ErrUnreachable
	}
	return serviceHint(version), ErrUnreachable
}
