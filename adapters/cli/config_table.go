package cli

import (
	"fmt"
	"slices"
	"strings"
)

// configRow explains settings that belong together. Default has one word for each of them, or one for all; a dash is
// none.
type configRow struct {
	Names   []string
	Default []string
	Meaning string
}

// configTable is every setting, in the order of Config. The README shows it, check quotes from it; a
// test holds all together.
func configTable() []configRow {
	one := func(name, def, meaning string) configRow {
		return configRow{[]string{name}, []string{def}, meaning}
	}
	return []configRow{
		one("VMBACKUP_URL", "probed", "base URL with its path, such as `https://localhost:36013/api/rest`; `http://` only on loopback, and not with a fingerprint"),
		one("VMBACKUP_VERSION", "`auto`", "`auto`, `8`, `9.0` or `9.1`"),
		one("VMBACKUP_DIAL_ADDRESS", "from the URL", "`host:port` to connect to, while the Host header stays the URL's; off loopback it needs https and a fingerprint"),
		one("VMBACKUP_AGENT_PORT", "by version", "`ServerPort` of a login: 35107 for 8, 36014 for 9.x"),
		one("VMBACKUP_USERNAME", "–", "a local administrator of the VM Backup machine"),
		one("VMBACKUP_PASSWORD", "–", "their password (secret)"),
		one("VMBACKUP_DOMAIN", "`.`", "their domain; a dot is the machine itself"),
		one("VMBACKUP_TLS_FINGERPRINT", "–", "SHA-256 of the server's certificate, in hex, colons allowed; several by comma"),
		one("VMBACKUP_TLS_INSECURE_LOOPBACK", "`false`", "skip the certificate check; refused unless the address dialled is loopback"),
		one("VMBACKUP_TIMEZONE", "machine's", "zone of the server's stamps, such as `Europe/Berlin`"),
		{[]string{"VMBACKUP_POLL_MIN", "VMBACKUP_POLL_MAX"}, []string{"`2s`", "`60s`"}, "how soon, and how late at most, a running operation is looked at again"},
		{[]string{"VMBACKUP_SEEN_GRACE", "VMBACKUP_REPORT_GRACE"}, []string{"`30s`", "`10m`"}, "how long a started job may stay unseen; how long its report may take"},
		{[]string{"VMBACKUP_SESSION_IDLE", "VMBACKUP_SEAT_WAIT"}, []string{"`10s`", "`10m`"}, "logged out after this long without need; how long a wish waits for the seat"},
		one("SITE_NAME", "machine name", "stands on every card"),
		{[]string{"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"}, []string{"–"}, "`xoxb-…` and `xapp-…` (secrets); the bot token alone: posts only, no commands or buttons"},
		one("SLACK_API_URL", "`https://slack.com/api/`", "another Slack, for tests; https or loopback"),
		one("SLACK_COMMAND", "`/vmbackup`", "the slash command's name"),
		{[]string{"DISCORD_BOT_TOKEN", "DISCORD_GUILD_ID"}, []string{"–"}, "the bot's token (secret), and its guild; without a guild the commands are global"},
		one("DISCORD_API_URL", "`https://discord.com/api/`", "another Discord, for tests; https or loopback"),
		one("ALERT_CHANNEL", "–", "`slack:<channel>`, `discord:<channel>`, or both by comma: where failures go that no route takes"),
		one("HEARTBEAT_URL", "–", "requested every 5 minutes while all is well, so that a dead bot is noticed (secret)"),
		one("POLICY_FILE", "`<STATE_DIR>/policy.yaml`", "who may do what; without it everybody is refused"),
		one("STATE_DIR", "Linux `/var/lib/vmbackup-bot` for root and services, else `$XDG_STATE_HOME/vmbackup-bot`; Windows `%ProgramData%\\vmbackup-bot`", "database, lock and policy"),
		one("LISTEN", "`127.0.0.1:9847`", "`host:port` of `/healthz`, `/readyz` and `/metrics`, or `off`"),
		{[]string{"LOG_LEVEL", "LOG_FORMAT"}, []string{"`info`", "`text`"}, "`debug`, `info`, `warn` or `error`; `text` or `json`"},
	}
}

// adviceOn is what a setting is for, as the next step where it is wrong; empty for a name that is none.
func adviceOn(name string) string {
	name = strings.TrimSuffix(name, fileSuffix)
	for _, r := range configTable() {
		if slices.Contains(r.Names, name) {
			return fmt.Sprintf("%s: %s (default: %s)", strings.Join(r.Names, ", "), strings.ReplaceAll(r.Meaning, "`", ""),
				strings.ReplaceAll(strings.Join(r.Default, ", "), "`", ""))
		}
	}
	return ""
}
