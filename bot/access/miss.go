package access

import (
	"context"
	"math/bits"

	"vmbackup-bot/bot/chat"
)

// miss is the set of what keeps a grant from allowing something; zero when nothing does.
type miss uint8

const (
	// missPerson is a grant for others. It stands alone: what such a grant holds is nothing to the asker.
	missPerson miss = 1 << iota
	missPlace
	missVerb
	missVM
	missExcept
)

// misses says what keeps g from allowing q. Of a VM that is hidden from the asker nothing is looked at: whether a grant
// covers or excepts it by its host or its id would tell that there is such a VM.
func (m *member) misses(ctx context.Context, g *Grant, q Question, hidden bool) miss {
	if !m.any(ctx, g.Who) {
		return missPerson
	}
	var n miss
	if !g.at(q.Place) {
		n |= missPlace
	}
	if q.Verb == anyVerb || !g.holds(q.Verb) {
		n |= missVerb
	}
	switch {
	case q.VM == nil:
	case hidden:
		if n == 0 { // it would not be hidden if this grant took it
			n |= missVM
		}
	case g.takes(*q.VM):
	case g.lists(*q.VM):
		n |= missExcept
	default:
		n |= missVM
	}
	return n
}

// obstacles ends a sentence that starts with a grant's name.
func (n miss) obstacles(g *Grant, q Question, hidden bool) chat.Text {
	var all []chat.Text
	if n&missPlace != 0 {
		place := "this place"
		if q.Place.Direct && g.In == nil {
			place = "direct messages"
		}
		all = append(all, chat.T("does not hold in "+place))
	}
	if n&missVerb != 0 {
		all = append(all, chat.T("does not grant ", chat.Code(string(q.Verb))))
	}
	vm := chat.T("it")
	if !hidden {
		vm = object(q.VM, "it")
	}
	if n&missVM != 0 {
		all = append(all, chat.T("does not cover ", vm))
	}
	if n&missExcept != 0 {
		all = append(all, chat.T("excepts ", vm))
	}
	var t chat.Text
	for i, o := range all {
		if i > 0 {
			t = chat.T(t, " and ")
		}
		t = chat.T(t, o)
	}
	return t
}

// nearMiss is the end of a refusal: the first rule of the asker's own that only one thing keeps from allowing q; empty where
// there is none.
func (a *Access) nearMiss(ctx context.Context, v *view, q Question) chat.Text {
	m := a.member(v, q.Actor)
	hidden := a.hidden(ctx, v, q)
	for i := range v.policy.Grants {
		g := &v.policy.Grants[i]
		n := m.misses(ctx, g, q, hidden)
		if n != missPerson && bits.OnesCount8(uint8(n)) == 1 {
			return chat.T("; the nearest, ", chat.Code(g.Name), ", ", n.obstacles(g, q, hidden))
		}
	}
	return nil
}

// hidden reports whether q is about a VM that its asker may not know of here.
func (a *Access) hidden(ctx context.Context, v *view, q Question) bool {
	return q.VM != nil && a.standing(ctx, v, q.Actor, q.Place, anyVerb).rule(v, q.VM) < 0
}
