package access_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vmbackup-bot/bot/access"
	"vmbackup-bot/bot/chat"
)

const rules = `
version: 1
contact: "#it-help"
people:
  anna: ["slack:U1", "discord:77", "console:anna"]
groups:
  dba: ["slack:T9/U9", "console:dora", "group:inner"]
  inner: ["slack:usergroup:S1"]
grants:
  - {name: web, who: ["console:alice", "slack:U1"], vms: ["WEB*", "host:hv03/web/*"], except: ["*-template"], can: [status, backup, abort], limit: 2/day}
  - {name: web-more, who: ["console:alice"], vms: ["web01"], can: [backup], limit: 4/day}
  - {name: by-id, who: ["console:alice"], vms: ["ref:R-APP01"], can: [all]}
  - {name: every, who: ["group:dba", "discord:role:42"], vms: ["*"], can: [all, abort-any]}
  - {name: channel, who: ["slack:usergroup:S2"], in: ["slack:C1"], vms: ["host:HV02/*"], can: [status]}
  - {name: direct, who: ["slack:usergroup:S2"], in: ["slack:dm"], vms: ["*"], except: ["sql*"], can: [status]}
  - {name: lobby, who: [anyone], in: ["slack:C2", "console:#lobby"], vms: ["web01"], can: [status]}
  - {name: over, who: ["console:alice"], vms: ["web01"], can: [restore-over, seed-to-disk]}
  - {name: stars, who: ["console:erik"], vms: ["**"], can: [status]}
  - {name: stop, who: ["console:frida"], vms: ["web01"], except: ["ref:r-x"], can: [abort-any]}
approvals:
  - {verbs: [restore-over], by: ["group:dba"]}
`

func slackUser(user string) chat.Actor { return chat.Actor{Platform: "slack", Team: "T1", User: user} }

func slackPlace(channel string) chat.Place {
	return chat.Place{Platform: "slack", Team: "T1", Channel: channel}
}

func TestDecide(t *testing.T) {
	c1, c2 := slackPlace("C1"), slackPlace("C2")
	thread, dm := c1, slackPlace("D1")
	thread.Thread, dm.Direct = "171.2", true
	guild := chat.Place{Platform: "discord", Team: "G", Channel: "9"}
	member := func(roles ...string) chat.Actor { return chat.Actor{Platform: "discord", User: "5", Roles: roles} }
	console := func(user string) chat.Actor { return chat.Actor{Platform: "console", User: user} }
	cdm := backups
	cdm.Direct = true
	foreign := chat.Actor{Platform: "slack", Team: "T2", User: "U1"}

	for name, c := range map[string]struct {
		actor chat.Actor
		place chat.Place
		verb  access.Verb
		vm    *access.VM
		rule  string // empty: refused
	}{
		"the grant with the higher limit":     {alice, backups, access.Backup, &web01, "web-more"},
		"case does not count":                 {alice, backups, access.Status, &web01, "web"},
		"an exception wins":                   {alice, backups, access.Status, &tmpl, ""},
		"host glob, and slashes in names":     {alice, backups, access.Status, &slash, "web"},
		"by id, whatever its case":            {alice, backups, access.Verify, &app01, "by-id"},
		"all leaves out force":                {alice, backups, access.Force, &app01, ""},
		"all leaves out abort-any":            {alice, backups, access.AbortAny, &app01, ""},
		"all leaves out approve":              {alice, backups, access.Approve, &app01, ""},
		"named beside all":                    {console("dora"), backups, access.AbortAny, &app01, "every"},
		"abort-any is for one's own too":      {console("frida"), backups, access.Abort, &web01, "stop"},
		"no id may hide an excepted one":      {console("frida"), backups, access.Abort, &access.VM{Name: "web01"}, ""},
		"abort is not for others'":            {alice, backups, access.AbortAny, &web01, ""},
		"a verb not granted":                  {alice, backups, access.Restore, &web01, ""},
		"nobody by default":                   {carol, backups, access.Status, &web01, ""},
		"any VM at all":                       {alice, backups, access.Abort, nil, "by-id"},
		"any VM at all, refused":              {carol, backups, access.Abort, nil, ""},
		"no direct messages":                  {alice, cdm, access.Backup, &web01, ""},
		"unknown VM needs the star":           {alice, backups, access.Backup, &access.VM{}, ""},
		"unknown VM and two stars":            {chat.Actor{Platform: "console", User: "erik"}, backups, access.Status, &access.VM{}, ""},
		"unknown VM with the star":            {console("dora"), backups, access.Abort, &access.VM{}, "every"},
		"unknown VM, and an exception":        {slackUser("U3"), dm, access.Status, &access.VM{}, ""},
		"a VM that is on no list":             {console("dora"), backups, access.Backup, &access.VM{Ref: "x", Name: "new"}, "every"},
		"no name may hide an excepted one":    {slackUser("U3"), dm, access.Status, &access.VM{Ref: "x"}, ""},
		"own team":                            {slackUser("U1"), c1, access.Backup, &web01, "web"},
		"another team's account of that id":   {foreign, c1, access.Backup, &web01, ""},
		"team named, and only that":           {chat.Actor{Platform: "slack", Team: "T9", User: "U9"}, c1, access.Backup, &web01, "every"},
		"team named, not this one":            {slackUser("U9"), c1, access.Backup, &web01, ""},
		"another platform's account":          {chat.Actor{Platform: "discord", User: "alice"}, guild, access.Backup, &web01, ""},
		"user group in its channel":           {slackUser("U3"), c1, access.Status, &sql01, "channel"},
		"a thread counts as its channel":      {slackUser("U3"), thread, access.Status, &sql01, "channel"},
		"another channel":                     {slackUser("U3"), slackPlace("C9"), access.Status, &sql01, ""},
		"direct messages, when named":         {slackUser("U3"), dm, access.Status, &web01, "direct"},
		"an exception in direct messages":     {slackUser("U3"), dm, access.Status, &sql01, ""},
		"a stranger in a user group":          {chat.Actor{Platform: "slack", Team: "T2", User: "U4"}, c1, access.Backup, &sql01, ""},
		"group in a group in Slack":           {slackUser("U4"), c1, access.Backup, &sql01, "every"},
		"Discord role":                        {member("1", "42"), guild, access.Backup, &sql01, "every"},
		"another Discord role":                {member("1"), guild, access.Backup, &sql01, ""},
		"no Discord roles known":              {member(), guild, access.Backup, &sql01, ""},
		"anyone":                              {slackUser("U8"), c2, access.Status, &web01, "lobby"},
		"anyone but guests":                   {slackUser("UGUEST"), c2, access.Status, &web01, ""},
		"anyone but strangers":                {chat.Actor{Platform: "slack", Team: "T2", User: "U8"}, c2, access.Status, &web01, ""},
		"anyone on the console":               {carol, chat.Place{Platform: "console", Channel: "#lobby"}, access.Status, &web01, "lobby"},
		"nobody is not anyone":                {chat.Actor{Platform: "console"}, chat.Place{Platform: "console", Channel: "#lobby"}, access.Status, &web01, ""},
		"approvals cover restore-over":        {alice, backups, access.RestoreOver, &web01, "over"},
		"approvals do not cover seed-to-disk": {alice, backups, access.SeedToDisk, &web01, ""},
		"no verb is not any verb":             {console("dora"), backups, "", &web01, ""},
		"no such verb":                        {console("dora"), backups, "*", &web01, ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := newTeam(t, rules, &people{
				groups: map[string][]string{"S1": {"U4"}, "S2": {"U3"}}, guests: map[string]bool{"UGUEST": true},
			})
			a.SetVMs(fleet())
			q := access.Question{Actor: c.actor, Place: c.place, Verb: c.verb, VM: c.vm}
			for range 2 { // the second answer comes from the cache
				d := a.Decide(t.Context(), q)
				if d.Allowed != (c.rule != "") || d.Rule != c.rule {
					t.Fatalf("got %q %t, want %q: %s", d.Rule, d.Allowed, c.rule, plain(d.Reason))
				}
				if d.Allowed == (len(d.Reason) > 0) || d.Allowed == (len(d.Hint) > 0) {
					t.Errorf("allowed %t with reason %q and hint %q", d.Allowed, plain(d.Reason), plain(d.Hint))
				}
			}
			x := a.Why(t.Context(), q)
			if x.Allowed != (c.rule != "") || x.Rule != c.rule || (x.Allowed && len(x.Steps) == 0) {
				t.Errorf("why says %t by %q with %d steps", x.Allowed, x.Rule, len(x.Steps))
			}
			for _, s := range x.Steps {
				if !x.Allowed && strings.Contains(plain(s), ": grants it") && !strings.Contains(plain(s), "approvals") {
					t.Errorf("refused, and yet %q", plain(s))
				}
			}
		})
	}
}

// newTeam is an Access whose own Slack workspace is T1, with its people.
func newTeam(t testing.TB, text string, d *people) *access.Access {
	t.Helper()
	path := write(t, text)
	o := access.Options{
		Path: path, Every: time.Second,
		OwnTeam: func(platform, team string) bool { return platform == "slack" && team == "T1" },
	}
	if d != nil {
		o.Directories = map[string]access.Directory{"slack": d}
	}
	return access.New(o)
}

func TestLimit(t *testing.T) {
	a := access.Static(mustParse(t, rules))
	q := access.Question{Actor: alice, Place: backups, Verb: access.Backup, VM: &web01}
	d := a.Decide(t.Context(), q)
	if d.Limit == nil || d.Limit.Count != 4 || d.Limit.Per != "day" {
		t.Fatalf("limit is %+v", d.Limit)
	}
	d.Limit.Count = 99 // must not reach the policy
	if d := a.Decide(t.Context(), q); d.Limit.Count != 4 {
		t.Errorf("limit is now %+v", d.Limit)
	}
}

func TestRefusals(t *testing.T) {
	down := &people{down: true}
	c1 := slackPlace("C1")
	c1.Thread = "1.2"
	for name, c := range map[string]struct {
		policy       string
		q            access.Question
		reason, hint string
	}{
		"nothing here": {
			rules,
			access.Question{Actor: carol, Place: backups, Verb: access.Backup},
			"You may not backup anything here: no rule grants it.",
			"Ask #it-help for the right backup, for console:carol in console:#backups.",
		},
		"one VM": {
			rules,
			access.Question{Actor: carol, Place: backups, Verb: access.Status, VM: &web01},
			"You may not see the status of web01 here: no rule grants it; the nearest, lobby, does not hold in this place.",
			"Ask #it-help for the right status on web01, for console:carol in console:#backups.",
		},
		"unknown VM, no contact, in a thread": {
			"version: 1\n",
			access.Question{Actor: slackUser("U1"), Place: c1, Verb: access.Abort, VM: &access.VM{}},
			"You may not abort a VM that is not known here: no rule grants it.",
			"Ask whoever looks after the policy file for the right abort on a VM that is not known, for slack:T1/U1 in slack:C1.",
		},
		"a name from outside": {
			"version: 1\n",
			access.Question{Actor: carol, Place: chat.Place{Platform: "console", Direct: true}, Verb: access.Backup, VM: &access.VM{Name: "a\nb" + strings.Repeat("x", 200)}},
			"You may not backup a b" + strings.Repeat("x", 96) + "… here: no rule grants it.",
			"Ask whoever looks after the policy file for the right backup on a b" + strings.Repeat("x", 96) + "…, for console:carol in console:dm.",
		},
		"only an id": {
			"version: 1\n",
			access.Question{Actor: carol, Place: backups, Verb: access.Backup, VM: &access.VM{Ref: "r1"}},
			"You may not backup r1 here: no rule grants it.",
			"Ask whoever looks after the policy file for the right backup on r1, for console:carol in console:#backups.",
		},
		"a look-up failed": {
			rules,
			access.Question{Actor: slackUser("U3"), Place: slackPlace("C1"), Verb: access.Status, VM: &sql01},
			"You may not see the status of SQL01 here: the look-up of slack:usergroup:S1, slack:usergroup:S2 failed, and no other rule grants it.",
			"Try again in a minute. Ask #it-help for the right status on SQL01, for slack:T1/U3 in slack:C1.",
		},
		"one step away": {
			rules,
			access.Question{Actor: alice, Place: backups, Verb: access.Restore, VM: &web01},
			"You may not restore web01 here: no rule grants it; the nearest, web, does not grant restore.",
			"Ask #it-help for the right restore on web01, for console:alice in console:#backups.",
		},
		"excepted, but visible by another rule": {
			"version: 1\ngrants:\n- {name: see, who: [\"console:alice\"], vms: [\"*\"], can: [status]}\n- {name: do, who: [\"console:alice\"], vms: [\"*\"], except: [\"sql*\"], can: [backup]}\n",
			access.Question{Actor: alice, Place: backups, Verb: access.Backup, VM: &sql01},
			"You may not backup SQL01 here: no rule grants it; the nearest, see, does not grant backup.",
			"Ask whoever looks after the policy file for the right backup on SQL01, for console:alice in console:#backups.",
		},
		"no approvals": {
			rules,
			access.Question{Actor: alice, Place: backups, Verb: access.SeedToDisk, VM: &web01},
			"You may not seed-to-disk web01 here: no approvals entry covers seed-to-disk.",
			"Ask #it-help for the right seed-to-disk on web01, for console:alice in console:#backups.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newTeam(t, c.policy, down).Decide(t.Context(), c.q)
			if d.Allowed {
				t.Fatal("allowed")
			}
			if diff := cmp.Diff([]string{c.reason, c.hint}, []string{plain(d.Reason), plain(d.Hint)}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestVisible(t *testing.T) {
	a := access.Static(mustParse(t, rules))
	a.SetVMs(fleet())
	sees := a.Visible(t.Context(), alice, backups)
	var got []string
	for _, vm := range append(fleet(), access.VM{Name: "webnew"}, access.VM{}) {
		if sees(vm) {
			got = append(got, vm.Name)
		}
	}
	if d := cmp.Diff([]string{"web01", "app01", "web/prod/1", "webnew"}, got); d != "" {
		t.Error(d)
	}
	if a.Visible(t.Context(), carol, backups)(web01) {
		t.Error("carol sees web01")
	}
}

// TestFolding covers names that are equal to a reader but not to a computer.
func TestFolding(t *testing.T) {
	for glob, name := range map[string]string{
		"Bür*": "BU\u0308RO", "bu\u0308r*": "BÜRO", "ΟΔΟΣ": "οδος", "STRASSE-*": "straſſe-1", "web[A-C]": "WEBb", "a/b*": "A/B/C",
	} {
		p := mustParse(t, "version: 1\ngrants:\n- {name: x, who: [anyone], vms: [\""+glob+"\"], can: [status]}\n")
		if m := p.Matches([]access.VM{{Ref: "r", Name: name}}); len(m[0].VMs) != 1 {
			t.Errorf("%q does not match %q", glob, name)
		}
	}
}
