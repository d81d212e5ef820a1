package cli

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"vmbackup-bot/adapters/discord/discordtest"
	"vmbackup-bot/adapters/slack/slacktest"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/chat/chattest"
	"vmbackup-bot/bot/operation"
)

// backdrop is the chat that outlives the bot's process.
type backdrop interface {
	// say is one command of alice's.
	say(text string)
	Messages() []chattest.Message
	// on tells of each post and edit before and after it took effect; false cuts the caller off.
	on(f func(call, key string, stored bool) bool)
	// join tells the child where it is.
	join(o *childOptions)
	Close()
}

// backdrops are the chats that the crash tests run with: all, but for the race detector, which finds the same in one of
// them. The step whole of .ci/run goes through all.
func backdrops() map[string]func(t *testing.T) backdrop {
	if raced {
		return map[string]func(t *testing.T) backdrop{"fake": fakeBackdrop}
	}
	return map[string]func(t *testing.T) backdrop{"fake": fakeBackdrop, "slack": slackBackdrop, "discord": discordBackdrop}
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

// discordChat is a fake guild on loopback.
type discordChat struct {
	*discordStage
	url string
}

func discordBackdrop(t *testing.T) backdrop {
	t.Helper()
	server, url := discordtest.Start(t, discordtest.Options{Unlimited: true}) // a killed bot is back sooner than sessions may begin
	return discordChat{&discordStage{Server: server}, url}
}

// say waits for the command to be there: nobody can type it before.
func (d discordChat) say(text string) {
	options, _ := discordOptions(text)
	limit, tick := time.After(time.Minute), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	for d.Command(discordtest.Command{User: discordtest.Alice, Options: options}) == "" {
		select {
		case <-tick.C:
		case <-limit:
			return
		}
	}
}

// Messages are those in the channel and its threads.
func (d discordChat) Messages() []chattest.Message { return d.discordStage.Messages() }

func (d discordChat) on(tell func(call, key string, stored bool) bool) {
	// Discord's calls do not say which message they are about, but by the order in which posts come.
	var mu sync.Mutex
	posts := 0
	d.OnCall(func(method, path string, after bool) bool {
		if !strings.Contains(path, "/messages") || strings.Contains(path, "/threads") || strings.Contains(path, "@original") {
			return true
		}
		switch method {
		case http.MethodPost:
			mu.Lock()
			part := []string{operation.PartRoot, operation.PartCard, operation.PartDone}[min(posts, 2)]
			if after {
				posts++
			}
			mu.Unlock()
			return tell("post", "abcdefghij."+part, after)
		case http.MethodPatch:
			part := operation.PartRoot
			for _, m := range d.Server.Messages() {
				if strings.HasSuffix(path, "/"+m.ID) {
					_, part, _ = operation.OfKey(m.Key)
				}
			}
			return tell("edit", "abcdefghij."+part, after)
		}
		return true
	})
}

func (d discordChat) join(o *childOptions) { o.Chat, o.DiscordToken = d.url, d.BotToken() }

// Close leaves the server to the test that started it.
func (d discordChat) Close() {}
