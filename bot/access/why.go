package access

import (
	"context"
	"slices"
	"strconv"

	"vmbackup-bot/bot/chat"
)

// Explanation is a decision with the way to it.
type Explanation struct {
	Allowed bool
	// Rule is the grant that decided; empty in a refusal.
	Rule string
	// Reason and Hint are those of the Decision.
	Reason, Hint chat.Text
	// Steps is one line for each grant, in the order of the file.
	Steps []chat.Text
}

// Why answers q as Decide does, and says of each grant why it does or does not allow it.
func (a *Access) Why(ctx context.Context, q Question) Explanation {
	d := a.Decide(ctx, q)
	x := Explanation{Allowed: d.Allowed, Rule: d.Rule, Reason: d.Reason, Hint: d.Hint}
	v := a.view.Load()
	if v.policy == nil {
		return x
	}
	m := a.member(v, q.Actor)
	for i := range v.policy.Grants {
		g := &v.policy.Grants[i]
		x.Steps = append(x.Steps, chat.T(chat.Code(g.Name), ": ", m.step(ctx, g, q)))
	}
	return x
}

// step is what one grant says to q; of several obstacles the first counts.
func (m *member) step(ctx context.Context, g *Grant, q Question) chat.Text {
	m.failed, m.groups = nil, map[string]bool{}
	switch in := m.any(ctx, g.Who); {
	case !in && len(m.failed) > 0:
		return chat.T("the look-up of ", names(m.failed), " failed, so it grants nothing.")
	case !in:
		return chat.T("is not for you.")
	case !g.at(q.Place) && q.Place.Direct && g.In == nil:
		return chat.T("does not hold in direct messages.")
	case !g.at(q.Place):
		return chat.T("does not hold in this place.")
	case !slices.Contains(g.Can, q.Verb):
		return chat.T("does not grant ", chat.Code(string(q.Verb)), ".")
	case q.VM != nil && !g.lists(*q.VM):
		return chat.T("does not cover ", object(q.VM, ""), ".")
	case q.VM != nil && g.excepts(*q.VM):
		return chat.T("excepts ", object(q.VM, ""), ".")
	case q.Verb.needsApproval() && !m.v.policy.covered(q.Verb):
		return chat.T("grants it, but no approvals entry covers ", chat.Code(string(q.Verb)), ".")
	case g.Limit != nil:
		return chat.T("grants it, at most " + strconv.Itoa(g.Limit.Count) + " a " + g.Limit.Per + " on each VM.")
	default:
		return chat.T("grants it.")
	}
}

// Identity is who somebody is to the policy.
type Identity struct {
	// Paste is the lines that name the account and the place in a policy.
	Paste []string
	// Rules are the names of the grants that reach the account in this place.
	Rules []string
	// Contact is whom to ask for rights; may be empty.
	Contact string
}

// Identity names the account and the place as the policy file does.
func (a *Access) Identity(ctx context.Context, actor chat.Actor, place chat.Place) Identity {
	id := Identity{
		Paste: []string{
			"who: [" + strconv.Quote(actor.ID()) + "]",
			"in: [" + strconv.Quote(where(place).String()) + "]",
		},
		Contact: a.Contact(),
	}
	v := a.view.Load()
	for _, i := range a.standing(ctx, v, actor, place, anyVerb).grants {
		id.Rules = append(id.Rules, v.policy.Grants[i].Name)
	}
	return id
}

// Match is what one grant covers of a list of VMs.
type Match struct {
	// Grant is its name.
	Grant string
	// VMs are those that it takes.
	VMs []VM
	// Unmatched are the selectors, of vms and except, that fit none.
	Unmatched []string
}

// Matches is what each grant covers, in the order of the file.
func (p *Policy) Matches(vms []VM) []Match {
	out := make([]Match, 0, len(p.Grants))
	for i := range p.Grants {
		g := &p.Grants[i]
		m := Match{Grant: g.Name}
		for _, vm := range vms {
			if g.takes(vm) {
				m.VMs = append(m.VMs, vm)
			}
		}
		for _, s := range slices.Concat(g.VMs, g.Except) {
			if !slices.ContainsFunc(vms, s.matches) {
				m.Unmatched = append(m.Unmatched, s.String())
			}
		}
		out = append(out, m)
	}
	return out
}
