package discord

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

// Times of the network. callLimit bounds a whole request, its answer's body included; it outlasts a Discord that is slow
// for a moment, since a post whose answer is not awaited has to be looked for.
const (
	dialLimit      = 10 * time.Second
	tlsLimit       = 10 * time.Second
	callLimit      = 25 * time.Second
	keepAlive      = 30 * time.Second
	idleLimit      = 45 * time.Second // most proxies and NATs drop what is idle for a minute
	idlePerHost    = 8
	handshakeLimit = 30 * time.Second
)

// dialFunc is a way to the network.
type dialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// newHTTPClient makes the client of all requests, the library's too. Redirects are not followed: every request carries a
// token, in its header or its address. There is no Timeout, since it would hide whether the request had left; the wire
// has a limit of its own.
func newHTTPClient(w *wire) *http.Client {
	return &http.Client{
		Transport:     w,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// newTransport makes the connections of HTTP. It speaks HTTP/1.1 alone: a connection then carries one request at a time,
// and a request for which none was found has not left.
func newTransport(o Options, log *slog.Logger) *http.Transport {
	roots, err := trusted()
	if err != nil {
		log.Warn("the certificates that SSL_CERT_FILE names are not used", slog.Any("error", err))
	}
	return &http.Transport{
		Proxy:               proxyOf(o),
		DialContext:         way(o),
		TLSClientConfig:     secure(roots),
		TLSHandshakeTimeout: tlsLimit,
		IdleConnTimeout:     idleLimit,
		MaxIdleConnsPerHost: idlePerHost,
	}
}

// newDialer makes the dialer of the gateway. Everything that is read there counts as a sign of life.
func newDialer(o Options, heard func()) *websocket.Dialer {
	roots, _ := trusted() // newTransport says what is wrong with it
	dial := way(o)
	return &websocket.Dialer{
		Proxy:            proxyOf(o),
		TLSClientConfig:  secure(roots),
		HandshakeTimeout: handshakeLimit,
		NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := dial(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return noticed{c, heard}, nil
		},
	}
}

// way is the way to the network: the ordinary one, or what was handed in.
func way(o Options) dialFunc {
	if o.Dial != nil {
		return o.Dial
	}
	return (&net.Dialer{Timeout: dialLimit, KeepAlive: keepAlive}).DialContext
}

// proxyOf is the proxy that the environment names; none where the way to the network was handed in. A setting that is no
// address is not quoted: it may hold a password.
func proxyOf(o Options) func(*http.Request) (*url.URL, error) {
	if o.Dial != nil {
		return nil
	}
	return func(r *http.Request) (*url.URL, error) {
		u, err := http.ProxyFromEnvironment(r)
		if err != nil {
			return nil, errors.New("the environment names a proxy whose address is not valid")
		}
		return u, nil
	}
}

func secure(roots *x509.CertPool) *tls.Config {
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}

// trusted are the system's certificates with those in SSL_CERT_FILE added, for networks whose proxy opens TLS; Go reads
// that variable on some systems only. Beside an error the pool is still good; nil means the system's own.
func trusted() (*x509.CertPool, error) {
	file := os.Getenv("SSL_CERT_FILE")
	if file == "" {
		return nil, nil // crypto/tls takes nil for the system's own
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return pool, fmt.Errorf("reading certificates: %w", err)
	}
	if !pool.AppendCertsFromPEM(pem) {
		return pool, errors.New("no certificate in " + file)
	}
	return pool, nil
}

// noticed is a connection whose reads are signs of life.
type noticed struct {
	net.Conn
	heard func()
}

// Read is the connection's.
func (c noticed) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.heard()
	}
	return n, err
}
