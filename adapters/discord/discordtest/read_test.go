package discordtest_test

import (
	"encoding/json"
	"testing"

	"vmbackup-bot/adapters/discord/discordtest"
)

func TestRead(t *testing.T) {
	s := discordtest.New(discordtest.Options{})
	defer s.Close()
	for content, want := range map[string]string{
		"**bold** _it_ ~~gone~~ ||spoiler|| web_01":                                          "bold it gone spoiler web_01",
		`\*not bold\* \_x\_ \# head \\ \@everyone`:                                           `*not bold* _x_ # head \ @everyone`,
		"`code *with* \\marks` ``a`b``":                                                      "code *with* \\marks a`b",
		"```go\nx := *p\n```":                                                                "x := *p\n",
		"# head\n> said\n-# small key":                                                       "head\nsaid\nsmall key",
		"[**card** 1](https://discord.com/channels/1/2/3)!":                                  "card 1!",
		"<t:1700000000:R> and <t:1700000000:f>":                                              "<t:1700000000:R> and <t:1700000000:f>",
		"<@" + discordtest.Alice + "> <@!499999999999999999> <#" + discordtest.Backups + ">": "@alice @unknown-user #backups",
		"2 * 3 [x](y) Büro 🦊":                                                                "2 * 3 [x](y) Büro 🦊",
	} {
		if got := s.Read(content, nil); got != want {
			t.Errorf("%q reads %q, want %q", content, got, want)
		}
	}
	embeds := json.RawMessage(`[{"author":{"name":"a*b"},"title":"**T**","description":"D","fields":[{"name":"VM","value":"` +
		"`web01`" + `"}],"footer":{"text":"note_x_ · key"}},{"title":"second"}]`)
	if got, want := s.Read("", embeds), "a*b\nT\nD\nVM: web01\nnote_x_ · key\nsecond"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
