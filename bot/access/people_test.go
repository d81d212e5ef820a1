package access_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"vmbackup-bot/bot/access"
	"vmbackup-bot/bot/chat"
)

func TestIdentity(t *testing.T) {
	a := newTeam(t, rules, &people{groups: map[string][]string{"S2": {"U1"}}})
	dm := slackPlace("D1")
	dm.Direct = true
	thread := slackPlace("C1")
	thread.Thread = "1.2"
	for name, c := range map[string]struct {
		got, want access.Identity
	}{
		"thread": {a.Identity(t.Context(), slackUser("U1"), thread), access.Identity{
			Paste: []string{`who: ["slack:T1/U1"]`, `in: ["slack:C1"]`}, Rules: []string{"web", "channel"}, Contact: "#it-help",
		}},
		"direct": {a.Identity(t.Context(), slackUser("U1"), dm), access.Identity{
			Paste: []string{`who: ["slack:T1/U1"]`, `in: ["slack:dm"]`}, Rules: []string{"direct"}, Contact: "#it-help",
		}},
		"domain account": {a.Identity(t.Context(), chat.Actor{Platform: "console", User: `CORP\bob`}, backups), access.Identity{
			Paste: []string{`who: ["console:CORP\\bob"]`, `in: ["console:#backups"]`}, Contact: "#it-help",
		}},
	} {
		if d := cmp.Diff(c.want, c.got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		text := "version: 1\ngrants:\n- {name: x, " + c.got.Paste[0] + ", " + c.got.Paste[1] + ", vms: [a], can: [status]}\n"
		if _, err := access.Parse("pasted", []byte(text)); err != nil {
			t.Errorf("%s cannot be pasted: %v", name, err)
		}
	}
}

func TestSameHuman(t *testing.T) {
	a := newTeam(t, rules, nil)
	carol2 := slackUser("U7")
	anna, discord := slackUser("U1"), chat.Actor{Platform: "discord", Team: "G", User: "77"}
	for name, c := range map[string]struct {
		x, y chat.Actor
		want bool
	}{
		"two platforms":  {anna, discord, true},
		"console":        {chat.Actor{Platform: "console", User: "anna"}, anna, true},
		"same account":   {carol, carol, true},
		"others":         {carol, alice, false},
		"one is listed":  {anna, carol, false},
		"foreign team":   {chat.Actor{Platform: "slack", Team: "T2", User: "U1"}, discord, false},
		"nobody is none": {chat.Actor{}, chat.Actor{}, false},
		"Discord, once in a guild and once in a direct message": {discord, chat.Actor{Platform: "discord", User: "77"}, true},
		"Slack, in another workspace of the organisation":       {carol2, chat.Actor{Platform: "slack", Team: "T2", User: "U7"}, true},
	} {
		if got := a.SameHuman(c.x, c.y); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestMatches(t *testing.T) {
	p := mustParse(t, rules)
	m := p.Matches(fleet())
	if d := cmp.Diff(access.Match{Grant: "web", VMs: []access.VM{web01, slash}}, m[0]); d != "" {
		t.Error(d)
	}
	m = p.Matches([]access.VM{app01})
	if d := cmp.Diff(access.Match{Grant: "web", Unmatched: []string{"WEB*", "host:hv03/web/*", "*-template"}}, m[0]); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(access.Match{Grant: "by-id", VMs: []access.VM{app01}}, m[2]); d != "" {
		t.Error(d)
	}
}

// TestMembershipsAreBelievedForAMinute covers the whole way: no answer may rest on a membership older than that.
func TestMembershipsAreBelievedForAMinute(t *testing.T) {
	path := write(t, rules)
	synctest.Test(t, func(t *testing.T) {
		d := &people{groups: map[string][]string{"S2": {"U3"}}}
		a := access.New(access.Options{Path: path, OwnTeam: everyTeam, Directories: map[string]access.Directory{"slack": d}})
		status := func(vm access.VM, verb access.Verb) bool {
			return a.Decide(t.Context(), access.Question{Actor: slackUser("U3"), Place: slackPlace("C1"), Verb: verb, VM: &vm}).Allowed
		}
		if !status(sql01, access.Status) {
			t.Fatal("not allowed")
		}
		asked := d.count()
		d.set(func() { d.groups = nil })
		<-time.After(40 * time.Second)
		// Another answer, from the memberships of 40 s ago, must not make them live longer.
		a.Visible(t.Context(), slackUser("U3"), slackPlace("C1"))
		if !status(sql01, access.Status) || d.count() != asked {
			t.Errorf("not remembered: %d look-ups after %d", d.count(), asked)
		}
		<-time.After(20 * time.Second)
		if status(sql01, access.Status) || a.Visible(t.Context(), slackUser("U3"), slackPlace("C1"))(sql01) {
			t.Error("still allowed after a minute")
		}
		// A failure is not remembered, and a membership comes back with the first look-up that succeeds.
		d.set(func() { d.down = true })
		<-time.After(time.Minute)
		if status(sql01, access.Status) {
			t.Error("allowed although the look-up failed")
		}
		d.set(func() { d.down, d.groups = false, map[string][]string{"S2": {"U3"}} })
		if !status(sql01, access.Status) {
			t.Error("a failed look-up was remembered")
		}
	})
}

func TestDirectories(t *testing.T) {
	a := access.Static(mustParse(t, rules))
	q := access.Question{Actor: slackUser("U3"), Place: slackPlace("C1"), Verb: access.Status, VM: &sql01}
	if d := a.Decide(t.Context(), q); d.Allowed || strings.Contains(plain(d.Reason), "look-up") {
		t.Errorf("before any workspace is the bot's own: %v", plain(d.Reason))
	}
	a.SetOwnTeam(everyTeam)
	if d := a.Decide(t.Context(), q); d.Allowed || !strings.Contains(plain(d.Reason), "look-up") {
		t.Errorf("without a directory: %v", plain(d.Reason))
	}
	a.SetDirectory("slack", &people{groups: map[string][]string{"S2": {"U3"}}})
	if !a.Decide(t.Context(), q).Allowed {
		t.Error("with a directory: refused")
	}
	a.SetDirectory("slack", nil)
	if a.Decide(t.Context(), q).Allowed {
		t.Error("without it again: allowed")
	}
	// Discord's roles come with most requests; where they did not, the directory is asked.
	a.SetDirectory("discord", &people{groups: map[string][]string{"42": {"5"}}})
	q = access.Question{
		Actor: chat.Actor{Platform: "discord", User: "5"}, Place: chat.Place{Platform: "discord", Channel: "9"}, Verb: access.Backup, VM: &sql01,
	}
	if !a.Decide(t.Context(), q).Allowed {
		t.Error("the directory was not asked for the roles")
	}
}

// everyTeam is the bot's own.
func everyTeam(string, string) bool { return true }

func TestOwnTeam(t *testing.T) {
	a := access.Static(mustParse(t, rules))
	q := access.Question{Actor: slackUser("U1"), Place: slackPlace("C1"), Verb: access.Backup, VM: &web01}
	if a.Decide(t.Context(), q).Allowed {
		t.Error("an id without a team counts before the bot knows its own")
	}
	a.SetOwnTeam(func(_, team string) bool { return team == "T1" })
	if !a.Decide(t.Context(), q).Allowed {
		t.Error("the bot's own workspace does not count")
	}
	a.SetOwnTeam(nil)
	if a.Decide(t.Context(), q).Allowed {
		t.Error("what was decided outlived the workspace")
	}
}
