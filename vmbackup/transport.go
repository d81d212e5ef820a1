package vmbackup

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// bodyCap bounds an answer: the VM list has no paging, and a thousand VMs take about a megabyte.
	bodyCap = 16 << 20
	// headCap bounds what stands before the body.
	headCap = 64 << 10
	// interimCap bounds the 1xx answers before the real one.
	interimCap = 8
	// userAgent is who the server's logs see.
	userAgent = "vmbackup-bot"
)

// errMalformed means that what came is not HTTP.
var errMalformed = errors.New("malformed HTTP answer")

// errTooLong means that the answer is longer than bodyCap.
var errTooLong = errors.New("the answer is longer than 16 MiB")

// request is one HTTP request before it has an address. Its path holds the token, so it is never printed.
type request struct {
	method string
	path   []string // unescaped segments
	body   []byte
}

// answer is one HTTP answer, read to its end.
type answer struct {
	status int
	body   []byte
	// date is the server's clock, zero where it gave none.
	date time.Time
}

// exchange sends one request on a connection of its own and reads the answer. sent is false only when certainly no byte of
// the request left. No redirect is followed and no proxy is asked, because nothing here knows how to.
func (d dialer) exchange(ctx context.Context, base *url.URL, r request) (got answer, sent bool, err error) {
	req, err := r.build(ctx, base)
	if err != nil {
		return answer{}, false, err
	}
	conn, err := d.connect(ctx, base)
	if err != nil {
		return answer{}, false, withContext(ctx, err)
	}
	// Ending the context ends reads and writes that wait.
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		_ = conn.SetDeadline(time.Unix(1, 0)) // a connection without deadlines cannot be helped
	})
	defer func() {
		if !stop() {
			<-ended
		}
		// Below TLS, whose own farewell waits up to five seconds for a server that does not read any more. The answer is
		// complete, or its error says more.
		_ = conn.wire.Close()
	}()
	if err := ctx.Err(); err != nil {
		return answer{}, false, err
	}
	if err := req.Write(conn); err != nil {
		return answer{}, conn.sent(), withContext(ctx, err)
	}
	got, err = readAnswer(conn, req)
	return got, true, withContext(ctx, err)
}

// build makes the HTTP request. Its errors do not hold the URL.
func (r request) build(ctx context.Context, base *url.URL) (*http.Request, error) {
	segments := make([]string, len(r.path))
	for i, s := range r.path {
		segments[i] = url.PathEscape(s)
	}
	var body io.Reader = http.NoBody // on POST it makes Content-Length: 0, which HTTP.sys wants
	if r.body != nil {
		body = bytes.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, base.String()+"/"+strings.Join(segments, "/"), body)
	if err != nil {
		return nil, errors.New("the request cannot be built")
	}
	req.Close = true
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", userAgent)
	return req, nil
}

// readAnswer reads head and body, both bounded.
func readAnswer(conn io.Reader, req *http.Request) (answer, error) {
	in := bufio.NewReader(io.LimitReader(conn, headCap+bodyCap+1))
	var resp *http.Response
	for range interimCap {
		r, err := http.ReadResponse(in, req)
		switch _, network := errors.AsType[net.Error](err); {
		case err == nil:
		case network || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.ErrClosedPipe):
			return answer{}, err
		default:
			return answer{}, errMalformed // the parser's own words quote what came
		}
		if r.StatusCode >= http.StatusOK {
			resp = r
			break
		}
		_ = r.Body.Close() // an interim answer has none
	}
	if resp == nil {
		return answer{}, errors.New("nothing but interim answers")
	}
	got := answer{status: resp.StatusCode}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		got.date = date
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, bodyCap+1))
	_ = resp.Body.Close() // read to its end, or its error is known
	got.body = body
	if err == nil && len(body) > bodyCap {
		err = errTooLong
	}
	return got, err
}

// withContext puts an error down to the context where that has ended.
func withContext(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	return ctx.Err()
}

// httpStatus is an answer outside 2xx as a cause.
type httpStatus struct {
	code    int
	snippet string
}

func (s *httpStatus) Error() string {
	text := "HTTP status " + strconv.Itoa(s.code)
	if s.snippet != "" {
		text += ": " + s.snippet
	}
	return text
}

// cause is an error from below as text, with every secret hidden. The error itself is not kept, since its own text may
// quote what the server sent; only which of these it was.
type cause struct {
	text string
	is   []error
}

func newCause(err error, m mask) *cause {
	c := &cause{text: cleanText(m.hide(err.Error()), wordsRunes)}
	for _, known := range []error{context.Canceled, context.DeadlineExceeded, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed} {
		if errors.Is(err, known) {
			c.is = append(c.is, known)
		}
	}
	return c
}

func (c *cause) Error() string { return c.text }

// Unwrap yields what the error was.
func (c *cause) Unwrap() []error { return c.is }
