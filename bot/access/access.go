package access

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"vmbackup-bot/bot/chat"
)

// DefaultEvery is how often the policy file is looked at: soon enough for a revocation, and one small read each time.
const DefaultEvery = 5 * time.Second

// Directory knows who is who on one platform. An error grants nothing. What it says may be up to 15 seconds old.
type Directory interface {
	// InGroup reports whether the account is in a Slack user group or has a Discord role.
	InGroup(ctx context.Context, a chat.Actor, group string) (bool, error)
	// FullMember reports whether the account is a full member and not a guest.
	FullMember(ctx context.Context, a chat.Actor) (bool, error)
}

// Options say where the policy is and whom to ask. The zero value of each but Path has a meaning.
type Options struct {
	// Path is the policy file.
	Path string
	// Every is how often it is looked at; zero is DefaultEvery.
	Every time.Duration
	// Directories are by platform; may be nil, and SetDirectory adds to them.
	Directories map[string]Directory
	// OwnTeam reports whether a team is the bot's own workspace or organisation. While it is nil none is, so Slack ids
	// without a team name nobody; SetOwnTeam hands it over later.
	OwnTeam func(platform, team string) bool
	// OnChange is told after every change of the file, from the goroutine that found it; may be nil.
	OnChange func(Change)
	// Logger may be nil.
	Logger *slog.Logger
}

// Change is what became of the policy file.
type Change struct {
	// Old and New are the SHA-256 in hex of the policy in force before and of the file now; empty where there is none.
	Old, New string
	// Err is why the file is not in force; nil when it is.
	Err error
	// Added and Removed are the rules that came and went, one line each; a changed rule is in both.
	Added, Removed []string
}

// Question asks whether somebody may do something.
type Question struct {
	Actor chat.Actor
	Place chat.Place
	Verb  Verb
	// VM is nil to ask for any VM at all. A VM of which nothing is known is an empty one.
	VM *VM
}

// Decision is the answer to a Question. The zero value refuses.
type Decision struct {
	Allowed bool
	// Rule is the name of the grant that decided; empty in a refusal.
	Rule string
	// Reason is why it was refused, and Hint what to ask for and whom; both empty when it is allowed.
	Reason, Hint chat.Text
	// Limit bounds the starts under this rule; nil does not.
	Limit *Limit
}

// Access answers questions by the policy in force. All its methods may be called at the same time.
type Access struct {
	opts   Options
	static bool
	cache  *cache
	view   atomic.Pointer[view]
	told   atomic.Pointer[func(Change)]

	mu     sync.Mutex // guards the making of a new view, and what follows
	status FileStatus
	seen   string // what the last look at the file found

	reloading sync.Mutex // one look at the file at a time
}

// view is everything that a decision rests on, and never changes. gen is a new number for each.
type view struct {
	gen         uint64
	policy      *Policy // nil: everybody is refused
	vms         []VM
	index       map[VM]int
	directories map[string]Directory
	ownTeam     func(platform, team string) bool // nil: no team is
}

// Static is an Access whose policy never changes. Nobody is in any group of a platform until SetDirectory, and no Slack
// workspace is the bot's own until SetOwnTeam.
func Static(p *Policy) *Access {
	a := newAccess(Options{})
	a.static = true
	a.status = FileStatus{Loaded: time.Now()}
	if p != nil {
		a.status.Hash = p.hash
	}
	a.change(func(v *view) { v.policy = p })
	return a
}

// New is an Access to the policy at o.Path, which it loads at once. Where that fails everybody is refused, and Status says
// why; Run and Reload look again.
func New(o Options) *Access {
	a := newAccess(o)
	a.OnChange(o.OnChange)
	a.status = FileStatus{Path: o.Path}
	a.reload(false)
	return a
}

func newAccess(o Options) *Access {
	if o.Every <= 0 {
		o.Every = DefaultEvery
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	a := &Access{opts: o, cache: newCache()}
	a.view.Store(&view{directories: maps.Clone(o.Directories), ownTeam: o.OwnTeam})
	return a
}

// change puts a changed copy of the view into force, and drops what was decided by the old one.
func (a *Access) change(f func(*view)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.changeLocked(f)
}

func (a *Access) changeLocked(f func(*view)) {
	v := *a.view.Load()
	f(&v)
	v.gen++
	a.view.Store(&v)
	a.cache.flush()
}

// SetVMs hands over the list of VMs and drops every cached decision.
func (a *Access) SetVMs(vms []VM) {
	vms = slices.Clone(vms)
	index := make(map[VM]int, len(vms))
	for i, vm := range vms {
		index[vm] = i
	}
	a.change(func(v *view) { v.vms, v.index = vms, index })
}

// OnChange sets who is told after every change of the file, from the goroutine that found it; nil for nobody.
func (a *Access) OnChange(told func(Change)) {
	if told == nil {
		a.told.Store(nil)
		return
	}
	a.told.Store(&told)
}

// SetDirectory hands over who knows the people of a platform; nil takes it away.
func (a *Access) SetDirectory(platform string, d Directory) {
	a.change(func(v *view) {
		v.directories = maps.Clone(v.directories)
		if v.directories == nil {
			v.directories = map[string]Directory{}
		}
		v.directories[platform] = d
		if d == nil {
			delete(v.directories, platform)
		}
	})
}

// SetOwnTeam hands over which teams are the bot's own, as Options.OwnTeam does; a link learns that when it connects.
func (a *Access) SetOwnTeam(own func(platform, team string) bool) {
	a.change(func(v *view) { v.ownTeam = own })
}

// Decide answers q. Whatever cannot be found out grants nothing. A refusal repeats the VM's name: a VM that the asker may
// not know of must not come here, so ask Visible first.
func (a *Access) Decide(ctx context.Context, q Question) Decision {
	return a.decide(ctx, a.view.Load(), q)
}

func (a *Access) decide(ctx context.Context, v *view, q Question) Decision {
	if !slices.Contains(verbs(), q.Verb) { // an empty verb must not pass for any
		return a.refuse(ctx, v, q, &standing{})
	}
	s := a.standing(ctx, v, q.Actor, q.Place, q.Verb)
	if v.policy == nil || (q.Verb.needsApproval() && !v.policy.covered(q.Verb)) {
		return a.refuse(ctx, v, q, s)
	}
	i := s.rule(v, q.VM)
	if i < 0 {
		return a.refuse(ctx, v, q, s)
	}
	g := v.policy.Grants[i]
	d := Decision{Allowed: true, Rule: g.Name}
	if g.Limit != nil {
		limit := *g.Limit
		d.Limit = &limit
	}
	return d
}

// Visible is a test for the VMs on which the account may do anything at all in this place.
func (a *Access) Visible(ctx context.Context, actor chat.Actor, place chat.Place) func(VM) bool {
	v := a.view.Load()
	s := a.standing(ctx, v, actor, place, anyVerb)
	return func(vm VM) bool { return s.rule(v, &vm) >= 0 }
}

// Contact is whom to ask for rights; empty where the policy does not say.
func (a *Access) Contact() string {
	if p := a.view.Load().policy; p != nil {
		return p.Contact
	}
	return ""
}
