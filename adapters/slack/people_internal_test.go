package slack

import (
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vmbackup-bot/bot/chat"
)

func person1() chat.Actor { return chat.Actor{Platform: Name, Team: "T1", User: "U1"} }

func TestInGroup(t *testing.T) {
	w := newWeb(t)
	w.on(methodGroup, `{"ok":true,"users":["U2","U1"]}`)
	if _, err := w.InGroup(t.Context(), person1(), "S1"); err == nil {
		t.Error("an answer before it is known whose workspace this is")
	}
	w.know(t)
	for name, c := range map[string]struct {
		who  chat.Actor
		want bool
	}{
		"member":           {person1(), true},
		"other":            {chat.Actor{Platform: Name, Team: "T1", User: "U9"}, false},
		"foreign":          {chat.Actor{Platform: Name, Team: "T9", User: "U1"}, false},
		"of no team":       {chat.Actor{Platform: Name, User: "U1"}, false},
		"another platform": {chat.Actor{Platform: "discord", Team: "T1", User: "U1"}, false},
		"nobody":           {chat.Actor{Platform: Name, Team: "T1"}, false},
	} {
		if in, err := w.InGroup(t.Context(), c.who, "S1"); err != nil || in != c.want {
			t.Errorf("%s: %t, %v", name, in, err)
		}
	}
	if f := w.form(); f.Get("usergroup") != "S1" || f.Has("team_id") || w.called(methodGroup) != 1 {
		t.Errorf("%v, %d calls", f, w.called(methodGroup))
	}
	for _, body := range []string{refused("no_such_subteam"), refused("plan_upgrade_required"), `{}`, `<html>`, `{"ok":false}`} {
		w.on(methodGroup, body)
		if in, err := w.InGroup(t.Context(), person1(), "S2"); err == nil || in {
			t.Errorf("%s: %t, %v", body, in, err)
		}
	}
}

func TestGroupIsBelievedForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		a, stop := onPipes(t, func(method string, _ int) string {
			if method == methodAuth {
				return `{"ok":true,"team_id":"T1","user_id":"UBOT","enterprise_id":"E1"}`
			}
			calls++
			return map[bool]string{true: `{"ok":true,"users":["U1"]}`, false: `{"ok":true,"users":[]}`}[calls == 1]
		})
		defer stop()
		if _, err := a.identify(t.Context()); err != nil {
			t.Fatal(err)
		}
		in := func() bool {
			ok, err := a.InGroup(t.Context(), person1(), "S1")
			if err != nil {
				t.Error(err)
			}
			return ok
		}
		if !in() {
			t.Error("not in it")
		}
		<-time.After(groupFor - time.Second)
		if !in() || calls != 1 {
			t.Errorf("%d calls", calls)
		}
		<-time.After(time.Second)
		if in() || calls != 2 {
			t.Errorf("still in it after %d calls", calls)
		}
	})
}

func TestGroupCallIsShared(t *testing.T) {
	w := newWeb(t)
	w.know(t)
	asked, answer := make(chan struct{}), make(chan struct{})
	w.do(methodGroup, func(_ url.Values, rw http.ResponseWriter) {
		close(asked) // a second call would panic
		<-answer
		fmt.Fprint(rw, `{"ok":true,"users":["U1"]}`)
	})
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if in, err := w.InGroup(t.Context(), person1(), "S1"); err != nil || !in {
				t.Errorf("%t, %v", in, err)
			}
		})
	}
	<-asked
	close(answer)
	wg.Wait()
}

func TestGroupsWaitAfterAThrottle(t *testing.T) {
	w := newWeb(t)
	w.know(t)
	w.do(methodGroup, func(_ url.Values, rw http.ResponseWriter) {
		rw.Header().Set("Retry-After", "60")
		rw.WriteHeader(http.StatusTooManyRequests)
	})
	for range 3 {
		if in, err := w.InGroup(t.Context(), person1(), "S1"); err == nil || in {
			t.Errorf("%t, %v", in, err)
		}
	}
	if n := w.called(methodGroup); n != 1 {
		t.Errorf("%d calls", n)
	}
}

func TestFullMember(t *testing.T) {
	w := newWeb(t)
	w.know(t)
	for body, want := range map[string]bool{
		`"team_id":"T1"`:                            true,
		`"team_id":"T1","is_admin":true`:            true,
		`"team_id":"T9"`:                            false,
		`"team_id":""`:                              false,
		`"team_id":"T1","deleted":true`:             false,
		`"team_id":"T1","is_restricted":true`:       false,
		`"team_id":"T1","is_ultra_restricted":true`: false,
		`"team_id":"T1","is_bot":true`:              false,
		`"team_id":"T1","is_stranger":true`:         false,
	} {
		w.on(methodUser, `{"ok":true,"user":{"id":"U1",`+body+`}}`)
		if full, err := w.FullMember(t.Context(), person1()); err != nil || full != want {
			t.Errorf("%s: %t, %v", body, full, err)
		}
	}
	for _, body := range []string{refused("user_not_found"), `{"ok":true}`, `{}`, "nothing"} {
		w.on(methodUser, body)
		if full, err := w.FullMember(t.Context(), person1()); err == nil || full {
			t.Errorf("%s: %t, %v", body, full, err)
		}
	}
}

func TestOwnTeams(t *testing.T) {
	w := newWeb(t)
	w.on(methodAuth, `{"ok":true,"team_id":"T1","user_id":"UBOT","enterprise_id":"E1"}`)
	w.related("E1", "T0")
	if w.OwnTeam(Name, "T1") || w.OwnTeam(Name, "T0") {
		t.Error("a team is own before Slack said so")
	}
	w.know(t)
	w.related("E1", "T2")
	w.related("E9", "T9")
	w.related("", "T8")
	for team, want := range map[string]bool{"T1": true, "E1": true, "T2": true, "T9": false, "T8": false, "": false} {
		if w.OwnTeam(Name, team) != want || w.OwnTeam("discord", team) {
			t.Errorf("%q", team)
		}
	}
	for _, c := range []struct {
		team, body string
		want       bool
	}{
		{"T3", `"team_id":"T3","enterprise_user":{"enterprise_id":"E1","teams":["T3","T4"]}`, true},
		{"T4", ``, true}, // named on the way
		{"T5", `"team_id":"T5","enterprise_user":{"enterprise_id":"E9","teams":["T5"]}`, false},
		{"T6", `"team_id":"T6","is_stranger":true,"enterprise_user":{"enterprise_id":"E1","teams":["T6"]}`, false},
		{"T7", `"team_id":"T7"`, false},
	} {
		w.on(methodUser, `{"ok":true,"user":{"id":"U7",`+c.body+`}}`)
		w.recognise(t.Context(), chat.Actor{Platform: Name, Team: c.team, User: "U7"})
		if w.OwnTeam(Name, c.team) != c.want {
			t.Errorf("%s: %t", c.team, !c.want)
		}
	}
	// A token of the organisation has to say which workspace's group it means.
	w.on(methodGroup, `{"ok":true,"users":["U1"]}`)
	if in, err := w.InGroup(t.Context(), chat.Actor{Platform: Name, Team: "T2", User: "U1"}, "S1"); err != nil || !in || w.form().Get("team_id") != "T1" {
		t.Errorf("%t, %v, %v", in, err, w.form())
	}
}
