package access

import (
	"context"
	"slices"
	"strconv"

	"vmbackup-bot/bot/chat"
)

// anyVerb stands for every verb in what is kept. It is no verb of a policy, and no question may hold it.
const anyVerb Verb = "*"

// standing is what one account may do in one place with one verb: the grants that reach it, and for each known VM the
// grant that decides. It never changes.
type standing struct {
	grants []int    // of those that fit account, place and verb, in the file's order
	rules  []int32  // for each VM of the view, the deciding grant or -1; nil without grants
	failed []string // groups of which nobody could say whether the account is in them
}

// standing is cached for as long as the memberships that it rests on.
func (a *Access) standing(ctx context.Context, v *view, actor chat.Actor, place chat.Place, verb Verb) *standing {
	if v.policy == nil {
		return &standing{}
	}
	key := standingKey(v.gen, actor, place, verb)
	if got, _, ok := a.cache.get(key); ok {
		if s, ok := got.(*standing); ok {
			return s
		}
	}
	m := a.member(v, actor)
	s := &standing{}
	for i, g := range v.policy.Grants {
		if !g.at(place) || !g.holds(verb) {
			continue
		}
		if m.any(ctx, g.Who) {
			s.grants = append(s.grants, i)
		}
	}
	s.failed = m.failed
	if len(s.grants) > 0 { // else rule needs none: strangers must not fill the memory
		s.rules = make([]int32, len(v.vms))
	}
	for i, vm := range v.vms[:len(s.rules)] {
		s.rules[i] = int32(best(v.policy, s.grants, &vm)) //nolint:gosec // a file of 1 MiB has no 2^31 grants
	}
	if len(s.failed) == 0 { // a failed look-up is tried again at the next question
		a.cache.put(key, s, m.until)
	}
	return s
}

func standingKey(gen uint64, actor chat.Actor, place chat.Place, verb Verb) string {
	roles := slices.Clone(actor.Roles)
	slices.Sort(roles)
	root := place.Root()
	return keyOf(append([]string{
		"standing", strconv.FormatUint(gen, 10), actor.Platform, actor.Team, actor.User, string(verb),
		root.Platform, root.Team, root.Channel, strconv.FormatBool(root.Direct),
	}, roles...)...)
}

// rule is the grant that decides for vm; -1 where none allows it.
func (s *standing) rule(v *view, vm *VM) int {
	if v.policy == nil || len(s.grants) == 0 {
		return -1
	}
	if vm != nil {
		if i, ok := v.index[*vm]; ok {
			return int(s.rules[i])
		}
	}
	return best(v.policy, s.grants, vm)
}

// best is the grant among those given that takes vm: the first without a limit, else the one with the highest. A nil vm is
// taken by each.
func best(p *Policy, grants []int, vm *VM) int {
	found := -1
	for _, i := range grants {
		g := &p.Grants[i]
		if vm != nil && !g.takes(*vm) {
			continue
		}
		if g.Limit == nil {
			return i
		}
		if found < 0 || g.Limit.Count > p.Grants[found].Limit.Count {
			found = i
		}
	}
	return found
}

// at reports whether the grant holds in p. A thread counts as its channel.
func (g *Grant) at(p chat.Place) bool {
	if g.In == nil {
		return !p.Direct
	}
	return slices.ContainsFunc(g.In, func(w Where) bool { return w.matches(p) })
}

// holds reports whether the grant allows v. Who may stop what anybody started may also stop what they started themselves.
func (g *Grant) holds(v Verb) bool {
	return v == anyVerb || slices.Contains(g.Can, v) || (v == Abort && slices.Contains(g.Can, AbortAny))
}

// takes reports whether the grant is about vm. An exception wins.
func (g *Grant) takes(vm VM) bool {
	return g.lists(vm) && !g.excepts(vm)
}

func (g *Grant) lists(vm VM) bool {
	return slices.ContainsFunc(g.VMs, func(s Selector) bool { return s.matches(vm) })
}

// excepts reports whether vm is taken out again. A VM of which nothing is known may be an excepted one, and so is.
func (g *Grant) excepts(vm VM) bool {
	return slices.ContainsFunc(g.Except, func(s Selector) bool { return s.mayMatch(vm) })
}
