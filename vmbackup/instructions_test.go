package vmbackup_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"vmbackup-bot/vmbackup"
)

const takeBackup = "instructions/take-backup"

// oneOf checks that an instruction's error is exactly one of the three kinds.
func oneOf(t *testing.T, err, want error) {
	t.Helper()
	wantErr(t, err, want)
	n := 0
	for _, k := range []error{vmbackup.ErrRejected, vmbackup.ErrNotSent, vmbackup.ErrLost} {
		if errors.Is(err, k) {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%q is %d of the three kinds, want one", err, n)
	}
}

func TestStartIsAccepted(t *testing.T) {
	for kind, endpoint := range map[vmbackup.Kind]string{
		vmbackup.KindBackup: takeBackup, vmbackup.KindOffsite: "instructions/take-offsitecopy",
	} {
		for name, data := range map[string]string{
			"bare":      `"Data":"` + string(opGUID) + `"`,
			"object":    `"Data":{"OperationGuid":"` + string(opGUID) + `"}`,
			"odd case":  `"data":{"operationGUID":"` + string(opGUID) + `","x":[1]}`,
			"beside it": `"OperationGuid":"` + string(opGUID) + `"`,
		} {
			t.Run(endpoint+" "+name, func(t *testing.T) {
				f := newFake()
				f.payload[endpoint] = data
				f.date = "Thu, 22 Jan 2026 13:48:04 GMT"
				got, err := open(t, f).Start(t.Context(), kind, vmRef)
				wantOK(t, err)
				at := time.Date(2026, 1, 22, 13, 48, 4, 0, time.UTC)
				if got.GUID != opGUID || !got.At.Equal(at) {
					t.Errorf("accepted %+v, want %s at %s", got, opGUID, at)
				}
				wantCount(t, f, endpoint, 1)
			})
		}
	}
}

func TestAcceptedWithoutDateIsAtOurClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		c := open(t, f)
		got, err := c.Start(t.Context(), vmbackup.KindBackup, vmRef)
		wantOK(t, err)
		if !got.At.Equal(time.Now()) {
			t.Errorf("accepted at %v, want %v", got.At, time.Now())
		}
		if _, ok := c.Skew(); ok {
			t.Error("a skew without a Date header")
		}
	})
}

// lossy are answers that came too late to know: the instruction may have been taken.
func lossy() map[string]func([]byte) []byte {
	return map[string]func([]byte) []byte{
		"no answer":      func([]byte) []byte { return nil },
		"cut head":       func(good []byte) []byte { return good[:20] },
		"cut body":       func(good []byte) []byte { return good[:len(good)-10] },
		"500":            func([]byte) []byte { return rawAnswer(500, "", "<html>oops</html>") },
		"500 with JSON":  func([]byte) []byte { return rawAnswer(500, "", failure("Internal error", "")) },
		"503":            func([]byte) []byte { return rawAnswer(503, "", "<html>Service Unavailable</html>") },
		"404":            func([]byte) []byte { return rawAnswer(404, "", "<html>Not Found</html>") },
		"redirect":       func([]byte) []byte { return rawAnswer(307, "", "") },
		"page":           func([]byte) []byte { return rawAnswer(200, "", "<html>hello</html>") },
		"half a JSON":    func([]byte) []byte { return rawAnswer(200, "", `{"Success":true,"Da`) },
		"no id":          func([]byte) []byte { return rawAnswer(200, "", `{"Success":true}`) },
		"id of no form":  func([]byte) []byte { return rawAnswer(200, "", `{"Success":true,"Data":"../../x"}`) },
		"array":          func([]byte) []byte { return rawAnswer(200, "", `[]`) },
		"no HTTP":        func([]byte) []byte { return []byte("SSH-2.0-OpenSSH_9.6\r\n\r\n") },
		"only interim":   func([]byte) []byte { return repeat("HTTP/1.1 102 Processing\r\n\r\n", 20) },
		"endless header": func([]byte) []byte { return append([]byte("HTTP/1.1 200 OK\r\nX: "), repeat("x", 1<<20)...) },
	}
}

func repeat(s string, n int) []byte {
	var b []byte
	for range n {
		b = append(b, s...)
	}
	return b
}

func TestInstructionWhoseAnswerIsUnusableIsLostAndNeverRepeated(t *testing.T) {
	for name, spoil := range lossy() {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			f.spoil = func(endpoint string, _ int, _ string, good []byte) []byte {
				if endpoint == takeBackup {
					return spoil(good)
				}
				return good
			}
			_, err := open(t, f).Start(t.Context(), vmbackup.KindBackup, vmRef)
			oneOf(t, err, vmbackup.ErrLost)
			wantCount(t, f, takeBackup, 1)
			wantCount(t, f, "sessions/start", 1)
		})
	}
}

func TestInterimAnswersAreSkipped(t *testing.T) {
	f := newFake()
	f.spoil = func(_ string, _ int, _ string, good []byte) []byte {
		return append([]byte("HTTP/1.1 100 Continue\r\n\r\n"), good...)
	}
	_, err := open(t, f).Start(t.Context(), vmbackup.KindBackup, vmRef)
	wantOK(t, err)
}

func TestInstructionTimesOutAsLost(t *testing.T) {
	for name, cancelled := range map[string]bool{"own limit": false, "caller": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake()
				f.gate = map[string]chan struct{}{takeBackup: make(chan struct{})}
				c := open(t, f)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if cancelled {
					time.AfterFunc(time.Second, cancel)
				}
				began := time.Now()
				_, err := c.Start(ctx, vmbackup.KindBackup, vmRef)
				oneOf(t, err, vmbackup.ErrLost)
				want := 60 * time.Second
				if cancelled {
					want = time.Second
					wantErr(t, err, context.Canceled)
				}
				if took := time.Since(began); took != want {
					t.Errorf("took %v, want %v", took, want)
				}
				wantCount(t, f, takeBackup, 1)
				close(f.gate[takeBackup])
			})
		})
	}
}

func TestInstructionBeforeAnyByteLeftIsNotSent(t *testing.T) {
	t.Run("cancelled before", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		f := newFake()
		_, err := open(t, f).Start(ctx, vmbackup.KindBackup, vmRef)
		oneOf(t, err, vmbackup.ErrNotSent)
		wantErr(t, err, context.Canceled)
		wantCount(t, f, takeBackup, 0)
	})
	t.Run("refused connection, tried twice", func(t *testing.T) {
		f := newFake()
		c := open(t, f)
		wantOK(t, c.Login(t.Context()))
		f.set(func(f *fake) { f.refused, f.dialled = errors.New("connection refused"), nil })
		_, err := c.Start(t.Context(), vmbackup.KindBackup, vmRef)
		oneOf(t, err, vmbackup.ErrNotSent)
		wantErr(t, err, vmbackup.ErrUnreachable)
		if n := len(f.dialled); n != 4 { // two tries, each 127.0.0.1 and ::1
			t.Errorf("dialled %v", f.dialled)
		}
		f.set(func(f *fake) { f.refused = nil })
	})
	t.Run("refused once", func(t *testing.T) {
		f := newFake()
		c := open(t, f, func(c *vmbackup.Config) {
			dial, n := c.DialContext, 0
			c.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
				if n++; n == 2 || n == 3 { // the first try of the instruction
					return nil, errors.New("connection refused")
				}
				return dial(ctx, network, addr)
			}
		})
		_, err := c.Start(t.Context(), vmbackup.KindBackup, vmRef)
		wantOK(t, err)
		wantCount(t, f, takeBackup, 1)
	})
	t.Run("connection that takes nothing", func(t *testing.T) {
		f := newFake()
		c := open(t, f)
		wantOK(t, c.Login(t.Context()))
		c2 := open(t, f, func(c *vmbackup.Config) { c.DialContext = dead })
		_, err := c2.Start(t.Context(), vmbackup.KindBackup, vmRef)
		oneOf(t, err, vmbackup.ErrNotSent)
	})
	t.Run("wrong host", func(t *testing.T) {
		f := newFake()
		f.spoil = func(endpoint string, _ int, _ string, good []byte) []byte {
			if endpoint == takeBackup {
				return rawAnswer(http.StatusBadRequest, "", "<HTML><h2>Bad Request - Invalid Hostname</h2><p>HTTP Error 400. The request hostname is invalid.</p></HTML>")
			}
			return good
		}
		_, err := open(t, f).Start(t.Context(), vmbackup.KindBackup, vmRef)
		oneOf(t, err, vmbackup.ErrNotSent)
		wantErr(t, err, vmbackup.ErrWrongHost)
		wantCount(t, f, takeBackup, 1)
	})
}

// dead is a connection whose other end is closed already.
func dead(context.Context, string, string) (net.Conn, error) {
	near, far := net.Pipe()
	return near, far.Close()
}

func TestInstructionWithInvalidTokenIsRepeatedOnce(t *testing.T) {
	f := newFake()
	c := open(t, f)
	wantOK(t, c.Login(t.Context()))
	f.endAll()
	_, err := c.Start(t.Context(), vmbackup.KindBackup, vmRef)
	wantOK(t, err)
	wantCount(t, f, takeBackup, 2)

	f.set(func(f *fake) {
		f.spoil = func(endpoint string, _ int, _ string, good []byte) []byte {
			if endpoint != takeBackup {
				return good
			}
			f.endAll()
			return rawAnswer(200, "", failure("Invalid Token", ""))
		}
	})
	_, err = c.Start(t.Context(), vmbackup.KindBackup, vmRef)
	oneOf(t, err, vmbackup.ErrNotSent)
	wantErr(t, err, vmbackup.ErrInvalidToken)
	wantCount(t, f, takeBackup, 4)
}

func TestRejected(t *testing.T) {
	reject := func(endpoint string, _ int, _ string, good []byte) []byte {
		if endpoint == takeBackup {
			return rawAnswer(200, "", failure("No such\nmachine", "E_X"))
		}
		return good
	}
	for name, c := range map[string]struct {
		ref     vmbackup.VMRef
		unknown bool
	}{
		"known VM":   {vmRef, false},
		"other case": {"BA2E9CDC-0d85-48e6-8db7-a45c5a40819e", false},
		"unknown VM": {"00000000-0d85-48e6-8db7-a45c5a40819e", true},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			f.spoil = reject
			_, err := open(t, f).Start(t.Context(), vmbackup.KindBackup, c.ref)
			oneOf(t, err, vmbackup.ErrRejected)
			if got := errors.Is(err, vmbackup.ErrUnknownVM); got != c.unknown {
				t.Errorf("unknown VM: %v, want %v", got, c.unknown)
			}
			e, _ := errors.AsType[*vmbackup.Error](err)
			if e.Words() != "No such machine: E_X (17)" {
				t.Errorf("words %q", e.Words())
			}
			wantCount(t, f, takeBackup, 1)
		})
	}
}

func TestStartOfWhatCannotBe(t *testing.T) {
	f := newFake()
	c := open(t, f)
	for _, ref := range []vmbackup.VMRef{"", "a/b", "..", "a b", "a?b"} {
		_, err := c.Start(t.Context(), vmbackup.KindBackup, ref)
		oneOf(t, err, vmbackup.ErrNotSent)
		wantErr(t, err, vmbackup.ErrUnknownVM)
	}
	_, err := c.Start(t.Context(), "seed", vmRef)
	oneOf(t, err, vmbackup.ErrNotSent)
	oneOf(t, c.Abort(t.Context(), ""), vmbackup.ErrNotSent)
	if n := len(f.snapshot()); n != 0 {
		t.Errorf("the server was called: %v", f.snapshot())
	}
}

func TestAbort(t *testing.T) {
	f := newFake()
	c := open(t, f)
	wantOK(t, c.Abort(t.Context(), opGUID))
	f.set(func(f *fake) {
		f.spoil = func(endpoint string, _ int, _ string, good []byte) []byte {
			if endpoint == "instructions/abort-operation" {
				return rawAnswer(200, "", failure("The operation is not running", ""))
			}
			return good
		}
	})
	oneOf(t, c.Abort(t.Context(), opGUID), vmbackup.ErrRejected)
}
