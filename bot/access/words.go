package access

import (
	"context"
	"strings"

	"vmbackup-bot/bot/chat"
)

// longestName is how much of a VM's name a refusal repeats, in runes.
const longestName = 100

// refuse is the refusal of q: what was refused, why, and what to ask for.
func (a *Access) refuse(ctx context.Context, v *view, q Question, s *standing) Decision {
	if v.policy == nil {
		return Decision{
			Reason: chat.T("Nobody may do anything: the bot has no policy that it can read."),
			Hint:   chat.T("Whoever runs the bot must mend the policy file; its check says what is wrong."),
		}
	}
	d := Decision{Reason: refused(q), Hint: ask(v.policy, q)}
	switch {
	case q.Verb.needsApproval() && !v.policy.covered(q.Verb):
		d.Reason = chat.T(d.Reason, ": no approvals entry covers ", chat.Code(string(q.Verb)), ".")
	case len(s.failed) > 0:
		d.Reason = chat.T(d.Reason, ": the look-up of ", names(s.failed), " failed, and no other rule grants it.")
		d.Hint = chat.T("Try again in a minute. ", d.Hint)
	default:
		why := a.nearMiss(ctx, v, q)
		if why == nil && v.stranger(q.Actor) {
			why = chat.T("; your account belongs to another workspace, and no rule names it together with that")
		}
		d.Reason = chat.T(d.Reason, ": no rule grants it", why, ".")
	}
	return d
}

// refused starts the sentence that says what was refused.
func refused(q Question) chat.Text {
	verb := chat.T(chat.Code(string(q.Verb)))
	if q.Verb == Status {
		verb = chat.T("see the ", chat.Code(string(q.Verb)), " of")
	}
	return chat.T("You may not ", verb, " ", object(q.VM, "anything"), " here")
}

// ask says which right to ask for, and whom.
func ask(p *Policy, q Question) chat.Text {
	whom := chat.T("whoever looks after the policy file")
	if p.Contact != "" {
		whom = chat.T(p.Contact)
	}
	t := chat.T("Ask ", whom, " for the right ", chat.Code(string(q.Verb)))
	if q.VM != nil {
		t = chat.T(t, " on ", object(q.VM, ""))
	}
	return chat.T(t, ", for ", chat.Code(q.Actor.ID()), " in ", chat.Code(where(q.Place).String()), ".")
}

// object names the VM, or none where none is meant.
func object(vm *VM, none string) chat.Text {
	switch {
	case vm == nil:
		return chat.T(none)
	case vm.Name != "":
		return chat.T(chat.Code(chat.Cut(chat.OneLine(vm.Name), longestName)))
	case vm.Ref != "":
		return chat.T(chat.Code(chat.Cut(chat.OneLine(vm.Ref), longestName)))
	default:
		return chat.T("a VM that is not known")
	}
}

// where is p as a policy writes it.
func where(p chat.Place) Where {
	if p.Direct {
		return Where{Platform: p.Platform, Direct: true}
	}
	return Where{Platform: p.Platform, Channel: p.Channel}
}

// names joins words for a sentence.
func names(all []string) chat.Text {
	var t chat.Text
	for i, n := range all {
		if i > 0 {
			t = chat.T(t, ", ")
		}
		t = chat.T(t, chat.Code(n))
	}
	return t
}

// line joins a rule's parts for the announcement of a change.
func line[T interface{ String() string }](label string, all []T) string {
	if len(all) == 0 {
		return ""
	}
	words := make([]string, 0, len(all))
	for _, w := range all {
		words = append(words, w.String())
	}
	return " " + label + " " + strings.Join(words, ", ")
}
