package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"vmbackup-bot/bot/access"
	"vmbackup-bot/vmbackup"
)

// grade is how a finding is.
type grade string

const (
	statusOK   grade = "ok"
	statusWarn grade = "warn" // works, but is likely not what was wanted, or could not be looked at
	statusFail grade = "fail"
)

// finding is one thing that check looked at. Next is what to do about it; empty where there is nothing to do.
type finding struct {
	Name   string `json:"name"`
	Status grade  `json:"status"`
	What   string `json:"what"`
	Next   string `json:"next,omitempty"`
}

// checker collects findings, in the order in which things depend on each other.
type checker struct {
	cfg      Config
	findings []finding
	// holder is the bot that runs on this state directory; empty for none.
	holder string
	// vms are the server's, from it or as the running bot saw them last; known says whether there is a list at all.
	vms   []vmbackup.VM
	known bool
}

func (c *checker) add(name string, g grade, what, next string) {
	c.findings = append(c.findings, finding{name, g, what, next})
}

// fail adds an error with its own hint, or else the one given.
func (c *checker) fail(name string, err error, next string) {
	if hints := hintsOf(err); len(hints) > 0 {
		next = strings.Join(hints, "; ")
	}
	c.add(name, statusFail, err.Error(), next)
}

// checkLimit is how long the server may keep check waiting, over all calls: somebody sits in front of it, and each call
// alone may take a minute.
const checkLimit = 30 * time.Second

// runCheck tries everything that is configured and prints what it found. ok is false when something failed; a warning
// is no failure.
func runCheck(ctx context.Context, format string, io IO) (ok bool, err error) {
	write, known := checkFormats[format]
	if !known {
		return false, usageError{fmt.Errorf("--format %q is not one of text, json", format)}
	}
	c := &checker{}
	c.configuration()
	c.state()
	trying, cancel := context.WithTimeout(ctx, checkLimit)
	defer cancel()
	c.platforms(trying)
	c.server(trying)
	c.policy()
	if err := ctx.Err(); err != nil {
		return false, errors.New("stopped before everything was tried")
	}
	ok = true
	for _, f := range c.findings {
		ok = ok && f.Status != statusFail
	}
	return ok, write(io.Out, ok, c.findings)
}

func (c *checker) configuration() {
	cfg, err := loadConfig()
	c.cfg = cfg
	if err == nil {
		c.add("configuration", statusOK, fmt.Sprintf("every setting is understood; this is %s", cfg.SiteName), "")
		return
	}
	for _, p := range apart(err) {
		name, _, _ := strings.Cut(p.Error(), ":")
		c.fail("configuration", p, adviceOn(name))
	}
}

// apart takes errors.Join apart.
func apart(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

// state tries the state directory, and leaves it as it was.
func (c *checker) state() {
	dir := c.cfg.StateDir
	if dir == "" {
		return // said by configuration
	}
	if err := tryStateDir(dir); err != nil {
		c.fail("state", err, "set STATE_DIR to a folder that this account may write to, or run check as the bot's account")
		return
	}
	c.add("state", statusOK, dir+" can be written", "")
	holder, err := stateHolder(dir)
	if err != nil {
		c.fail("state", fmt.Errorf("look at the lock: %w", err), "run check as the bot's account")
		return
	}
	if c.holder = holder; holder != "" {
		c.add("bot", statusOK, "a bot runs here: "+holder, "")
	}
}

// tryStateDir writes a file into the directory. A directory that it has to make for that goes again.
func tryStateDir(dir string) (err error) {
	if _, missing := os.Stat(dir); errors.Is(missing, fs.ErrNotExist) {
		if err := makeStateDir(dir); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.Remove(dir)) }()
	}
	f, err := os.CreateTemp(dir, "check-")
	if err != nil {
		return fmt.Errorf("write to the state directory: %w", err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

func (c *checker) platforms(ctx context.Context) {
	if c.cfg.SlackBotToken.IsZero() && c.cfg.DiscordBotToken.IsZero() {
		c.add("platforms", statusWarn, "no chat platform is configured", noPlatform)
	}
	if !c.cfg.SlackBotToken.IsZero() {
		c.slack(ctx)
	}
	if !c.cfg.DiscordBotToken.IsZero() {
		c.discord(ctx)
	}
}

// channels are those of a platform that ALERT_CHANNEL and the policy name.
func (c *checker) channels(platform string) []string {
	var all []string
	for _, p := range c.cfg.alertPlaces() {
		if p.Platform == platform {
			all = append(all, p.Channel)
		}
	}
	if p, err := access.Load(c.cfg.PolicyFile); err == nil { // what is wrong with it is said by policy
		for _, id := range p.Channels(platform) {
			if !slices.Contains(all, id) {
				all = append(all, id)
			}
		}
	}
	return all
}

// policy reads the policy, and says of each grant which VMs it is about.
func (c *checker) policy() {
	path := c.cfg.PolicyFile
	if path == "" {
		return // said by configuration
	}
	p, err := access.Load(path)
	if errors.Is(err, fs.ErrNotExist) {
		c.add("policy", statusWarn, path+" does not exist: everybody is refused", "write it, the README has an example; /vmbackup whoami prints the ids to put there")
		return
	}
	if err != nil {
		for _, e := range apart(err) {
			c.fail("policy", e, "until it is put right everybody is refused, or the last good policy goes on")
		}
		return
	}
	c.add("policy", statusOK, fmt.Sprintf("%s is understood: %s", path, count(len(p.Grants), "grant")), "")
	if !c.known {
		c.add("policy", statusWarn, "which VMs the grants match is not known, since there is no list of VMs", "")
		return
	}
	for _, m := range p.Matches(accessVMs(c.vms)) {
		c.grant(m)
	}
}

func (c *checker) grant(m access.Match) {
	what := fmt.Sprintf("%s matches %s%s", m.Grant, count(len(m.VMs), "VM"), some(m.VMs))
	switch {
	case len(m.Unmatched) > 0:
		c.add("grant", statusWarn, fmt.Sprintf("%s; none fits %s", what, strings.Join(m.Unmatched, ", ")), "look for a slip in the policy: /vmbackup vms lists the names")
	case len(m.VMs) == 0:
		c.add("grant", statusWarn, what, "all are excepted, or the server has none")
	default:
		c.add("grant", statusOK, what, "")
	}
}

// someVMs is how many names a line holds.
const someVMs = 8

// some are a few of the VMs, to recognise the rest by.
func some(vms []access.VM) string {
	var names []string
	for _, v := range vms[:min(len(vms), someVMs)] {
		name := v.Name
		if v.Host != "" {
			name += "@" + v.Host
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return ""
	}
	if more := len(vms) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return ": " + strings.Join(names, ", ")
}

// count is a number of things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
