package discord_test

import (
	"testing"

	"vmbackup-bot/adapters/discord/discordtest"
	"vmbackup-bot/bot/chat/chattest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	chattest.Run(t, func(t testing.TB) chattest.Harness {
		p := newPeer(t, discordtest.Options{Unlimited: true}, nil)
		t.Cleanup(func() {
			if n := len(p.leaked()); n > 0 {
				t.Errorf("%d tokens of interactions are in the log", n)
			}
		})
		return chattest.Harness{
			Adapter: p.adapter, Chat: p.adapter, Pacer: p.adapter, Place: channelP, Actor: alice, Log: p.log.String,
			Secrets: []string{p.BotToken(), "webhooks/" + discordtest.App + "/"},
			Lacks: map[string]string{
				string(chattest.Forms): "Discord takes a form as the first answer alone, and that is the deferral",
			},
			Send: p.send, Seen: p.seen, Privates: p.privates, Choices: p.choices, Trouble: p.makeTrouble,
			Forms: func(testing.TB) []string { return nil },
		}
	})
}
