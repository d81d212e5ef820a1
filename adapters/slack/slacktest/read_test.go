package slacktest_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"vmbackup-bot/adapters/slack/slacktest"
)

func TestHistoryAndReplies(t *testing.T) {
	s, api, _ := start(t, slacktest.Options{Unlimited: true})
	ctx := t.Context()
	post := func(text string, o ...slack.MsgOption) string {
		_, ts, err := api.PostMessageContext(ctx, "C0BACKUPS", append(o, slack.MsgOptionText(text, false), keyed(text))...)
		if err != nil {
			t.Fatal(err)
		}
		return ts
	}
	var roots []string
	for n := range 5 {
		roots = append(roots, post(fmt.Sprint(n)))
	}
	post("quiet", slack.MsgOptionTS(roots[0]))
	loud := post("loud", slack.MsgOptionTS(roots[0]), slack.MsgOptionBroadcast())
	texts := func(list []slack.Message) (out []string) {
		for _, m := range list {
			out = append(out, m.Text)
		}
		return out
	}
	h, err := api.GetConversationHistoryContext(ctx, &slack.GetConversationHistoryParameters{ChannelID: "C0BACKUPS", Oldest: roots[1], Limit: 3, IncludeAllMetadata: true})
	if err != nil || !h.HasMore || !slices.Equal(texts(h.Messages), []string{"loud", "4", "3"}) {
		t.Fatalf("got %+v, %v", h, err)
	}
	if m := h.Messages[0]; m.SubType != "thread_broadcast" || m.Timestamp != loud || m.Metadata.EventPayload["key"] != "loud" {
		t.Fatalf("got %+v", m)
	}
	h, err = api.GetConversationHistoryContext(ctx, &slack.GetConversationHistoryParameters{
		ChannelID: "C0BACKUPS", Oldest: roots[1], Limit: 3, Cursor: h.ResponseMetaData.NextCursor,
	})
	if err != nil || h.HasMore || !slices.Equal(texts(h.Messages), []string{"2"}) || h.Messages[0].Metadata.EventType != "" {
		t.Fatalf("got %+v, %v", h, err)
	}
	_, err = api.GetConversationHistoryContext(ctx, &slack.GetConversationHistoryParameters{ChannelID: "C0BACKUPS", Limit: 1000})
	wantError(t, err, "invalid_limit")
	r, _, _, err := api.GetConversationRepliesContext(ctx, &slack.GetConversationRepliesParameters{ChannelID: "C0BACKUPS", Timestamp: roots[0]})
	if err != nil || !slices.Equal(texts(r), []string{"0", "quiet", "loud"}) || r[0].ReplyCount != 2 {
		t.Fatalf("got %+v, %v", r, err)
	}
	s.DeleteMessage("C0BACKUPS", roots[0])
	r, _, _, err = api.GetConversationRepliesContext(ctx, &slack.GetConversationRepliesParameters{ChannelID: "C0BACKUPS", Timestamp: roots[0]})
	if err != nil || len(r) != 3 || r[0].SubType != "tombstone" {
		t.Fatalf("got %+v, %v", r, err)
	}
	s.SetHistoryLag(time.Hour)
	_, _, _, err = api.GetConversationRepliesContext(ctx, &slack.GetConversationRepliesParameters{ChannelID: "C0BACKUPS", Timestamp: roots[1]})
	wantError(t, err, "thread_not_found")
}

func TestChannelsPeopleAndGroups(t *testing.T) {
	s, api, _ := start(t, slacktest.Options{})
	ctx := t.Context()
	s.AddChannel(slacktest.Channel{ID: "G0DBA", Name: "dba", Private: true, Member: true})
	s.AddUser(slacktest.User{ID: "U0GUEST", Name: "guest", Guest: true, Stranger: true, Team: "T0ELSE", Enterprise: "E0ELSE"})
	s.SetGroup("S0DBA", "U0BOB", "U0CAROL")
	info := func(id string) (*slack.Channel, error) {
		return api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: id})
	}
	c, err := info("G0DBA")
	if err != nil || !c.IsPrivate || !c.IsMember || c.Name != "dba" {
		t.Fatalf("got %+v, %v", c, err)
	}
	s.SetMember("G0DBA", false)
	_, err = info("G0DBA")
	wantError(t, err, "channel_not_found")
	s.SetMember("C0BACKUPS", false)
	if c, err = info("C0BACKUPS"); err != nil || c.IsMember {
		t.Fatalf("got %+v, %v", c, err)
	}
	_, err = api.GetConversationHistoryContext(ctx, &slack.GetConversationHistoryParameters{ChannelID: "C0BACKUPS"})
	wantError(t, err, "not_in_channel")
	s.SetMember("G0DBA", true)
	list, _, err := api.GetConversationsForUserContext(ctx, &slack.GetConversationsForUserParameters{Types: []string{"public_channel", "private_channel"}})
	if err != nil || len(list) != 1 || list[0].ID != "G0DBA" {
		t.Fatalf("got %+v, %v", list, err)
	}
	u, err := api.GetUserInfoContext(ctx, "U0GUEST")
	if err != nil || !u.IsRestricted || !u.IsStranger || u.TeamID != "T0ELSE" || u.Enterprise.EnterpriseID != "E0ELSE" {
		t.Fatalf("got %+v, %v", u, err)
	}
	_, err = api.GetUserInfoContext(ctx, "U0NOBODY")
	wantError(t, err, "user_not_found")
	members, err := api.GetUserGroupMembersContext(ctx, "S0DBA")
	if err != nil || !slices.Equal(members, []string{"U0BOB", "U0CAROL"}) {
		t.Fatal(members, err)
	}
	_, err = api.GetUserGroupMembersContext(ctx, "S0NONE")
	wantError(t, err, "no_such_subteam")
	groups, err := api.GetUserGroupsContext(ctx, slack.GetUserGroupsOptionIncludeUsers(true))
	if err != nil || len(groups) != 1 || len(groups[0].Users) != 2 {
		t.Fatal(groups, err)
	}
	s.RemoveChannel("C0BACKUPS")
	_, err = info("C0BACKUPS")
	wantError(t, err, "channel_not_found")
	if s.Calls("users.info") != 2 {
		t.Fatal(s.Calls("users.info"))
	}
}
