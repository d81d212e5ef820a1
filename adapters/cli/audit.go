package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"vmbackup-bot/bot/audit"
	"vmbackup-bot/bot/store"
)

// auditOptions are the flags of audit.
type auditOptions struct{ VM, User, Since, Format string }

// runAudit prints the audit log, oldest line first.
func runAudit(ctx context.Context, o auditOptions, io IO) (err error) {
	filter, err := o.filter(time.Now())
	if err != nil {
		return err
	}
	write, ok := auditFormats[o.Format]
	if !ok {
		return usageError{fmt.Errorf("--format %q is not one of text, json, csv", o.Format)}
	}
	log, err := openLog(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	entries, err := log.AuditLog(ctx, filter)
	if err != nil {
		return fmt.Errorf("read the audit log: %w", err)
	}
	return write(io.Out, entries)
}

// runAuditVerify checks the log's chain, and that the log still holds the head that was noted before; empty is none.
func runAuditVerify(ctx context.Context, head string, io IO) (ok bool, err error) {
	var known audit.Head
	if head != "" {
		if known, err = audit.ParseHead(head); err != nil {
			return false, usageError{withHint(fmt.Errorf("--head: %w", err), "audit verify prints one")}
		}
	}
	log, err := openLog(ctx)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	now, err := log.Verify(ctx, known)
	if broken, is := errors.AsType[*store.BrokenError](err); is {
		fmt.Fprintf(io.Err, "vmbackup-bot: %s\n", broken)
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read the audit log: %w", err)
	}
	_, err = fmt.Fprintln(io.Out, now)
	return true, err
}

// openLog opens the state for reading. It needs STATE_DIR and nothing else: the log must be readable when everything
// else is wrong.
func openLog(ctx context.Context) (*store.Store, error) {
	dir := strings.TrimSpace(os.Getenv("STATE_DIR"))
	if dir == "" {
		var err error
		if dir, err = defaultStateDir(); err != nil {
			return nil, err
		}
	}
	path := filepath.Join(dir, databaseName)
	if _, err := os.Stat(path); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, withHint(fmt.Errorf("there is no audit log in %s", dir), "set STATE_DIR to the bot's state directory; serve or console makes the log at its first start")
		}
		return nil, fmt.Errorf("open the audit log: %w", err)
	}
	s, err := store.OpenReader(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("open the audit log: %w", err)
	}
	return s, nil
}

func (o auditOptions) filter(now time.Time) (store.Filter, error) {
	f := store.Filter{VM: o.VM, User: o.User}
	if o.Since == "" {
		return f, nil
	}
	d, err := parseSince(o.Since)
	if err != nil {
		return f, usageError{err}
	}
	f.Since = now.Add(-d)
	return f, nil
}

// sinceLimit keeps a number of days within what a duration holds, which is 292 years.
const sinceLimit = 100 * 365

// parseSince reads 30d, or a duration as Go writes them, such as 12h.
func parseSince(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > 0 && n <= sinceLimit {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	} else if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return d, nil
	}
	return 0, fmt.Errorf("--since %q is not a duration such as 30d or 12h", text)
}
