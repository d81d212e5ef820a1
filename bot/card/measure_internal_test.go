package card

import (
	"math"
	"testing"
	"time"
)

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Hour: "under 1 s", 0: "under 1 s", 999 * time.Millisecond: "under 1 s", time.Second: "1 s",
		59*time.Second + 900*time.Millisecond: "59 s", time.Minute: "1 min", 130 * time.Second: "2 min 10 s",
		time.Hour: "1 h", time.Hour + 59*time.Second: "1 h", 93 * time.Minute: "1 h 33 min",
		24 * time.Hour: "1 d", 76*time.Hour + 59*time.Minute: "3 d 4 h", 1000 * time.Hour: "41 d 16 h",
	} {
		if got := duration(d); got != want {
			t.Errorf("duration(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestRemaining(t *testing.T) {
	for d, want := range map[time.Duration]string{
		time.Second: "a few seconds left", 12 * time.Second: "about 10 s left", 47 * time.Second: "about 50 s left",
		119 * time.Second: "about 2 min left", 150 * time.Second: "about 3 min left", 5*time.Hour + 29*time.Second: "about 5 h left",
	} {
		if got := remaining(d); got != want {
			t.Errorf("remaining(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestPercent(t *testing.T) {
	for p, want := range map[float64]int{
		-1: 0, 0: 0, 0.99: 0, 1: 1, 42.7: 42, 99.99: 99, 100: 100, 1e300: 100, math.Inf(1): 100, math.Inf(-1): 0,
	} {
		if got := percent(p); got != want {
			t.Errorf("percent(%v) = %d, want %d", p, got, want)
		}
	}
	if got := percent(math.NaN()); got != 0 {
		t.Errorf("percent(NaN) = %d, want 0", got)
	}
}

func TestAge(t *testing.T) {
	now := time.Unix(1e9, 0)
	for d, want := range map[time.Duration]string{-time.Hour: "just now", 0: "just now", time.Hour: "1 h ago"} {
		if got := age(now.Add(-d), now); got != want {
			t.Errorf("age(%v) = %q, want %q", d, got, want)
		}
	}
}
