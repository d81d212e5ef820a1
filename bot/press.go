package bot

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/patrickmn/go-cache"

	"vmbackup-bot/bot/access"
	"vmbackup-bot/bot/card"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/vmbackup"
)

// press is a button. Whoever sees a message can press it, so every press is authorised like a command; and it counts only
// on a message that the bot itself put there for that operation.
func (b *Bot) press(ctx context.Context, t *turn) error {
	t.line.Verb = t.Action
	var run func(context.Context, *turn, operation.Operation) error
	switch t.Action {
	case card.ActionAbortConfirm:
		return b.confirmed(ctx, t)
	case card.ActionMenu:
		return b.pressMenu(ctx, t)
	case card.ActionAbort:
		run = b.pressAbort
	case card.ActionCancel:
		run = b.stop
	case card.ActionRetry:
		run = b.again
	case card.ActionForce:
		run = b.force
	case card.ActionLook:
		run = b.lookUp
	default:
		return &chat.Error{
			Kind: chat.Invalid, Say: chat.T("This button does nothing in this version of the bot."), Hint: chat.T("Type ", chat.Typed("help"), " for what can be typed."),
		}
	}
	o, err := b.pressed(ctx, t)
	if err != nil {
		return err
	}
	return run(ctx, t, o)
}

// pressed is the operation of a pressed button, once it is certain that the message is the bot's own and about it.
func (b *Bot) pressed(ctx context.Context, t *turn) (operation.Operation, error) {
	id, err := b.kept(ctx, t)
	if err != nil {
		return operation.Operation{}, err
	}
	o, found, err := b.o.Operations.Operation(ctx, id)
	if err != nil {
		return operation.Operation{}, err
	}
	if !found || !b.sees(ctx, t, o) {
		return operation.Operation{}, &chat.Error{
			Kind: chat.Denied,
			Say:  chat.T("There is nothing behind this button, or it is not yours."),
			Hint: chat.T("Type ", chat.Typed("whoami"), " to see what to ask for."),
		}
	}
	b.about(t, o)
	return o, nil
}

// kept is the id of the operation that the pressed message is about, if the bot itself put that message there.
func (b *Bot) kept(ctx context.Context, t *turn) (operation.ID, error) {
	key, ok, err := b.o.Records.KeyAt(ctx, t.On)
	if err != nil {
		return "", err
	}
	if !ok && t.OnKey != "" {
		// A post whose answer was lost may stand there and not be known yet.
		if ok, err = b.o.Records.Copy(ctx, t.On, t.OnKey, t.OnPosted); err != nil {
			return "", err
		}
		key = t.OnKey
	}
	id, _, isOperation := operation.OfKey(key)
	if !ok || !isOperation || string(id) != t.ID {
		b.o.Logger.Warn("a button was pressed on a message that the bot did not put there",
			"actor", t.Actor.ID(), "place", t.On.String(), "message", t.On.ID, "action", t.Action)
		b.forged(ctx, t)
		return "", &chat.Error{
			Kind: chat.Denied,
			Say:  chat.T("This message is not one that the bot keeps, so its button was not obeyed."),
			Hint: chat.T("Type the command instead; if somebody copied the message, tell the people who run the bot."),
		}
	}
	return id, nil
}

// forgedFor is how long one and the same forged message is not told of again; mostForged bounds the memory of them.
const (
	forgedFor  = time.Hour
	mostForged = 1000
)

// forged tells the people who run the bot of a message that bears its keys and is not its own, once.
func (b *Bot) forged(ctx context.Context, t *turn) {
	b.forgeries.DeleteExpired()
	if b.o.Alarm == nil || t.OnKey == "" || b.forgeries.ItemCount() >= mostForged {
		return
	}
	if b.forgeries.Add(t.On.String()+" "+t.On.ID, true, forgedFor) != nil {
		return // it is there already
	}
	b.o.Alarm(ctx, card.Forged(t.Actor, t.On.Place, t.Action))
}

// pressAbort asks back, unless the platform did or there is nothing left to abort.
func (b *Bot) pressAbort(ctx context.Context, t *turn, o operation.Operation) error {
	if t.Confirmed || !o.Stoppable() || o.State == operation.Waiting {
		return b.stop(ctx, t, o)
	}
	if err := b.mayStop(ctx, t, o); err != nil {
		return err
	}
	question := card.AbortConfirm(o)
	word := b.confirms.ask(t.Actor, o.ID)
	for i := range question.Buttons {
		question.Buttons[i].Arg = word
	}
	b.tell(ctx, t, question)
	return nil
}

// confirmed is the second press, on the private question.
func (b *Bot) confirmed(ctx context.Context, t *turn) error {
	id, ok := b.confirms.take(t.Actor, t.Arg)
	if !ok || string(id) != t.ID {
		return &chat.Error{
			Kind: chat.Conflict,
			Say:  chat.T("That question is too old, or was not asked of you; nothing was done."),
			Hint: chat.T("Press Abort again, or type ", chat.Typed("abort "+shown(t.ID)), "."),
		}
	}
	o, found, err := b.o.Operations.Operation(ctx, id)
	if err != nil || !found {
		return err
	}
	return b.stop(ctx, t, o)
}

// again starts the same once more, with the presser's own rights.
func (b *Bot) again(ctx context.Context, t *turn, o operation.Operation) error {
	if o.State.Open() || o.State == operation.Succeeded {
		b.tell(ctx, t, tooLate(o))
		return nil
	}
	return b.restart(ctx, t, o, false)
}

// force starts beside an operation that may or may not be running. That needs a right of its own.
func (b *Bot) force(ctx context.Context, t *turn, o operation.Operation) error {
	if o.State != operation.Lost && o.State != operation.Unknown {
		b.tell(ctx, t, tooLate(o))
		return nil
	}
	subject := access.VM{Ref: string(o.VM.Ref), Name: o.VM.Name, Host: o.VM.Host}
	t.line.Verb = string(access.Force)
	if d := b.o.Access.Decide(ctx, access.Question{Actor: t.Actor, Place: t.Place, Verb: access.Force, VM: &subject}); !d.Allowed {
		return denied(t, d)
	}
	return b.restart(ctx, t, o, o.State == operation.Lost)
}

// restart is the way of both: the VM as it is called today, through the one door.
func (b *Bot) restart(ctx context.Context, t *turn, o operation.Operation, forced bool) error {
	seen, err := b.roster(ctx, t)
	if err != nil {
		return err
	}
	hits := seen.where(func(v vmbackup.VM) bool { return v.Ref.Equal(o.VM.Ref) })
	if len(hits) != 1 {
		return seen.noSuch(o.VM.Name)
	}
	return b.begin(ctx, t, wish{
		kind: o.Kind, verb: access.Verb(o.Kind), vm: hits[0], note: o.Note, after: o.ID, forced: forced,
	})
}

// tooLate answers a press that no longer fits what the operation is doing.
func tooLate(o operation.Operation) chat.Card {
	if o.State.Final() {
		return card.Finished(o)
	}
	return card.AlreadyRunning(o, chat.MessageRef{})
}

// lookUp looks for the outcome now.
func (b *Bot) lookUp(ctx context.Context, t *turn, o operation.Operation) error {
	subject := access.VM{Ref: string(o.VM.Ref), Name: o.VM.Name, Host: o.VM.Host}
	if d := b.o.Access.Decide(ctx, access.Question{Actor: t.Actor, Place: t.Place, Verb: access.Status, VM: &subject}); !d.Allowed {
		return denied(t, d)
	}
	if _, err := b.o.Operations.Apply(ctx, o.ID, operation.LookAsked{At: time.Now()}); err != nil {
		b.tell(ctx, t, tooLate(o))
		return nil
	}
	b.o.Wake()
	b.tell(ctx, t, card.Looking(o))
	return nil
}

// confirmFor is how long a private question may be answered; mostConfirms how many wait at once.
const (
	confirmFor   = 10 * time.Minute
	mostConfirms = 1000
)

// confirms are the private questions that were asked: each can be answered once, by whom it was asked. They are worth
// nothing after a restart, when a person simply presses again.
type confirms struct{ open *cache.Cache }

type confirm struct {
	actor chat.Actor
	id    operation.ID
}

func newConfirms() *confirms { return &confirms{open: cache.New(confirmFor, 0)} }

// ask returns the word by which the answer is known.
func (c *confirms) ask(a chat.Actor, id operation.ID) string {
	c.open.DeleteExpired()
	if c.open.ItemCount() >= mostConfirms {
		c.open.Flush()
	}
	word := rand.Text()[:12]
	c.open.Set(word, confirm{actor: a, id: id}, confirmFor)
	return word
}

// take answers a question, once.
func (c *confirms) take(a chat.Actor, word string) (operation.ID, bool) {
	v, ok := c.open.Get(word)
	if !ok {
		return "", false
	}
	asked, ok := v.(confirm)
	if !ok || !asked.actor.Same(a) {
		return "", false
	}
	c.open.Delete(word)
	return asked.id, true
}
