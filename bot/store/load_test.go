package store_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vmbackup-bot/bot/audit"
	"vmbackup-bot/bot/card"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/bot/store"
	"vmbackup-bot/vmbackup"
)

func sorted(in []string) []string { slices.Sort(in); return in }

// closing closes a store at the end of a test, and of what rapid calls one.
func closing(t interface {
	Cleanup(f func())
	Error(args ...any)
}, s *store.Store,
) {
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestCrowd: writers and readers at once disturb each other in nothing, and the chain holds.
func TestCrowd(t *testing.T) {
	const writers, each = 6, 5
	var woken sync.Map
	s := must[*store.Store](t)(store.Open(t.Context(), store.Options{
		Path: filepath.Join(t.TempDir(), "bot.db"), Render: card.Style{Zone: time.UTC}.Operation,
		Wake: func() { woken.Store("woken", true) },
	}))
	closing(t, s)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				id := operation.ID(fmt.Sprintf("abcdef%02d%02d", w, i))
				if err := life(t.Context(), s, id, func(string) {}); err != nil {
					t.Error(err)
				}
				if err := s.Done(t.Context(), id.Key(operation.PartRoot), 1, at(string(id)), time.Time{}); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			for range each {
				_, err1 := s.Watched(t.Context(), "demo")
				_, _, err2 := s.Due(t.Context(), t0, 100)
				_, err3 := s.Verify(t.Context(), audit.Head{})
				if err1 != nil || err2 != nil || err3 != nil {
					t.Error(err1, err2, err3)
				}
			}
		})
	}
	wg.Wait()
	if ops := must[[]operation.Operation](t)(s.Watched(t.Context(), "demo")); len(ops) != writers*each {
		t.Errorf("%d operations", len(ops))
	}
	if head := must[audit.Head](t)(s.Verify(t.Context(), audit.Head{})); head.Count != 3*writers*each {
		t.Errorf("%d lines", head.Count)
	}
	if _, yes := woken.Load("woken"); !yes {
		t.Error("nobody was woken")
	}
}

// TestOneTick: however many operations a look brings news of, it is one commit: one that fails takes all with it.
func TestOneTick(t *testing.T) {
	s := open(t, t.TempDir())
	var changes []operation.Change
	for i := range 20 {
		o := wish(operation.ID(fmt.Sprintf("abcdefgh%02d", i)))
		o.VM.Ref = vmbackup.VMRef(fmt.Sprint("ref", i))
		ok(t, s.Record(t.Context(), 0, o, audit.Entry{}))
		changes = append(changes, operation.Change{ID: o.ID, Event: operation.Sent{At: t0}})
	}
	if _, err := s.ApplyAll(t.Context(), append(changes, operation.Change{ID: "zzzzzzzzzz"})); err == nil {
		t.Error("an operation that is not there")
	}
	for _, o := range must[[]operation.Operation](t)(s.Unfinished(t.Context(), "demo")) {
		if o.State != operation.Waiting {
			t.Errorf("%s is %s after a commit that failed", o.ID, o.State)
		}
	}
	if ops := must[[]operation.Operation](t)(s.ApplyAll(t.Context(), changes)); len(ops) != 20 {
		t.Errorf("%d operations", len(ops))
	}
}

// TestBubble: the store works on a fake clock, and nothing of it is left when it is closed.
func TestBubble(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := must[*store.Store](t)(store.Open(t.Context(), store.Options{Path: filepath.Join(folder, "bot.db")}))
		closing(t, s)
		must[string](t)(func() (string, error) { boot, _, err := s.Begin(t.Context()); return boot, err }())
		claim := func(d string) chat.Standing {
			t.Helper()
			id, st, err := s.Claim(t.Context(), chat.Claim{Deliveries: []string{d}})
			ok(t, err)
			ok(t, s.FinishClaim(t.Context(), id))
			return st
		}
		claim("old")
		<-time.After(6 * 24 * time.Hour)
		claim("young")
		<-time.After(25 * time.Hour)
		ok(t, s.Prune(t.Context()))
		if st := claim("young"); st != chat.ClaimRepeat {
			t.Errorf("after a day: %d", st)
		}
		if st := claim("old"); st != chat.ClaimNew {
			t.Errorf("after more than a week: %d", st)
		}
		ok(t, s.End(t.Context()))
	})
}

// TestLastWordsThatWait: what is counted is what people have not been told, and since when.
func TestLastWordsThatWait(t *testing.T) {
	now := t0
	s := must[*store.Store](t)(store.Open(t.Context(), store.Options{
		Path: filepath.Join(t.TempDir(), "bot.db"), Now: func() time.Time { return now },
	}))
	closing(t, s)
	check := func(what string, n int, since time.Time) {
		t.Helper()
		got, oldest, err := s.Undelivered(t.Context())
		if err != nil || got != n || !oldest.Equal(since) {
			t.Errorf("%s: %d since %v, %v; want %d since %v", what, got, oldest, err, n, since)
		}
	}
	ok(t, s.Enqueue(t.Context(), "demo", draft("k", chat.Ongoing, "1 %")))
	check("progress", 0, time.Time{})
	now = t0.Add(time.Hour)
	ok(t, s.Enqueue(t.Context(), "demo", draft("k", chat.Final, "over")))
	check("a last word over progress that was never sent", 1, now)
	ok(t, s.Done(t.Context(), "k", 2, at("m1"), now.Add(time.Minute)))
	check("told, only a twin is looked for", 0, time.Time{})

	ok(t, s.Enqueue(t.Context(), "demo", draft("up", chat.First, "begun")))
	ok(t, s.Drop(t.Context(), "up", &chat.Fault{Kind: chat.FaultPlaceGone}))
	below := draft("below", chat.Final, "over")
	below.Under = "up"
	ok(t, s.Enqueue(t.Context(), "demo", below))
	check("below a message that was dropped before", 0, time.Time{})
}

// TestDropKeepsWhatStands: a message below the dropped one that stands already can still be brought to its last word.
func TestDropKeepsWhatStands(t *testing.T) {
	s := open(t, t.TempDir())
	ok(t, s.Enqueue(t.Context(), "demo", draft("up", chat.First, "begun")))
	ok(t, s.Done(t.Context(), "up", 1, at("m1"), time.Time{}))
	for _, key := range []string{"stands", "waits"} {
		d := draft(key, chat.First, "below")
		d.Under = "up"
		ok(t, s.Enqueue(t.Context(), "demo", d))
	}
	ok(t, s.Done(t.Context(), "stands", 1, at("m2"), time.Time{}))
	ok(t, s.Drop(t.Context(), "up", &chat.Fault{Kind: chat.FaultBadCard}))
	last := draft("stands", chat.Final, "over")
	last.Under = "up"
	ok(t, s.Enqueue(t.Context(), "demo", last))
	if out := due(t, s, t0); len(out) != 1 || out[0].Key != "stands" || out[0].Ref != at("m2") {
		t.Errorf("due: %+v", out)
	}
}

// TestNobodyStarves: a message that changes all the time keeps its place in the queue, and goes behind once it was sent.
func TestNobodyStarves(t *testing.T) {
	s := open(t, t.TempDir())
	order := func(want string) {
		t.Helper()
		var keys []string
		for _, m := range due(t, s, t0) {
			keys = append(keys, fmt.Sprint(m.Key, m.Version))
		}
		if got := strings.Join(keys, " "); got != want {
			t.Errorf("due: %s, want %s", got, want)
		}
	}
	ok(t, s.Enqueue(t.Context(), "demo", draft("a", chat.Ongoing, "1 %")))
	ok(t, s.Enqueue(t.Context(), "demo", draft("b", chat.Ongoing, "1 %")))
	ok(t, s.Enqueue(t.Context(), "demo", draft("a", chat.Ongoing, "2 %")))
	order("a2 b1")
	ok(t, s.Enqueue(t.Context(), "demo", draft("a", chat.Ongoing, "3 %"))) // while version 2 travels
	ok(t, s.Done(t.Context(), "a", 2, at("m1"), time.Time{}))
	order("b1 a3")
	ok(t, s.Enqueue(t.Context(), "demo", draft("b", chat.Ongoing, "2 %")))
	order("b2 a3")
}

// TestLimitsOfADay: what came to nothing, another rule's, another VM's and yesterday's starts do not count.
func TestLimitsOfADay(t *testing.T) {
	s := open(t, t.TempDir())
	start := func(id operation.ID, change func(*operation.Operation), events ...operation.Event) {
		t.Helper()
		o := wish(id)
		change(&o)
		ok(t, s.Record(t.Context(), 0, o, audit.Entry{}))
		for _, e := range events {
			_, err := s.Apply(t.Context(), id, e)
			ok(t, err)
		}
	}
	none := func(*operation.Operation) {}
	start("aaaaaaaaaa", none, operation.Cancelled{At: t0, Why: operation.ReasonCancelled})
	start("bbbbbbbbbb", none, operation.Sent{At: t0}, operation.Refused{At: t0})
	start("cccccccccc", func(o *operation.Operation) { o.Rule = "dba" }, operation.Sent{At: t0}, operation.AnswerLost{At: t0}, operation.Read{At: t0.Add(time.Hour)})
	start("dddddddddd", func(o *operation.Operation) { o.VM.Ref = "another" })
	start("eeeeeeeeee", func(o *operation.Operation) { o.Site = "elsewhere" })
	start("ffffffffff", func(o *operation.Operation) { o.Asked = t0.Add(-48 * time.Hour) }, operation.Sent{At: t0}, operation.AnswerLost{At: t0}, operation.Read{At: t0.Add(time.Hour)})
	count := func(want int) {
		t.Helper()
		if n := must[int](t)(s.StartsToday(t.Context(), "demo", "developers", vmbackup.VMRef(strings.ToLower(string(ref))), t0.Add(-time.Hour))); n != want {
			t.Errorf("%d starts today, want %d", n, want)
		}
	}
	count(0)
	start("gggggggggg", none)
	count(1)
}

// TestClaimedReports: a report is kept from others for a week, and in any letter case of the VM's id.
func TestClaimedReports(t *testing.T) {
	now := t0
	s := must[*store.Store](t)(store.Open(t.Context(), store.Options{
		Path: filepath.Join(t.TempDir(), "bot.db"), Now: func() time.Time { return now },
		Render: func(operation.Operation) []chat.Draft { return nil },
	}))
	closing(t, s)
	o := walk(t, s, "abcdefghij")
	r := vmbackup.Report{DateTime: vmbackup.StampOf(t0, time.UTC), Result: vmbackup.ResultSuccess, Word: "Success", Location: "\\\\nas\\ü"}
	must[[]operation.Operation](t)(s.ApplyAll(t.Context(), []operation.Change{
		{ID: o.ID, Event: operation.Saw{At: t0, Status: vmbackup.Status{JobID: o.GUID, Status: "Success"}}},
		{ID: o.ID, Event: operation.Read{At: t0, Reports: []vmbackup.Report{r}, Zone: time.UTC}},
	}))
	for after, want := range map[time.Duration]int{0: 1, 6 * 24 * time.Hour: 1, 8 * 24 * time.Hour: 0} {
		now = t0.Add(after)
		got := must[[]vmbackup.Report](t)(s.Claimed(t.Context(), "demo", vmbackup.VMRef(strings.ToLower(string(ref))), "zzzzzzzzzz"))
		if len(got) != want || (want > 0 && !got[0].Same(r)) {
			t.Errorf("after %v: %+v", after, got)
		}
	}
}

// TestInterruptedByAge: a claim that was taken after the bot had begun to look is not an interrupted one.
func TestInterruptedByAge(t *testing.T) {
	folder := t.TempDir()
	s := open(t, folder)
	_, _, err := s.Claim(t.Context(), chat.Claim{Deliveries: []string{"x"}})
	ok(t, err)
	if left := must[[]chat.Claim](t)(s.Interrupted(t.Context(), t0.Add(time.Hour))); len(left) != 0 {
		t.Errorf("its own claim: %+v", left)
	}
	ok(t, s.Close())
	s = open(t, folder)
	if left := must[[]chat.Claim](t)(s.Interrupted(t.Context(), t0)); len(left) != 0 {
		t.Errorf("not older than the time given: %+v", left)
	}
	if left := must[[]chat.Claim](t)(s.Interrupted(t.Context(), t0.Add(time.Second))); len(left) != 1 {
		t.Errorf("an earlier process's claim: %+v", left)
	}
}
