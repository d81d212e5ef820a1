package slack

import (
	"math"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"

	"vmbackup-bot/adapters/network"
)

// A whole call has to end before people wonder, yet outlast a Slack that is slow for a moment: a post whose answer is not
// awaited has to be looked for.
const (
	answerLimit    = 25 * time.Second
	callLimit      = 30 * time.Second
	handshakeLimit = 15 * time.Second
)

// frameBuffer holds one whole frame from us. The websocket library begins a new fragment whenever its buffer is full, and
// Slack ignores acknowledgements in fragments. Slack takes frames of up to 20480 bytes (docs.slack.dev: Socket Mode), so
// that this is enough for all that can be sent.
const frameBuffer = 32 << 10

// newHTTPClient makes the client for all web calls, and calls heard for each answer.
func newHTTPClient(o Options, heard func()) *http.Client {
	t := network.Transport(o.Dial, o.Logger)
	t.ResponseHeaderTimeout = answerLimit
	return &http.Client{Transport: listener{t, heard}, Timeout: callLimit, CheckRedirect: network.NoRedirect}
}

// newDialer makes the dialer for the websocket.
func newDialer(o Options, heard func(), made func(net.Conn)) *websocket.Dialer {
	d := network.Dialer(o.Dial, heard, made)
	d.HandshakeTimeout, d.WriteBufferSize = handshakeLimit, frameBuffer
	return d
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
