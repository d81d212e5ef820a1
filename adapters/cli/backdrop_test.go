package cli

import (
	"strings"
	"testing"

	"vmbackup-bot/adapters/slack/slacktest"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/chat/chattest"
)

// backdrops are the chats that the crash tests run with.
func backdrops() map[string]func(t *testing.T) backdrop {
	return map[string]func(t *testing.T) backdrop{"fake": fakeBackdrop, "slack": slackBackdrop}
}

// fakeChat is the fake chat as a server of its own.
type fakeChat struct{ *chattest.Server }

func fakeBackdrop(t *testing.T) backdrop {
	t.Helper()
	s, err := chattest.StartServer(chattest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return fakeChat{s}
}

func (f fakeChat) say(text string) {
	f.Send(chat.Request{Kind: chat.Command, Actor: actor("alice"), Place: backups, Text: text})
}

func (f fakeChat) on(tell func(call, key string, stored bool) bool) {
	for call, name := range map[chat.Call]string{chat.CallPost: "post", chat.CallEdit: "edit"} {
		f.On(call, func(key string, stored bool) bool { return tell(name, key, stored) })
	}
}

func (f fakeChat) join(o *childOptions) { o.Chat = f.URL }

// slackChat is a fake workspace on loopback.
type slackChat struct {
	*slackStage
	url string
}

func slackBackdrop(t *testing.T) backdrop {
	t.Helper()
	server, url := slacktest.Start(t, slacktest.Options{})
	return slackChat{&slackStage{Server: server}, url}
}

func (s slackChat) say(text string) { s.Command(slacktest.Command{Text: text}) }

// Messages are those in the channel: what is shown to one person is no part of an operation.
func (s slackChat) Messages() []chattest.Message { return s.slackStage.Messages() }

func (s slackChat) on(tell func(call, key string, stored bool) bool) {
	names := map[string]string{"chat.postMessage": "post", "chat.update": "edit"}
	s.OnCall(func(method, key string, after bool) bool {
		name, ok := names[method]
		return !ok || tell(name, key, after)
	})
}

func (s slackChat) join(o *childOptions) {
	o.Chat, o.SlackBotToken, o.SlackAppToken = s.url, s.BotToken(), s.AppToken()
}

// Close leaves the server to the test that started it.
func (s slackChat) Close() {}

// slackNames turns the names of the fake chat into those of the fake workspace.
func slackNames() *strings.Replacer {
	return strings.NewReplacer(
		"fake:alice", "slack:T0TEAM/U0ALICE", "fake:bob", "slack:T0TEAM/U0BOB", "fake:carol", "slack:T0TEAM/U0CAROL", "fake:backups", "slack:C0BACKUPS",
	)
}
