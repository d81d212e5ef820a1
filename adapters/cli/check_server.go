package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"vmbackup-bot/bot/store"
	"vmbackup-bot/vmbackup"
)

// server tries VM Backup from the outside in: does it answer, is it the right one, does it take our login, what does it
// know. Each step needs the one before.
func (c *checker) server(ctx context.Context) {
	cfg := c.cfg.VMBackup()
	if len(cfg.Validate()) > 0 {
		c.add("server", statusWarn, "not tried, because the configuration is wrong", "")
		return
	}
	client, err := vmbackup.NewClient(cfg)
	if err != nil {
		c.fail("server", err, "")
		return
	}
	defer func() { c.leave(ctx, client) }()
	if !c.answers(ctx, client) {
		return
	}
	c.certificate(client.Info())
	if c.holder != "" {
		c.add("login", statusOK, "not tried: the seat is held by it", "")
		c.lastSeen(ctx)
		return
	}
	if c.login(ctx, client) {
		c.list(ctx, client)
	}
}

// leave gives the session back, also when check was interrupted.
func (c *checker) leave(ctx context.Context, client *vmbackup.Client) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), logoutGrace)
	defer cancel()
	if err := client.Close(ctx); err != nil {
		c.add("login", statusWarn, fmt.Sprintf("the session could not be given back: %v", err), "the seat is free again in some minutes")
	}
}

func (c *checker) answers(ctx context.Context, client *vmbackup.Client) bool {
	if _, err := client.ProtocolVersion(ctx); err != nil {
		c.fail("server", err, "see that the VM Backup services run on that machine")
		return false
	}
	info := client.Info()
	what := "VM Backup"
	if info.Version != "" {
		what += " " + info.Version
	}
	c.add("server", statusOK, fmt.Sprintf("%s answers at %s, protocol %s", what, info.URL, info.Protocol), "")
	return true
}

func (c *checker) certificate(info vmbackup.Info) {
	switch info.Trust {
	case vmbackup.TrustPlain:
		c.add("certificate", statusOK, "none: "+string(info.Trust), "")
	case vmbackup.TrustLoopback:
		c.add("certificate", statusWarn, fmt.Sprintf("SHA-256 %s; %s", info.Fingerprint, info.Trust),
			"set VMBACKUP_TLS_FINGERPRINT="+info.Fingerprint+" and unset VMBACKUP_TLS_INSECURE_LOOPBACK")
	default:
		c.add("certificate", statusOK, fmt.Sprintf("SHA-256 %s; %s", info.Fingerprint, info.Trust), "")
	}
}

func (c *checker) login(ctx context.Context, client *vmbackup.Client) bool {
	err := client.Login(ctx)
	switch {
	case err == nil:
		c.add("login", statusOK, "as "+c.cfg.Username, "")
		return true
	case errors.Is(err, vmbackup.ErrSeatBusy):
		// The bot waits for the seat as well, so this is nothing that is broken; but the login is not known to work.
		c.add("login", statusWarn, err.Error(), strings.Join(append(hintsOf(err), "try again when the seat is free"), "; "))
	default:
		c.fail("login", err, "it must be a local administrator of the VM Backup machine: see VMBACKUP_USERNAME, VMBACKUP_PASSWORD and VMBACKUP_DOMAIN")
	}
	return false
}

func (c *checker) list(ctx context.Context, client *vmbackup.Client) {
	vms, err := client.VMs(ctx, false)
	if err != nil {
		c.fail("vms", err, "")
		return
	}
	c.vms, c.known = vms, true
	c.seen("")
}

// lastSeen takes the list of VMs that the running bot keeps.
func (c *checker) lastSeen(ctx context.Context) {
	if _, err := os.Stat(c.cfg.Database()); err != nil {
		c.add("vms", statusWarn, "not known: the bot that runs has not stored any list yet", "try again in a minute")
		return
	}
	s, err := store.OpenReader(ctx, c.cfg.Database())
	if err != nil {
		c.fail("vms", err, "")
		return
	}
	vms, at, err := s.VMs(ctx, c.cfg.SiteName)
	if err = errors.Join(err, s.Close()); err != nil {
		c.fail("vms", err, "")
		return
	}
	if at.IsZero() {
		c.add("vms", statusWarn, "not known: the bot that runs has not stored any list yet", "try again in a minute")
		return
	}
	c.vms, c.known = vms, true
	c.seen(" at " + at.In(time.Local).Format("2006-01-02 15:04") + ", by the bot")
}

func (c *checker) seen(when string) {
	configured := 0
	for _, v := range c.vms {
		if v.Configured {
			configured++
		}
	}
	what := fmt.Sprintf("%s seen%s, %d of them set up for backup", count(len(c.vms), "VM"), when, configured)
	if configured == 0 {
		c.add("vms", statusWarn, what, "set VMs up for backup in VM Backup's console")
		return
	}
	c.add("vms", statusOK, what, "")
}
