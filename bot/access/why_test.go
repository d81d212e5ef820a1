package access_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vmbackup-bot/bot/access"
	"vmbackup-bot/bot/chat"
)

func TestWhySteps(t *testing.T) {
	a := newTeam(t, rules, &people{down: true})
	steps := func(actor chat.Actor, place chat.Place, verb access.Verb, vm *access.VM) []string {
		var out []string
		for _, s := range a.Why(t.Context(), access.Question{Actor: actor, Place: place, Verb: verb, VM: vm}).Steps {
			out = append(out, plain(s))
		}
		return out
	}
	const lobby = "lobby: does not hold in this place and does not grant "
	for name, c := range map[string]struct{ got, want []string }{
		"backup": {steps(alice, backups, access.Backup, &web01), []string{
			"web: grants it, at most 2 a day on each VM.", "web-more: grants it, at most 4 a day on each VM.", "by-id: does not cover web01.",
			lobby + "backup.", "over: does not grant backup.",
		}},
		"seed": {steps(alice, backups, access.SeedToDisk, &web01), []string{
			"web: does not grant seed-to-disk.", "web-more: does not grant seed-to-disk.",
			"by-id: does not grant seed-to-disk and does not cover web01.",
			lobby + "seed-to-disk.", "over: grants it, but no approvals entry covers seed-to-disk.",
		}},
		"look-ups fail": {steps(slackUser("U1"), slackPlace("C1"), access.Restore, &web01), []string{
			"web: does not grant restore.",
			"every: the look-up of slack:usergroup:S1 failed, so it grants nothing.",
			"channel: the look-up of slack:usergroup:S2 failed, so it grants nothing.",
			"direct: the look-up of slack:usergroup:S2 failed, so it grants nothing.",
			"lobby: the look-up of anyone failed, so it grants nothing.",
		}},
		"by id":            {steps(alice, backups, access.Backup, &app01)[2:3], []string{"by-id: grants it."}},
		"nothing for him":  {steps(chat.Actor{Platform: "discord", User: "5", Roles: []string{"1"}}, slackPlace("C1"), access.Status, nil), []string{"lobby: the look-up of anyone failed, so it grants nothing."}},
		"excepted, hidden": {steps(alice, backups, access.Backup, &tmpl)[:3], []string{"web: does not cover it.", "web-more: does not cover it.", "by-id: does not cover it."}},
	} {
		if d := cmp.Diff(c.want, c.got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// TestAHiddenVMStaysHidden makes sure that nothing tells a VM that is not yours from one that is not there, not even when it
// was asked for by its id.
func TestAHiddenVMStaysHidden(t *testing.T) {
	a := newTeam(t, rules, &people{groups: map[string][]string{"S2": {"U3"}}})
	a.SetVMs(fleet())
	dm := slackPlace("D1")
	dm.Direct = true
	for name, place := range map[string]chat.Place{"channel": slackPlace("C1"), "other": slackPlace("C9"), "direct": dm} {
		why := func(vm access.VM) (out []string) {
			x := a.Why(t.Context(), access.Question{Actor: slackUser("U3"), Place: place, Verb: access.Backup, VM: &vm})
			for _, s := range append([]chat.Text{x.Reason, x.Hint}, x.Steps...) {
				out = append(out, plain(s))
			}
			return out
		}
		secret := access.VM{Ref: "r-secret", Name: "sql-secret", Host: "HV01"}
		got, none := why(secret), why(access.VM{Ref: "r-none"})
		if d := cmp.Diff(none, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if all := strings.Join(got, "\n"); !strings.HasPrefix(all, "Not found, or not yours.") || strings.Contains(all, "secret") || strings.Contains(all, "every") {
			t.Errorf("%s: %s", name, all)
		}
	}
}
