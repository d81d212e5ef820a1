package discord

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vmbackup-bot/adapters/discord/discordtest"
	"vmbackup-bot/bot/access"
	"vmbackup-bot/bot/chat"
)

var _ access.Directory = (*Adapter)(nil)

const operators = "500000000000000001"

func person(id string) chat.Actor {
	return chat.Actor{Platform: Name, Team: discordtest.Guild, User: id}
}

func TestWhoIsWho(t *testing.T) {
	a, s, _ := online(t, discordtest.Options{Unlimited: true})
	s.AddMember(discordtest.Member{ID: discordtest.Alice, Name: "alice", Roles: []string{operators}})
	s.AddMember(discordtest.Member{ID: "400000000000000009", Name: "new", Roles: []string{operators}, Pending: true})
	elsewhere, slack, nobody, home := person(discordtest.Alice), person(discordtest.Alice), person(""), person(discordtest.Alice)
	elsewhere.Team, slack.Platform, home.Team = "700000000000000001", "slack", ""
	for _, c := range []struct {
		what         string
		who          chat.Actor
		inside, full bool
		unknown      bool // whether the person has the role
	}{
		{"with the role", person(discordtest.Alice), true, true, false},
		{"without a guild named", home, true, true, false},
		{"without the role", person(discordtest.Bob), false, true, false},
		{"not past the rules", person("400000000000000009"), true, false, false},
		{"a bot", person(discordtest.BotUser), false, false, false},
		{"not in the guild", person("400000000000000077"), false, false, false},
		{"nobody", nobody, false, false, false},
		{"of another platform", slack, false, false, false},
		{"of a guild without the bot", elsewhere, false, false, true},
	} {
		t.Run(c.what, func(t *testing.T) {
			inside, err := a.InGroup(t.Context(), c.who, operators)
			if inside != c.inside || (err != nil) != c.unknown {
				t.Errorf("in the group: %v, %v", inside, err)
			}
			full, err := a.FullMember(t.Context(), c.who)
			if full != c.full || err != nil {
				t.Errorf("a full member: %v, %v", full, err)
			}
		})
	}
	if ok, err := a.InGroup(t.Context(), person(discordtest.Alice), ""); ok || err != nil {
		t.Errorf("in no group at all: %v, %v", ok, err)
	}
	if ok, err := New(Options{}).FullMember(t.Context(), home); ok || err == nil {
		t.Errorf("of no guild: %v, %v", ok, err)
	}
}

func TestMembersAreKeptShortly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls, body := 0, `{"user":{"id":"1"},"roles":["9"]}`
		a := offline(func(*http.Request) (*http.Response, error) {
			calls++
			return said(200, body), nil
		})
		in := func() bool {
			t.Helper()
			ok, err := a.InGroup(t.Context(), chat.Actor{Platform: Name, User: "1"}, "9")
			if err != nil {
				t.Fatal(err)
			}
			return ok
		}
		if first, second := in(), in(); !first || !second || calls != 1 {
			t.Errorf("%v, %v, %d calls", first, second, calls)
		}
		body = `{"user":{"id":"1"},"roles":[]}`
		<-time.After(memberFor)
		if in() || calls != 2 {
			t.Errorf("still in the group; %d calls", calls)
		}
	})
}

func TestOneCallForAllWhoAsk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		a := offline(func(*http.Request) (*http.Response, error) {
			calls++
			<-time.After(time.Second)
			return said(200, `{"user":{"id":"1"},"roles":["9"]}`), nil
		})
		impatient, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		var all sync.WaitGroup
		for i := range 5 {
			all.Go(func() {
				ctx := t.Context()
				if i == 0 {
					ctx = impatient
				}
				// Whoever goes does not take the answer from the others, and does not wait for it.
				if ok, err := a.InGroup(ctx, chat.Actor{Platform: Name, User: "1"}, "9"); ok == (i == 0) || (err == nil) == (i == 0) {
					t.Errorf("%d: %v, %v", i, ok, err)
				}
			})
		}
		all.Wait()
		if calls != 1 {
			t.Errorf("%d calls", calls)
		}
	})
}

func TestLookupsThatFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		resp := func() *http.Response { return said(429, `{"retry_after":10}`) }
		a := offline(func(r *http.Request) (*http.Response, error) {
			if calls++; resp == nil {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			return resp(), nil
		})
		ask := func() {
			t.Helper()
			if ok, err := a.FullMember(t.Context(), chat.Actor{Platform: Name, User: "1"}); ok || err == nil {
				t.Errorf("%v, %v", ok, err)
			}
		}
		ask()
		ask()
		if calls != 1 {
			t.Errorf("%d calls although Discord asked to wait", calls)
		}
		<-time.After(10 * time.Second)
		for _, body := range []string{`{}`, `null`, `{"user":{"id":"2"},"roles":["9"]}`, `x`} {
			resp = func() *http.Response { return said(200, body) }
			ask()
		}
		resp = nil
		begin := time.Now()
		ask()
		if took := time.Since(begin); took != lookupWithin {
			t.Errorf("took %s", took)
		}
	})
}
