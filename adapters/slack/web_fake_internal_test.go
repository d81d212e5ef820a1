package slack

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vmbackup-bot/adapters/slack/slacktest"
	"vmbackup-bot/bot/chat"
)

// inWorkspace is an adapter in a workspace as strict as the real one, which knows who it is.
func inWorkspace(t testing.TB, o slacktest.Options) (*Adapter, *slacktest.Server, chat.Place) {
	t.Helper()
	srv, api := slacktest.Start(t, o)
	a := New(Options{BotToken: srv.BotToken(), APIURL: api})
	t.Cleanup(a.http.CloseIdleConnections)
	id, err := a.identify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if id.User != slacktest.BotUser || id.Bot != slacktest.BotID || id.Scopes == nil {
		t.Fatalf("%+v", id)
	}
	return a, srv, chat.Place{Platform: Name, Team: id.Team, Channel: "C0BACKUPS"}
}

// TestLifeOfAMessage goes through a root, a reply, edits, a look for both, and the end of each.
func TestLifeOfAMessage(t *testing.T) {
	a, srv, place := inWorkspace(t, slacktest.Options{Unlimited: true})
	began := time.Now().Add(-time.Minute)
	root, err := a.Post(t.Context(), place, chat.Card{Key: "r1", Summary: chat.T("The backup of web01 began.")})
	if err != nil {
		t.Fatal(err)
	}
	thread, err := a.OpenThread(t.Context(), root, "")
	if err != nil {
		t.Fatal(err)
	}
	reply, err := a.Post(t.Context(), thread, chat.Card{Key: "c1", Summary: chat.T("42 % of web01."), Broadcast: true})
	if err != nil || reply.Place != thread {
		t.Fatalf("%+v, %v", reply, err)
	}
	if err := a.Edit(t.Context(), reply, chat.Card{Key: "c1", Plain: true, Summary: chat.T("web01 is done.")}); err != nil {
		t.Fatal(err)
	}
	for _, m := range srv.Messages() {
		if m.TS == reply.ID && (m.Key != "c1" || m.ThreadTS != root.ID || len(m.Blocks) > 2 || m.Text != "web01 is done.") {
			t.Errorf("%+v", m)
		}
	}
	for key, at := range map[string]chat.Place{"r1": place, "c1": thread} {
		refs, err := a.Find(t.Context(), at, key, began)
		if want := map[string]chat.MessageRef{"r1": root, "c1": reply}[key]; err != nil || !cmp.Equal(refs, []chat.MessageRef{want}) {
			t.Errorf("%s: %v, %v", key, refs, err)
		}
	}
	if refs, err := a.Find(t.Context(), place, "c1", began); err != nil || len(refs) != 0 {
		t.Errorf("a reply counts as the channel's: %v, %v", refs, err)
	}
	if err := a.Delete(t.Context(), root); err != nil {
		t.Fatal(err)
	}
	wantFault(t, a.Delete(t.Context(), root), chat.FaultMessageGone)
	wantFault(t, a.Edit(t.Context(), root, chat.Card{Summary: chat.T("x")}), chat.FaultMessageGone)
	if late, err := a.Post(t.Context(), chat.Place{Platform: Name, Team: place.Team, Channel: place.Channel, Thread: "1.000001"}, webCard()); err != nil || late.Place != place {
		t.Errorf("below a parent that never was: %+v, %v", late, err)
	}
	srv.Archive(place.Channel)
	_, err = a.Post(t.Context(), place, webCard())
	wantFault(t, err, chat.FaultPlaceGone)
	wantFault(t, a.Edit(t.Context(), reply, webCard()), chat.FaultPlaceGone)
	if _, err := a.CanPost(t.Context(), place); err == nil {
		t.Error("an archived channel takes posts")
	}
}

// TestLostAnswers: whatever happens to the answer, the post is found if it stands, and not otherwise.
func TestLostAnswers(t *testing.T) {
	a, srv, place := inWorkspace(t, slacktest.Options{Unlimited: true})
	began := time.Now().Add(-time.Minute)
	for key, rule := range map[string]slacktest.Rule{
		"cut1": {Cut: true}, "cut2": {Cut: true, Stored: true},
		"page1": {Garbage: true}, "page2": {Garbage: true, Stored: true},
		"gone1": {Status: 503}, "gone2": {Status: 503, Stored: true},
		"fatal1": {Error: "fatal_error"}, "fatal2": {Error: "fatal_error", Stored: true},
	} {
		rule.Method, rule.Times = methodPost, 1
		srv.Inject(rule)
		_, err := a.Post(t.Context(), place, chat.Card{Key: key, Summary: chat.T("web01")})
		wantFault(t, err, chat.FaultLost)
		refs, err := a.Find(t.Context(), place, key, began)
		if stands := len(refs) == 1; err != nil || stands != rule.Stored {
			t.Errorf("%s: %v, %v", key, refs, err)
		}
	}
	srv.Inject(slacktest.Rule{Method: methodPost, Times: 1, RetryAfter: 9 * time.Second})
	_, err := a.Post(t.Context(), place, webCard())
	if f := wantFault(t, err, chat.FaultThrottled); f.After != 9*time.Second || f.Budget != methodPost {
		t.Errorf("%+v", f)
	}
	srv.SetScopes([]string{"chat:write"})
	_, err = a.Find(t.Context(), place, "k", began)
	if f := wantFault(t, err, chat.FaultForbidden); f.Need == "" {
		t.Errorf("%v", err)
	}
	srv.SetToken("token_revoked")
	_, err = a.Post(t.Context(), place, webCard())
	wantFault(t, err, chat.FaultFatal)
}

func TestMembershipInWorkspace(t *testing.T) {
	a, srv, place := inWorkspace(t, slacktest.Options{})
	srv.SetGroup("S1", "U0ALICE")
	srv.AddUser(slacktest.User{ID: "U0GUEST", Team: place.Team, Name: "guest", Guest: true})
	for user, want := range map[string][2]bool{"U0ALICE": {true, true}, "U0BOB": {false, true}, "U0GUEST": {false, false}} {
		who := chat.Actor{Platform: Name, Team: place.Team, User: user}
		in, err := a.InGroup(t.Context(), who, "S1")
		full, err2 := a.FullMember(t.Context(), who)
		if err != nil || err2 != nil || in != want[0] || full != want[1] {
			t.Errorf("%s: %t %v, %t %v", user, in, err, full, err2)
		}
	}
	srv.AddChannel(slacktest.Channel{ID: "C0PRIVATE", Name: "private", Private: true})
	srv.AddChannel(slacktest.Channel{ID: "C0OPEN", Name: "open"})
	for channel, want := range map[string]bool{"C0BACKUPS": true, "C0PRIVATE": false, "C0OPEN": false} {
		p := place
		p.Channel = channel
		if _, err := a.CanPost(t.Context(), p); (err == nil) != want {
			t.Errorf("%s: %v", channel, err)
		}
	}
}
