package simulator

import (
	"sync"
	"time"
)

// stampLayout is the product's date format; it has no zone.
const stampLayout = "2006-01-02-15-04-05"

// clock is the server's time. Everything that lasts is measured on run, which nobody can set back; what the server shows
// (its Date header, its stamps) is run plus an offset, so that a wrong clock does not change how long things take.
type clock struct {
	began time.Time // real
	start time.Time // what run was then
	speed float64
	loc   *time.Location
	late  time.Duration

	mu     sync.Mutex
	ahead  time.Duration
	offset time.Duration
}

func newClock(o Options) *clock {
	c := &clock{began: time.Now(), start: o.Start, speed: o.Speed, loc: o.Location, late: o.Settings.LateDST}
	if c.start.IsZero() {
		c.start = c.began
	}
	c.start = c.start.Round(0)
	if c.speed == 0 {
		c.speed = 1
	}
	if c.loc == nil {
		c.loc = time.Local
	}
	return c
}

func (c *clock) run() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.start.Add(time.Duration(float64(time.Since(c.began))*c.speed) + c.ahead)
}

func (c *clock) shownOffset() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.offset
}

// stamp writes an instant in the server's zone, with the change of summer time delayed by late.
func (c *clock) stamp(t time.Time) string {
	if c.late == 0 {
		return t.In(c.loc).Format(stampLayout)
	}
	_, seconds := t.Add(-c.late).In(c.loc).Zone()
	return t.UTC().Add(time.Duration(seconds) * time.Second).Format(stampLayout)
}

// Now is what the server's clock shows.
func (s *Server) Now() time.Time { return s.clock.run().Add(s.clock.shownOffset()) }

// Advance moves the server's clock ahead at once, with all that lasts: operations go on, sessions grow idle.
func (s *Server) Advance(d time.Duration) {
	s.clock.mu.Lock()
	defer s.clock.mu.Unlock()
	s.clock.ahead += max(d, 0)
}

// SetClockOffset makes the server's clock wrong by d: its Date header and the stamps of operations that start from now on.
func (s *Server) SetClockOffset(d time.Duration) {
	s.clock.mu.Lock()
	defer s.clock.mu.Unlock()
	s.clock.offset = d
}
