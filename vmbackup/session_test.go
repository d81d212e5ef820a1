package vmbackup_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vmbackup-bot/vmbackup"
)

func TestOneSessionIsSharedAndEndsWhenIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		c := open(t, f)
		f.set(func(f *fake) { f.gate = map[string]chan struct{}{"sessions/start": make(chan struct{})} })
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if _, err := c.VMs(t.Context(), true); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		close(f.gate["sessions/start"])
		all.Wait()
		wantCount(t, f, "sessions/start", 1)
		wantCount(t, f, "vms/list", 20)
		if i := c.Info(); !i.SessionHeld || i.SeatSince.IsZero() {
			t.Errorf("info does not tell of the session: %+v", i)
		}

		pass(vmbackup.DefaultSessionIdle - time.Second)
		if !f.held() {
			t.Fatal("session ended before its time")
		}
		wantOK(t, c.Login(t.Context())) // starts the idle clock anew
		pass(vmbackup.DefaultSessionIdle - time.Second)
		if !f.held() {
			t.Fatal("a login did not start the idle clock anew")
		}
		pass(time.Second)
		synctest.Wait()
		if f.held() || c.Info().SessionHeld {
			t.Fatal("idle session was not ended")
		}
		wantCount(t, f, "sessions/end", 1)
		for _, p := range f.paths {
			if strings.HasSuffix(p, "sessions/end") {
				t.Error("the form that ends everybody's session was used")
			}
		}
	})
}

func TestIdleClockWaitsForCallsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.gate = map[string]chan struct{}{"vms/list": make(chan struct{})}
		c := open(t, f)
		done := make(chan error, 1)
		go func() { _, err := c.VMs(t.Context(), false); done <- err }()
		pass(40 * time.Second) // longer than idle
		if !f.held() {
			t.Fatal("session was ended under a call in flight")
		}
		close(f.gate["vms/list"])
		wantOK(t, <-done)
		wantCount(t, f, "sessions/start", 1)
	})
}

func TestReleaseWaitsForCallsInFlightAndTheNextLogsInAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.gate = map[string]chan struct{}{"vms/list": make(chan struct{})}
		c := open(t, f)
		wantOK(t, c.Release(t.Context())) // none: nothing to do
		list, released, next := make(chan error, 1), make(chan error, 1), make(chan error, 1)
		go func() { _, err := c.VMs(t.Context(), false); list <- err }()
		synctest.Wait()
		go func() { released <- c.Release(t.Context()) }()
		synctest.Wait()
		go func() { _, err := c.Locations(t.Context()); next <- err }()
		synctest.Wait()
		wantCount(t, f, "sessions/end", 0)
		wantCount(t, f, "backuplocations", 0)
		close(f.gate["vms/list"])
		wantOK(t, <-list)
		wantOK(t, <-released)
		wantOK(t, <-next)
		wantCount(t, f, "sessions/end", 1)
		wantCount(t, f, "sessions/start", 2)
	})
}

func TestReleaseEndsWithItsContextAndTheLogoutGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.gate = map[string]chan struct{}{"sessions/end": make(chan struct{})}
		c := open(t, f)
		wantOK(t, c.Login(t.Context()))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := c.Release(ctx)
		wantErr(t, err, context.DeadlineExceeded)
		close(f.gate["sessions/end"])
		synctest.Wait()
		if f.held() {
			t.Error("logout was cut with its caller")
		}
	})
}

func TestLoginGoesOnWhenItsCallerGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.gate = map[string]chan struct{}{"sessions/start": make(chan struct{})}
		c := open(t, f)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		wantErr(t, c.Login(ctx), context.DeadlineExceeded)
		close(f.gate["sessions/start"])
		synctest.Wait()
		if !f.held() {
			t.Fatal("login was cut: its token is lost, and the seat taken")
		}
		pass(vmbackup.DefaultSessionIdle)
		synctest.Wait()
		if f.held() {
			t.Error("a session that nobody used was not ended")
		}
	})
}

func TestCloseEndsTheSessionAndRefusesWhatComesAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		c := open(t, f)
		wantOK(t, c.Login(t.Context()))
		wantOK(t, c.Close(t.Context()))
		if f.held() {
			t.Error("session left behind")
		}
		_, err := c.Start(t.Context(), vmbackup.KindBackup, vmRef)
		wantErr(t, err, vmbackup.ErrClosed, vmbackup.ErrNotSent)
		wantErr(t, c.Login(t.Context()), vmbackup.ErrClosed)
		wantOK(t, c.Close(t.Context()))
	})
}

func TestCloseCutsWhatItsContextDoesNotAllow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		gate := make(chan struct{})
		f.gate = map[string]chan struct{}{"sessions/end": gate, "vms/list": gate}
		c := open(t, f)
		done := make(chan error, 1)
		call, stop := context.WithCancel(t.Context())
		go func() { _, err := c.VMs(call, false); done <- err }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		began := time.Now()
		wantErr(t, c.Close(ctx), context.DeadlineExceeded)
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("close took %v", took)
		}
		stop()
		wantErr(t, <-done, context.Canceled)
		close(gate)
	})
}

func TestInvalidTokenIsRenewedOncePerCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		c := open(t, f)
		wantOK(t, c.Login(t.Context()))
		f.endAll()
		_, err := c.Running(t.Context())
		wantOK(t, err)
		wantCount(t, f, "sessions/start", 2)
		wantCount(t, f, "sessions/end", 0)

		f.set(func(f *fake) {
			f.spoil = func(endpoint string, _ int, _ string, good []byte) []byte {
				if endpoint != "activity/operation-status" {
					return good
				}
				f.endAll()
				return rawAnswer(200, "", failure("INVALID TOKEN", ""))
			}
		})
		_, err = c.Running(t.Context())
		wantErr(t, err, vmbackup.ErrInvalidToken)
		wantCount(t, f, "activity/operation-status", 4)
		if !c.SessionStolen() || !strings.Contains(hint(err), "another program") {
			t.Errorf("three ends in a row, and nobody says so: %v", err)
		}
		pass(11 * time.Minute)
		if c.SessionStolen() {
			t.Error("still stolen after eleven quiet minutes")
		}
	})
}

func TestServersOwnExpiryIsNoTheft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		c := open(t, f, func(c *vmbackup.Config) { c.SessionIdle = time.Hour })
		for range 4 {
			wantOK(t, c.Login(t.Context()))
			pass(5 * time.Minute)
			f.endAll()
			_, err := c.Running(t.Context())
			wantOK(t, err)
			f.endAll()
			pass(5 * time.Minute)
		}
		if c.SessionStolen() {
			t.Error("expiry taken for another program")
		}
	})
}

func TestStatusOutside2xxIsTakenForTheSessionOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.spoil = func(endpoint string, nth int, _ string, good []byte) []byte {
			if endpoint == "vms/list" && nth != 2 {
				return rawAnswer(500, "", "<html>oops</html>")
			}
			return good
		}
		c := open(t, f)
		_, err := c.VMs(t.Context(), false)
		wantOK(t, err)
		wantCount(t, f, "sessions/start", 2)
		wantCount(t, f, "sessions/end", 1) // the old one, so that our own seat does not keep us out
		_, err = c.VMs(t.Context(), false)
		wantErr(t, err, vmbackup.ErrNotVMBackup)
		wantCount(t, f, "vms/list", 4)
	})
}

func TestBusySeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.busy = true
		c := open(t, f, func(c *vmbackup.Config) { c.AfterUncleanStop = true })
		err := c.Login(t.Context())
		wantErr(t, err, vmbackup.ErrSeatBusy)
		if !strings.Contains(hint(err), "earlier session of this program") {
			t.Errorf("not put down to our own session: %q", hint(err))
		}
		pass(6 * time.Minute)
		for range 5 { // a busy seat may be asked for as often as one likes
			_, err = c.Start(t.Context(), vmbackup.KindBackup, vmRef)
			wantErr(t, err, vmbackup.ErrSeatBusy, vmbackup.ErrNotSent)
		}
		if !strings.Contains(hint(err), "console") || errors.Is(err, vmbackup.ErrLost) || errors.Is(err, vmbackup.ErrRejected) {
			t.Errorf("wrong words or kinds: %v (%s)", err, hint(err))
		}
		wantCount(t, f, "sessions/start", 6)
		f.set(func(f *fake) { f.busy = false })
		wantOK(t, c.Login(t.Context()))
	})
}

func TestRefusedLoginIsTriedTwiceThenHeldForAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.refuse = "The user name or password is incorrect"
		c := open(t, f)
		wantErr(t, c.Login(t.Context()), vmbackup.ErrBadCredentials)
		err := c.Login(t.Context())
		wantErr(t, err, vmbackup.ErrBadCredentials)
		until := time.Now().Add(time.Hour)
		for range 10 {
			pass(time.Minute)
			_, err = c.Start(t.Context(), vmbackup.KindBackup, vmRef)
			wantErr(t, err, vmbackup.ErrLoginHeld, vmbackup.ErrNotSent)
		}
		e, _ := errors.AsType[*vmbackup.Error](err)
		if !e.Until.Equal(until) || !strings.Contains(e.Hint, until.Format(time.RFC3339)) || !strings.Contains(e.Error(), f.refuse) {
			t.Errorf("held until %v, hint %q, text %q", e.Until, e.Hint, e)
		}
		wantCount(t, f, "sessions/start", 2)
		f.set(func(f *fake) { f.refuse = "" })
		pass(time.Hour)
		wantOK(t, c.Login(t.Context()))
	})
}

func TestNetworkErrorsOfALoginAreNoRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.refused = errors.New("connection refused")
		c := open(t, f)
		for range 5 {
			wantErr(t, c.Login(t.Context()), vmbackup.ErrUnreachable)
		}
		f.set(func(f *fake) {
			f.refused = nil
			f.spoil = func(endpoint string, nth int, _ string, good []byte) []byte {
				if endpoint == "sessions/start" && nth == 1 {
					return nil // taken, but its answer lost
				}
				return good
			}
		})
		wantErr(t, c.Login(t.Context()), vmbackup.ErrUnreachable)
		err := c.Login(t.Context())
		wantErr(t, err, vmbackup.ErrSeatBusy)
		if !strings.Contains(hint(err), "earlier session of this program") {
			t.Errorf("the lost session is not thought of: %q", hint(err))
		}
		f.endAll()
		wantOK(t, c.Login(t.Context()))
	})
}

func TestLoginAnsweredByHTTPRefusalCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.spoil = func(string, int, string, []byte) []byte { return rawAnswer(401, "", "<html>who are you?</html>") }
		c := open(t, f)
		for range 2 {
			wantErr(t, c.Login(t.Context()), vmbackup.ErrBadCredentials)
		}
		wantErr(t, c.Login(t.Context()), vmbackup.ErrLoginHeld)
		wantCount(t, f, "sessions/start", 2)
	})
}

func TestLogoutThatFailsIsRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		c := open(t, f)
		wantOK(t, c.Login(t.Context()))
		f.set(func(f *fake) { f.refused = errors.New("connection refused") })
		wantErr(t, c.Release(t.Context()), vmbackup.ErrUnreachable)
		f.set(func(f *fake) { f.refused = nil })
		err := c.Login(t.Context())
		wantErr(t, err, vmbackup.ErrSeatBusy)
		if !strings.Contains(hint(err), "earlier session of this program") {
			t.Errorf("hint %q", hint(err))
		}
	})
}

func TestLoginWithoutTokenInItsAnswer(t *testing.T) {
	f := newFake()
	f.spoil = func(string, int, string, []byte) []byte { return rawAnswer(200, "", `{"Success":true,"Data":null}`) }
	wantErr(t, open(t, f).Login(t.Context()), vmbackup.ErrNotVMBackup)
}
