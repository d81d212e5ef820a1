package vmbackup

import (
	"context"
	"sync"
	"time"
)

// session is one login at the server. Its users are the calls in flight that hold it.
type session struct {
	token  Secret
	target target
	since  time.Time
	used   time.Time
	users  int
	// drained is made by whoever ends the session while it has users, and closed by the last of them.
	drained chan struct{}
}

// flight is a login or a logout under way. Nobody else touches the seat meanwhile; everybody who needs it waits for done.
type flight struct {
	done  chan struct{}
	login bool
	err   error // set before done is closed
}

// seat keeps the one session that a client may have. Logins and logouts run under the client's own life and not under the
// context of whoever asked first: a login cut in the middle would leave the server's seat taken by a token nobody knows.
type seat struct {
	idle   time.Duration
	open   func(context.Context) (*session, error)
	logout func(context.Context, *session) error
	life   context.Context
	kill   context.CancelFunc
	work   sync.WaitGroup // flights and armed timers

	mu     sync.Mutex
	cur    *session
	busy   *flight
	timer  *time.Timer
	closed bool
	thefts thefts
}

// acquire is the session in hand, logging in where there is none. The caller hands it back with release.
func (s *seat) acquire(ctx context.Context) (*session, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			return nil, ErrClosed
		}
		if s.busy == nil && s.cur != nil {
			got := s.cur
			s.disarm()
			got.users++
			s.mu.Unlock()
			return got, nil
		}
		f := s.busy
		if f == nil {
			f = s.startLogin()
		}
		s.mu.Unlock()
		if err := f.wait(ctx); f.login && err != nil {
			return nil, err
		}
	}
}

// release hands a session back; the last user starts the idle clock. alive says that the server still knew it.
func (s *seat) release(held *session, alive bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held.users--
	if alive {
		held.used = time.Now()
	}
	switch {
	case held.users > 0:
	case held.drained != nil:
		close(held.drained)
	case s.cur == held:
		s.arm(held)
	}
}

// drop forgets a session that the server does not know any more, or that cannot be used any more. It reports whether
// it was still in hand: of several callers that find out, one counts.
func (s *seat) drop(gone *session, stolen bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cur != gone {
		return false
	}
	s.disarm()
	s.cur = nil
	if stolen {
		s.thefts.note(gone, time.Now())
	}
	return true
}

// renew ends a session that may or may not still be valid, so that the next acquire logs in anew without being kept out
// by our own seat. A session that is not in hand any more is left alone.
func (s *seat) renew(ctx context.Context, doubted *session) {
	s.mu.Lock()
	if s.cur != doubted {
		s.mu.Unlock()
		return
	}
	f := s.startLogout()
	s.mu.Unlock()
	_ = f.wait(ctx) // the login that follows says whether it worked
}

// leave ends the session in hand, once the calls that use it are done; nil where there is none.
func (s *seat) leave(ctx context.Context) error {
	for {
		s.mu.Lock()
		f := s.busy
		if f == nil {
			if s.cur == nil {
				s.mu.Unlock()
				return nil
			}
			f = s.startLogout()
		}
		s.mu.Unlock()
		err := f.wait(ctx)
		if !f.login || ctx.Err() != nil {
			return err
		}
	}
}

// close ends the session, stops the clock, and waits until nothing of ours runs. With ctx over, it cuts what is left.
func (s *seat) close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	s.disarm()
	s.mu.Unlock()
	err := s.leave(ctx)
	s.kill()
	s.work.Wait()
	return err
}

// startLogin needs the lock.
func (s *seat) startLogin() *flight {
	f := &flight{done: make(chan struct{}), login: true}
	s.busy = f
	s.work.Go(func() {
		got, err := s.open(s.life)
		s.mu.Lock()
		defer s.mu.Unlock()
		if err == nil {
			s.cur = got
			s.arm(got) // so that a session nobody waits for any more ends by itself
		}
		s.land(f, err)
	})
	return f
}

// startLogout takes the session out of everybody's hands. It needs the lock, and a session in hand.
func (s *seat) startLogout() *flight {
	f, old := &flight{done: make(chan struct{})}, s.cur
	s.disarm()
	s.cur, s.busy = nil, f
	if old.users > 0 {
		old.drained = make(chan struct{})
	}
	drained := old.drained
	s.work.Go(func() {
		if drained != nil {
			select {
			case <-drained:
			case <-s.life.Done():
			}
		}
		err := s.logout(s.life, old)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.land(f, err)
	})
	return f
}

// land ends a flight; it needs the lock.
func (s *seat) land(f *flight, err error) {
	f.err = err
	s.busy = nil
	close(f.done)
}

// arm starts the idle clock; it needs the lock.
func (s *seat) arm(unused *session) {
	s.disarm()
	if s.closed {
		return
	}
	var own *time.Timer
	s.work.Add(1)
	own = time.AfterFunc(s.idle, func() {
		defer s.work.Done()
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.timer == own && s.cur == unused && unused.users == 0 && s.busy == nil {
			s.timer = nil
			s.startLogout()
		}
	})
	s.timer = own
}

// disarm stops the idle clock; it needs the lock.
func (s *seat) disarm() {
	if s.timer != nil && s.timer.Stop() {
		s.work.Done() // its function will not run
	}
	s.timer = nil
}

// held is the session in hand, for telling.
func (s *seat) held() (since time.Time, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cur == nil {
		return time.Time{}, false
	}
	return s.cur.since, true
}

// stolen reports whether another program keeps ending our sessions.
func (s *seat) stolen() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.thefts.many(time.Now())
}

// wait is the flight's error, or the context's.
func (f *flight) wait(ctx context.Context) error {
	select {
	case <-f.done:
		return f.err
	default:
	}
	select {
	case <-f.done:
		return f.err
	case <-ctx.Done():
		return ctx.Err()
	}
}
