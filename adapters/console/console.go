package console

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"vmbackup-bot/bot/chat"
)

// platformName is what places and people of the console carry.
const platformName = "console"

// nonceLen is how many of the 26 letters of a random text tell one process from another: 40 bits.
const nonceLen = 8

// Options are what a console needs; In, Out, Actor, Channel and Command are required.
type Options struct {
	// In is where lines are read, Out where messages go. Nothing is written to Err.
	In       io.Reader
	Out, Err io.Writer
	// Live draws a chat on the terminal instead of writing lines.
	Live bool
	// Server is the name of the VM Backup server, for the status line.
	Server string
	// Actor is who types at first.
	Actor chat.Actor
	// Switch is who NAME of "/as NAME" is; nil refuses the command.
	Switch func(name string) (chat.Actor, error)
	// Channel is the one channel, such as "#backups"; Command what begins a command, such as "/vmbackup".
	Channel, Command string
	// Settle returns when everything that was recorded so far stands on the board; Drain when every operation that was
	// started has its final word there. Nil for nothing to wait for.
	Settle, Drain func(context.Context) error
	// Zone is the zone in which instants are shown; nil for the local one.
	Zone *time.Location
	// Logger is nil for none.
	Logger *slog.Logger
}

// Console is the adapter. It is safe for concurrent use; Run may be called once.
type Console struct {
	opts  Options
	nonce string
	board *board
	place chat.Place

	mu       sync.Mutex
	actor    chat.Actor
	requests int
	form     *openForm // being filled in
	last     *openForm // sent last
	health   chat.Health
}

// New makes a console. It reads nothing before Run.
func New(o Options) *Console {
	o.Zone = cmp.Or(o.Zone, time.Local)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	nothing := func(context.Context) error { return nil }
	if o.Settle == nil {
		o.Settle = nothing
	}
	if o.Drain == nil {
		o.Drain = nothing
	}
	c := &Console{
		opts: o, nonce: strings.ToLower(rand.Text()[:nonceLen]), actor: o.Actor,
		place:  chat.Place{Platform: platformName, Channel: o.Channel},
		health: chat.Health{State: "connecting", Detail: "the console is not read yet"},
	}
	c.board = newBoard(c.place, c.nonce, o.Command, o.Zone)
	if !o.Live {
		c.board.write = func(line string) error {
			_, err := io.WriteString(o.Out, line)
			return err
		}
	}
	return c
}

// Health is chat.Adapter.
func (c *Console) Health() chat.Health {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.health
}

func (c *Console) setHealth(h chat.Health) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.health = h
}

// heard notes that somebody typed something.
func (c *Console) heard() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.health.Heard = time.Now()
}

// errBroken is why a console ends whose output cannot be written.
var errBroken = errors.New("the console's output cannot be written")

// Run is chat.Adapter: it reads until the input ends or ctx does. At the end of input it returns after Drain; that is no
// error, and neither is the end of ctx.
func (c *Console) Run(ctx context.Context, h chat.Handler) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	c.board.onBroken(func(err error) { cancel(fmt.Errorf("%w: %w", errBroken, err)) })
	c.setHealth(chat.Health{OK: true, State: "connected", Heard: time.Now()})
	defer c.setHealth(chat.Health{State: "stopped", Detail: "the console's input has ended"})
	talk := c.plain
	if c.opts.Live {
		talk = c.terminal
	}
	err := talk(ctx, h)
	if cause := context.Cause(ctx); errors.Is(cause, errBroken) {
		return cause
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// drain waits for the final words.
func (c *Console) drain(ctx context.Context) error {
	if err := c.opts.Drain(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("wait for the final words: %w", err)
	}
	return nil
}

// settle waits until what has happened so far can be seen.
func (c *Console) settle(ctx context.Context) error {
	if err := c.opts.Settle(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("wait until the messages stand: %w", err)
	}
	return nil
}

// who is who types now.
func (c *Console) who() chat.Actor {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.actor
}

// request is a new request of whoever types now.
func (c *Console) request(kind chat.Kind) chat.Request {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests++
	return chat.Request{
		Deliveries: []string{fmt.Sprintf("%s:%s:%d", platformName, c.nonce, c.requests)},
		Kind:       kind, Actor: c.actor, Place: c.place, At: time.Now(),
	}
}

// remark tells whoever types something that is the console's own.
func (c *Console) remark(parts ...any) {
	c.board.private(c.who(), c.place, chat.Card{Summary: chat.T(parts...)})
}
