package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"vmbackup-bot/adapters/network"
	"vmbackup-bot/adapters/payload"
	"vmbackup-bot/bot/chat"
)

// The gateway is spoken here and not by the library's session. That one deadlocks for good when the first frame after
// RESUME asks for a reconnect or answers a heartbeat, waits for the first frame without a limit, knows nothing of the
// address that a session is to be resumed at, closes with the code that ends the session, goes on for ever after codes that
// are final, and cannot be stopped while it does. Nothing around it could bound or join that.

const (
	// intentGuilds brings word of the guilds that the bot is in (events/gateway, list of intents). Interactions need none.
	intentGuilds = 1 << 0
	// helloWithin is how long Discord may take to say HELLO on a new link, readyWithin how long to begin or resume a
	// session.
	helloWithin = 10 * time.Second
	readyWithin = time.Minute
	// writeWithin bounds a write; the kernel takes a frame at once unless the link is dead. farewell bounds the last one.
	writeWithin = 5 * time.Second
	farewell    = 250 * time.Millisecond
	// largestFrame bounds what is read at once: a large guild's channels and roles are some megabytes.
	largestFrame = 16 << 20
	// shortestBeat and longestBeat bound the interval between heartbeats that Discord asks for.
	shortestBeat = time.Second
	longestBeat  = 5 * time.Minute
	// askedEvery and askedBurst bound the heartbeats that are asked for (opcode 1), so that all stays below the 120 frames
	// that a client may send in a minute (events/gateway, rate limiting): 50 + 60, and the link's own.
	askedEvery = time.Second
	askedBurst = 50
)

// Close codes (topics/opcodes-and-status-codes, gateway close event codes). Ours keeps the session, the ordinary ones end it.
const (
	closeGone         = 1001
	closeOurs         = 4000
	closeBadToken     = 4004
	closeOldSession   = 4006
	closeInvalidSeq   = 4007
	closeTimedOut     = 4009
	closeInvalidShard = 4010
	closeSharding     = 4011
	closeVersion      = 4012
	closeBadIntents   = 4013
	closeDisallowed   = 4014
)

var (
	errReconnect = errors.New("discord asks for a new link")
	errNoHello   = errors.New("discord does not say hello")
	errDeaf      = errors.New("discord does not answer heartbeats")
	errNotReady  = errors.New("discord does not begin the session")
	errVoid      = errors.New("discord declares the session void")
)

// link is one websocket to the gateway.
type link struct {
	a     *Adapter
	s     *gatewaySession
	conn  *websocket.Conn
	began time.Time
	asked *rate.Limiter

	mu      sync.Mutex // of writing, and of what follows
	unheard bool       // a heartbeat has no answer yet
	greeted bool
}

// dial opens a link. Its address holds no secret.
func (a *Adapter) dial(ctx context.Context, address string, s *gatewaySession) (*link, error) {
	conn, resp, err := a.openWebsocket(ctx, address)
	if resp != nil {
		defer resp.Body.Close()
	}
	if err != nil {
		if resp != nil {
			err = fmt.Errorf("HTTP %d in place of a websocket", resp.StatusCode)
		}
		return nil, fmt.Errorf("open a link: %w", network.WithoutURL(err))
	}
	conn.SetReadLimit(largestFrame)
	return &link{a: a, s: s, conn: conn, began: time.Now(), asked: rate.NewLimiter(rate.Every(askedEvery), askedBurst)}, nil
}

// hello waits for HELLO and returns the interval between heartbeats.
func (l *link) hello() (time.Duration, error) {
	if err := l.conn.SetReadDeadline(time.Now().Add(helloWithin)); err != nil {
		return 0, fmt.Errorf("wait for hello: %w", err)
	}
	_, b, err := l.conn.ReadMessage()
	if err != nil {
		if _, closed := errors.AsType[*websocket.CloseError](err); closed {
			return 0, l.closed(err)
		}
		return 0, fmt.Errorf("%w: %w", errNoHello, err)
	}
	f, err := openFrame(b)
	if err != nil || f.Op != opHello {
		return 0, errNoHello
	}
	n, err := payload.Read(f.Data)
	if err != nil {
		return 0, err
	}
	every := time.Duration(n.At("heartbeat_interval").Number()) * time.Millisecond
	return min(max(every, shortestBeat), longestBeat), l.conn.SetReadDeadline(time.Time{})
}

// run begins or resumes the session, serves the link until it is over, and says why it is. Each end closes the connection,
// on which everything else ends.
func (l *link) run(ctx context.Context, d *desk, i *identifies) error {
	whole := ctx
	ctx, end := context.WithCancelCause(ctx)
	var running sync.WaitGroup
	running.Go(func() {
		<-ctx.Done()
		l.hangUp(whole.Err() != nil)
	})
	every, err := l.hello()
	if err == nil {
		err = l.introduce(i)
	}
	if err == nil {
		running.Go(func() { end(l.beat(ctx, every)) })
		err = l.listen(d)
	}
	end(err)
	running.Wait()
	return context.Cause(ctx)
}

// hangUp closes the connection; for good when the bot is being stopped, else so that the session can be resumed.
func (l *link) hangUp(forGood bool) {
	code := closeOurs
	if forGood {
		code = websocket.CloseNormalClosure
	}
	// Nobody may be there to read it.
	_ = l.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(farewell))
	_ = l.conn.Close()
}

// beat sends heartbeats. That none was answered when the next is due means that the link is dead: within two intervals.
func (l *link) beat(ctx context.Context, every time.Duration) error {
	wait := time.Duration(rand.Int64N(int64(every))) //nolint:gosec // G404: spreads clients, nothing secret
	for {
		if !pause(ctx, wait) {
			return ctx.Err()
		}
		l.mu.Lock()
		unheard, greeted := l.unheard, l.greeted
		l.mu.Unlock()
		switch {
		case unheard:
			return errDeaf
		case !greeted && time.Since(l.began) > readyWithin:
			return errNotReady
		}
		if err := l.heartbeat(true); err != nil {
			return err
		}
		wait = every
	}
}

func (l *link) heartbeat(expect bool) error {
	if expect {
		l.mu.Lock()
		l.unheard = true
		l.mu.Unlock()
	}
	var seq any // null until something was heard
	if n := l.s.seq.Load(); n > 0 {
		seq = n
	}
	return l.write(opHeartbeat, seq)
}

func (l *link) write(op int, data any) error {
	b, err := json.Marshal(command{Op: op, Data: data})
	if err != nil {
		return fmt.Errorf("write to the gateway: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.conn.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil {
		return fmt.Errorf("write to the gateway: %w", err)
	}
	if err := l.conn.WriteMessage(websocket.TextMessage, b); err != nil {
		return fmt.Errorf("write to the gateway: %w", err)
	}
	return nil
}

// door is where new sessions begin, and how many may begin today.
type door struct {
	URL   string `json:"url"`
	Limit struct {
		Total      int   `json:"total"`
		Remaining  int   `json:"remaining"`
		ResetAfter int64 `json:"reset_after"` // milliseconds
	} `json:"session_start_limit"`
}

// gateway asks for the gateway's address. Where the answer for bots is not to be had, the plain address does.
func (a *Adapter) gateway(ctx context.Context) (door, error) {
	var d door
	err := a.call(ctx, act{name: actGateway}, http.MethodGet, "gateway/bot", nil, &d)
	if f := chat.AsFault(err); f != nil && f.Kind != chat.FaultFatal && f.Kind != chat.FaultThrottled {
		d = door{}
		err = a.call(ctx, act{name: actGateway}, http.MethodGet, "gateway", nil, &d)
	}
	if err != nil {
		return door{}, err
	}
	d.URL, err = a.spoken(d.URL)
	return d, err
}

// spoken is a gateway's address with what is spoken there. The token leaves through it, so that it has to be as safe as the
// API's own.
func (a *Adapter) spoken(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "", &chat.Fault{Kind: chat.FaultRetry, Err: errors.New("the gateway's address is not one")}
	}
	allowed := []string{"wss"}
	if a.wire.base != nil && a.wire.base.Scheme == "http" {
		allowed = append(allowed, "ws")
	}
	if !slices.Contains(allowed, u.Scheme) {
		return "", &chat.Fault{Kind: chat.FaultRetry, Err: errors.New("the gateway's address is not a safe one")}
	}
	if u.Path == "" {
		u.Path = "/"
	}
	u.RawQuery = "v=10&encoding=json"
	return u.String(), nil
}
