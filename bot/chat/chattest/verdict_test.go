package chattest

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
)

// verdict is a testing.TB that takes down a failure instead of failing.
type verdict struct {
	testing.TB
	mu      sync.Mutex
	failed  bool
	skipped bool
	why     []string
	after   []func()
}

func (v *verdict) note(s string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.failed = true
	v.why = append(v.why, s)
}

func (v *verdict) Helper()                   {}
func (v *verdict) Errorf(f string, a ...any) { v.note(fmt.Sprintf(f, a...)) }
func (v *verdict) Error(a ...any)            { v.note(fmt.Sprint(a...)) }
func (v *verdict) Fatalf(f string, a ...any) { v.Errorf(f, a...); runtime.Goexit() }
func (v *verdict) Fatal(a ...any)            { v.Error(a...); runtime.Goexit() }
func (v *verdict) Skipf(string, ...any)      { v.skipped = true; runtime.Goexit() }
func (v *verdict) Skip(...any)               { v.Skipf("") }
func (v *verdict) Cleanup(f func())          { v.after = append(v.after, f) }

// judge runs one case against a harness.
func judge(t *testing.T, c suiteCase, build func(t testing.TB) Harness) *verdict {
	v := &verdict{TB: t}
	alone := func(f func()) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			f()
		}()
		<-done
	}
	alone(func() { c.check(v, build(v)) })
	for _, f := range slices.Backward(v.after) {
		alone(f)
	}
	return v
}
