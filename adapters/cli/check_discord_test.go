package cli

import (
	"testing"

	"vmbackup-bot/adapters/discord/discordtest"
	"vmbackup-bot/vmbackup/simulator"
)

func TestCheckDiscord(t *testing.T) {
	const denied = discordtest.AllPermissions &^ (discordtest.Administrator | discordtest.ViewChannel)
	for name, c := range map[string]struct {
		more  []string
		upset func(*discordtest.Server)
		ok    bool
		name  string
		grade grade
		part  string
	}{
		"all well":          {ok: true, name: "discord channel", grade: statusOK, part: discordtest.Backups},
		"a refused token":   {upset: func(s *discordtest.Server) { s.SetToken(false) }, name: "discord", grade: statusFail, part: "DISCORD_BOT_TOKEN"},
		"another guild":     {more: []string{"DISCORD_GUILD_ID", "100000000000000009"}, name: "discord guild", grade: statusFail, part: "let it in: "},
		"no guild":          {more: []string{"DISCORD_GUILD_ID", ""}, ok: true, name: "discord guild", grade: statusOK, part: "global"},
		"no such channel":   {more: []string{"ALERT_CHANNEL", "discord:200000000000000009"}, name: "discord channel", grade: statusFail, part: "does not exist"},
		"a permission less": {upset: func(s *discordtest.Server) { s.SetPermissions(discordtest.Backups, denied) }, name: "discord channel", grade: statusFail, part: "View Channel"},
		"out of reach":      {more: []string{"DISCORD_API_URL", "http://127.0.0.1:1/api/"}, name: "discord", grade: statusFail, part: "HTTPS_PROXY"},
	} {
		t.Run(name, func(t *testing.T) {
			s, url := discordtest.Start(t, discordtest.Options{})
			serveFor(t, simulator.Options{Seed: 7}, append([]string{
				"DISCORD_BOT_TOKEN", s.BotToken(), "DISCORD_GUILD_ID", discordtest.Guild, "DISCORD_API_URL", url, "ALERT_CHANNEL", "discord:" + discordtest.Backups,
			}, c.more...)...)
			if c.upset != nil {
				c.upset(s)
			}
			ok, findings := checked(t)
			if c.ok && !ok || !c.ok && ok || !has(findings, c.name, c.grade, c.part) {
				t.Errorf("ok is %v; want %s %s %q in %+v", ok, c.grade, c.name, c.part, findings)
			}
		})
	}
}
