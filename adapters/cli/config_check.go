package cli

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"vmbackup-bot/vmbackup"
)

// validate names everything that is wrong with what was read.
func (c Config) validate() []error {
	problems := c.VMBackup().Validate()
	problems = append(problems, c.validatePace()...)
	problems = append(problems, c.validateSlack()...)
	problems = append(problems, c.validateDiscord()...)
	problems = append(problems, c.validateAlerts()...)
	if err := validListen(c.Listen); err != nil {
		problems = append(problems, err)
	}
	if strings.ContainsFunc(c.SiteName, func(r rune) bool { return r < ' ' }) {
		problems = append(problems, problem("SITE_NAME", "must be one line"))
	}
	if _, err := parseLevel(c.LogLevel); err != nil {
		problems = append(problems, err)
	}
	if !strings.EqualFold(c.LogFormat, "text") && !strings.EqualFold(c.LogFormat, "json") {
		problems = append(problems, problem("LOG_FORMAT", "%q is not one of text, json", c.LogFormat))
	}
	return problems
}

func (c Config) validatePace() []error {
	var problems []error
	for _, d := range []struct {
		name  string
		value time.Duration
	}{
		{"VMBACKUP_POLL_MIN", c.PollMin},
		{"VMBACKUP_POLL_MAX", c.PollMax},
		{"VMBACKUP_SEEN_GRACE", c.SeenGrace},
		{"VMBACKUP_REPORT_GRACE", c.ReportGrace},
		{"VMBACKUP_SEAT_WAIT", c.SeatWait},
	} {
		if d.value <= 0 {
			problems = append(problems, problem(d.name, "must be more than nothing"))
		}
	}
	if c.SessionIdle == 0 { // less than nothing is named by the client
		problems = append(problems, problem("VMBACKUP_SESSION_IDLE", "must be more than nothing"))
	}
	if c.PollMin > c.PollMax && c.PollMax > 0 {
		problems = append(problems, problem("VMBACKUP_POLL_MIN", "%v is more than VMBACKUP_POLL_MAX, %v", c.PollMin, c.PollMax))
	}
	return problems
}

func (c Config) validateSlack() []error {
	var problems []error
	if err := wantPrefix("SLACK_BOT_TOKEN", c.SlackBotToken, "xoxb-"); err != nil {
		problems = append(problems, err)
	}
	if err := wantPrefix("SLACK_APP_TOKEN", c.SlackAppToken, "xapp-"); err != nil {
		problems = append(problems, err)
	}
	if c.SlackBotToken.IsZero() && !c.SlackAppToken.IsZero() {
		problems = append(problems, problem("SLACK_APP_TOKEN", "is of no use without SLACK_BOT_TOKEN"))
	}
	if err := validURL("SLACK_API_URL", c.SlackAPIURL); err != nil {
		problems = append(problems, err)
	}
	if name, ok := strings.CutPrefix(c.SlackCommand, "/"); !ok || name == "" || strings.ContainsAny(name, " \t/") {
		problems = append(problems, problem("SLACK_COMMAND", "%q is not one word after a slash, such as /vmbackup", c.SlackCommand))
	}
	return problems
}

func (c Config) validateDiscord() []error {
	var problems []error
	if rest, ok := strings.CutPrefix(c.DiscordBotToken.Reveal(), "Bot "); ok {
		problems = append(problems, problem("DISCORD_BOT_TOKEN", "must be the token alone, without the word Bot before it"))
	} else if strings.ContainsAny(rest, " \t\r\n") {
		problems = append(problems, problem("DISCORD_BOT_TOKEN", "holds a blank"))
	}
	if c.DiscordGuildID != "" {
		if _, err := strconv.ParseUint(c.DiscordGuildID, 10, 64); err != nil {
			problems = append(problems, problem("DISCORD_GUILD_ID", "%q is not a number, as Discord's developer mode copies it", c.DiscordGuildID))
		}
	}
	if err := validURL("DISCORD_API_URL", c.DiscordAPIURL); err != nil {
		problems = append(problems, err)
	}
	return problems
}

func (c Config) validateAlerts() []error {
	var problems []error
	seen := make(map[string]bool)
	for _, a := range c.AlertChannels {
		platform, channel, ok := strings.Cut(a, ":")
		switch {
		case !ok, channel == "", platform != "slack" && platform != "discord", strings.ContainsAny(channel, " \t:"):
			problems = append(problems, problem("ALERT_CHANNEL", "%q is not slack:<channel> or discord:<channel>", a))
		case seen[platform]:
			problems = append(problems, problem("ALERT_CHANNEL", "names %s twice", platform))
		}
		seen[platform] = true
	}
	if !c.HeartbeatURL.IsZero() {
		// What is wrong with it is said without quoting it: whoever knows the address can keep the alarm quiet.
		if u, err := url.Parse(c.HeartbeatURL.Reveal()); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			problems = append(problems, problem("HEARTBEAT_URL", "is not an http:// or https:// address"))
		}
	}
	return problems
}

// wantPrefix tells tokens of the wrong kind by their beginning, without quoting them.
func wantPrefix(name string, s vmbackup.Secret, prefix string) error {
	switch {
	case s.IsZero():
		return nil
	case !strings.HasPrefix(s.Reveal(), prefix):
		return problem(name, "does not begin with %s: it is another kind of token", prefix)
	case strings.ContainsAny(s.Reveal(), " \t\r\n"):
		return problem(name, "holds a blank")
	}
	return nil
}

// validURL allows https anywhere and http on loopback: tokens are sent there.
func validURL(name, text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "":
		return problem(name, "is not an address such as https://example.org/api/")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return problem(name, "must hold neither a user nor a query")
	case u.Scheme == "https", u.Scheme == "http" && isLoopback(u.Hostname()):
		return nil
	}
	return problem(name, "must be https://, or http:// on loopback")
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// validListen allows any address, since a monitoring system may sit elsewhere, but wants it said.
func validListen(text string) error {
	if strings.EqualFold(text, "off") {
		return nil
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return problem("LISTEN", "%q is not host:port, such as 127.0.0.1:9847, or off", text)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || host == "" && n == 0 {
		return problem("LISTEN", "%q is not a port", port)
	}
	return nil
}
