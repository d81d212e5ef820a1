package store_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"vmbackup-bot/bot/chat"
)

// TestClaimsGoFirst: a claim does not wait for everything else that wants to be written, and many share one commit.
func TestClaimsGoFirst(t *testing.T) {
	s := open(t, t.TempDir())
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for i := range 8 { // writers that never leave the line empty
		wg.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				_ = s.Enqueue(ctx, "demo", draft(fmt.Sprintf("k%d", i), chat.Ongoing, fmt.Sprint(n))) // ends with ctx
			}
		})
	}
	ids := make(map[int64]int)
	var mu sync.Mutex
	var claims sync.WaitGroup
	for i := range 100 {
		claims.Go(func() {
			id, st, err := s.Claim(t.Context(), chat.Claim{Deliveries: []string{fmt.Sprint("d", i/2)}, Kind: chat.Command, At: t0})
			mu.Lock()
			defer mu.Unlock()
			ids[id]++
			if err != nil || st != chat.ClaimNew && st != chat.ClaimRepeat {
				t.Errorf("claim %d: %v, %v", i, st, err)
			}
		})
	}
	claims.Wait()
	stop()
	wg.Wait()
	if len(ids) != 50 { // each delivered twice
		t.Errorf("%d claims, want 50", len(ids))
	}
}

// TestClaimTooLate: whoever waits no longer is told so, and the line goes on without them.
func TestClaimTooLate(t *testing.T) {
	s := open(t, t.TempDir())
	gone, cancel := context.WithTimeout(t.Context(), -time.Second)
	defer cancel()
	if _, _, err := s.Claim(gone, chat.Claim{Deliveries: []string{"a"}}); err == nil {
		t.Log("it was stored before the caller had given up")
	}
	id, _, err := s.Claim(t.Context(), chat.Claim{Deliveries: []string{"b"}})
	ok(t, err)
	again, st, err := s.Claim(t.Context(), chat.Claim{Deliveries: []string{"b"}})
	if err != nil || again != id || st != chat.ClaimRepeat {
		t.Errorf("%d, %v, %v", again, st, err)
	}
}
