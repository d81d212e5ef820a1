package slacktest_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/slack-go/slack"

	"vmbackup-bot/adapters/slack/slacktest"
)

func keyed(key string) slack.MsgOption {
	return slack.MsgOptionMetadata(slack.SlackMetadata{EventType: "card", EventPayload: map[string]any{"key": key}})
}

func TestPostEditDelete(t *testing.T) {
	s, api, _ := start(t, slacktest.Options{Unlimited: true})
	who, err := api.AuthTestContext(t.Context())
	if err != nil || who.UserID != slacktest.BotUser || who.TeamID != "T0TEAM" {
		t.Fatalf("got %+v, %v", who, err)
	}
	channel, root, err := api.PostMessageContext(t.Context(), "C0BACKUPS", slack.MsgOptionText("web01", false), keyed("k1"))
	if err != nil || channel != "C0BACKUPS" {
		t.Fatal(channel, err)
	}
	_, reply, m, err := api.PostMessageWithResponseContext(t.Context(), "C0BACKUPS", slack.MsgOptionTS(root), slack.MsgOptionBroadcast(),
		slack.MsgOptionText("failed, <@U0ALICE>", false), slack.MsgOptionBlocks(section("*failed*")))
	if err != nil || m.ThreadTimestamp != root || reply <= root {
		t.Fatalf("got %+v, %v", m, err)
	}
	if _, _, _, err := api.UpdateMessageContext(t.Context(), "C0BACKUPS", root, slack.MsgOptionText("web01: done", false)); err != nil {
		t.Fatal(err)
	}
	got := s.Messages()
	if len(got) != 2 || got[0].Key != "k1" || got[0].Text != "web01: done" || len(got[0].Forms) != 2 {
		t.Fatalf("got %+v", got)
	}
	if r := got[1]; !r.Broadcast || !slices.Equal(r.Pings, []string{"U0ALICE"}) || s.Read(r.Text, r.Blocks) != "failed" {
		t.Fatalf("got %+v", r)
	}
	if _, _, err := api.DeleteMessageContext(t.Context(), "C0BACKUPS", reply); err != nil {
		t.Fatal(err)
	}
	if len(s.Messages()) != 1 || len(s.All()) != 2 {
		t.Fatalf("got %+v", s.All())
	}
	link, err := api.GetPermalinkContext(t.Context(), &slack.PermalinkParameters{Channel: "C0BACKUPS", Ts: root})
	if err != nil || !strings.HasSuffix(link, "/archives/C0BACKUPS/p"+strings.Replace(root, ".", "", 1)) {
		t.Fatal(link, err)
	}
}

func TestThreadOfADeletedParentEndsInTheChannel(t *testing.T) {
	s, api, _ := start(t, slacktest.Options{})
	_, root, err := api.PostMessageContext(t.Context(), "C0BACKUPS", slack.MsgOptionText("root", false))
	if err != nil {
		t.Fatal(err)
	}
	s.DeleteMessage("C0BACKUPS", root)
	_, _, m, err := api.PostMessageWithResponseContext(t.Context(), "C0BACKUPS", slack.MsgOptionTS(root), slack.MsgOptionText("reply", false))
	if err != nil || m.ThreadTimestamp != "" {
		t.Fatalf("got %+v, %v", m, err)
	}
}

func TestChatErrors(t *testing.T) {
	s, api, _ := start(t, slacktest.Options{Unlimited: true})
	ctx := t.Context()
	s.AddChannel(slacktest.Channel{ID: "C0PUBLIC", Name: "public"})
	s.AddChannel(slacktest.Channel{ID: "G0SECRET", Name: "secret", Private: true})
	s.AddChannel(slacktest.Channel{ID: "C0OLD", Name: "old", Member: true})
	text := slack.MsgOptionText("x", false)
	post := func(channel string, o ...slack.MsgOption) error {
		_, _, err := api.PostMessageContext(ctx, channel, o...)
		return err
	}
	edit := func(channel, ts string, o ...slack.MsgOption) error {
		_, _, _, err := api.UpdateMessageContext(ctx, channel, ts, o...)
		return err
	}
	_, old, err := api.PostMessageContext(ctx, "C0OLD", text)
	if err != nil {
		t.Fatal(err)
	}
	_, ts, err := api.PostMessageContext(ctx, "C0BACKUPS", text)
	if err != nil {
		t.Fatal(err)
	}
	s.Archive("C0OLD")
	human := s.Say("C0BACKUPS", "U0BOB", "", "hello")
	ephemeral := func(channel, user string) error {
		_, err := api.PostEphemeralContext(ctx, channel, user, text)
		return err
	}
	wantError(t, post("C0NOWHERE", text), "channel_not_found")
	wantError(t, post("C0PUBLIC", text), "not_in_channel")
	wantError(t, post("G0SECRET", text), "channel_not_found")
	wantError(t, post("C0OLD", text), "is_archived")
	wantError(t, post("C0BACKUPS", slack.MsgOptionText("", false)), "no_text")
	wantError(t, edit("C0OLD", old, text), "is_inactive")
	wantError(t, edit("C0BACKUPS", "1.000000", text), "message_not_found")
	wantError(t, edit("C0BACKUPS", human, text), "cant_update_message")
	wantError(t, edit("C0BACKUPS", ts, slack.MsgOptionText(strings.Repeat("x", 4001), false)), "msg_too_long")
	wantError(t, ephemeral("C0BACKUPS", "U0NOBODY"), "user_not_in_channel")
	if err := edit("C0BACKUPS", ts, slack.MsgOptionText(strings.Repeat("x", 4000), false)); err != nil {
		t.Fatal(err)
	}
	if err := ephemeral("C0BACKUPS", "U0ALICE"); err != nil {
		t.Fatal(err)
	}
	if err := post("U0ALICE", text); err != nil {
		t.Fatal("a direct message:", err)
	}
	if err := post("C0BACKUPS", slack.MsgOptionText(strings.Repeat("x", 40001), false)); err != nil {
		t.Fatal(err)
	}
	m := s.Messages()
	if n := len(m[len(m)-1].Text); n != 40000 {
		t.Fatalf("kept %d characters", n)
	}
}

func TestEditsOfBlocks(t *testing.T) {
	s, api, _ := start(t, slacktest.Options{Unlimited: true})
	_, ts, err := api.PostMessageContext(t.Context(), "C0BACKUPS", slack.MsgOptionBlocks(section("one")), slack.MsgOptionText("one", false), keyed("k"))
	if err != nil {
		t.Fatal(err)
	}
	// An edit without blocks takes them away, and one without metadata keeps it.
	if _, _, _, err := api.UpdateMessageContext(t.Context(), "C0BACKUPS", ts, slack.MsgOptionText("two @channel", false)); err != nil {
		t.Fatal(err)
	}
	m := s.Messages()[0]
	if len(m.Blocks) != 0 || m.Key != "k" || s.Read(m.Text, m.Blocks) != "two @channel" {
		t.Fatalf("got %+v", m)
	}
	if !slices.Equal(m.Pings, []string{"channel"}) {
		t.Fatalf("an edit that does not say parse=none reads names, but got %q", m.Pings)
	}
}

func TestTokensAndScopes(t *testing.T) {
	s, api, url := start(t, slacktest.Options{})
	test := func(token string) error {
		_, err := slack.New(token, slack.OptionAPIURL(url)).AuthTestContext(t.Context())
		return err
	}
	wantError(t, test("xoxb-wrong"), "invalid_auth")
	wantError(t, test(s.AppToken()), "not_allowed_token_type")
	wantError(t, test(""), "not_authed")
	s.SetToken("token_revoked")
	wantError(t, test(s.BotToken()), "token_revoked")
	s.SetToken("")
	s.SetScopes([]string{"commands"})
	_, _, err := api.PostMessageContext(t.Context(), "C0BACKUPS", slack.MsgOptionText("x", false))
	if e := wantError(t, err, "missing_scope"); e.Needed != "chat:write" || e.Provided != "commands" {
		t.Fatalf("got %+v", e)
	}
	who, err := api.AuthTestContext(t.Context())
	if err != nil || who.Header.Get("X-OAuth-Scopes") != "commands" {
		t.Fatal(who, err)
	}
	wrong := slack.New("x", slack.OptionAppLevelToken(s.BotToken()), slack.OptionAPIURL(url))
	_, _, err = wrong.StartSocketModeContext(t.Context())
	wantError(t, err, "not_allowed_token_type")
	s.SetAppToken("token_expired")
	_, _, err = api.StartSocketModeContext(t.Context())
	wantError(t, err, "token_expired")
}

func TestLimits(t *testing.T) {
	s, api, _ := start(t, slacktest.Options{})
	s.AddChannel(slacktest.Channel{ID: "C0OTHER", Member: true})
	var limited *slack.RateLimitedError
	var ts string
	for n := 0; limited == nil; n++ {
		_, got, err := api.PostMessageContext(t.Context(), "C0BACKUPS", slack.MsgOptionText("x", false))
		if err != nil && !errors.As(err, &limited) {
			t.Fatal(err)
		}
		if n < 3 && err != nil {
			t.Fatalf("post %d of a burst: %v", n, err)
		}
		ts = max(ts, got)
	}
	if limited.RetryAfter <= 0 || s.Throttled()["chat.postMessage"] != 1 {
		t.Fatalf("got %+v, %v", limited, s.Throttled())
	}
	if _, _, err := api.PostMessageContext(t.Context(), "C0OTHER", slack.MsgOptionText("x", false)); err != nil {
		t.Fatal("another channel has its own limit:", err)
	}
	for n := range 51 {
		_, _, _, err := api.UpdateMessageContext(t.Context(), "C0BACKUPS", ts, slack.MsgOptionText("y", false))
		if limited := errors.As(err, &limited); limited != (n == 50) {
			t.Fatalf("edit %d: %v", n+1, err)
		}
	}
	if s.Calls("chat.update") != 51 || s.Throttled()["chat.update"] != 1 {
		t.Fatal(s.Calls("chat.update"), s.Throttled())
	}
}
