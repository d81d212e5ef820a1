package console_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"vmbackup-bot/bot/chat"
)

func TestWaitIsBounded(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, r *rig) {
		r.do = func(_ context.Context, r *rig, _ chat.Request, _ chat.Answer) { r.backup(t, "web01") }
		began := time.Now()
		out := script(t, r, "/vmbackup backup", "/wait running")
		if d := time.Since(began); d != 15*time.Minute {
			t.Errorf("waited %v", d)
		}
		if last := out[len(out)-1]; last != "p1 private #backups Waited 15m0s for running in vain." {
			t.Error(last)
		}
	})
}

func TestEndOfContext(t *testing.T) {
	forever := func(ctx context.Context, _ *rig) error { <-ctx.Done(); return ctx.Err() }
	for name, tt := range map[string]struct {
		line   string
		handle func(over, work, ever context.Context) // over is Run's context, work the request's
		settle func(context.Context, *rig) error
		within time.Duration
	}{
		"while reading":              {},
		"while waiting":              {line: "/wait 10m"},
		"while waiting for a word":   {line: "/wait web09"},
		"while waiting for a settle": {line: "/vmbackup x", settle: forever},
		"while settling for a word":  {line: "/wait web09", settle: forever},
		"while handling": {
			line: "/vmbackup x", handle: func(over, _, _ context.Context) { <-over.Done(); <-time.After(1200 * time.Millisecond) },
			within: 1200 * time.Millisecond,
		},
		"while handling for long": {line: "/vmbackup x", handle: func(_, work, _ context.Context) { <-work.Done() }, within: 1500 * time.Millisecond},
		"while handling for ever": {line: "/vmbackup x", handle: func(_, _, ever context.Context) { <-ever.Done() }, within: 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(t *testing.T, r *rig) {
				if name != "while settling for a word" {
					r.backup(t, "web01")
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				ever, end := context.WithCancel(t.Context())
				r.onSettle = tt.settle
				r.do = func(work context.Context, _ *rig, _ chat.Request, _ chat.Answer) {
					if tt.handle != nil {
						tt.handle(ctx, work, ever)
					}
				}
				go func() { _, _ = io.WriteString(r.in, tt.line+"\n") }()
				began := time.Now()
				if err := r.Run(ctx, r); err != nil {
					t.Errorf("Run: %v", err)
				}
				if d := time.Since(began) - time.Minute; d != tt.within {
					t.Errorf("took %v, want %v", d, tt.within)
				}
				if r.drained > 0 {
					t.Error("drained although told to stop")
				}
				if strings.Contains(r.out.String(), "private") {
					t.Errorf("remarks at the end: %v", r.out.lines())
				}
				end()
				_ = r.in.Close()
			})
		})
	}
}

func TestTroubleOfItsOwn(t *testing.T) {
	broken := errors.New("broken")
	inBubble(t, nil, func(t *testing.T, r *rig) { // output
		r.do = talk(t)
		r.out.fail = broken
		go func() { _, _ = io.WriteString(r.in, "/vmbackup hi\n") }()
		if err := r.Run(t.Context(), r); !errors.Is(err, broken) {
			t.Errorf("Run: %v", err)
		}
		if _, err := r.Post(t.Context(), place, say("x")); chat.AsFault(err).Kind != chat.FaultFatal {
			t.Errorf("post: %v", err)
		}
		_ = r.in.Close()
	})
	inBubble(t, nil, func(t *testing.T, r *rig) { // input
		_ = r.in.CloseWithError(broken)
		if err := r.Run(t.Context(), r); !errors.Is(err, broken) {
			t.Errorf("Run: %v", err)
		}
	})
	inBubble(t, nil, func(t *testing.T, r *rig) { // settle, drain
		r.onSettle = func(context.Context, *rig) error { return broken }
		go func() { _, _ = io.WriteString(r.in, "/vmbackup hi\n") }()
		if err := r.Run(t.Context(), r); !errors.Is(err, broken) {
			t.Errorf("Run: %v", err)
		}
		_ = r.in.Close()
	})
	inBubble(t, nil, func(t *testing.T, r *rig) {
		r.onDrain = func(context.Context, *rig) error { return broken }
		_ = r.in.Close()
		if err := r.Run(t.Context(), r); !errors.Is(err, broken) {
			t.Errorf("Run: %v", err)
		}
	})
}

func TestHealth(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, r *rig) {
		if h := r.Health(); h.OK || h.Detail == "" {
			t.Errorf("before: %+v", h)
		}
		r.do = func(context.Context, *rig, chat.Request, chat.Answer) {
			if h := r.Health(); !h.OK || h.Heard.IsZero() {
				t.Errorf("meanwhile: %+v", h)
			}
		}
		script(t, r, "/vmbackup hi")
		if h := r.Health(); h.OK || h.State != "stopped" {
			t.Errorf("after: %+v", h)
		}
	})
}
