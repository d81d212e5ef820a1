package slack

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vmbackup-bot/bot/chat"
)

func TestCanPost(t *testing.T) {
	scoped := func(list string) func(url.Values, http.ResponseWriter) {
		return func(_ url.Values, rw http.ResponseWriter) {
			if list != "" {
				rw.Header().Set(scopesHeader, list)
			}
			fmt.Fprint(rw, `{"ok":true,"team_id":"T1","user_id":"UBOT","user":"vmbot"}`)
		}
	}
	for name, c := range map[string]struct {
		scopes, body string
		no           string // what the refusal says; empty for none
	}{
		"member":          {"chat:write,groups:read", `"is_channel":true,"is_member":true`, ""},
		"public":          {"chat:write, channels:read", `"is_channel":true`, "not in this channel"},
		"public, allowed": {"chat:write, chat:write.public", `"is_channel":true`, ""},
		"private":         {"chat:write,chat:write.public", `"is_private":true`, "not in this channel"},
		"archived":        {"chat:write", `"is_channel":true,"is_member":true,"is_archived":true`, "archived"},
		"direct":          {"chat:write", `"is_im":true`, ""},
		"group of people": {"chat:write", `"is_mpim":true`, ""},
		"unknown":         {"groups:read", codeNoChannel, "not in this channel"},
		"may not know":    {"channels:read", codeNoChannel, ""},
		"says no scopes":  {"", codeNoChannel, ""},
		"missing scope":   {"chat:write", "missing_scope", ""},
		"error":           {"groups:read", "internal_error", ""},
		"throttled":       {"groups:read", "ratelimited", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWeb(t)
			w.do(methodAuth, scoped(c.scopes))
			w.know(t)
			body := refused(c.body)
			if strings.HasPrefix(c.body, `"`) {
				body = `{"ok":true,"channel":{"id":"C1",` + c.body + `}}`
			}
			w.on(methodChannel, body)
			_, err := w.CanPost(t.Context(), webPlace())
			if c.no == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			e, ok := errors.AsType[*chat.Error](err)
			if !ok || !strings.Contains(e.Say.Plain(time.UTC), c.no) || !strings.Contains(e.Say.Plain(time.UTC), "Nothing was started") {
				t.Fatalf("%v", err)
			}
			if c.no != "archived" && !strings.Contains(e.Hint.Plain(time.UTC), "/invite @vmbot") {
				t.Errorf("%q", e.Hint.Plain(time.UTC))
			}
		})
	}
}

func TestCanPostIsAskedSeldom(t *testing.T) {
	w := newWeb(t)
	w.know(t)
	yes, no := `{"ok":true,"channel":{"id":"C1","is_member":true}}`, `{"ok":true,"channel":{"id":"C1"}}`
	w.on(methodChannel, no, no, yes, no)
	for i, allowed := range []bool{false, false, true, true, true} {
		if _, err := w.CanPost(t.Context(), webPlace()); (err == nil) != allowed {
			t.Errorf("%d: %v", i, err)
		}
	}
	if n := w.called(methodChannel); n != 3 {
		t.Errorf("%d calls", n)
	}
	// A post that is refused casts doubt on what was believed.
	w.on(methodPost, refused("not_in_channel"))
	_, err := w.Post(t.Context(), webPlace(), webCard())
	wantFault(t, err, chat.FaultForbidden)
	if _, err := w.CanPost(t.Context(), webPlace()); err == nil {
		t.Error("still believed")
	}
	direct := webPlace()
	direct.Direct = true
	if _, err := w.CanPost(t.Context(), direct); err != nil {
		t.Error(err)
	}
}

func TestCanPostDoesNotWaitLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		a, stop := onPipes(t, func(string, int) string { <-release; return "" })
		defer stop()
		defer close(release)
		began := time.Now()
		if _, err := a.CanPost(t.Context(), webPlace()); err != nil || time.Since(began) != canPostWithin {
			t.Errorf("%v after %s", err, time.Since(began))
		}
	})
}

// TestMemoryOfPlacesIsBounded: anybody can make new channels.
func TestMemoryOfPlacesIsBounded(t *testing.T) {
	p := newPlaces(nil)
	for i := range 2 * mostPlaces {
		p.meet(fmt.Sprint("D", i), "U1")
		p.opened(fmt.Sprint("C", i), time.Now())
		p.moved(fmt.Sprint("D", i), "DBOT")
	}
	if len(p.users) > mostPlaces || len(p.open) > mostPlaces || len(p.as) > mostPlaces {
		t.Errorf("%d, %d, %d", len(p.users), len(p.open), len(p.as))
	}
}
