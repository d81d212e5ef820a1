package console_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"vmbackup-bot/adapters/console"
	"vmbackup-bot/bot/chat"
)

// runLive runs a live console on pipes, in real time: the program's own clocks are not to be stopped.
func runLive(t *testing.T, r *rig) (end context.CancelFunc, done <-chan error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx, r) }()
	t.Cleanup(func() {
		cancel()
		_ = r.in.Close()
	})
	return cancel, ended
}

func result(t *testing.T, done <-chan error) error {
	t.Helper()
	select {
	case err := <-done:
		return err
	case <-time.After(10 * time.Second):
		t.Fatal("Run does not return")
		return nil
	}
}

func isLive(o *console.Options) { o.Live, o.Server = true, "demo" }

func TestLive(t *testing.T) {
	r := newRig(isLive)
	handled := make(chan struct{})
	r.do = func(_ context.Context, r *rig, _ chat.Request, _ chat.Answer) {
		r.backup(t, "web01")
		close(handled)
	}
	_, done := runLive(t, r)
	if _, err := io.WriteString(r.in, "/vmbackup backup web01\r"); err != nil {
		t.Fatal(err)
	}
	<-handled
	_ = r.in.Close()
	if err := result(t, done); err != nil {
		t.Errorf("Run: %v", err)
	}
	if r.drained != 1 {
		t.Errorf("drained %d times", r.drained)
	}
	if !strings.HasSuffix(r.out.String(), "m1   Backup of web01 asked for.\n  m2   web01: accepted.\n       [Abort: abort]\n") {
		t.Errorf("the transcript is missing: %q", r.out.String())
	}
}

func TestLiveEnds(t *testing.T) {
	stuck := func(ctx context.Context, _ *rig) error { <-ctx.Done(); return ctx.Err() }
	t.Run("context", func(t *testing.T) {
		r := newRig(isLive)
		end, done := runLive(t, r)
		end()
		if err := result(t, done); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Run("leaving twice", func(t *testing.T) {
		r := newRig(isLive)
		r.onDrain = stuck
		_, done := runLive(t, r)
		if _, err := io.WriteString(r.in, "\x03\x03"); err != nil {
			t.Fatal(err)
		}
		if err := result(t, done); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Run("drain fails", func(t *testing.T) {
		broken := errors.New("broken")
		r := newRig(isLive)
		r.onDrain = func(context.Context, *rig) error { return broken }
		_, done := runLive(t, r)
		_ = r.in.Close()
		if err := result(t, done); !errors.Is(err, broken) {
			t.Errorf("Run: %v", err)
		}
	})
	t.Run("settle fails", func(t *testing.T) {
		r := newRig(isLive)
		asked := make(chan struct{})
		r.onSettle = func(context.Context, *rig) error { close(asked); return errors.New("broken") }
		_, done := runLive(t, r)
		if _, err := io.WriteString(r.in, "/vmbackup x\r"); err != nil {
			t.Fatal(err)
		}
		<-asked
		_ = r.in.Close()
		if err := result(t, done); err != nil {
			t.Errorf("Run: %v", err)
		}
		if !strings.Contains(r.out.String(), "Something is wrong with the bot: wait until the messages stand: broken.") {
			t.Errorf("nobody is told: %q", r.out.String())
		}
	})
}
