package vmbackup_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vmbackup-bot/vmbackup"
)

// TestManyCallersNeverNeedASecondSeat lets callers call, release, idle and be robbed in any order. The server has one
// seat: a second login while the first is open would be refused as busy.
func TestManyCallersNeverNeedASecondSeat(t *testing.T) {
	for seed := range uint64(5) {
		synctest.Test(t, func(t *testing.T) {
			f := newFake()
			c := open(t, f, func(c *vmbackup.Config) { c.SessionIdle = 3 * time.Second })
			var all sync.WaitGroup
			for i := range uint64(20) {
				r := rand.New(rand.NewPCG(seed, i))
				all.Go(func() {
					for range 30 {
						pass(time.Duration(r.IntN(2000)) * time.Millisecond)
						var err error
						switch r.IntN(12) {
						case 0:
							err = c.Release(t.Context())
						case 1:
							err = c.Login(t.Context())
						case 2:
							pass(10 * time.Second)
						case 3:
							_, err = c.Start(t.Context(), vmbackup.KindBackup, vmRef)
						case 4:
							f.endAll()
						default:
							_, err = c.Running(t.Context())
						}
						if errors.Is(err, vmbackup.ErrSeatBusy) || errors.Is(err, vmbackup.ErrUnreachable) {
							t.Error(err)
						}
					}
				})
			}
			all.Wait()
			wantOK(t, c.Close(t.Context()))
			if f.held() {
				t.Error("session left behind")
			}
		})
	}
}

func TestTwoCallersInDoubtRenewOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		gate := make(chan struct{})
		f.gate = map[string]chan struct{}{"vms/list": gate}
		f.spoil = func(endpoint string, nth int, _ string, good []byte) []byte {
			if endpoint == "vms/list" && nth <= 2 {
				return rawAnswer(500, "", "")
			}
			return good
		}
		c := open(t, f)
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() {
				if _, err := c.VMs(t.Context(), false); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		close(gate)
		both.Wait()
		wantCount(t, f, "sessions/start", 2)
		wantCount(t, f, "sessions/end", 1)
	})
}

func TestTwoCallersRobbedAtOnceCountAsOneTheft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		c := open(t, f)
		for range 2 {
			wantOK(t, c.Login(t.Context()))
			f.endAll()
			var both sync.WaitGroup
			for range 2 {
				both.Go(func() { _, _ = c.Running(t.Context()) })
			}
			both.Wait()
		}
		if c.SessionStolen() {
			t.Error("two ends are counted as three or more")
		}
	})
}

func TestSeatThatIsNotFreeAtOnceIsPutDownToOurselves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		c := open(t, f)
		wantOK(t, c.Login(t.Context()))
		wantOK(t, c.Release(t.Context()))
		f.set(func(f *fake) { f.busy = true })
		err := c.Login(t.Context())
		wantErr(t, err, vmbackup.ErrSeatBusy)
		if e, _ := errors.AsType[*vmbackup.Error](err); !strings.Contains(e.Hint, "earlier session") || !e.Until.Equal(time.Now().Add(30*time.Second)) {
			t.Errorf("hint %q until %v", e.Hint, e.Until)
		}
		pass(31 * time.Second)
		if err = c.Login(t.Context()); strings.Contains(hint(err), "earlier session") {
			t.Errorf("hint %q", hint(err))
		}
	})
}
