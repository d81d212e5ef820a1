package access_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vmbackup-bot/bot/access"
	"vmbackup-bot/bot/chat"
)

// rule is one grant of a random policy.
type rule struct{ who, in, vms, except, can []string }

func anyRule() *rapid.Generator[rule] {
	words := func(least int, words ...string) *rapid.Generator[[]string] {
		return rapid.SliceOfN(rapid.SampledFrom(words), least, 3)
	}
	selectors := []string{"*", "web*", "host:HV02/*", "host:*/web*", "ref:r-app01", "SQL01", "*-template", "web/*"}
	return rapid.Custom(func(t *rapid.T) rule {
		return rule{
			who: words(1, "console:alice", "console:carol", "group:g", "anyone", "slack:usergroup:S1", "discord:role:1", "discord:role:2").Draw(t, "who"),
			in:  words(0, "console:#backups", "console:#other", "slack:C1", "console:dm").Draw(t, "in"),
			vms: words(1, selectors...).Draw(t, "vms"), except: words(0, selectors...).Draw(t, "except"),
			can: words(1, "all", "status", "backup", "force", "restore-over").Draw(t, "can"),
		}
	})
}

func policyOf(t *rapid.T, rules []rule) *access.Policy {
	var b strings.Builder
	b.WriteString("version: 1\ngroups: {g: [\"console:carol\", \"slack:U1\"]}\napprovals: [{verbs: [restore-over], by: [anyone]}]\ngrants:\n")
	for i, r := range rules {
		fmt.Fprintf(&b, "  - {name: r%d, who: %s, vms: %s, except: %s, can: %s", i, flow(r.who), flow(r.vms), flow(r.except), flow(r.can))
		if len(r.in) > 0 {
			fmt.Fprintf(&b, ", in: %s", flow(r.in))
		}
		b.WriteString("}\n")
	}
	if len(rules) == 0 {
		b.WriteString("  []\n")
	}
	p, err := access.Parse("random", []byte(b.String()))
	if err != nil {
		t.Fatalf("%v in\n%s", err, b.String())
	}
	return p
}

func flow(words []string) string {
	quoted := make([]string, 0, len(words))
	for _, w := range words {
		quoted = append(quoted, fmt.Sprintf("%q", w))
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// questions is every question that the random policies can answer differently.
func questions() []access.Question {
	var out []access.Question
	dm := backups
	dm.Direct = true
	for _, actor := range []chat.Actor{alice, carol, slackUser("U1"), slackUser("U2")} {
		for _, place := range []chat.Place{backups, {Platform: "console", Channel: "#other"}, dm, slackPlace("C1")} {
			for _, verb := range []access.Verb{access.Status, access.Backup, access.Force, access.RestoreOver} {
				out = append(out, access.Question{Actor: actor, Place: place, Verb: verb})
				for _, vm := range append(fleet(), access.VM{}, access.VM{Ref: "r-app01"}, access.VM{Name: "webx"}) {
					out = append(out, access.Question{Actor: actor, Place: place, Verb: verb, VM: &vm})
				}
			}
		}
	}
	return out
}

func staffed(p *access.Policy) *access.Access {
	a := access.Static(p)
	a.SetOwnTeam(everyTeam)
	a.SetDirectory("slack", &people{groups: map[string][]string{"S1": {"U2"}}, guests: map[string]bool{"U2": true}})
	return a
}

// some is every eighth question, from a random one on: all of them in every round would take half a minute.
func some(t *rapid.T) []access.Question {
	var out []access.Question
	all := questions()
	for i := rapid.IntRange(0, 7).Draw(t, "first question"); i < len(all); i += 8 {
		out = append(out, all[i])
	}
	return out
}

func answers(t *rapid.T, a *access.Access, asked []access.Question) []access.Decision {
	var out []access.Decision
	for _, q := range asked {
		out = append(out, a.Decide(t.Context(), q))
	}
	return out
}

func noMore(t *rapid.T, before, after *access.Policy) {
	asked := some(t)
	was, is := answers(t, staffed(before), asked), answers(t, staffed(after), asked)
	for i, q := range asked {
		if is[i].Allowed && !was[i].Allowed {
			t.Fatalf("%+v is allowed now, by %s", q, is[i].Rule)
		}
	}
}

func TestAnAddedExceptionNeverAllowsMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules := rapid.SliceOfN(anyRule(), 1, 4).Draw(t, "rules")
		before := policyOf(t, rules)
		i := rapid.IntRange(0, len(rules)-1).Draw(t, "which")
		rules[i].except = append(rules[i].except, rapid.SampledFrom([]string{"*", "web*", "host:HV02/*", "ref:r-sql01", "*1"}).Draw(t, "added"))
		noMore(t, before, policyOf(t, rules))
	})
}

func TestARemovedGrantNeverAllowsMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules := rapid.SliceOfN(anyRule(), 1, 4).Draw(t, "rules")
		i := rapid.IntRange(0, len(rules)-1).Draw(t, "which")
		rest := append(append([]rule{}, rules[:i]...), rules[i+1:]...)
		noMore(t, policyOf(t, rules), policyOf(t, rest))
	})
}

// TestTheCacheChangesNoAnswer compares a fresh Access for every question with one that is asked everything, twice, and
// knows the VMs beforehand.
func TestTheCacheChangesNoAnswer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := policyOf(t, rapid.SliceOfN(anyRule(), 0, 4).Draw(t, "rules"))
		cached := staffed(p)
		cached.SetVMs(fleet())
		asked := some(t)
		answers(t, cached, asked)
		got := answers(t, cached, asked)
		for i, q := range asked {
			want := staffed(p).Decide(t.Context(), q)
			if got[i].Allowed != want.Allowed || got[i].Rule != want.Rule {
				t.Fatalf("%+v: cached %q, uncached %q", q, got[i].Rule, want.Rule)
			}
		}
	})
}

// TestTheOrderOfRolesIsIrrelevant asks with the same roles in two orders, of one Access, so that the cache is in it.
func TestTheOrderOfRolesIsIrrelevant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := staffed(policyOf(t, rapid.SliceOfN(anyRule(), 1, 4).Draw(t, "rules")))
		a.SetVMs(fleet())
		roles := rapid.SliceOfDistinct(rapid.SampledFrom([]string{"1", "2", "3", "12"}), rapid.ID).Draw(t, "roles")
		order := rapid.Permutation(roles).Draw(t, "order")
		q := access.Question{
			Place: chat.Place{Platform: "discord", Channel: "9"}, VM: &web01,
			Verb: rapid.SampledFrom([]access.Verb{access.Status, access.Backup}).Draw(t, "verb"),
		}
		ask := func(a *access.Access, roles []string) string {
			q.Actor = chat.Actor{Platform: "discord", User: "5", Roles: roles}
			return a.Decide(t.Context(), q).Rule
		}
		if got, want := ask(a, order), ask(a, roles); got != want {
			t.Fatalf("%q in one order, %q in the other", want, got)
		}
	})
}
