package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	tea "charm.land/bubbletea/v2"

	"vmbackup-bot/bot/chat"
)

// What the program is told from outside.
type (
	// newsMsg: the board has changed.
	newsMsg struct{}
	// endMsg: there is no more input.
	endMsg struct{}
	// drainedMsg: everything that was begun is over.
	drainedMsg struct{ err error }
)

// live is the chat on a terminal. It owns every goroutine but the program's own.
type live struct {
	c      *Console
	h      chat.Handler
	ctx    context.Context // of what is begun here; the program asks for it from within
	cancel context.CancelFunc
	send   func(tea.Msg)
	deeds  sync.WaitGroup
	drain  sync.WaitGroup // the wait for the final words
	err    error          // what that came to; the program's until it has ended
}

// terminal shows the live view until the input ends, or ctx does.
func (c *Console) terminal(ctx context.Context, h chat.Handler) error {
	l := &live{c: c, h: h}
	l.ctx, l.cancel = context.WithCancel(ctx)
	defer l.cancel()

	in, out := c.opts.In, c.opts.Out
	if _, file := in.(*os.File); !file {
		in = &endReader{in: in, end: func() { l.send(endMsg{}) }}
	}
	view := newView(l)
	// Signals are the caller's: they end ctx.
	p := tea.NewProgram(view, tea.WithInput(in), tea.WithOutput(out), tea.WithoutSignalHandler())
	l.send = p.Send
	var watch sync.WaitGroup
	watch.Go(func() { l.watch() })
	watch.Go(func() { <-l.ctx.Done(); p.Quit() })
	_, err := p.Run()
	l.cancel()
	watch.Wait()
	l.deeds.Wait()
	l.drain.Wait()
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("show the chat on the terminal: %w", err)
	}
	_, err = io.WriteString(out, view.transcript())
	return errors.Join(l.err, err)
}

// watch tells the program of each change. Changes that come while it draws are told once.
func (l *live) watch() {
	for {
		_, _, news := l.c.board.now()
		l.send(newsMsg{})
		select {
		case <-news:
		case <-l.ctx.Done():
			return
		}
	}
}

// begin does what a line asked for, beside everything else that is under way.
func (l *live) begin(do deed) {
	if do == nil {
		return
	}
	l.deeds.Go(func() {
		if err := do(l.ctx, l.h); err != nil {
			l.c.opts.Logger.Error("what was typed could not be done to its end", "error", err)
			l.c.remark("Something is wrong with the bot: ", err, ".")
		}
	})
}

// end waits for what is under way, and then for the final words.
func (l *live) end() {
	l.drain.Go(func() {
		l.deeds.Wait()
		l.send(drainedMsg{l.c.drain(l.ctx)})
	})
}

// endReader tells that there is no more input. A terminal has no end: there it is a key.
type endReader struct {
	in  io.Reader
	end func()
}

// Read is io.Reader.
func (r *endReader) Read(p []byte) (int, error) {
	n, err := r.in.Read(p)
	if err != nil {
		r.end()
	}
	return n, err
}
