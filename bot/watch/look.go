package watch

import (
	"context"
	"time"

	"vmbackup-bot/bot/operation"
	"vmbackup-bot/vmbackup"
)

// tick is one look: what was found, and the operations as they are after it.
type tick struct {
	now     time.Time
	ops     map[operation.ID]operation.Operation
	order   []operation.ID
	changes []operation.Change
	seen    map[operation.ID]bool // what was found out about is not out of reach
	ended   bool                  // an operation got its last word
	failed  error
}

// add applies an event to the tick's own copy and keeps it for the commit. Events that do not fit are left out here as
// they would be in the store.
func (t *tick) add(id operation.ID, e operation.Event) {
	before := t.ops[id]
	after, err := before.Apply(e)
	if err != nil {
		return
	}
	t.ops[id], t.seen[id] = after, true
	t.ended = t.ended || after.State.Final() && after.State != before.State
	t.changes = append(t.changes, operation.Change{ID: id, Event: e})
}

// look is one tick. It returns the pause until the next one.
func (w *Watcher) look(ctx context.Context) time.Duration {
	// Every instruction that was taken wakes the loop: 200 of them are not worth 200 looks.
	if rest := w.o.PollMin - time.Since(w.looked); rest > 0 {
		return rest
	}
	t, all, err := w.begin(ctx)
	if err != nil {
		if ctx.Err() == nil {
			w.o.Logger.Error("the store does not answer; nothing was looked at", "error", err)
		}
		return w.o.PollMax
	}
	if len(t.order) == 0 {
		return never
	}
	w.looked = t.now
	if w.needsStatus(t) {
		w.status(ctx, t)
	}
	if t.failed == nil {
		w.reports(ctx, t, all)
	}
	if t.failed != nil {
		w.outOfReach(t)
	}
	if err := w.commit(ctx, t.changes); err != nil {
		return w.o.PollMin
	}
	if t.ended && w.o.Ended != nil {
		w.o.Ended()
	}
	pause := w.pace(t)
	if pause > w.o.SessionIdle && ctx.Err() == nil {
		if err := w.o.Backups.Release(ctx); err != nil {
			w.o.Logger.Warn("the session could not be given back; it ends by itself", "error", err)
		}
	}
	return pause
}

// begin reads what is to be watched; all also holds the operations that are not watched yet but hold a VM.
func (w *Watcher) begin(ctx context.Context) (*tick, []operation.Operation, error) {
	watched, err := w.o.Store.Watched(ctx, w.o.Site)
	if err != nil {
		return nil, nil, err
	}
	t := &tick{now: time.Now(), ops: make(map[operation.ID]operation.Operation, len(watched)), seen: make(map[operation.ID]bool)}
	for _, o := range watched {
		t.ops[o.ID] = o
		t.order = append(t.order, o.ID)
	}
	if len(watched) == 0 {
		return t, nil, nil
	}
	all, err := w.o.Store.Unfinished(ctx, w.o.Site)
	return t, all, err
}

// needsStatus reports whether the status list can say anything about the watched operations.
func (w *Watcher) needsStatus(t *tick) bool {
	for _, o := range t.ops {
		switch o.State {
		case operation.Accepted, operation.Running, operation.Lost:
			return true
		}
	}
	return false
}

// status asks once for all jobs and holds the operations against the answer.
func (w *Watcher) status(ctx context.Context, t *tick) {
	list, err := w.o.Backups.Running(ctx)
	if err != nil {
		t.failed = err
		return
	}
	claimed := make([]bool, len(list))
	for _, id := range t.order {
		o := t.ops[id]
		if o.State != operation.Accepted && o.State != operation.Running {
			continue
		}
		if i := find(o, list); i >= 0 {
			claimed[i] = true
			t.add(id, operation.Saw{At: t.now, Status: list[i]})
			continue
		}
		w.missing(ctx, t, id)
		if i := find(t.ops[id], list); i >= 0 {
			claimed[i] = true // its JobId has just been learnt
		}
		if t.failed != nil {
			return
		}
	}
	stray := false
	for i, s := range list {
		stray = stray || !claimed[i] && s.Running()
	}
	for _, id := range t.order {
		if t.ops[id].State == operation.Lost {
			t.add(id, operation.Strayed{At: t.now, Job: stray})
		}
	}
}

// find is the index of the operation's entry, or -1.
func find(o operation.Operation, list []vmbackup.Status) int {
	for i, s := range list {
		if o.Is(s) {
			return i
		}
	}
	return -1
}

// missing is an operation that the list does not show. The server is asked for it alone while that may tell something:
// its JobId may be another than its OperationGuid. The last of the few single calls is kept for the moment of decision.
func (w *Watcher) missing(ctx context.Context, t *tick, id operation.ID) {
	o := t.ops[id]
	miss := operation.Missed{At: t.now, Grace: w.o.SeenGrace}
	after, _ := o.Apply(miss)
	deciding := after.State == operation.Ended
	if o.Singles >= operation.MaxSingles || o.Singles == operation.MaxSingles-1 && !deciding {
		t.add(id, miss)
		return
	}
	entries, err := w.o.Backups.One(ctx, o.GUID)
	switch {
	case err != nil:
		t.failed = err
	case len(entries) == 0:
		miss.Single = true
		t.add(id, miss)
	default:
		t.add(id, operation.Saw{At: t.now, Status: ours(o, entries), Single: true})
	}
}

// ours is the operation's entry among those that came back when it was asked for alone: the one that carries its id, else
// the first, since the server was asked for nothing else.
func ours(o operation.Operation, entries []vmbackup.Status) vmbackup.Status {
	if i := find(o, entries); i >= 0 {
		return entries[i]
	}
	return entries[0]
}

// reports reads the reports of every operation whose job is over or lost, where it is time to. Operations whose id is
// known go first, so that a lost one cannot take their report.
func (w *Watcher) reports(ctx context.Context, t *tick, all []operation.Operation) {
	var sure, unsure []operation.ID
	for _, id := range t.order {
		switch o := t.ops[id]; {
		case o.State != operation.Ended && o.State != operation.Lost && o.State != operation.Unknown:
		case t.now.Before(o.NextLook()):
		case o.GUID != "":
			sure = append(sure, id)
		default:
			unsure = append(unsure, id)
		}
	}
	for _, id := range append(sure, unsure...) {
		if w.read(ctx, t, id, all); t.failed != nil {
			return
		}
	}
}

func (w *Watcher) read(ctx context.Context, t *tick, id operation.ID, all []operation.Operation) {
	o := t.ops[id]
	list, err := w.o.Backups.Reports(ctx, o.Kind, o.VM.Ref, reportsAsked)
	if err != nil {
		t.failed = err
		return
	}
	claimed, err := w.o.Store.Claimed(ctx, w.o.Site, o.VM.Ref, id)
	if err != nil {
		w.o.Logger.Error("the store does not answer", "error", err)
		return
	}
	contested := false
	for _, other := range all {
		if other.ID == id || !other.VM.Ref.Equal(o.VM.Ref) {
			continue
		}
		if now, ok := t.ops[other.ID]; ok {
			other = now
		}
		contested = contested || other.State.Open()
		if other.Report != nil { // decided in this very tick
			claimed = append(claimed, *other.Report)
		}
	}
	t.add(id, operation.Read{
		At: t.now, Reports: list, Claimed: claimed, Contested: contested,
		Zone: w.o.Zone, Grace: w.o.ReportGrace, Seen: w.o.SeenGrace, Lost: w.o.LostGrace,
	})
}

// outOfReach tells the operations that nothing was found out about that nobody could look.
func (w *Watcher) outOfReach(t *tick) {
	why, words := reasonOf(t.failed)
	w.o.Logger.Warn("VM Backup could not be looked at", "reason", why, "error", t.failed)
	for _, id := range t.order {
		if t.seen[id] {
			continue
		}
		t.add(id, operation.OutOfReach{At: t.now, For: why, Text: words})
	}
}

// commit applies the tick in one transaction. What could not be stored is looked at again in the next tick.
func (w *Watcher) commit(ctx context.Context, changes []operation.Change) error {
	if len(changes) == 0 {
		return nil
	}
	after, err := w.o.Store.ApplyAll(ctx, changes)
	if err != nil {
		if ctx.Err() == nil {
			w.o.Logger.Error("what was seen could not be stored; it is looked at again", "error", err)
		}
		return err
	}
	w.log(after)
	return nil
}

// log says where operations stand now, as far as an operator wants to read it: once for each state.
func (w *Watcher) log(ops []operation.Operation) {
	for _, o := range ops {
		if o.State != operation.Waiting && o.State != operation.Sending && w.logged(o) {
			w.o.Logger.Info("operation", "id", o.ID, "vm", o.VM.Name, "host", o.VM.Host, "state", o.State, "guid", o.GUID)
		}
	}
}
