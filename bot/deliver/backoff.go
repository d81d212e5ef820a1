package deliver

import (
	"context"
	"hash/fnv"
	"strconv"
	"sync"
	"time"
)

// The longest waits between tries.
const (
	capRetry     = time.Minute
	capForbidden = 5 * time.Minute
	capOutbox    = 10 * time.Second
	firstWait    = time.Second
)

// backoff is how long to wait after a call that failed, with fails failures before it: doubling from a second to limit. A
// quarter of it depends on the key, so that messages which failed together do not come back together.
func backoff(key string, fails int, limit time.Duration) time.Duration {
	d := limit
	if fails < 16 {
		d = min(limit, firstWait<<max(fails, 0))
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(key + strconv.Itoa(fails))) // never fails
	return d - time.Duration(float64(d)/4*float64(h.Sum32()%1024)/1024)
}

// pauseUntil waits for d; false when ctx ended first.
func pauseUntil(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// queue is how well the outbox can be reached. The zero value is well.
type queue struct {
	mu    sync.Mutex
	fails int
	next  time.Time
}

func (q *queue) until() time.Time {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.next
}

func (q *queue) well() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.fails, q.next = 0, time.Time{}
}

// failed counts a failure and returns when to try again.
func (q *queue) failed(now time.Time) time.Time {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.next = now.Add(backoff("outbox", q.fails, capOutbox))
	q.fails++
	return q.next
}

// said remembers what was logged, so that a standing trouble is one line and not thousands.
type said struct {
	mu   sync.Mutex
	when map[string]time.Time
}

// maxSaid bounds the memory; beyond it old lines may be logged once more.
const maxSaid = 1024

func newSaid() *said { return &said{when: make(map[string]time.Time)} }

// first reports whether what was not logged within the last every.
func (s *said) first(what string, now time.Time, every time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, ok := s.when[what]; ok && now.Sub(t) < every {
		return false
	}
	if len(s.when) >= maxSaid {
		clear(s.when)
	}
	s.when[what] = now
	return true
}
