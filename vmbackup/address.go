package vmbackup

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// address is what is known of one version: where its API is, its agent's port, and what has to run.
type address struct {
	version, url string
	port         string
	agent        int
	service      string
}

// knownAddresses are the three that the vendor's documents give, newest first. The documents print http, but every client
// known to run against 8 and 9 uses https. The agents' ports are those that such clients send.
func knownAddresses() []address {
	return []address{
		{
			version: Version91, url: "https://localhost:36013/api/rest", port: "36013", agent: 36014,
			service: "for 9.1 and later the main VM Backup service (the API is part of it)",
		},
		{
			version: Version90, url: "https://localhost:36015/api", port: "36015", agent: 36014,
			service: `for 9.0 "Hornetsecurity VM Backup API Service" (Hornetsecurity.VMBackup.Rest, disabled by default)`,
		},
		{
			version: Version8, url: "https://localhost:35113/api", port: "35113", agent: 35107,
			service: `for 8 "Altaro VM Backup API Service" (Altaro.RestService.exe, disabled by default)`,
		},
	}
}

// knownAddress is the entry of a version; the zero value for any other word.
func knownAddress(version string) address {
	for _, a := range knownAddresses() {
		if a.version == version {
			return a
		}
	}
	return address{}
}

// versionOfURL tells the version by port, then by path; empty where neither is known. 8 and 9.0 share a path.
func versionOfURL(base *url.URL) string {
	for _, a := range knownAddresses() {
		if base.Port() == a.port {
			return a.version
		}
	}
	if strings.HasSuffix(strings.ToLower(base.Path), "/api/rest") {
		return Version91
	}
	return ""
}

// versionOfProtocol reads a version from the answer of protocol/version, whose form no document gives; empty where it
// does not begin with a version that is known.
func versionOfProtocol(text string) string {
	major, rest, _ := strings.Cut(strings.TrimLeft(strings.TrimSpace(text), "vV"), ".")
	minor, _, _ := strings.Cut(rest, ".")
	switch {
	case major == "8":
		return Version8
	case major == "9" && minor == "0":
		return Version90
	case major == "9" && minor != "":
		return Version91
	default:
		return ""
	}
}

// agentPort is the ServerPort of sessions/start. A version that could not be told is taken for 9.x.
func agentPort(version string) int {
	if a := knownAddress(version); a.agent != 0 {
		return a.agent
	}
	return knownAddress(Version91).agent
}

// serviceHint says what must run for the API to answer.
func serviceHint(version string) string {
	const lead = "check on the VM Backup machine that this Windows service is enabled and started: "
	if a := knownAddress(version); a.service != "" {
		return lead + a.service
	}
	var all []string
	for _, a := range knownAddresses() {
		all = append(all, a.service)
	}
	return lead + strings.Join(all, "; ")
}

// parseBase is the URL without trailing slash; nil for empty text.
func parseBase(text string) *url.URL {
	u, err := url.Parse(strings.TrimRight(text, "/"))
	if err != nil || text == "" {
		return nil
	}
	return u
}

// isLoopback reports whether the host is this machine for certain: the name localhost, which is never looked up, or a
// loopback address.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// checkHostPort checks the form host:port.
func checkHostPort(text string) error {
	host, port, err := net.SplitHostPort(text)
	if err != nil || host == "" {
		return fmt.Errorf("%q is not of the form host:port", text)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return fmt.Errorf("%q is not a port", port)
	}
	return nil
}

// dialTargets are the addresses to try in turn. The name localhost is not looked up: a hosts file must not be able to
// send a login elsewhere.
func dialTargets(base *url.URL, dialAddress string) []string {
	host, port := base.Hostname(), base.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[base.Scheme]
	}
	if dialAddress != "" {
		if h, p, err := net.SplitHostPort(dialAddress); err == nil {
			host, port = h, p
		}
	}
	if strings.EqualFold(host, "localhost") {
		return []string{net.JoinHostPort("127.0.0.1", port), net.JoinHostPort("::1", port)}
	}
	return []string{net.JoinHostPort(host, port)}
}
