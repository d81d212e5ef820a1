package vmbackup

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// probeTimeout bounds the look at one known address. They are on loopback, and all three are looked at at once.
const probeTimeout = 5 * time.Second

// Found is one VM Backup API that answered a probe.
type Found struct {
	// URL is the base URL, Version the one that lives there.
	URL, Version string
	// Protocol is the server's own word.
	Protocol string
	// Fingerprint is the SHA-256 of its certificate, which was not checked.
	Fingerprint string
}

// Probe asks for the protocol version at the three known addresses of loopback, by https, and yields those that
// answered, the newest version first. It sends no secret, so it finishes a handshake with anybody: whether the server is
// the right one is decided before a login. An error means that none answered.
func Probe(ctx context.Context, cfg Config) ([]Found, error) {
	known := knownAddresses()
	found, errs := make([]*Found, len(known)), make([]error, len(known))
	var all sync.WaitGroup
	for i, a := range known {
		all.Go(func() { found[i], errs[i] = probe(ctx, cfg, a) })
	}
	all.Wait()
	var out []Found
	for _, f := range found {
		if f != nil {
			out = append(out, *f)
		}
	}
	if len(out) > 0 {
		return out, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, &Error{Call: protocolVersion, Err: newCause(err, nil)}
	}
	kind := ErrUnreachable
	texts := make([]string, len(known))
	for i, a := range known {
		texts[i] = a.url + ": " + errs[i].Error()
		if errors.Is(errs[i], ErrNotVMBackup) {
			kind = ErrNotVMBackup
		}
	}
	return nil, &Error{
		Call: protocolVersion, Kinds: []error{kind}, Err: errors.New(strings.Join(texts, "; ")),
		Hint: serviceHint("") + "; where VM Backup is elsewhere, set VMBACKUP_URL",
	}
}

// probe looks at one address.
func probe(ctx context.Context, cfg Config, a address) (*Found, error) {
	f := &Found{URL: a.url, Version: a.version}
	d := dialer{trust: trustProbe, cfg: cfg, seen: func(digest string) { f.Fingerprint = digest }}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	m := newMask(cfg.Password) // it was not sent; but a hostile server may have learnt it elsewhere
	got, _, err := d.exchange(ctx, parseBase(a.url), versionRequest())
	if err != nil {
		return nil, newCause(err, m)
	}
	env, err := parseEnvelope(got.body, m)
	if err != nil || got.status != http.StatusOK || !env.success {
		return nil, fmt.Errorf("%w: HTTP status %d: %q", ErrNotVMBackup, got.status, snippet(got.body, m))
	}
	f.Protocol = cleanText(env.payload.value("Data", "Version", "ProtocolVersion"), snippetRunes)
	return f, nil
}

// resolve is the server to speak to. Without a URL the known addresses are probed, by one caller for all, and the newest
// that answers is remembered.
func (c *Client) resolve(ctx context.Context) (target, error) {
	select {
	case c.resolving <- struct{}{}:
		defer func() { <-c.resolving }()
	case <-ctx.Done():
		return target{}, &Error{Call: protocolVersion, Err: newCause(ctx.Err(), nil)}
	}
	c.mu.Lock()
	t := c.target
	c.mu.Unlock()
	if t.base != nil {
		return t, nil
	}
	found, err := Probe(ctx, c.cfg)
	if err != nil {
		return target{}, err
	}
	t = target{base: parseBase(found[0].URL), version: found[0].Version, probed: true}
	c.log.InfoContext(ctx, "VM Backup found", "url", found[0].URL, "version", t.version, "answering", len(found))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.target, c.protocol = t, found[0].Protocol
	return t, nil
}

// forget makes the next call probe again, when a probed server cannot be reached any more: an update of VM Backup moves
// its address. It reports whether the outcome was such.
func (c *Client) forget(ctx context.Context, t target, o outcome) bool {
	if !t.probed || o.verdict != unsent || ctx.Err() != nil || !errors.Is(o.err, ErrUnreachable) {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.target.base == t.base {
		c.target = target{}
	}
	return true
}
