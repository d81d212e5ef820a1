package bot

import (
	"context"
	"errors"
	"path"
	"slices"
	"strings"
	"time"

	"vmbackup-bot/bot/access"
	"vmbackup-bot/bot/card"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/vmbackup"
)

// The questions. They change nothing, and answer from what was last seen where the server cannot be asked.

// askPatience is how long a question waits for the server before it is answered without.
const askPatience = 15 * time.Second

// freshness says how old an answer is, and why it is not newer.
func (b *Bot) freshness(asOf time.Time, err error) card.Freshness {
	f := card.Freshness{Server: b.o.Site, AsOf: asOf, Now: time.Now()}
	switch {
	case err == nil:
	case errors.Is(err, vmbackup.ErrSeatBusy):
		f.Why = operation.ReasonSeat
	case errors.Is(err, vmbackup.ErrBadCredentials), errors.Is(err, vmbackup.ErrLoginHeld), errors.Is(err, vmbackup.ErrCertificate):
		f.Why = operation.ReasonLogin
	default:
		f.Why = operation.ReasonUnreachable
	}
	return f
}

// status says what goes on: at the server, or with one VM, or with one operation.
func (b *Bot) status(ctx context.Context, t *turn, in input) error {
	if len(in.words) == 0 {
		return b.overview(ctx, t)
	}
	found, err := b.operationsNamed(ctx, t, in.word(0))
	if err != nil {
		return err
	}
	if len(found) == 1 {
		b.tell(ctx, t, b.o.Card.Detail(found[0]))
		return nil
	}
	return b.statusOf(ctx, t, in)
}

func (b *Bot) overview(ctx context.Context, t *turn) error {
	open, err := b.o.Operations.Unfinished(ctx, b.o.Site)
	if err != nil {
		return err
	}
	asking, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	now := time.Now()
	jobs, err := b.o.Server.Running(asking)
	others := slices.DeleteFunc(slices.Clone(jobs), func(s vmbackup.Status) bool {
		return !s.Running() || slices.ContainsFunc(open, func(o operation.Operation) bool { return o.Is(s) })
	})
	mine := slices.DeleteFunc(open, func(o operation.Operation) bool { return !b.sees(ctx, t, o) })
	f := b.freshness(now, err)
	if err != nil {
		f.AsOf = newestLook(mine)
	}
	b.tell(ctx, t, card.Status(card.Overview{Freshness: f, Open: mine, Others: others}))
	return nil
}

// newestLook is when the watcher last saw any of the operations.
func newestLook(ops []operation.Operation) time.Time {
	var at time.Time
	for _, o := range ops {
		if o.Seen.After(at) {
			at = o.Seen
		}
	}
	return at
}

func (b *Bot) statusOf(ctx context.Context, t *turn, in input) error {
	vms, asOf, listErr := b.o.Inventory.VMs(ctx)
	if listErr != nil && asOf.IsZero() {
		return unavailable("The list of VMs is not known yet", listErr)
	}
	seen := roster{b.visible(ctx, t.Actor, t.Place, vms)}
	vm, _, err := seen.pick(in.words, usage("status"))
	if err != nil {
		return err
	}
	if err := b.may(ctx, t, access.Status, vm); err != nil {
		return err
	}
	open, err := b.o.Operations.Unfinished(ctx, b.o.Site)
	if err != nil {
		return err
	}
	v := card.VMStatus{Freshness: b.freshness(asOf, listErr), VM: vm, LastGood: b.lastGoodOf(ctx, vm)}
	for _, o := range open {
		if o.VM.Ref.Equal(vm.Ref) {
			v.Open = &o
			break
		}
	}
	b.tell(ctx, t, b.o.Card.VM(v))
	return nil
}

// lastGoodOf is the VM's last good backup: of the list where that run was good, else of the reports.
func (b *Bot) lastGoodOf(ctx context.Context, vm vmbackup.VM) vmbackup.Stamp {
	if at := lastGood(vm); !at.IsZero() || vm.Ref == "" || vm.LastBackup.Time.IsZero() {
		return at
	}
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	reports, err := b.o.Server.Reports(ctx, vmbackup.KindBackup, vm.Ref, mostReports)
	if err != nil {
		return vmbackup.Stamp{}
	}
	for _, r := range reports {
		if r.Result == vmbackup.ResultSuccess || r.Result == vmbackup.ResultWarning {
			return r.DateTime
		}
	}
	return vmbackup.Stamp{}
}

// may asks for a right on one VM.
func (b *Bot) may(ctx context.Context, t *turn, verb access.Verb, vm vmbackup.VM) error {
	subject := asAccess(vm)
	t.line.VM, t.line.Host, t.line.VMRef = vm.Name, vm.Host, string(vm.Ref)
	if d := b.o.Access.Decide(ctx, access.Question{Actor: t.Actor, Place: t.Place, Verb: verb, VM: &subject}); !d.Allowed {
		return denied(t, d)
	}
	return nil
}

// vms lists the VMs that the person may ask the status of.
func (b *Bot) vms(ctx context.Context, t *turn, in input) error {
	glob := in.text
	if len(in.words) == 1 {
		glob = in.words[0].text
	}
	if err := checkGlob(glob); err != nil {
		return err
	}
	vms, asOf, err := b.o.Inventory.VMs(ctx)
	if err != nil && asOf.IsZero() {
		return unavailable("The list of VMs is not known yet", err)
	}
	mine := slices.DeleteFunc(b.visible(ctx, t.Actor, t.Place, vms), func(v vmbackup.VM) bool { return !globbed(glob, v.Name) })
	slices.SortStableFunc(mine, func(x, y vmbackup.VM) int {
		if c := strings.Compare(fold(x.Name), fold(y.Name)); c != 0 {
			return c
		}
		return strings.Compare(fold(x.Host), fold(y.Host))
	})
	b.tell(ctx, t, b.o.Card.VMs(card.VMList{Freshness: b.freshness(asOf, err), Glob: glob, VMs: mine}))
	return nil
}

// globbed matches a name as the policy does: case does not count, and a slash is an ordinary character.
func globbed(glob, name string) bool {
	if glob == "" {
		return true
	}
	flat := func(s string) string { return strings.ReplaceAll(fold(s), "/", "\u2044") }
	ok, err := path.Match(flat(glob), flat(name))
	return err == nil && ok
}

// How many runs report shows: by default, and at the most.
const (
	usualReports = 5
	mostReports  = 20
)

// report shows the last runs of a VM.
func (b *Bot) report(ctx context.Context, t *turn, in input) error {
	seen, err := b.roster(ctx, t)
	if err != nil {
		return err
	}
	vm, used, err := seen.pick(in.words, usage("report"))
	if err != nil {
		return err
	}
	if err := b.may(ctx, t, access.Status, vm); err != nil {
		return err
	}
	n := usualReports
	if w := in.word(used); w != "" {
		if n, err = runsWanted(w); err != nil {
			return err
		}
	}
	asking, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	reports, err := b.o.Server.Reports(asking, vmbackup.KindBackup, vm.Ref, n)
	if err != nil {
		return unavailable("The reports are kept by VM Backup", err)
	}
	b.tell(ctx, t, b.o.Card.Reports(card.ReportList{
		Freshness: b.freshness(time.Now(), nil), Reports: reports,
		VM: operation.VM{Ref: vm.Ref, Name: vm.Name, Host: vm.Host},
	}))
	return nil
}

// whoami shows a person what the policy file calls them.
func (b *Bot) whoami(ctx context.Context, t *turn, _ input) error {
	id := b.o.Access.Identity(ctx, t.Actor, t.Place)
	b.tell(ctx, t, card.Whoami(card.Identity{
		Actor: t.Actor, Place: t.Place, Paste: id.Paste, Rules: id.Rules, Contact: id.Contact,
	}))
	return nil
}

// why names the rule that decides. Of a VM that the person may not see it says what everybody is told of one that is not.
func (b *Bot) why(ctx context.Context, t *turn, in input) error {
	if len(in.words) < 2 {
		return &chat.Error{
			Kind: chat.Invalid, Say: chat.T("Why what?"),
			Hint: chat.T("Write ", chat.Typed(usage("why")), ", for example ", chat.Typed("why backup web01"), "."),
		}
	}
	verb, err := access.ParseVerb(strings.ToLower(in.words[0].text))
	if err != nil {
		return &chat.Error{Kind: chat.Invalid, Say: chat.T(chat.Code(shown(in.words[0].text)), " is not a verb of the policy."), Hint: chat.T(err.Error())}
	}
	seen, err := b.roster(ctx, t)
	if err != nil {
		return err
	}
	vm, _, err := seen.pick(in.words[1:], usage("why"))
	if err != nil {
		return err
	}
	subject := asAccess(vm)
	x := b.o.Access.Why(ctx, access.Question{Actor: t.Actor, Place: t.Place, Verb: verb, VM: &subject})
	b.tell(ctx, t, card.Why(card.Ruling{
		Verb: string(verb), VM: vm.Name, Allowed: x.Allowed, Rule: x.Rule, Reason: x.Reason, Hint: x.Hint, Steps: x.Steps,
	}))
	return nil
}
