package watch_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vmbackup-bot/bot/watch"
	"vmbackup-bot/vmbackup"
)

// shelf is a server and a store in one: what was saved last is what is loaded.
type shelf struct {
	mu    sync.Mutex
	asked int
	down  error
	vms   []vmbackup.VM
	saved []vmbackup.VM
	at    time.Time
}

func (s *shelf) set(down error, names ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down, s.vms = down, nil
	for _, n := range names {
		s.vms = append(s.vms, vmbackup.VM{Name: n})
	}
}

type server struct{ *shelf }

func (s server) VMs(context.Context, bool) ([]vmbackup.VM, error) {
	<-time.After(time.Second) // a real one takes its time
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	return s.vms, s.down
}

func (s *shelf) SaveVMs(_ context.Context, _ string, vms []vmbackup.VM, at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.saved, s.at = vms, at
	return nil
}

func (s *shelf) VMs(context.Context, string) ([]vmbackup.VM, time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.saved, s.at, nil
}

func TestInventory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		s.set(nil, "web01")
		changed := 0
		i := watch.NewInventory("demo", server{s}, s, func([]vmbackup.VM) { changed++ })
		names := func(want error, n int, first string) time.Time {
			t.Helper()
			vms, asOf, err := i.VMs(t.Context())
			if !errors.Is(err, want) || len(vms) != n || n > 0 && vms[0].Name != first {
				t.Errorf("%v, %v", vms, err)
			}
			return asOf
		}
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { names(nil, 1, "web01") })
		}
		wg.Wait()
		if s.asked != 1 {
			t.Errorf("twenty people at once asked the server %d times", s.asked)
		}
		names(nil, 1, "web01")
		if s.asked != 1 {
			t.Error("asked again while the list was fresh")
		}
		seen := time.Now()
		<-time.After(time.Minute)
		gone := errors.New("gone")
		s.set(gone)
		if asOf := names(gone, 1, "web01"); asOf.After(seen) {
			t.Errorf("the list last seen is said to be of %v", asOf)
		}
		s.set(nil, "web02")
		names(nil, 1, "web02")
		s.set(nil, "web03")
		names(nil, 1, "web02")
		i.Stale()
		names(nil, 1, "web03")
		if changed != 3 {
			t.Errorf("%d changes told", changed)
		}

		s.set(gone)
		again := watch.NewInventory("demo", server{s}, s, nil)
		if vms, at := again.Seen(); vms != nil || !at.IsZero() {
			t.Errorf("%v %v before anything was read", vms, at)
		}
		if err := again.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		if vms, at := again.Seen(); len(vms) != 1 || vms[0].Name != "web03" || at.IsZero() {
			t.Errorf("%v %v after a restart", vms, at)
		}
	})
}
