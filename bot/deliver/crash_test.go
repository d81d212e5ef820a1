package deliver_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/chat/chattest"
	"vmbackup-bot/bot/deliver"
)

var errDead = errors.New("process is dead")

// process is a bot's process that is killed at a chosen moment: from then on nothing that it does reaches the outbox or the
// platform any more.
type process struct {
	left atomic.Int64 // moments until then
	dead atomic.Bool
	kill context.CancelFunc
	done chan struct{}
	wake func()
}

// moment is one instant between two things that happen; it reports whether the process lives on.
func (p *process) moment() bool {
	if p.left.Add(-1) == 0 {
		p.dead.Store(true)
		p.kill()
	}
	return !p.dead.Load()
}

func (p *process) do(err error, act func() error) error {
	if !p.moment() {
		return err
	}
	got := act()
	if !p.moment() {
		return err
	}
	return got
}

var errLost = &chat.Fault{Kind: chat.FaultLost, Err: errDead}

type mortalOutbox struct {
	*chattest.Outbox
	p *process
}

func (o mortalOutbox) Due(ctx context.Context, now time.Time, n int) ([]deliver.Message, time.Time, error) {
	if o.p.dead.Load() {
		return nil, time.Time{}, errDead
	}
	return o.Outbox.Due(ctx, now, n)
}

func (o mortalOutbox) Attempt(ctx context.Context, key string, v int, at time.Time) error {
	return o.p.do(errDead, func() error { return o.Outbox.Attempt(ctx, key, v, at) })
}

func (o mortalOutbox) Done(ctx context.Context, key string, v int, ref chat.MessageRef, recheck time.Time) error {
	return o.p.do(errDead, func() error { return o.Outbox.Done(ctx, key, v, ref, recheck) })
}

func (o mortalOutbox) Opened(ctx context.Context, key string, thread chat.Place) error {
	return o.p.do(errDead, func() error { return o.Outbox.Opened(ctx, key, thread) })
}

func (o mortalOutbox) Fail(ctx context.Context, key string, f *chat.Fault, next time.Time) error {
	return o.p.do(errDead, func() error { return o.Outbox.Fail(ctx, key, f, next) })
}

func (o mortalOutbox) Drop(ctx context.Context, key string, f *chat.Fault) error {
	return o.p.do(errDead, func() error { return o.Outbox.Drop(ctx, key, f) })
}

type mortalChat struct {
	*chattest.Fake
	p *process
}

func (c mortalChat) Post(ctx context.Context, to chat.Place, card chat.Card) (ref chat.MessageRef, err error) {
	err = c.p.do(errLost, func() (err error) { ref, err = c.Fake.Post(ctx, to, card); return err })
	return ref, err
}

func (c mortalChat) Edit(ctx context.Context, m chat.MessageRef, card chat.Card) error {
	return c.p.do(errLost, func() error { return c.Fake.Edit(ctx, m, card) })
}

func (c mortalChat) Find(ctx context.Context, to chat.Place, key string, since time.Time) (refs []chat.MessageRef, err error) {
	err = c.p.do(errLost, func() (err error) { refs, err = c.Fake.Find(ctx, to, key, since); return err })
	return refs, err
}

func (c mortalChat) Delete(ctx context.Context, m chat.MessageRef) error {
	return c.p.do(errLost, func() error { return c.Fake.Delete(ctx, m) })
}

func (c mortalChat) OpenThread(ctx context.Context, root chat.MessageRef, title string) (at chat.Place, err error) {
	err = c.p.do(errLost, func() (err error) { at, err = c.Fake.OpenThread(ctx, root, title); return err })
	return at, err
}

// spawn starts a process that dies after so many moments; zero for never.
func spawn(out *chattest.Outbox, fake *chattest.Fake, moments int) *process {
	ctx, cancel := context.WithCancel(context.Background())
	p := &process{kill: cancel, done: make(chan struct{})}
	p.left.Store(int64(moments))
	d := deliver.New(deliver.Options{
		Outbox:    mortalOutbox{out, p},
		Platforms: map[string]deliver.Platform{"fake": {Chat: mortalChat{fake, p}, Pacer: fake}},
		Now:       time.Now,
	})
	p.wake = d.Wake
	go func() {
		defer close(p.done)
		_ = d.Run(ctx)
	}()
	return p
}

// life plays the messages of one operation while processes die after the given numbers of moments; it reports whether all
// of them died.
func life(t *testing.T, o chattest.Options, moments ...int) bool {
	out, fake := chattest.NewOutbox(), chattest.NewFake(o)
	died := 0
	p := spawn(out, fake, moments[0])
	wait := func(d time.Duration) {
		<-time.After(d)
		synctest.Wait()
		for p.dead.Load() {
			<-p.done
			died++
			next := 0
			if died < len(moments) {
				next = moments[died]
			}
			p = spawn(out, fake, next)
			<-time.After(time.Second)
			synctest.Wait()
		}
	}
	for _, step := range [][]chat.Draft{
		{draft("", "a.root", chat.First, "accepted"), draft("a.root", "a.card", chat.First, "waiting")},
		{draft("a.root", "a.card", chat.Ongoing, "42 %")},
		{draft("a.root", "a.card", chat.Final, "Succeeded"), draft("", "a.root", chat.Final, "Succeeded"), draft("a.root", "a.done", chat.Final, "done")},
	} {
		for _, d := range step {
			out.Put(d)
		}
		p.wake()
		wait(2 * time.Second)
	}
	for range 5 {
		wait(2 * time.Minute)
	}
	p.kill()
	<-p.done
	for key, want := range map[string]string{"a.root": "Succeeded", "a.card": "Succeeded", "a.done": "done"} {
		all := chattest.ByKey(fake.Messages(), key)
		if len(all) != 1 || all[0].Now().Text() != want {
			t.Errorf("killed after %v moments: %s stands %d times: %v", moments, key, len(all), all)
		}
	}
	if left := out.Undelivered(); len(left) > 0 {
		t.Errorf("killed after %v moments: not delivered: %v", moments, left)
	}
	return died == len(moments)
}

func TestKilledAtEveryMoment(t *testing.T) {
	for name, o := range map[string]chattest.Options{
		"history at once":  {},
		"history lags":     {HistoryLag: 30 * time.Second},
		"safe repeat":      {SafeRepeat: time.Minute},
		"no threads":       {NoThreads: true},
		"safe and lagging": {SafeRepeat: 4 * time.Second, HistoryLag: 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			for n := 1; ; n++ {
				all := false
				synctest.Test(t, func(t *testing.T) { all = life(t, o, n) })
				if t.Failed() {
					return
				}
				if !all {
					if n < 20 {
						t.Errorf("only %d moments: the test kills nothing", n)
					}
					break
				}
				for _, second := range []int{1, 2, 3, 4, 5, 7, 9} {
					synctest.Test(t, func(t *testing.T) { life(t, o, n, second) })
				}
			}
		})
	}
}

func TestUncleanStopWithManyInFlight(t *testing.T) {
	for n := 1; n < 120; n += 7 {
		synctest.Test(t, func(t *testing.T) {
			out, fake := chattest.NewOutbox(), chattest.NewFake(chattest.Options{})
			for i := range 30 {
				out.Put(draft("", fmt.Sprintf("k%d", i), chat.Final, "x"))
			}
			p := spawn(out, fake, n)
			<-time.After(time.Second)
			synctest.Wait()
			<-p.done
			p = spawn(out, fake, 0)
			<-time.After(10 * time.Minute)
			p.kill()
			<-p.done
			for i := range 30 {
				if all := chattest.ByKey(fake.Messages(), fmt.Sprintf("k%d", i)); len(all) != 1 {
					t.Errorf("killed after %d moments: k%d stands %d times", n, i, len(all))
				}
			}
		})
	}
}
