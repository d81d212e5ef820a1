// Package network is the way from an adapter to its platform: through the proxy that the environment names, trusting the
// certificates that it names, for web calls and websockets alike. Errors hold neither a proxy's password nor an address that
// is as good as a secret.
package network

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/gorilla/websocket"
)

const (
	dialLimit   = 10 * time.Second
	tlsLimit    = 10 * time.Second
	keepAlive   = 30 * time.Second
	idleLimit   = 45 * time.Second // under a minute, as most proxies and NATs drop what is idle for longer
	idlePerHost = 8
)

// Dial opens connections. Nil is the ordinary way; another one is for tests, and then no proxy is used.
type Dial func(ctx context.Context, network, addr string) (net.Conn, error)

// Transport makes the connections of web calls. It speaks HTTP/1.1 alone: a connection then carries one request at a time,
// so that it is known whether a request that failed had left. Where the certificates cannot be read the log says so, and the
// system's own serve.
func Transport(dial Dial, log *slog.Logger) *http.Transport {
	roots, err := trusted()
	if err != nil {
		log.Warn("the certificates that SSL_CERT_FILE names are not used", slog.Any("error", err))
	}
	return &http.Transport{
		Proxy:               proxy(dial),
		DialContext:         way(dial),
		TLSClientConfig:     secure(roots),
		TLSHandshakeTimeout: tlsLimit,
		IdleConnTimeout:     idleLimit,
		MaxIdleConnsPerHost: idlePerHost,
	}
}

// Dialer makes the connections of websockets; the caller sets what else it needs. Each connection is handed to made before
// it is used, and heard is called for everything that is read from it: a platform's pings, which the library swallows, are
// signs of life as well.
func Dialer(dial Dial, heard func(), made func(net.Conn)) *websocket.Dialer {
	roots, _ := trusted() // Transport says what is wrong with it
	open := way(dial)
	return &websocket.Dialer{
		Proxy:           proxy(dial),
		TLSClientConfig: secure(roots),
		NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := open(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			made(c)
			return listening{c, heard}, nil
		},
	}
}

// NoRedirect is an http.Client's CheckRedirect that follows none: each request carries a token, or goes to an address that
// is a secret itself.
func NoRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// WithoutURL is err without the addresses that net/http and net/url put into their errors.
func WithoutURL(err error) error {
	for {
		u, ok := errors.AsType[*url.Error](err)
		if !ok {
			return err
		}
		err = u.Err
	}
}

func way(dial Dial) Dial {
	if dial != nil {
		return dial
	}
	return (&net.Dialer{Timeout: dialLimit, KeepAlive: keepAlive}).DialContext
}

// proxy is the one that the environment names. The error of a setting that is no address would quote it, password and all.
func proxy(dial Dial) func(*http.Request) (*url.URL, error) {
	if dial != nil {
		return nil
	}
	return func(r *http.Request) (*url.URL, error) {
		u, err := http.ProxyFromEnvironment(r)
		if err != nil {
			return nil, errors.New("the proxy that the environment names is not a valid address")
		}
		return u, nil
	}
}

func secure(roots *x509.CertPool) *tls.Config {
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}

// trusted are the system's certificates and those in the file that SSL_CERT_FILE names, as companies need whose proxy looks
// into TLS. Go itself reads that variable on some systems only, and not on Windows. The pool is usable beside an error; nil
// stands for the system's own.
func trusted() (*x509.CertPool, error) {
	name := os.Getenv("SSL_CERT_FILE")
	if name == "" {
		return nil, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	pem, err := os.ReadFile(name)
	if err != nil {
		return pool, fmt.Errorf("read certificates: %w", err)
	}
	if !pool.AppendCertsFromPEM(pem) {
		return pool, errors.New("no certificate in " + name)
	}
	return pool, nil
}

// listening tells of each read.
type listening struct {
	net.Conn
	heard func()
}

// Read is the connection's.
func (c listening) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.heard()
	}
	return n, err
}
