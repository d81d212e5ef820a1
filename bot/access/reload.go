package access

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
)

// FileStatus says which policy is in force.
type FileStatus struct {
	// Path is the policy file; empty for a Static one.
	Path string
	// Hash is the SHA-256 in hex of the policy in force; empty when there is none.
	Hash string
	// Loaded is when it came into force; zero for never.
	Loaded time.Time
	// Err is why the file as it is now is not in force; nil when it is.
	Err error
	// Broken is set with Err: what was last revoked may still be granted.
	Broken bool
	// Since is when the file was first found broken after it was good; zero while it is in force.
	Since time.Time
}

// Status is the state of the policy file, as of the last look at it.
func (a *Access) Status() FileStatus {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.status
}

// Run looks at the policy file until ctx ends, and then returns nil.
func (a *Access) Run(ctx context.Context) error {
	if a.static {
		<-ctx.Done()
		return nil
	}
	t := time.NewTicker(a.opts.Every)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
			a.Reload()
		}
	}
}

// Reload looks at the policy file now. A file that is as it was changes nothing; a bad or missing one leaves the last good
// policy in force.
func (a *Access) Reload() {
	if !a.static {
		a.reload(true)
	}
}

func (a *Access) reload(tell bool) {
	a.reloading.Lock()
	defer a.reloading.Unlock()
	c, changed := a.look()
	if !changed {
		return
	}
	if c.Err != nil {
		a.opts.Logger.Error("policy file is not in force", slog.String("path", a.opts.Path), slog.Any("error", c.Err))
	} else {
		a.opts.Logger.Info("policy in force", slog.String("path", a.opts.Path), slog.String("sha256", c.New))
	}
	if told := a.told.Load(); tell && told != nil {
		(*told)(c)
	}
}

// look reads the file and puts it into force where it is new and good. It reports what changed.
func (a *Access) look() (Change, bool) {
	data, err := read(a.opts.Path)
	var hash, seen string
	if err != nil {
		seen = "error " + err.Error()
	} else {
		hash = hashOf(data)
		seen = "file " + hash
	}
	a.mu.Lock()
	same := seen == a.seen
	a.seen = seen
	a.mu.Unlock()
	if same {
		return Change{}, false
	}
	var p *Policy
	if err == nil {
		p, err = Parse(a.opts.Path, data)
	}

	a.mu.Lock()
	defer a.mu.Unlock()
	c := Change{Old: a.status.Hash, New: hash, Err: err}
	if err != nil {
		if !a.status.Broken {
			a.status.Since = time.Now()
		}
		a.status.Err, a.status.Broken = err, true
		return c, true
	}
	c.Added, c.Removed = difference(a.view.Load().policy, p)
	a.status = FileStatus{Path: a.opts.Path, Hash: hash, Loaded: time.Now()}
	a.changeLocked(func(v *view) { v.policy = p })
	return c, true
}

// difference is the rules that only one of two policies holds.
func difference(before, after *Policy) (added, removed []string) {
	was, is := before.lines(), after.lines()
	for _, l := range is {
		if !slices.Contains(was, l) {
			added = append(added, l)
		}
	}
	for _, l := range was {
		if !slices.Contains(is, l) {
			removed = append(removed, l)
		}
	}
	return added, removed
}

// lines is one line for every rule that decides what somebody may do.
func (p *Policy) lines() []string {
	if p == nil {
		return nil
	}
	var out []string
	for _, g := range p.Grants {
		l := "grant " + g.Name + ":" + line("who", g.Who) + line("in", g.In) + line("vms", g.VMs) + line("except", g.Except) + " can " + joinVerbs(g.Can)
		if g.Limit != nil {
			l += fmt.Sprintf(" limit %d/%s", g.Limit.Count, g.Limit.Per)
		}
		out = append(out, l)
	}
	for _, m := range []struct {
		label string
		of    map[string][]Who
	}{{"group", p.Groups}, {"person", p.People}} {
		var some []string
		for name, who := range m.of {
			some = append(some, m.label+" "+name+":"+line("is", who))
		}
		slices.Sort(some)
		out = append(out, some...)
	}
	for _, a := range p.Approvals {
		l := "approval " + joinVerbs(a.Verbs) + ":" + line("by", a.By) + line("in", a.In)
		if a.Expires > 0 {
			l += " expires " + a.Expires.String()
		}
		if a.BreakGlass != nil {
			l += " break-glass after " + a.BreakGlass.After.String() + line("by", a.BreakGlass.By)
		}
		out = append(out, l)
	}
	return out
}

func joinVerbs(all []Verb) string {
	words := make([]string, 0, len(all))
	for _, v := range all {
		words = append(words, string(v))
	}
	return strings.Join(words, ", ")
}
