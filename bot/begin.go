package bot

import (
	"context"
	"errors"
	"time"

	"vmbackup-bot/bot/access"
	"vmbackup-bot/bot/card"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/vmbackup"
)

// longestNote is how much of a note is kept: a card shows it whole on every platform.
const longestNote = 300

// backup is the command: resolve, authorise, place, record.
func (b *Bot) backup(ctx context.Context, t *turn, in input) error {
	seen, err := b.roster(ctx, t)
	if err != nil {
		return err
	}
	vm, used, err := seen.pick(in.words, usage("backup"))
	if err != nil {
		return err
	}
	return b.begin(ctx, t, wish{
		kind: vmbackup.KindBackup, verb: access.Backup, vm: vm, note: chat.Cut(chat.OneLine(in.note(used)), longestNote),
	})
}

// wish is what somebody wants done to one VM.
type wish struct {
	kind vmbackup.Kind
	verb access.Verb
	vm   vmbackup.VM
	note string
	// after is the operation that this is a repeat of; forced starts it beside one that is still open.
	after  operation.ID
	forced bool
}

// begin is the one way in which anything is started, from a command or from a button.
func (b *Bot) begin(ctx context.Context, t *turn, w wish) error {
	t.line.Verb = string(w.verb)
	t.line.VM, t.line.Host, t.line.VMRef = w.vm.Name, w.vm.Host, string(w.vm.Ref)
	subject := asAccess(w.vm)
	d := b.o.Access.Decide(ctx, access.Question{Actor: t.Actor, Place: t.Place, Verb: w.verb, VM: &subject})
	if !d.Allowed {
		return denied(t, d)
	}
	t.line.Rule = d.Rule
	if !w.vm.Configured || w.vm.Ref == "" {
		return &chat.Error{
			Kind: chat.Unavailable,
			Say:  chat.T("VM Backup is not set up to back up ", chat.Code(shown(w.vm.Name)), ", so nothing was started."),
			Hint: chat.T("Add the VM in the management console first."),
		}
	}
	t.seen = true
	if b.o.CanPost != nil {
		var err error
		if t.seen, err = b.o.CanPost(ctx, t.Place); err != nil {
			return err
		}
	}
	if err := b.withinLimit(ctx, d, w); err != nil {
		return err
	}
	return b.record(ctx, t, w, d)
}

// withinLimit keeps a grant's starts per VM and day.
func (b *Bot) withinLimit(ctx context.Context, d access.Decision, w wish) error {
	if d.Limit == nil {
		return nil
	}
	y, m, day := time.Now().In(b.o.Zone).Date()
	n, err := b.o.Operations.StartsToday(ctx, b.o.Site, d.Rule, w.vm.Ref, time.Date(y, m, day, 0, 0, 0, 0, b.o.Zone))
	if err != nil {
		return err
	}
	if n < d.Limit.Count {
		return nil
	}
	return &chat.Error{
		Kind: chat.Denied,
		Say:  chat.T("Rule ", chat.Code(d.Rule), " allows ", d.Limit.Count, " starts a day of ", chat.Code(shown(w.vm.Name)), ", and that many were made today."),
		Hint: chat.T("Wait for tomorrow, or ask somebody with another rule."),
	}
}

// record writes the wish down, with its audit line and its first messages, and wakes the watcher.
func (b *Bot) record(ctx context.Context, t *turn, w wish, d access.Decision) error {
	id, err := operation.NewID(b.o.Random)
	if err != nil {
		return err
	}
	now := time.Now()
	o := operation.Operation{
		ID: id, Site: b.o.Site, Kind: w.kind,
		VM:        operation.VM{Ref: w.vm.Ref, Name: w.vm.Name, Host: w.vm.Host},
		Requester: t.Actor, Place: t.Place, Note: w.note, Rule: d.Rule, After: w.after, Forced: w.forced,
		LastGood: lastGood(w.vm), Next: w.vm.NextBackup,
		State: operation.Waiting, Asked: now, Moved: now, Deadline: now.Add(b.o.SeatWait),
	}
	t.line.Operation, t.line.Outcome, t.line.Detail = string(id), "recorded", w.note
	err = b.o.Operations.Record(ctx, t.claim, o, t.line)
	if open, ok := errors.AsType[*operation.OpenError](err); ok {
		t.line.Operation = ""
		b.tell(ctx, t, card.AlreadyRunning(open.Operation, b.refOf(ctx, open.Operation)))
		return nil
	}
	if err != nil {
		return &chat.Error{
			Kind: chat.Unavailable,
			Say:  chat.T("The bot could not write down your request, so nothing was started."),
			Hint: chat.T("Try again in a minute; if it happens again, tell the people who run the bot."),
			Err:  err,
		}
	}
	t.settled = true
	b.o.Wake()
	started := card.Started(o, chat.MessageRef{})
	started.Echo = t.seen // who may not see the public message is told privately
	b.tell(ctx, t, started)
	return nil
}

// lastGood is the VM's last run if that was a good one.
func lastGood(v vmbackup.VM) vmbackup.Stamp {
	switch v.LastBackup.Result {
	case vmbackup.ResultSuccess, vmbackup.ResultWarning:
		return v.LastBackup.Time
	}
	return vmbackup.Stamp{}
}

// refOf is where the operation's first message stands; zero while it is not posted.
func (b *Bot) refOf(ctx context.Context, o operation.Operation) chat.MessageRef {
	ref, ok, err := b.o.Records.MessageRef(ctx, o.ID.Key(operation.PartRoot))
	if err != nil || !ok {
		return chat.MessageRef{}
	}
	return ref
}

// roster is the VM list as the person may see it. While VM Backup cannot be asked, the list last seen serves.
func (b *Bot) roster(ctx context.Context, t *turn) (roster, error) {
	vms, asOf, err := b.o.Inventory.VMs(ctx)
	if err != nil && asOf.IsZero() {
		return roster{}, unavailable("The list of VMs is not known yet", err)
	}
	return roster{b.visible(ctx, t.Actor, t.Place, vms)}, nil
}

// visible are the VMs that an actor may know of in a place.
func (b *Bot) visible(ctx context.Context, a chat.Actor, p chat.Place, vms []vmbackup.VM) []vmbackup.VM {
	may := b.o.Access.Visible(ctx, a, p)
	var out []vmbackup.VM
	for _, v := range vms {
		if may(asAccess(v)) {
			out = append(out, v)
		}
	}
	return out
}

// unavailable is a question that only VM Backup could have answered.
func unavailable(what string, err error) *chat.Error {
	e := &chat.Error{Kind: chat.Unavailable, Say: chat.T(what, ": VM Backup cannot be asked now."), Err: err}
	if v, ok := errors.AsType[*vmbackup.Error](err); ok && v.Hint != "" {
		e.Hint = chat.T(v.Hint)
	} else {
		e.Hint = chat.T("Close the management console if it is open, and try again.")
	}
	return e
}
