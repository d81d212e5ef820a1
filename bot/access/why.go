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
	// Steps is one line for each grant that is for the asker, in the order of the file.
	Steps []chat.Text
}

// Why answers q as Decide does, and says of each grant that is for the asker why it does or does not allow it. Grants for
// others are not named, and a VM that the asker may not know of here is, whatever it is, not found or not theirs.
func (a *Access) Why(ctx context.Context, q Question) Explanation {
	v := a.view.Load()
	d := a.decide(ctx, v, q)
	x := Explanation{Allowed: d.Allowed, Rule: d.Rule, Reason: d.Reason, Hint: d.Hint}
	if v.policy == nil {
		return x
	}
	hidden := a.hidden(ctx, v, q)
	if hidden {
		x.Reason, x.Hint = a.notYours(ctx, v, q)
	}
	m := a.member(v, q.Actor)
	for i := range v.policy.Grants {
		g := &v.policy.Grants[i]
		if step := m.step(ctx, g, q, hidden); step != nil {
			x.Steps = append(x.Steps, chat.T(chat.Code(g.Name), ": ", step))
		}
	}
	return x
}

// notYours is what is said of a VM that the asker may not know of. It repeats nothing of the VM, which may have been asked
// for by its id alone.
func (a *Access) notYours(ctx context.Context, v *view, q Question) (reason, hint chat.Text) {
	reason = chat.T("Not found, or not yours.")
	if failed := a.standing(ctx, v, q.Actor, q.Place, anyVerb).failed; len(failed) > 0 {
		reason = chat.T(reason, " The look-up of ", names(failed), " failed, so it grants nothing.")
	}
	q.VM = nil
	return reason, ask(v.policy, q)
}

// step is what one grant says to q; nil for a grant that is not for the asker.
func (m *member) step(ctx context.Context, g *Grant, q Question, hidden bool) chat.Text {
	m.failed, m.groups = nil, map[string]bool{}
	n := m.misses(ctx, g, q, hidden)
	switch {
	case n == missPerson && len(m.failed) > 0:
		return chat.T("the look-up of ", names(m.failed), " failed, so it grants nothing.")
	case n == missPerson:
		return nil
	case n != 0:
		return chat.T(n.obstacles(g, q, hidden), ".")
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
