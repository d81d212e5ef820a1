package bot

import (
	"context"
	"errors"
	"slices"
	"time"

	"vmbackup-bot/bot/access"
	"vmbackup-bot/bot/card"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
)

// abort is the typed command. It acts at once: whoever types a name does not press by mistake.
func (b *Bot) abort(ctx context.Context, t *turn, in input) error {
	o, err := b.pickOperation(ctx, t, in, "abort")
	if err != nil {
		return err
	}
	return b.stop(ctx, t, o)
}

// stop asks for the end of an operation, whatever its state, and answers with what that comes to.
func (b *Bot) stop(ctx context.Context, t *turn, o operation.Operation) error {
	b.about(t, o)
	if err := b.mayStop(ctx, t, o); err != nil {
		return err
	}
	t.line.Outcome = "abort asked"
	after, err := b.o.Operations.Apply(ctx, o.ID, operation.AbortAsked{At: time.Now(), By: t.Actor}, t.line)
	switch {
	case errors.Is(err, operation.ErrOver), errors.Is(err, operation.ErrEnding), errors.Is(err, operation.ErrLost):
		b.tell(ctx, t, card.AbortAnswer(after, err))
		return nil
	case err != nil:
		return err
	}
	b.o.Wake()
	answer := card.AbortAnswer(after, nil)
	answer.Echo = true
	b.tell(ctx, t, answer)
	return nil
}

// about fills in what the audit log should know of an operation.
func (b *Bot) about(t *turn, o operation.Operation) {
	t.line.Operation, t.line.GUID = string(o.ID), string(o.GUID)
	t.line.VM, t.line.Host, t.line.VMRef = o.VM.Name, o.VM.Host, string(o.VM.Ref)
}

// mayStop asks for the right: one's own operations need abort, those of others abort-any.
func (b *Bot) mayStop(ctx context.Context, t *turn, o operation.Operation) error {
	subject := access.VM{Ref: string(o.VM.Ref), Name: o.VM.Name, Host: o.VM.Host}
	q := access.Question{Actor: t.Actor, Place: t.Place, Verb: access.Abort, VM: &subject}
	if !b.o.Access.SameHuman(o.Requester, t.Actor) {
		q.Verb = access.AbortAny
	}
	t.line.Verb = string(q.Verb)
	d := b.o.Access.Decide(ctx, q)
	if !d.Allowed {
		if q.Verb == access.AbortAny {
			d.Reason = append(chat.T("This one was started by ", o.Requester, ". "), d.Reason...)
		}
		return denied(t, d)
	}
	t.line.Rule = d.Rule
	return nil
}

// pickOperation is the operation that a command names: by its own id, by its OperationGuid, or by its VM.
func (b *Bot) pickOperation(ctx context.Context, t *turn, in input, name string) (operation.Operation, error) {
	if len(in.words) == 0 {
		return operation.Operation{}, &chat.Error{
			Kind: chat.Invalid, Say: chat.T("Which one?"), Hint: chat.T("Write ", chat.Typed(usage(name)), "."),
		}
	}
	found, err := b.operationsNamed(ctx, t, in.word(0))
	if err != nil {
		return operation.Operation{}, err
	}
	if len(found) == 0 {
		return b.operationOf(ctx, t, in, name)
	}
	if len(found) > 1 {
		return operation.Operation{}, severalOperations(found)
	}
	return found[0], nil
}

// severalOperations lists what an id could mean. Nothing was chosen, so nothing was done.
func severalOperations(found []operation.Operation) *chat.Error {
	e := &chat.Error{
		Kind: chat.Ambiguous, Say: chat.T(len(found), " operations begin with that, so nothing was done."),
		Hint: chat.T("Name one by its own id."),
	}
	for _, o := range found {
		e.Lines = append(e.Lines, chat.T(chat.Code(string(o.ID)), ": ", chat.Code(shown(o.VM.Name)), ", "+card.StateWord(o)))
	}
	return e
}

// operationsNamed are the operations with that id whose VM the person may see.
func (b *Bot) operationsNamed(ctx context.Context, t *turn, text string) ([]operation.Operation, error) {
	found, err := b.o.Operations.FindOperations(ctx, b.o.Site, text)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(found, func(o operation.Operation) bool { return !b.sees(ctx, t, o) }), nil
}

// sees reports whether the person may know of the operation.
func (b *Bot) sees(ctx context.Context, t *turn, o operation.Operation) bool {
	return b.o.Access.Visible(ctx, t.Actor, t.Place)(access.VM{Ref: string(o.VM.Ref), Name: o.VM.Name, Host: o.VM.Host})
}

// operationOf is the operation of a VM that is open, else its newest one of the last day: a person who aborts what has
// just ended is told how it ended.
func (b *Bot) operationOf(ctx context.Context, t *turn, in input, name string) (operation.Operation, error) {
	seen, err := b.roster(ctx, t)
	if err != nil {
		return operation.Operation{}, err
	}
	vm, _, err := seen.pick(in.words, usage(name))
	if err != nil {
		return operation.Operation{}, err
	}
	open, err := b.o.Operations.Unfinished(ctx, b.o.Site)
	if err != nil {
		return operation.Operation{}, err
	}
	recent, err := b.o.Operations.Recent(ctx, b.o.Site, time.Now().Add(-24*time.Hour), recentLooked)
	if err != nil {
		return operation.Operation{}, err
	}
	for _, o := range append(open, recent...) {
		if o.VM.Ref.Equal(vm.Ref) {
			return o, nil
		}
	}
	return operation.Operation{}, &chat.Error{
		Kind: chat.NotFound,
		Say:  chat.T("The bot is not running anything for ", chat.Code(shown(vm.Name)), "."),
		Hint: chat.T("See ", chat.Typed("status"), " for what is running."),
	}
}

// recentLooked is how many operations of the last day are searched for one of a VM.
const recentLooked = 1000
