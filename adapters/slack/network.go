package slack

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
)

// Times of the network. A whole call has to end before people wonder, yet outlast a Slack that is slow for a moment: a
// post whose answer is not awaited has to be looked for.
const (
	dialLimit      = 10 * time.Second
	tlsLimit       = 10 * time.Second
	answerLimit    = 25 * time.Second
	callLimit      = 30 * time.Second
	keepAlive      = 30 * time.Second
	idleLimit      = 45 * time.Second // under a minute, as most proxies and NATs drop what is idle for longer
	idlePerHost    = 8
	handshakeLimit = 15 * time.Second
)

// frameBuffer holds one whole frame from us. The websocket library begins a new fragment whenever its buffer is full, and
// Slack ignores acknowledgements in fragments. Slack takes frames of up to 20480 bytes (docs.slack.dev: Socket Mode), so
// that this is enough for all that can be sent.
const frameBuffer = 32 << 10

type dialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// newHTTPClient makes the client for all web calls, and calls heard for each answer. It follows no redirect, since each
// request carries a token or goes to an address that is a secret itself. It speaks HTTP/1.1 alone: there a connection
// carries one request at a time, so that it is known whether a request that failed had left.
func newHTTPClient(o Options, heard func()) *http.Client {
	roots, err := rootCAs()
	if err != nil {
		o.Logger.Warn("the certificates that SSL_CERT_FILE names are not used", slog.Any("error", err))
	}
	t := &http.Transport{
		Proxy:                 proxyFor(o),
		DialContext:           dialer(o),
		TLSClientConfig:       tlsConfig(roots),
		TLSHandshakeTimeout:   tlsLimit,
		ResponseHeaderTimeout: answerLimit,
		IdleConnTimeout:       idleLimit,
		MaxIdleConnsPerHost:   idlePerHost,
	}
	return &http.Client{
		Transport:     listener{t, heard},
		Timeout:       callLimit,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// newDialer makes the dialer for the websocket, and calls heard for everything that is read from it: pings, which the
// library swallows, are signs of life as well.
func newDialer(o Options, heard func(), made func(net.Conn)) *websocket.Dialer {
	roots, _ := rootCAs() // newHTTPClient says what is wrong with it
	dial := dialer(o)
	return &websocket.Dialer{
		Proxy:            proxyFor(o),
		TLSClientConfig:  tlsConfig(roots),
		HandshakeTimeout: handshakeLimit,
		WriteBufferSize:  frameBuffer,
		NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := dial(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			made(c)
			return listeningConn{c, heard}, nil
		},
	}
}

// newWebClient makes the client of Slack's methods. It never sets OptionDebug: that logs whole answers, and asks for links
// that live six minutes only. Nor OptionRetry: it waits inside the call, and then loses how long Slack asked to wait.
func newWebClient(o Options, hc *http.Client) *slack.Client {
	return slack.New(o.BotToken,
		slack.OptionAPIURL(o.APIURL),
		slack.OptionHTTPClient(hc),
		slack.OptionAppLevelToken(o.AppToken),
	)
}

// dialer is the way to the network.
func dialer(o Options) dialFunc {
	if o.Dial != nil {
		return o.Dial
	}
	return (&net.Dialer{Timeout: dialLimit, KeepAlive: keepAlive}).DialContext
}

// proxyFor is the proxy that the environment names; none where the way to the network was handed in. The error of a
// setting that is no URL would quote it, password and all.
func proxyFor(o Options) func(*http.Request) (*url.URL, error) {
	if o.Dial != nil {
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

func tlsConfig(roots *x509.CertPool) *tls.Config {
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}

// rootCAs are the system's certificates and those in the file that SSL_CERT_FILE names, as companies need whose proxy
// looks into TLS. Go itself reads that variable on some systems only, and not on Windows. The pool is usable beside an
// error; nil stands for the system's own.
func rootCAs() (*x509.CertPool, error) {
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
		return pool, fmt.Errorf("reading certificates: %w", err)
	}
	if !pool.AppendCertsFromPEM(pem) {
		return pool, errors.New("no certificate in " + name)
	}
	return pool, nil
}

// listener tells of each answer.
type listener struct {
	next  *http.Transport
	heard func()
}

// RoundTrip is one call.
func (l listener) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	l.heard()
	// A Location that cannot be parsed would be quoted in an error; it is not followed anyway.
	resp.Header.Del("Location")
	tidyRetryAfter(resp.Header, time.Now())
	return resp, nil
}

// tidyRetryAfter leaves a Retry-After of whole seconds within bounds, or none: the library turns anything else (an HTTP
// date, a fraction) into an error that does not say what it was about.
func tidyRetryAfter(h http.Header, now time.Time) {
	said := h.Get("Retry-After")
	if said == "" {
		return
	}
	h.Del("Retry-After")
	seconds, err := strconv.ParseFloat(strings.TrimSpace(said), 64)
	if at, bad := http.ParseTime(said); bad == nil {
		seconds, err = at.Sub(now).Seconds(), nil
	}
	if err != nil || !(seconds > 0) { // not a number is not above zero either
		return
	}
	h.Set("Retry-After", strconv.FormatFloat(math.Ceil(min(seconds, longestWait.Seconds())), 'f', 0, 64))
}

// CloseIdleConnections lets http.Client's method of that name reach the connections.
func (l listener) CloseIdleConnections() { l.next.CloseIdleConnections() }

// listeningConn tells of each read.
type listeningConn struct {
	net.Conn
	heard func()
}

// Read is the connection's.
func (c listeningConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.heard()
	}
	return n, err
}

// withoutURL is err without the address that net/http puts into its errors: a response_url lets whoever reads it answer in
// the bot's name.
func withoutURL(err error) error {
	for {
		u, ok := errors.AsType[*url.Error](err)
		if !ok {
			return err
		}
		err = u.Err
	}
}
