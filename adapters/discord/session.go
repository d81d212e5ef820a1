package discord

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"vmbackup-bot/adapters/payload"
	"vmbackup-bot/bot/chat"
)

const (
	// identifyEvery is the least time between two IDENTIFYs (events/gateway, rate limiting: one at a time in five seconds).
	identifyEvery = 5 * time.Second
	// After a thousand in a day Discord resets the token (same place). identifyFreely may come as fast as that; all others
	// are spread over the day so that there are never more than nine hundred. What is left of the thousand is for whoever
	// else starts the bot, and identifyLeave of them are never touched, by Discord's own count.
	identifyFreely = 100
	identifySpread = 24 * time.Hour / 800
	identifyLeave  = 100
	identifyAsk    = 10 * time.Minute
	// voidLeast and voidSpread are the wait after a session was declared void: one to five seconds (events/gateway,
	// resuming).
	voidLeast  = time.Second
	voidSpread = 4 * time.Second
	// vainResumes is how many links may come to nothing before the session is given up for a new one.
	vainResumes = 10
)

// gatewaySession is what IDENTIFY begins and RESUME takes up again. It outlives its links. The zero value is none.
type gatewaySession struct {
	id string
	// at is where it is to be resumed; empty for the ordinary address.
	at  string
	seq atomic.Int64
	// vain is how many links in a row came to nothing.
	vain int
}

func (s *gatewaySession) forget() {
	s.id, s.at = "", ""
	s.seq.Store(0)
}

// identity is who the bot is, as READY says.
type identity struct {
	App, User, Name string
	// Guilds are the ids of those that the bot is in.
	Guilds []string
}

// identity is the zero value until Discord has said it.
func (a *Adapter) identity() identity {
	if id := a.who.Load(); id != nil {
		return *id
	}
	return identity{}
}

// identifies spaces IDENTIFYs. It belongs to one Run.
type identifies struct{ times []time.Time }

// wait is how long the next one has to wait.
func (i *identifies) wait(now time.Time) time.Duration {
	for len(i.times) > 0 && now.Sub(i.times[0]) >= 24*time.Hour {
		i.times = i.times[1:]
	}
	n := len(i.times)
	if n == 0 {
		return 0
	}
	every := identifyEvery
	if n >= identifyFreely {
		every = identifySpread
	}
	return max(0, i.times[n-1].Add(every).Sub(now))
}

// connect makes one link, begins or resumes the session on it, and serves it until it is over. It reports whether the
// session was there, and why the link ended.
func (a *Adapter) connect(ctx context.Context, d *desk, s *gatewaySession, i *identifies) (greeted bool, err error) {
	address, err := a.address(ctx, s, i)
	if err != nil {
		return false, err
	}
	l, err := a.dial(ctx, address, s)
	if err != nil {
		s.at = "" // it may be this address alone that is not there
		return false, err
	}
	if err = l.run(ctx, d, i); l.greeted {
		s.vain = 0
		return true, err
	}
	// Neither an address that takes the link and no session, nor a session that cannot be resumed, is tried for ever.
	s.at = ""
	if s.vain++; s.vain >= vainResumes {
		s.vain = 0
		s.forget()
	}
	return false, err
}

// address is where the next link goes. Before a new session begins it waits until one may.
func (a *Adapter) address(ctx context.Context, s *gatewaySession, i *identifies) (string, error) {
	if s.id != "" && s.at != "" {
		return s.at, nil
	}
	door, err := a.gateway(ctx)
	if err != nil || s.id != "" {
		return door.URL, err
	}
	if limit := door.Limit; limit.Total > identifyLeave && limit.Remaining <= identifyLeave {
		wait := min(time.Duration(limit.ResetAfter)*time.Millisecond, identifyAsk)
		return "", &chat.Fault{Kind: chat.FaultThrottled, After: max(wait, identifyEvery), Err: fmt.Errorf(
			"only %d of the %d sessions of a day are left, after which Discord would reset the token; see what starts the bot so often",
			limit.Remaining, limit.Total)}
	}
	if !pause(ctx, i.wait(time.Now())) {
		return "", ctx.Err()
	}
	return door.URL, nil
}

// introduce says who we are.
func (l *link) introduce(i *identifies) error {
	if l.s.id != "" {
		return l.write(opResume, resumption{Token: l.a.o.Token, Session: l.s.id, Seq: l.s.seq.Load()})
	}
	i.times = append(i.times, time.Now())
	return l.write(opIdentify, identification{
		Token: l.a.o.Token, Intents: intentGuilds, Threshold: 50,
		Properties: map[string]string{"os": runtime.GOOS, "browser": "vmbackup-bot", "device": "vmbackup-bot"},
	})
}

// listen reads until the link is over.
func (l *link) listen(d *desk) error {
	for {
		kind, b, err := l.conn.ReadMessage()
		if err != nil {
			return l.closed(err)
		}
		if kind != websocket.TextMessage {
			continue
		}
		f, err := openFrame(b)
		if err != nil {
			l.a.log.Warn("a frame of the gateway could not be read", "error", err)
			continue
		}
		if f.Seq != nil && f.Op == opDispatch {
			l.s.seq.Store(*f.Seq)
		}
		if err := l.on(d, f); err != nil {
			return err
		}
	}
}

// on acts on one frame, at once: while this blocks nothing is read. An error ends the link.
func (l *link) on(d *desk, f gatewayFrame) error {
	switch f.Op {
	case opDispatch:
		l.event(d, f)
	case opHeartbeat:
		if l.asked.Allow() {
			return l.heartbeat(false)
		}
	case opHeartbeatACK:
		l.mu.Lock()
		l.unheard = false
		l.mu.Unlock()
	case opReconnect:
		return errReconnect
	case opInvalidSession:
		n, err := payload.Read(f.Data)
		if resumable := err == nil && n.Text() == "true"; !resumable {
			l.s.forget()
		}
		wait := voidLeast + time.Duration(rand.Int64N(int64(voidSpread))) //nolint:gosec // G404: spreads clients, nothing secret
		return &chat.Fault{Kind: chat.FaultRetry, After: wait, Err: errVoid}
	}
	return nil
}

// closed is why reading ended. Codes that end the session make it forgotten; a token that is refused is doubted until it was
// tried.
func (l *link) closed(err error) error {
	c, ok := errors.AsType[*websocket.CloseError](err)
	if !ok {
		return fmt.Errorf("the link was cut: %w", err)
	}
	switch c.Code {
	case websocket.CloseNormalClosure, closeGone, closeOldSession, closeInvalidSeq, closeTimedOut:
		l.s.forget()
	case closeBadToken:
		l.s.forget()
		return &chat.Fault{Kind: chat.FaultFatal, Err: fmt.Errorf("the gateway closes with %d", c.Code)}
	}
	if next := hopeless(c.Code); next != "" {
		return &lostError{what: fmt.Sprintf("the Discord gateway refuses the bot (%d)", c.Code), next: next}
	}
	return fmt.Errorf("discord closed the link (%d)", c.Code)
}

// hopeless is what to do about a close code after which a new link is not to be tried; empty for others.
func hopeless(code int) string {
	switch code {
	case closeInvalidShard, closeSharding:
		return "the bot is in more servers than one link may serve; take it out of those that do not need it, or make a bot of its own"
	case closeVersion:
		return "it does not speak this version of the gateway any more; install a newer version of this program"
	case closeBadIntents, closeDisallowed:
		return "it does not grant the intent GUILDS, which every bot has; see the application's settings at discord.com/developers"
	}
	return ""
}
