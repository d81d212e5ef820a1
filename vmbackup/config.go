package vmbackup

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"time"
)

// DefaultSessionIdle is how long an unused session is kept. The seat is shared with the administrator's console, so it is
// given back soon; ten seconds spare a login between two steps of one request.
const DefaultSessionIdle = 10 * time.Second

// DefaultDomain stands for the machine's own accounts, as clients in the field send it.
const DefaultDomain = "."

// The versions that [Config.Version] knows.
const (
	// VersionAuto finds the version out.
	VersionAuto = "auto"
	// Version8 is Altaro and Hornetsecurity VM Backup 8.x.
	Version8 = "8"
	// Version90 is VM Backup 9.0.x.
	Version90 = "9.0"
	// Version91 is VM Backup 9.1.x and later.
	Version91 = "9.1"
)

// Config says where VM Backup is, whether it can be trusted, and who logs in. The zero value lacks the login only: it
// probes the three known addresses of this machine and verifies the certificate against the machine's authorities.
type Config struct {
	// URL is the base URL with its path, such as https://localhost:36013/api/rest. Empty: the address of Version, or,
	// with version auto, the newest that answers on the three known addresses of loopback.
	URL string
	// Version is auto, 8, 9.0 or 9.1; empty is auto. It decides on the agent's port and on hints, never on paths.
	Version string
	// DialAddress is the host:port to connect to; empty: taken from the URL. The Host header stays the URL's, since the
	// server answers as localhost only.
	DialAddress string
	// AgentPort is the ServerPort of sessions/start; 0: 35107 for 8, 36014 for 9.x.
	AgentPort int
	// Username is a local administrator of the VM Backup machine; DOMAIN\name is taken apart.
	Username string
	// Password belongs to Username.
	Password Secret
	// Domain of the user; empty is [DefaultDomain].
	Domain string
	// Fingerprints are SHA-256 hashes of certificates in hex, colons allowed. With one or more of them nothing else
	// about the certificate counts.
	Fingerprints []string
	// InsecureLoopback skips the certificate check. Refused unless the dialled address is loopback; ignored with
	// Fingerprints.
	InsecureLoopback bool
	// RootCAs are the authorities to verify against where nothing is pinned; nil: the machine's.
	RootCAs *x509.CertPool
	// SessionIdle is how long a session is kept without need; 0 is [DefaultSessionIdle].
	SessionIdle time.Duration
	// DialContext makes the connections; nil is a plain net.Dialer.
	DialContext func(ctx context.Context, network, addr string) (net.Conn, error)
	// Logger is told of every call at debug level; nil logs nothing.
	Logger *slog.Logger
	// AfterUncleanStop says that a session of ours may still hold the seat, because the program was killed with one in
	// hand. Refusals in the first six minutes are then put down to it, in the error's Hint.
	AfterUncleanStop bool
}

// Validate names every problem at once, each by the setting's name; nil when there is none.
func (c Config) Validate() []error {
	var out []error
	add := func(setting, format string, args ...any) {
		out = append(out, fmt.Errorf("%s: %w", setting, fmt.Errorf(format, args...)))
	}
	version := c.version()
	if version != VersionAuto && knownAddress(version).version == "" {
		add("VMBACKUP_VERSION", "%q is not one of auto, 8, 9.0, 9.1", c.Version)
	}
	base, err := c.baseURL()
	if err != nil {
		add("VMBACKUP_URL", "%w", err)
	}
	if base == nil && c.URL == "" && version == VersionAuto && c.DialAddress != "" {
		add("VMBACKUP_DIAL_ADDRESS", "needs VMBACKUP_URL: the known addresses are only probed on loopback")
	}
	for _, f := range c.Fingerprints {
		if strings.TrimSpace(f) == "" {
			continue
		}
		if _, err := parseFingerprint(f); err != nil {
			add("VMBACKUP_TLS_FINGERPRINT", "%w", err)
		}
	}
	if err := checkHostPort(c.DialAddress); c.DialAddress != "" && err != nil {
		add("VMBACKUP_DIAL_ADDRESS", "%w", err)
	} else {
		c.validateTrust(base, add)
	}
	if c.AgentPort < 0 || c.AgentPort > 65535 {
		add("VMBACKUP_AGENT_PORT", "%d is not a port", c.AgentPort)
	}
	c.validateLogin(add)
	if c.SessionIdle < 0 {
		add("VMBACKUP_SESSION_IDLE", "is negative")
	}
	return out
}

// validateTrust holds scheme, address and certificate settings against each other.
func (c Config) validateTrust(base *url.URL, add func(setting, format string, args ...any)) {
	secure := base == nil || base.Scheme == "https" // unset: the known addresses are https
	away := c.dialsAway(base)
	switch {
	case !secure && away:
		add("VMBACKUP_URL", "http:// is only allowed on loopback: use https://")
	case !secure && c.pinned():
		add("VMBACKUP_TLS_FINGERPRINT", "is refused with an http:// URL, which has no certificate")
	}
	if c.DialAddress != "" && away && (!secure || !c.pinned()) {
		add("VMBACKUP_DIAL_ADDRESS", "off loopback it needs an https:// URL and VMBACKUP_TLS_FINGERPRINT")
	}
	if c.InsecureLoopback && away {
		add("VMBACKUP_TLS_INSECURE_LOOPBACK", "is refused, because the address dialled is not loopback: set VMBACKUP_TLS_FINGERPRINT instead")
	}
}

// validateLogin looks at user, domain and password.
func (c Config) validateLogin(add func(setting, format string, args ...any)) {
	if strings.TrimSpace(c.Username) == "" {
		add("VMBACKUP_USERNAME", "is missing: a local administrator of the VM Backup machine")
	}
	if c.Password.IsZero() {
		add("VMBACKUP_PASSWORD", "is missing")
	}
	if domain, _, found := strings.Cut(c.Username, `\`); found && c.domainGiven() && !strings.EqualFold(domain, c.Domain) {
		add("VMBACKUP_DOMAIN", "differs from the domain in VMBACKUP_USERNAME")
	}
}

// domainGiven reports whether the domain says more than the default does.
func (c Config) domainGiven() bool { return c.Domain != "" && c.Domain != DefaultDomain }

// login is user and domain as the server wants them: apart.
func (c Config) login() (user, domain string) {
	user, domain = strings.TrimSpace(c.Username), c.Domain
	if d, u, found := strings.Cut(user, `\`); found {
		user = u
		if !c.domainGiven() {
			domain = d
		}
	}
	if domain == "" {
		domain = DefaultDomain
	}
	return user, domain
}

// version is the setting without blanks, auto where it is empty.
func (c Config) version() string {
	if v := strings.ToLower(strings.TrimSpace(c.Version)); v != "" {
		return v
	}
	return VersionAuto
}

// pinned reports whether a fingerprint is set.
func (c Config) pinned() bool {
	for _, f := range c.Fingerprints {
		if strings.TrimSpace(f) != "" {
			return true
		}
	}
	return false
}

// dialsAway reports whether the address to connect to is not loopback.
func (c Config) dialsAway(base *url.URL) bool {
	if c.DialAddress != "" {
		host, _, err := net.SplitHostPort(c.DialAddress)
		return err != nil || !isLoopback(host)
	}
	return base != nil && !isLoopback(base.Hostname())
}

// baseURL is the URL as set, or the known one of the version set; nil where it has to be probed. Its errors do not quote
// the setting, which may hold a password.
func (c Config) baseURL() (*url.URL, error) {
	text := strings.TrimSpace(c.URL)
	if text == "" {
		return parseBase(knownAddress(c.version()).url), nil
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("is not a URL; an example is https://localhost:36013/api/rest")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("must begin with https:// (or http://, on loopback)")
	case u.Hostname() == "":
		return nil, errors.New("has no host; an example is https://localhost:36013/api/rest")
	case u.User != nil:
		return nil, errors.New("must not hold a user or password: use VMBACKUP_USERNAME and VMBACKUP_PASSWORD")
	case u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("must end with its path, without ? or #")
	case strings.Trim(u.Path, "/") == "":
		return nil, errors.New("has no path: version 8 and 9.0 have /api, version 9.1 and later /api/rest")
	}
	if port := u.Port(); port != "" {
		if err := checkHostPort(net.JoinHostPort(u.Hostname(), port)); err != nil {
			return nil, err
		}
	}
	return parseBase(text), nil
}
