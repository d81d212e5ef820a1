package discord

import (
	"testing"
	"time"
)

func TestInvalidRequestsAreBraked(t *testing.T) {
	var i invalids
	now := time.Date(2026, 11, 25, 8, 0, 3, 0, time.UTC)
	if w := i.brake(now); w != 0 {
		t.Fatalf("braked for %s after nothing", w)
	}
	for range invalidBrake - 1 {
		i.add(now)
	}
	if w := i.brake(now); w != 0 {
		t.Fatalf("braked for %s one too early", w)
	}
	i.add(now.Add(time.Minute))
	wait := i.brake(now.Add(time.Minute))
	if wait < invalidWindow-time.Minute || wait > invalidWindow-time.Minute+slotLength {
		t.Errorf("waits %s", wait)
	}
	if w := i.brake(now.Add(time.Minute + wait - time.Second)); w <= 0 {
		t.Error("let go too early")
	}
	if w := i.brake(now.Add(time.Minute + wait)); w != 0 {
		t.Errorf("still held for %s", w)
	}
	// Hours later an old slot is not taken for a new one.
	i.add(now.Add(5 * time.Hour))
	if w := i.brake(now.Add(5 * time.Hour)); w != 0 {
		t.Errorf("held for %s by what is long over", w)
	}
}

func TestSpreadInvalidRequests(t *testing.T) {
	var i invalids
	now := time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC)
	for n := range 2 * invalidBrake { // twice as many as may be, over twice the window
		i.add(now.Add(time.Duration(n) * 2 * invalidWindow / (2 * invalidBrake)))
	}
	end := now.Add(2*invalidWindow - time.Millisecond)
	wait := i.brake(end)
	if wait <= 0 || wait > 2*slotLength {
		t.Errorf("waits %s for one slot to leave", wait)
	}
}

func TestWhatCountsAsInvalid(t *testing.T) {
	for _, c := range []struct {
		status int
		scope  string
		want   bool
	}{{401, "", true}, {403, "", true}, {429, "", true}, {429, "user", true}, {429, "global", true}, {429, "shared", false}, {404, "", false}, {400, "", false}, {500, "", false}, {200, "", false}} {
		if counts(c.status, c.scope) != c.want {
			t.Errorf("%d %s", c.status, c.scope)
		}
	}
}
