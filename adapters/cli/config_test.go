package cli

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vmbackup-bot/vmbackup"
)

// clearEnvironment leaves a test with no setting but those given, and puts the others back afterwards.
func clearEnvironment(t *testing.T, settings map[string]string) {
	t.Helper()
	for _, name := range append(knownNames(), "XDG_STATE_HOME", "STATE_DIRECTORY") {
		t.Setenv(name, "")
		if err := os.Unsetenv(name); err != nil {
			t.Fatal(err)
		}
	}
	for name, value := range settings {
		t.Setenv(name, value)
	}
}

// login is the least that a configuration needs.
func login(more ...string) map[string]string {
	out := map[string]string{"VMBACKUP_USERNAME": "anna", "VMBACKUP_PASSWORD": "topsecret"}
	for i := 0; i < len(more); i += 2 {
		out[more[i]] = more[i+1]
	}
	return out
}

func TestDefaults(t *testing.T) {
	dir := t.TempDir()
	clearEnvironment(t, login("STATE_DIR", dir, "VMBACKUP_POLL_MIN", " ", "LISTEN", ""))
	c, err := loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	if c.SiteName != host || c.PolicyFile != filepath.Join(dir, "policy.yaml") || c.Database() != filepath.Join(dir, databaseName) {
		t.Errorf("site %q, policy %q, database %q", c.SiteName, c.PolicyFile, c.Database())
	}
	if c.PollMin != 2*time.Second || c.PollMax != time.Minute || c.Listen != "127.0.0.1:9847" || c.Domain != "." {
		t.Errorf("an empty variable is not unset: %v, %v, %q, %q", c.PollMin, c.PollMax, c.Listen, c.Domain)
	}
	if c.Zone() != time.Local {
		t.Errorf("the zone is %v", c.Zone())
	}
}

func TestValuesArrive(t *testing.T) {
	pin := strings.Repeat("ab", 32)
	clearEnvironment(t, login(
		"STATE_DIR", t.TempDir(), "VMBACKUP_PASSWORD", " top secret \r\n", "VMBACKUP_URL", " https://localhost:1/api/rest ",
		"VMBACKUP_VERSION", "9.0", "VMBACKUP_DIAL_ADDRESS", "127.0.0.1:2", "VMBACKUP_AGENT_PORT", "3", "VMBACKUP_DOMAIN", "LAB",
		"VMBACKUP_TLS_FINGERPRINT", pin+" , "+pin+",", "VMBACKUP_TLS_INSECURE_LOOPBACK", "true", "VMBACKUP_TIMEZONE", "Europe/Berlin",
		"VMBACKUP_SESSION_IDLE", "7s", "VMBACKUP_SEEN_GRACE", "8s", "VMBACKUP_REPORT_GRACE", "9s", "VMBACKUP_SEAT_WAIT", "10s",
		"ALERT_CHANNEL", "slack:C1, discord:2", "POLICY_FILE", "p.yaml", "SITE_NAME", "lab",
	))
	c, err := loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	v := c.VMBackup()
	if v.Password.Reveal() != " top secret " {
		t.Error("blanks around a password belong to it")
	}
	v.Password = vmbackup.Secret{}
	want := "{https://localhost:1/api/rest 9.0 127.0.0.1:2 3 anna [redacted] LAB [" + pin + " " + pin + "] true <nil> 7s"
	if got := fmt.Sprint(v); !strings.HasPrefix(got, want) {
		t.Errorf("the client's configuration is %s", got)
	}
	p := c.parts(slog.New(slog.DiscardHandler))
	if p.Site != "lab" || p.Zone.String() != "Europe/Berlin" || p.SeenGrace != 8*time.Second || p.ReportGrace != 9*time.Second ||
		p.SeatWait != 10*time.Second || p.SessionIdle != 7*time.Second || p.Database != c.Database() {
		t.Errorf("the app's parts are %+v", p)
	}
	if !slices.Equal(c.AlertChannels, []string{"slack:C1", "discord:2"}) || c.PolicyFile != "p.yaml" {
		t.Errorf("alerts go to %q, the policy is %q", c.AlertChannels, c.PolicyFile)
	}
}

func TestProblems(t *testing.T) {
	tests := map[string]struct{ name, value, want string }{
		"duration of no form": {"VMBACKUP_SEAT_WAIT", "10", "VMBACKUP_SEAT_WAIT: is not a duration"},
		"duration of nothing": {"VMBACKUP_SEEN_GRACE", "0s", "VMBACKUP_SEEN_GRACE: must be more"},
		"negative duration":   {"VMBACKUP_REPORT_GRACE", "-1s", "VMBACKUP_REPORT_GRACE: must be more"},
		"no idle":             {"VMBACKUP_SESSION_IDLE", "0", "VMBACKUP_SESSION_IDLE: must be more"},
		"negative idle":       {"VMBACKUP_SESSION_IDLE", "-1s", "VMBACKUP_SESSION_IDLE: is negative"},
		"poll turned round":   {"VMBACKUP_POLL_MIN", "2m", "VMBACKUP_POLL_MIN: 2m0s is more than VMBACKUP_POLL_MAX"},
		"number":              {"VMBACKUP_AGENT_PORT", "x", "VMBACKUP_AGENT_PORT: is not a whole number"},
		"bool":                {"VMBACKUP_TLS_INSECURE_LOOPBACK", "yes", "VMBACKUP_TLS_INSECURE_LOOPBACK: is not true or false"},
		"of the client":       {"VMBACKUP_VERSION", "10", "VMBACKUP_VERSION: \"10\""},
		"fingerprint":         {"VMBACKUP_TLS_FINGERPRINT", "abc", "VMBACKUP_TLS_FINGERPRINT: "},
		"zone":                {"VMBACKUP_TIMEZONE", "CEST?", "VMBACKUP_TIMEZONE: "},
		"site":                {"SITE_NAME", "a\nb", "SITE_NAME: must be one line"},
		"bot token":           {"SLACK_BOT_TOKEN", "xapp-topsecret", "SLACK_BOT_TOKEN: does not begin with xoxb-"},
		"token with a blank":  {"SLACK_BOT_TOKEN", "xoxb-top secret", "SLACK_BOT_TOKEN: holds a blank"},
		"app token alone":     {"SLACK_APP_TOKEN", "xapp-1", "SLACK_APP_TOKEN: is of no use"},
		"Slack over http":     {"SLACK_API_URL", "http://example.org/api/", "SLACK_API_URL: must be https://"},
		"Slack with a query":  {"SLACK_API_URL", "https://example.org/?a", "SLACK_API_URL: must hold neither"},
		"no address":          {"SLACK_API_URL", "slack.com", "SLACK_API_URL: is not an address"},
		"command":             {"SLACK_COMMAND", "vmbackup", "SLACK_COMMAND: "},
		"command of two":      {"SLACK_COMMAND", "/vm backup", "SLACK_COMMAND: "},
		"Discord's word":      {"DISCORD_BOT_TOKEN", "Bot topsecret", "DISCORD_BOT_TOKEN: must be the token alone"},
		"Discord's blank":     {"DISCORD_BOT_TOKEN", "top secret", "DISCORD_BOT_TOKEN: holds a blank"},
		"guild":               {"DISCORD_GUILD_ID", "mine", "DISCORD_GUILD_ID: \"mine\" is not a number"},
		"Discord elsewhere":   {"DISCORD_API_URL", "ftp://localhost/", "DISCORD_API_URL: must be https://"},
		"alert, no platform":  {"ALERT_CHANNEL", "C1", "ALERT_CHANNEL: \"C1\""},
		"alert twice":         {"ALERT_CHANNEL", "slack:C1,slack:C2", "ALERT_CHANNEL: names slack twice"},
		"heartbeat":           {"HEARTBEAT_URL", "topsecret", "HEARTBEAT_URL: is not an"},
		"heartbeat of no URL": {"HEARTBEAT_URL", "https://topsecret/%zz", "HEARTBEAT_URL: is not an"},
		"listen, no port":     {"LISTEN", "localhost", "LISTEN: \"localhost\""},
		"listen, bad port":    {"LISTEN", "localhost:99999", "LISTEN: \"99999\" is not a port"},
		"level":               {"LOG_LEVEL", "info+1", "LOG_LEVEL: "},
		"format":              {"LOG_FORMAT", "xml", "LOG_FORMAT: "},
		"near miss":           {"VMBACKUP_PASWORD", "topsecret", "VMBACKUP_PASWORD: is no setting; VMBACKUP_PASSWORD is meant?"},
		"file of a secret":    {"HEARTBEAT_URL_FILE", "/nowhere/at/all", "HEARTBEAT_URL_FILE: "},
		"file as well":        {"VMBACKUP_PASSWORD_FILE", "x", "VMBACKUP_PASSWORD_FILE: is set as well as VMBACKUP_PASSWORD"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			clearEnvironment(t, login("STATE_DIR", t.TempDir(), tt.name, tt.value))
			_, err := loadConfig()
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Fatalf("got %v, want %s…", err, tt.want)
			}
			if n := len(apart(err)); n != 1 {
				t.Errorf("%d problems: %v", n, err)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("a secret is told: %v", err)
			}
			if os.Getenv(tt.name) == "" {
				t.Errorf("%s is gone from the environment", tt.name)
			}
		})
	}
}

func TestGoodValues(t *testing.T) {
	for name, value := range map[string]string{
		"LISTEN": "OFF", "LOG_LEVEL": "WARNING", "LOG_FORMAT": "JSON", "SLACK_API_URL": "http://127.0.0.1:1/api/", "DISCORD_API_URL": "http://[::1]/",
		"HEARTBEAT_URL": "http://localhost/x", "DISCORD_GUILD_ID": "1234567890", "SLACK_BOT_TOKEN": "xoxb-1", "DISCORD_BOT_TOKEN": "MT.a.b",
	} {
		clearEnvironment(t, login("STATE_DIR", t.TempDir(), name, value))
		if _, err := loadConfig(); err != nil {
			t.Errorf("%s=%s: %v", name, value, err)
		}
	}
}

func TestSecretFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	clearEnvironment(t, map[string]string{
		"VMBACKUP_USERNAME": "anna", "VMBACKUP_PASSWORD_FILE": write("password", "\ufeff pass word \r\n"), "STATE_DIR": dir,
		"SLACK_BOT_TOKEN_FILE": write("slack", " xoxb-1\n"), "DISCORD_BOT_TOKEN_FILE": write("empty", "\n"),
		"HEARTBEAT_URL_FILE": write("long", strings.Repeat("x", secretLimit+1)), "SLACK_APP_TOKEN_FILE": dir,
	})
	c, err := loadConfig()
	if c.Password.Reveal() != " pass word " || c.SlackBotToken.Reveal() != "xoxb-1" {
		t.Error("the secrets are not those of the files")
	}
	for _, want := range []string{"DISCORD_BOT_TOKEN_FILE: the file is empty", "HEARTBEAT_URL_FILE: ", "too long", "SLACK_APP_TOKEN_FILE: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(format, c); strings.Contains(text, "pass word") || strings.Contains(text, "xoxb-1") {
			t.Errorf("%s shows a secret", format)
		}
	}
}

func TestNearMisses(t *testing.T) {
	tests := map[string]string{
		"SLACK_BOT_TOKNE": "SLACK_BOT_TOKEN", "VMBACKUP_USER_NAME": "VMBACKUP_USERNAME", "VMBACKUP_FINGERPRINT": "",
		"vmbackup_url": "VMBACKUP_URL", "DISCORD_BOT_TOKENS": "DISCORD_BOT_TOKEN", "DISCORD_BOT_TOKEN_FIEL": "DISCORD_BOT_TOKEN_FILE",
		"POLICYFILE": "POLICY_FILE", "STATEDIR": "STATE_DIR", "LOGLEVEL": "LOG_LEVEL", "SITE_NAMES": "SITE_NAME",
		"PATH": "", "HOME": "", "LISTENER": "", "LISTE": "", "HOSTNAME": "", "STATE_DIRECTORY": "", "SLACK_WEBHOOK": "", "LANG": "", "LOGNAME": "",
	}
	for name, meant := range tests {
		got := ""
		if p := nearMisses([]string{name + "=topsecret"}); len(p) > 0 {
			got = p[0].Error()
		}
		if want := name + ": is no setting; " + meant + " is meant?"; meant == "" && got != "" || meant != "" && got != want {
			t.Errorf("%s: got %q, want %q", name, got, meant)
		}
	}
	if p := nearMisses([]string{"=C:=C:\\", "SLACK_BOT_TOKNE=", "STATE_DIR=x", "SLACK_BOT_TOKEN_FILE=x"}); p != nil {
		t.Errorf("got %v", p)
	}
}

func TestLogger(t *testing.T) {
	var b bytes.Buffer
	Config{LogLevel: "warn", LogFormat: "json"}.Logger(&b).Info("hidden")
	Config{LogLevel: "warn", LogFormat: "json"}.Logger(&b).Warn("shown")
	if got := b.String(); !strings.HasPrefix(got, "{") || strings.Contains(got, "hidden") || !strings.Contains(got, "shown") {
		t.Errorf("logged %s", got)
	}
	b.Reset()
	Config{}.Logger(&b).Info("shown", "password", vmbackup.NewSecret("topsecret"))
	if got := b.String(); !strings.Contains(got, "msg=shown") || strings.Contains(got, "topsecret") {
		t.Errorf("logged %s", got)
	}
}
