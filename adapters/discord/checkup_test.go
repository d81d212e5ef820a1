package discord

import (
	"fmt"
	"testing"

	"vmbackup-bot/adapters/discord/discordtest"
	"vmbackup-bot/bot/chat"
)

func TestCheckup(t *testing.T) {
	a, s, _ := online(t, discordtest.Options{Unlimited: true})
	c := a.Checkup(t.Context(), []string{discordtest.Backups, "200000000000000009"})
	if c.Err != nil || c.AppErr != nil || c.GuildErr != nil || c.User != discordtest.BotUser || c.App != discordtest.App || c.Public {
		t.Errorf("%+v", c)
	}
	if c.Sessions != 1000 || c.SessionsTotal != 1000 || c.SessionsReset == 0 || s.Sessions() != 0 {
		t.Errorf("%+v", c)
	}
	if len(c.Channels) != 2 || c.Channels[0].Name != "backups" || c.Channels[0].Err != nil || c.Channels[0].Unsure {
		t.Fatalf("%+v", c.Channels)
	}
	is(t, c.Channels[1].Err, chat.FaultPlaceGone)

	away := New(Options{Token: discordtest.Token, Guild: "100000000000000009", APIURL: a.o.APIURL})
	t.Cleanup(away.Close)
	if c := away.Checkup(t.Context(), nil); c.GuildErr == nil {
		t.Errorf("%+v", c)
	}
	s.SetToken(false)
	is(t, a.Checkup(t.Context(), nil).Err, chat.FaultFatal)
}

func TestPermissionsInAChannel(t *testing.T) {
	v := guildView{id: "7", base: permView | permSend, roles: map[string]bool{"7": true, "8": true, "9": true}}
	for _, c := range []struct {
		what  string
		over  []overwrite
		admin bool
		want  permission
	}{
		{"no overwrites", nil, false, permView | permSend},
		{"everybody's", []overwrite{{ID: "7", Deny: permSend}}, false, permView},
		{"a role gives back", []overwrite{{ID: "8", Allow: permSend}, {ID: "7", Deny: permSend}}, false, permView | permSend},
		{"one role's yes beats the other's no", []overwrite{{ID: "8", Allow: permEmbed}, {ID: "9", Deny: permEmbed}}, false, permView | permSend | permEmbed},
		{"the bot's own", []overwrite{{ID: "3", Deny: permView}, {ID: "8", Allow: permView}}, false, permSend},
		{"a stranger's", []overwrite{{ID: "4", Deny: permView}}, false, permView | permSend},
		{"an administrator", []overwrite{{ID: "7", Deny: permSend}}, true, permView | permSend | permAdministrator},
	} {
		v := v
		if c.admin {
			v.base |= permAdministrator
		}
		if got := v.in(channelView{Overwrites: c.over}, "3"); got != c.want {
			t.Errorf("%s: %s", c.what, fmt.Sprintf("%b, want %b", got, c.want))
		}
	}
}
