package cli

import (
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"
	_ "time/tzdata" // Windows and small containers bring no zones

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/vmbackup"
)

// Config is everything that the environment says. Each field has a row in configTable, which tells what it is for.
//
// No field but a [vmbackup.Secret] may hold anything secret, and no check may quote what a secret holds.
type Config struct {
	URL              string          `envconfig:"VMBACKUP_URL"`
	Version          string          `envconfig:"VMBACKUP_VERSION" default:"auto"`
	DialAddress      string          `envconfig:"VMBACKUP_DIAL_ADDRESS"`
	AgentPort        int             `envconfig:"VMBACKUP_AGENT_PORT"`
	Username         string          `envconfig:"VMBACKUP_USERNAME"`
	Password         vmbackup.Secret `envconfig:"VMBACKUP_PASSWORD"`
	Domain           string          `envconfig:"VMBACKUP_DOMAIN" default:"."`
	Fingerprints     commaList       `envconfig:"VMBACKUP_TLS_FINGERPRINT"`
	InsecureLoopback bool            `envconfig:"VMBACKUP_TLS_INSECURE_LOOPBACK" default:"false"`
	Timezone         string          `envconfig:"VMBACKUP_TIMEZONE"`
	PollMin          time.Duration   `envconfig:"VMBACKUP_POLL_MIN" default:"2s"`
	PollMax          time.Duration   `envconfig:"VMBACKUP_POLL_MAX" default:"60s"`
	SeenGrace        time.Duration   `envconfig:"VMBACKUP_SEEN_GRACE" default:"30s"`
	ReportGrace      time.Duration   `envconfig:"VMBACKUP_REPORT_GRACE" default:"10m"`
	SessionIdle      time.Duration   `envconfig:"VMBACKUP_SESSION_IDLE" default:"10s"`
	SeatWait         time.Duration   `envconfig:"VMBACKUP_SEAT_WAIT" default:"10m"`

	SiteName string `envconfig:"SITE_NAME"`

	SlackBotToken vmbackup.Secret `envconfig:"SLACK_BOT_TOKEN"`
	SlackAppToken vmbackup.Secret `envconfig:"SLACK_APP_TOKEN"`
	SlackAPIURL   string          `envconfig:"SLACK_API_URL" default:"https://slack.com/api/"`
	SlackCommand  string          `envconfig:"SLACK_COMMAND" default:"/vmbackup"`

	DiscordBotToken vmbackup.Secret `envconfig:"DISCORD_BOT_TOKEN"`
	DiscordGuildID  string          `envconfig:"DISCORD_GUILD_ID"`
	DiscordAPIURL   string          `envconfig:"DISCORD_API_URL" default:"https://discord.com/api/"`

	AlertChannels commaList       `envconfig:"ALERT_CHANNEL"`
	HeartbeatURL  vmbackup.Secret `envconfig:"HEARTBEAT_URL"`

	PolicyFile string `envconfig:"POLICY_FILE"`
	StateDir   string `envconfig:"STATE_DIR"`
	Listen     string `envconfig:"LISTEN" default:"127.0.0.1:9847"`
	LogLevel   string `envconfig:"LOG_LEVEL" default:"info"`
	LogFormat  string `envconfig:"LOG_FORMAT" default:"text"`

	zone *time.Location // of Timezone; nil where that is empty or bad
}

// commaList is several values in one variable, with commas between them and blanks around them.
type commaList []string

// UnmarshalText never fails.
func (l *commaList) UnmarshalText(text []byte) error {
	*l = nil
	for part := range strings.SplitSeq(string(text), ",") {
		if part = strings.TrimSpace(part); part != "" {
			*l = append(*l, part)
		}
	}
	return nil
}

// databaseName is the store's file in the state directory.
const databaseName = "vmbackup-bot.db"

// policyName is the policy's file there, unless POLICY_FILE says otherwise.
const policyName = "policy.yaml"

// loadConfig reads the whole environment. The error joins everything that is wrong with it, one line each; the
// configuration is then as complete as it can be.
func loadConfig() (Config, error) {
	tidyEnvironment()
	c, problems := processEnvironment()
	problems = append(problems, c.readSecretFiles()...)
	problems = append(problems, c.fillIn()...)
	problems = append(problems, c.validate()...)
	problems = append(problems, nearMisses(os.Environ())...)
	return c, errors.Join(problems...)
}

// fillIn puts in the defaults that depend on the machine.
func (c *Config) fillIn() []error {
	var problems []error
	if c.StateDir == "" {
		dir, err := defaultStateDir()
		if err != nil {
			problems = append(problems, err)
		}
		c.StateDir = dir
	}
	if c.PolicyFile == "" && c.StateDir != "" {
		c.PolicyFile = filepath.Join(c.StateDir, policyName)
	}
	// The clients put a method's name straight behind the address.
	for _, address := range []*string{&c.SlackAPIURL, &c.DiscordAPIURL} {
		if *address != "" && !strings.HasSuffix(*address, "/") {
			*address += "/"
		}
	}
	if c.SiteName == "" {
		name, err := os.Hostname()
		if err != nil {
			problems = append(problems, problem("SITE_NAME", "is not set, and this machine does not say its name"))
		}
		c.SiteName = name
	}
	if c.Timezone != "" {
		zone, err := time.LoadLocation(c.Timezone)
		if err != nil {
			problems = append(problems, problem("VMBACKUP_TIMEZONE", "%q is not a zone such as Europe/Berlin", c.Timezone))
		}
		c.zone = zone
	}
	return problems
}

// Database is the store's file.
func (c Config) Database() string { return filepath.Join(c.StateDir, databaseName) }

// Zone is the zone of the server's stamps.
func (c Config) Zone() *time.Location {
	if c.zone == nil {
		return time.Local
	}
	return c.zone
}

// VMBackup is how to reach the server.
func (c Config) VMBackup() vmbackup.Config {
	return vmbackup.Config{
		URL: c.URL, Version: c.Version, DialAddress: c.DialAddress, AgentPort: c.AgentPort,
		Username: c.Username, Password: c.Password, Domain: c.Domain,
		Fingerprints: c.Fingerprints, InsecureLoopback: c.InsecureLoopback, SessionIdle: c.SessionIdle,
	}
}

// alertPlaces are the channels of ALERT_CHANNEL.
func (c Config) alertPlaces() []chat.Place {
	var places []chat.Place
	for _, a := range c.AlertChannels {
		platform, channel, _ := strings.Cut(a, ":")
		places = append(places, chat.Place{Platform: platform, Channel: channel})
	}
	return places
}

// Logger writes what LOG_LEVEL lets through to w, in the form of LOG_FORMAT.
func (c Config) Logger(w io.Writer) *slog.Logger {
	level, err := parseLevel(c.LogLevel)
	if err != nil {
		level = slog.LevelInfo
	}
	o := &slog.HandlerOptions{Level: level}
	if strings.EqualFold(c.LogFormat, "json") {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// parseLevel reads one of the four levels of log/slog, without its offsets.
func parseLevel(text string) (slog.Level, error) {
	var level slog.Level
	switch strings.ToLower(text) {
	case "debug", "info", "warn", "error":
		return level, level.UnmarshalText([]byte(text))
	case "warning":
		return slog.LevelWarn, nil
	}
	return level, problem("LOG_LEVEL", "%q is not one of debug, info, warn, error", text)
}
