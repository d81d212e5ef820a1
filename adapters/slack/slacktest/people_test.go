package slacktest_test

import (
	"net/http"
	"testing"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"vmbackup-bot/adapters/slack/slacktest"
)

// next waits for the acknowledged envelope's interaction.
func next(t *testing.T, s *slacktest.Server, got *log, id string) slack.InteractionCallback {
	t.Helper()
	if id == "" {
		t.Fatalf("nothing was sent: %q", s.Mistakes())
	}
	eventually(t, "envelope "+id, func() bool { _, ok := s.Acked(id); return ok })
	for _, e := range got.all() {
		if i, ok := e.Data.(slack.InteractionCallback); ok && e.Request.EnvelopeID == id {
			return i
		}
	}
	t.Fatal("the envelope was no interaction")
	return slack.InteractionCallback{}
}

func TestPress(t *testing.T) {
	s, api, _ := start(t, slacktest.Options{Enterprise: "E0ORG"})
	var got log
	connect(t, api, func(c *socketmode.Client, e socketmode.Event) { got.add(e); ack(c, e) })
	abort := button("abort", "k3", "Abort")
	abort.Confirm = slack.NewConfirmationBlockObject(plain("Abort?"), plain("The backup ends."), plain("Abort"), plain("Keep"))
	_, root, err := api.PostMessageContext(t.Context(), "C0BACKUPS", slack.MsgOptionText("root", false))
	if err != nil {
		t.Fatal(err)
	}
	_, ts, err := api.PostMessageContext(t.Context(), "C0BACKUPS", slack.MsgOptionTS(root), slack.MsgOptionText("card", false), keyed("k3"),
		slack.MsgOptionBlocks(section("card"), slack.NewActionBlock("", abort, button("details", "k3", "Details"))))
	if err != nil {
		t.Fatal(err)
	}
	i := next(t, s, &got, s.Press(slacktest.Press{User: "U0BOB", Team: "T0ELSE", TS: ts, ActionID: "abort", Value: "k3"}))
	a := i.ActionCallback.BlockActions
	if i.Type != slack.InteractionTypeBlockActions || len(a) != 1 || a[0].ActionID != "abort" || a[0].Value != "k3" || a[0].BlockID == "" {
		t.Fatalf("got %+v", i)
	}
	if i.User.ID != "U0BOB" || i.User.TeamID != "T0ELSE" || i.Team.ID != "T0TEAM" || i.Enterprise.ID != "E0ORG" || i.Channel.ID != "C0BACKUPS" {
		t.Fatalf("got %+v", i)
	}
	if i.Container.MessageTs != ts || i.Container.ThreadTs != root || i.Container.IsEphemeral || i.Message.Metadata.EventPayload["key"] != "k3" ||
		i.Message.ThreadTimestamp != root || i.Message.BotID != slacktest.BotID || len(i.Message.Blocks.BlockSet) != 2 {
		t.Fatalf("got %+v", i)
	}
	if s.Press(slacktest.Press{TS: ts, ActionID: "retry"}) != "" || s.Press(slacktest.Press{TS: ts, ActionID: "abort", Value: "other"}) != "" {
		t.Fatal("a button that is not there was pressed")
	}
	i = next(t, s, &got, s.Press(slacktest.Press{TS: "1.000000", ActionID: "abort", Value: "k9", Forged: true}))
	if i.ActionCallback.BlockActions[0].Value != "k9" {
		t.Fatalf("got %+v", i)
	}
}

func TestResponseURL(t *testing.T) {
	s, api, _ := start(t, slacktest.Options{})
	var got log
	connect(t, api, func(c *socketmode.Client, e socketmode.Event) { got.add(e); ack(c, e) })
	id := s.Command(slacktest.Command{User: "U0CAROL", Text: "vms"})
	eventually(t, "the command", func() bool { _, ok := s.Acked(id); return ok })
	web := &http.Client{Transport: &http.Transport{}}
	defer web.CloseIdleConnections()
	respond := func(url string, m *slack.WebhookMessage) error {
		return slack.PostWebhookCustomHTTPContext(t.Context(), url, web, m)
	}
	url := got.all()[0].Data.(slack.SlashCommand).ResponseURL
	blocks := &slack.Blocks{BlockSet: []slack.Block{section("page 1"), slack.NewActionBlock("", button("page.next", "k", "Next"))}}
	if err := respond(url, &slack.WebhookMessage{Text: "page 1", Blocks: blocks}); err != nil {
		t.Fatal(err)
	}
	e := s.Ephemerals()[0]
	if e.User != "U0CAROL" || e.Via != "response_url" || s.Read(e.Text, e.Blocks) != "page 1\n[Next]" {
		t.Fatalf("got %+v", e)
	}
	i := next(t, s, &got, s.Press(slacktest.Press{User: "U0CAROL", TS: e.TS, Ephemeral: true, ActionID: "page.next"}))
	if !i.Container.IsEphemeral || i.Message.Timestamp != "" {
		t.Fatalf("got %+v", i)
	}
	if err := respond(i.ResponseURL, &slack.WebhookMessage{Text: "page 2", ReplaceOriginal: true}); err != nil {
		t.Fatal(err)
	}
	if e := s.Ephemerals(); len(e) != 1 || e[0].Text != "page 2" || len(e[0].Blocks) != 0 {
		t.Fatalf("got %+v", e)
	}
	if err := respond(i.ResponseURL, &slack.WebhookMessage{DeleteOriginal: true}); err != nil || !s.Ephemerals()[0].Deleted {
		t.Fatal(err, s.Ephemerals())
	}
	for range 4 {
		if err := respond(url, &slack.WebhookMessage{Text: "more", ThreadTimestamp: "1.000000"}); err != nil {
			t.Fatal(err)
		}
	}
	err := respond(url, &slack.WebhookMessage{Text: "too much"})
	if status, ok := err.(slack.StatusCodeError); !ok || status.Code != http.StatusNotFound { //nolint:errorlint // exactly this
		t.Fatalf("got %v", err)
	}
	if len(s.Messages()) != 0 || s.Calls("response_url") != 8 {
		t.Fatal(s.Messages(), s.Calls("response_url"))
	}
}
