package store_test

import (
	"testing"
	"time"

	"vmbackup-bot/bot/chat"
)

// TestCopy: a message that nobody knows is taken for a copy only when a post of that key may have made it.
func TestCopy(t *testing.T) {
	elsewhere := chat.MessageRef{Place: chat.Place{Platform: room.Platform, Channel: "elsewhere"}, ID: "twin"}
	for name, c := range map[string]struct {
		lost   bool
		ref    chat.MessageRef
		key    string
		posted time.Duration // after the first attempt
		want   bool
	}{
		"posted while the end was unknown":   {true, at("twin"), "k", 5 * time.Second, true},
		"by a clock that is a little slow":   {true, at("twin"), "k", -30 * time.Second, true},
		"every end was known":                {false, at("twin"), "k", 5 * time.Second, false},
		"posted long before":                 {true, at("twin"), "k", -time.Hour, false},
		"posted long after":                  {true, at("twin"), "k", time.Hour, false},
		"in another channel":                 {true, elsewhere, "k", 5 * time.Second, false},
		"with a key that there never was":    {true, at("twin"), "other", 5 * time.Second, false},
		"the platform does not say when":     {true, at("twin"), "k", -1, false},
		"a key that waits for its first try": {false, at("twin"), "waiting", 5 * time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, t.TempDir())
			ctx := t.Context()
			first := t0
			ok(t, s.Enqueue(ctx, "demo", draft("k", chat.Final, "over")))
			ok(t, s.Enqueue(ctx, "demo", draft("waiting", chat.Final, "over")))
			ok(t, s.Attempt(ctx, "k", 1, first))
			if c.lost {
				ok(t, s.Fail(ctx, "k", &chat.Fault{Kind: chat.FaultLost}, first))
			}
			ok(t, s.Done(ctx, "k", 1, at("m1"), time.Time{}))
			posted := first.Add(c.posted)
			if c.posted == -1 {
				posted = time.Time{}
			}
			got, err := s.Copy(ctx, c.ref, c.key, posted)
			if err != nil || got != c.want {
				t.Fatalf("got %v, %v; want %v", got, err, c.want)
			}
			key, known, err := s.KeyAt(ctx, c.ref)
			if err != nil || known != c.want || known && key != "k" {
				t.Errorf("afterwards it is %q, %v, %v", key, known, err)
			}
		})
	}
}
