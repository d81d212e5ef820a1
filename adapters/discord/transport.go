package discord

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bwmarrin/discordgo"

	"vmbackup-bot/adapters/network"
)

const (
	// apiVersion is what is spoken. The library writes libraryAPI into its addresses when the program starts.
	apiVersion  = "v10/"
	libraryHost = "discord.com"
	libraryAPI  = "/api/v9/"
	// agent names the library, as Discord wants the address of one (reference, user agent); Cloudflare turns away what
	// does not begin so.
	agent = "DiscordBot (https://github.com/bwmarrin/discordgo, v" + discordgo.VERSION + ") vmbackup-bot"
	// maxAnswer bounds an answer in bytes; a page of a hundred messages is some hundred thousand.
	maxAnswer = 8 << 20
)

var (
	errElsewhere = errors.New("a request to a host that is not Discord's was held back")
	errPage      = errors.New("a web page in place of an answer")
	errTooLong   = errors.New("an answer of more than 8 MB")
)

// wire is the one http.RoundTripper below everything that talks to Discord over HTTP, the library included. It reads an
// answer to its end before anybody else sees it, for the library misreads several kinds, sleeps through others without
// minding the context, and repeats a POST whose answer was a 502 although the message may stand. Those answers leave the
// wire as errors.
type wire struct {
	next  http.RoundTripper
	base  *url.URL // with the version, and a slash at its end
	bad   error    // why base is none
	log   *slog.Logger
	heard func()
	count invalids

	mu     sync.Mutex
	all    hold // Cloudflare turned us away: nothing may leave
	bot    hold // the bot's global limit; answers to interactions do not count against it
	braked bool
}

// hold is a time in which nothing is sent.
type hold struct {
	until time.Time
	why   *answerError
}

// at is the answer to whoever asks during a hold; nil when it is over.
func (h hold) at(now time.Time) *answerError {
	if !now.Before(h.until) {
		return nil
	}
	e := *h.why
	e.retryAfter, e.unsent = h.until.Sub(now), true
	return &e
}

func newWire(o Options, log *slog.Logger, heard func()) *wire {
	base, err := url.Parse(o.APIURL + apiVersion)
	if err == nil && base.Host == "" {
		err = errors.New("an address without a host")
	}
	return &wire{next: network.Transport(o.Dial, log), base: base, bad: err, log: log, heard: heard}
}

// RoundTrip is one request. Its errors are *answerError for answers, and *transportError for the lack of one.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := w.trip(r)
	if err != nil && r.Body != nil {
		r.Body.Close() // a second time where it was sent, which does no harm
	}
	return resp, err
}

func (w *wire) trip(r *http.Request) (*http.Response, error) {
	to, err := w.target(r.URL)
	if err != nil {
		return nil, &transportError{err: err}
	}
	free := aboutInteraction(to.Path)
	if e := w.held(time.Now(), free); e != nil {
		return nil, e
	}
	var connected atomic.Bool
	ctx, cancel := context.WithTimeout(r.Context(), callLimit)
	defer cancel() // the answer is read to its end before this returns
	out := r.Clone(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		// A second connection is asked for only when nothing was written to the first, a stale one.
		GetConn: func(string) { connected.Store(false) },
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	}))
	out.URL, out.Host = to, ""
	out.Header.Set("User-Agent", agent)
	resp, err := w.next.RoundTrip(out)
	if err != nil {
		return nil, &transportError{err: fmt.Errorf("%s: %w", route(r.Method, to.Path), network.WithoutURL(err)), sent: connected.Load()}
	}
	defer resp.Body.Close()
	w.heard()
	text, err := read8MB(resp.Body)
	if e := w.judge(resp, text, err, route(r.Method, to.Path), free); e != nil {
		return nil, e
	}
	if err != nil {
		return nil, &transportError{err: fmt.Errorf("%s: reading the answer: %w", route(r.Method, to.Path), err), sent: true}
	}
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") { // a success that the library would believe
		return nil, &transportError{err: fmt.Errorf("%s: %w", route(r.Method, to.Path), errPage), sent: true}
	}
	resp.Body = io.NopCloser(bytes.NewReader(text))
	resp.ContentLength = int64(len(text))
	resp.Request = r
	tidy(resp.Header)
	return resp, nil
}

// target is where a request really goes: the library's addresses are led to the API that the options name, and no token
// leaves for any other host.
func (w *wire) target(u *url.URL) (*url.URL, error) {
	if w.bad != nil {
		return nil, fmt.Errorf("the address of the API: %w", network.WithoutURL(w.bad))
	}
	to := *u
	if rest, ok := strings.CutPrefix(u.Path, libraryAPI); ok && u.Scheme == "https" && u.Host == libraryHost {
		to.Scheme, to.Host = w.base.Scheme, w.base.Host
		to.Path, to.RawPath = w.base.Path+rest, ""
	}
	if to.Scheme != w.base.Scheme || to.Host != w.base.Host || !strings.HasPrefix(to.Path, w.base.Path) {
		return nil, errElsewhere
	}
	return &to, nil
}

// judge makes the answers that only errors can carry past the library into errors, counts invalid requests and takes
// notice of what pauses everything. Other refusals pass as they are.
func (w *wire) judge(resp *http.Response, text []byte, cut error, route string, free bool) error {
	e := readAnswer(resp, text, cut == nil)
	e.route = route
	now := time.Now()
	if counts(e.status, e.scope) {
		w.count.add(now)
	}
	switch {
	case e.blocked():
		w.pause(&w.all, e, now)
	case e.status == http.StatusTooManyRequests && e.global && !free:
		w.pause(&w.bot, e, now)
	}
	switch s := resp.StatusCode; {
	case s == http.StatusTooManyRequests, s >= 500, s >= 300 && s < 400, s >= 400 && (e.html || cut != nil):
		return e
	}
	return nil
}

// pause holds everything back until an answer's time is over.
func (w *wire) pause(h *hold, e *answerError, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	until := now.Add(e.retryAfter)
	if !until.After(h.until) {
		return
	}
	fresh := !now.Before(h.until)
	*h = hold{until: until, why: e}
	if fresh {
		w.log.Warn("discord pauses all requests", "wait", e.retryAfter, "answer", e)
	}
}

// held is why a request may not leave now; nil when it may.
func (w *wire) held(now time.Time, free bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if e := w.all.at(now); e != nil {
		return e
	}
	if e := w.bot.at(now); e != nil && !free {
		return e
	}
	wait := w.count.brake(now)
	if wait > 0 && !w.braked {
		w.log.Error("discord refused so many requests that no more are made for a while", "count", invalidBrake, "within", invalidWindow)
	}
	if w.braked = wait > 0; w.braked {
		return &answerError{
			status: http.StatusTooManyRequests, message: "too many requests were refused",
			retryAfter: wait, global: true, unsent: true,
		}
	}
	return nil
}

// pausedUntil is when requests may leave again and why not before; an error of nil says that they may now.
func (w *wire) pausedUntil(now time.Time) (time.Time, error) {
	err := w.held(now, false)
	if e, ok := errors.AsType[*answerError](err); ok {
		return now.Add(e.retryAfter), err
	}
	return time.Time{}, nil
}

// CloseIdleConnections lets http.Client's method of that name reach the connections.
func (w *wire) CloseIdleConnections() {
	if c, ok := w.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

func read8MB(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxAnswer+1))
	if err == nil && len(text) > maxAnswer {
		err = errTooLong
	}
	return text, err
}

// tidy takes out what makes the library fail or wait: it turns a success into an error over a header that it cannot read,
// and sleeps on its own idea of a limit while all who share it queue behind.
func tidy(h http.Header) {
	for _, name := range []string{"Remaining", "Reset", "Reset-After", "Global"} {
		h.Del("X-RateLimit-" + name)
	}
	h.Del("Location")
}
