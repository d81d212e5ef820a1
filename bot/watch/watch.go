package watch

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"vmbackup-bot/bot/operation"
	"vmbackup-bot/vmbackup"
)

// Backups is what a look needs of VM Backup.
type Backups interface {
	// Running is one call for all jobs.
	Running(ctx context.Context) ([]vmbackup.Status, error)
	// One asks for one operation alone.
	One(ctx context.Context, g vmbackup.OperationGUID) ([]vmbackup.Status, error)
	// Reports are the newest n reports of a VM, newest first.
	Reports(ctx context.Context, k vmbackup.Kind, ref vmbackup.VMRef, n int) ([]vmbackup.Report, error)
	// Release gives the session back; a later call takes a new one.
	Release(ctx context.Context) error
}

// Instructions is what sending needs of VM Backup.
type Instructions interface {
	// Login makes sure of a session.
	Login(ctx context.Context) error
	// Start sends an instruction; its errors are vmbackup.ErrRejected, ErrNotSent or ErrLost.
	Start(ctx context.Context, k vmbackup.Kind, ref vmbackup.VMRef) (vmbackup.Accepted, error)
	// Abort asks for the end of a running operation; doing it twice does no harm.
	Abort(ctx context.Context, g vmbackup.OperationGUID) error
	// Skew is the server's clock minus ours, where it is known.
	Skew() (time.Duration, bool)
}

// Store is what the watcher needs kept.
type Store interface {
	// Unfinished are the site's operations that hold a VM; Watched those that must be looked after.
	Unfinished(ctx context.Context, site string) ([]operation.Operation, error)
	Watched(ctx context.Context, site string) ([]operation.Operation, error)
	// Claimed are the reports of a VM that other operations than this one rest on.
	Claimed(ctx context.Context, site string, ref vmbackup.VMRef, except operation.ID) ([]vmbackup.Report, error)
	// ApplyAll applies all changes in one commit; an operation that is over ignores its events.
	ApplyAll(ctx context.Context, changes []operation.Change) ([]operation.Operation, error)
}

// Options make a Watcher. Zero durations mean the contract's defaults.
type Options struct {
	Site         string
	Backups      Backups
	Instructions Instructions
	Store        Store
	// Zone is the zone of the server's stamps; nil is the machine's.
	Zone *time.Location
	// PollMin and PollMax bound the pause between two looks.
	PollMin, PollMax time.Duration
	// SeenGrace is how long a started job may stay unseen, ReportGrace how long its report may take.
	SeenGrace, ReportGrace time.Duration
	// LostGrace is how long a lost operation may stay without evidence before its outcome is unknown.
	LostGrace time.Duration
	// SessionIdle is how long a session lives without need: longer pauses give it back at once.
	SessionIdle time.Duration
	// Allow asks policy and locks once more before an instruction leaves; an empty reason lets it go. Nil allows.
	Allow func(ctx context.Context, o operation.Operation) (operation.Reason, string)
	// Ended is called when operations got their last word; nil for nobody.
	Ended func()
	// Sending is how many instructions may be under way at once; zero means MaxSending.
	Sending int
	Logger  *slog.Logger
}

// The contract's defaults.
const (
	defaultPollFast    = 2 * time.Second
	defaultPollSlow    = 60 * time.Second
	defaultSeenGrace   = 30 * time.Second
	defaultReportGrace = 10 * time.Minute
	defaultSessionIdle = 10 * time.Second
	defaultLostGrace   = 30 * time.Minute // design, section 5
)

// MaxSending is how many instructions are sent at once: enough not to wait for one slow answer, few enough not to flood a
// server that backs up from the same disks.
const MaxSending = 4

// reportsAsked is how many of a VM's newest reports are read: more than one, since a later run may already stand before ours.
const reportsAsked = 5

// Watcher looks after one server. Make it with [New].
type Watcher struct {
	o      Options
	looks  chan struct{}
	sends  chan struct{}
	sender *sender
	looked time.Time // when the look loop last asked the server; its own

	mu     sync.Mutex
	states map[operation.ID]operation.State // as last logged, of operations that are not over
}

// New makes a Watcher; it does nothing before Run.
func New(o Options) *Watcher {
	for _, d := range []struct {
		value    *time.Duration
		standard time.Duration
	}{
		{&o.PollMin, defaultPollFast},
		{&o.PollMax, defaultPollSlow},
		{&o.SeenGrace, defaultSeenGrace},
		{&o.ReportGrace, defaultReportGrace},
		{&o.SessionIdle, defaultSessionIdle},
		{&o.LostGrace, defaultLostGrace},
	} {
		if *d.value <= 0 {
			*d.value = d.standard
		}
	}
	o.PollMax = max(o.PollMax, o.PollMin)
	if o.Zone == nil {
		o.Zone = time.Local
	}
	if o.Sending <= 0 {
		o.Sending = MaxSending
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.Logger = o.Logger.With("component", "watch", "site", o.Site)
	return &Watcher{
		o: o, looks: make(chan struct{}, 1), sends: make(chan struct{}, 1), sender: newSender(),
		states: make(map[operation.ID]operation.State),
	}
}

// logged notes the state and reports whether it is news.
func (w *Watcher) logged(o operation.Operation) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.states[o.ID] == o.State {
		return false
	}
	if w.states[o.ID] = o.State; o.State.Final() {
		delete(w.states, o.ID)
	}
	return true
}

// Wake tells the watcher that there may be something to send or to look at. It never blocks.
func (w *Watcher) Wake() {
	for _, c := range []chan struct{}{w.looks, w.sends} {
		select {
		case c <- struct{}{}:
		default: // already told
		}
	}
}

// Run looks and sends until ctx ends, and joins both goroutines. An instruction that is under way then is given
// [sendGrace] to be answered.
func (w *Watcher) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return w.loop(ctx, w.looks, w.look) })
	g.Go(func() error {
		defer w.sender.wg.Wait()
		return w.loop(ctx, w.sends, w.send)
	})
	if err := g.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// never is the pause of a loop that waits to be woken.
const never = time.Duration(-1)

// loop runs step now, whenever it is woken, and after the pause that step asked for.
func (w *Watcher) loop(ctx context.Context, woken <-chan struct{}, step func(context.Context) time.Duration) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-woken:
		case <-timer.C:
		}
		if pause := step(ctx); pause == never {
			timer.Stop()
		} else {
			timer.Reset(pause)
		}
	}
}
