package bot

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/patrickmn/go-cache"

	"vmbackup-bot/bot/access"
	"vmbackup-bot/bot/audit"
	"vmbackup-bot/bot/card"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/vmbackup"
)

// Access decides who may do what. It is asked for every request, whatever its form.
type Access interface {
	// Decide is the answer to one question, with the rule that decided.
	Decide(ctx context.Context, q access.Question) access.Decision
	// Visible tells which VMs the actor may know of in a place.
	Visible(ctx context.Context, a chat.Actor, p chat.Place) func(access.VM) bool
	// Why explains a decision to the person it is about.
	Why(ctx context.Context, q access.Question) access.Explanation
	// Identity is what the policy knows of a person in a place, and the lines to paste.
	Identity(ctx context.Context, a chat.Actor, p chat.Place) access.Identity
	// SameHuman reports whether two accounts belong to one person.
	SameHuman(a, b chat.Actor) bool
}

// Claims keeps what was delivered.
type Claims interface {
	Claim(ctx context.Context, c chat.Claim) (id int64, s chat.Standing, err error)
	FinishClaim(ctx context.Context, id int64) error
	Interrupted(ctx context.Context, before time.Time) ([]chat.Claim, error)
	TellInterrupted(ctx context.Context, c chat.Claim, d chat.Draft, e audit.Entry) error
}

// Operations keeps what was wished for.
type Operations interface {
	// Record stores a wish with its audit line and its first messages in one commit, and finishes the claim. An
	// *operation.OpenError means that the VM already has an open operation: nothing was stored.
	Record(ctx context.Context, claim int64, o operation.Operation, e audit.Entry) error
	// Apply stores an event; an error of the state machine comes back with the operation as it is.
	Apply(ctx context.Context, id operation.ID, ev operation.Event, lines ...audit.Entry) (operation.Operation, error)
	Operation(ctx context.Context, id operation.ID) (operation.Operation, bool, error)
	// FindOperations are those whose own id, or whose OperationGuid (whole, or at least eight characters), is text.
	FindOperations(ctx context.Context, site, text string) ([]operation.Operation, error)
	Unfinished(ctx context.Context, site string) ([]operation.Operation, error)
	// Recent are the newest n since a time, newest first.
	Recent(ctx context.Context, site string, since time.Time, n int) ([]operation.Operation, error)
	// StartsToday counts what was started of a VM under a rule since the day began.
	StartsToday(ctx context.Context, site, rule string, ref vmbackup.VMRef, dayStart time.Time) (int, error)
}

// Records is what else the bot keeps.
type Records interface {
	Audit(ctx context.Context, lines ...audit.Entry) error
	// KeyAt is the key of the message that stands at a place, copies of it included; false for one that is not ours.
	KeyAt(ctx context.Context, m chat.MessageRef) (string, bool, error)
	// Copy reports whether a message that stands nowhere in the records can only be a copy of the one with that key: one
	// whose post had an unknown end when the platform says that this one was posted.
	Copy(ctx context.Context, m chat.MessageRef, key string, posted time.Time) (bool, error)
	// MessageRef is where a message stands, once it does.
	MessageRef(ctx context.Context, key string) (chat.MessageRef, bool, error)
}

// Inventory is the VM list.
type Inventory interface {
	// VMs asks the server where it is time to; on an error the list is the one last seen, as of asOf.
	VMs(ctx context.Context) (vms []vmbackup.VM, asOf time.Time, err error)
	// Seen is the list last seen; it asks nobody.
	Seen() (vms []vmbackup.VM, asOf time.Time)
}

// Server is what the bot asks VM Backup itself, only to answer a question.
type Server interface {
	Reports(ctx context.Context, k vmbackup.Kind, ref vmbackup.VMRef, n int) ([]vmbackup.Report, error)
	Running(ctx context.Context) ([]vmbackup.Status, error)
}

// Options make a Bot; all but the last five are required.
type Options struct {
	Site       string
	Access     Access
	Claims     Claims
	Operations Operations
	Records    Records
	Inventory  Inventory
	Server     Server
	// Wake tells the watcher that there is something to send or to look at.
	Wake func()
	Card card.Style
	// SeatWait is how long a wish may wait for VM Backup.
	SeatWait time.Duration
	// CanPost says whether messages can stand in a place: an error only when it is certain that none can, and known when
	// it is certain that they can. Nil is certain of all places.
	CanPost func(ctx context.Context, p chat.Place) (known bool, err error)
	// Alarm tells the people who run the bot what needs them; nil for nobody.
	Alarm func(ctx context.Context, c chat.Card)
	// Random is where operation ids come from; nil is crypto/rand.
	Random io.Reader
	// Zone says when a day begins, for limits a day; nil is the machine's.
	Zone   *time.Location
	Logger *slog.Logger
}

// Bot answers requests. It implements chat.Handler; make it with [New].
type Bot struct {
	o        Options
	confirms *confirms
	// forgeries are the forged messages that were told of.
	forgeries *cache.Cache
	menus     *menus

	mu     sync.Mutex
	claims map[string]int64 // claims taken and not yet handled, by first delivery id
}

// New makes a Bot.
func New(o Options) *Bot {
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Zone == nil {
		o.Zone = time.Local
	}
	o.Logger = o.Logger.With("component", "bot")
	return &Bot{o: o, forgeries: cache.New(forgedFor, 0), confirms: newConfirms(), menus: newMenus(), claims: make(map[string]int64)}
}

// turn is one request on its way through the chain.
type turn struct {
	chat.Request
	answer chat.Answer
	claim  int64
	// line is what the audit log will say of it; it grows on the way.
	line audit.Entry
	// asked is what the command named, as it was typed: a refusal that never got as far as a VM is filed under it.
	asked string
	// settled means that the claim was finished together with what was recorded.
	settled bool
	// seen means that it is certain that messages can stand where the request was made.
	seen bool
}

// claimPatience is how long a claim may take before the person is told that nothing was started: the platforms want an
// acknowledgement within three seconds, network included (design, section 2).
const claimPatience = 250 * time.Millisecond

// Claim stores the delivery ids of a request, so that a repeat of it is recognised from now on. Of a form that needs mending
// nothing is stored: it comes again with other ids.
func (b *Bot) Claim(ctx context.Context, r chat.Request) (chat.Ack, map[string]string, error) {
	ctx, cancel := context.WithTimeout(ctx, claimPatience)
	defer cancel()
	if wrong := b.misfilled(ctx, r); len(wrong) > 0 {
		return chat.AckInvalid, wrong, nil
	}
	id, standing, err := b.o.Claims.Claim(ctx, chat.Claim{
		Deliveries: r.Deliveries, Kind: r.Kind, Actor: r.Actor, Place: r.Place, Text: typed(r), At: r.At,
	})
	if err != nil {
		return chat.AckNone, nil, &chat.Error{
			Kind: chat.Unavailable,
			Say:  chat.T("The bot could not write down your request, so nothing was started."),
			Hint: chat.T("Try again in a minute; if it happens again, tell the people who run the bot."),
			Err:  err,
		}
	}
	if standing == chat.ClaimRepeat {
		return chat.AckRepeat, nil, nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.claims[r.Deliveries[0]] = id
	return chat.AckHandle, nil, nil
}

// typed is what a person did, in words that they would recognise.
func typed(r chat.Request) string {
	if r.Kind == chat.Submit && r.Action == card.ActionMenu {
		return strings.Join([]string{r.Fields[fieldCommand], r.Fields[fieldTarget], r.Fields[fieldNote]}, " ")
	}
	if r.Kind == chat.Press || r.Kind == chat.Submit {
		return r.Action + " " + r.ID
	}
	if r.Text == "" {
		return r.Options["verb"] + " " + r.Options["vm"]
	}
	return r.Text
}

// Handle does what was asked and tells the person what came of it.
func (b *Bot) Handle(ctx context.Context, r chat.Request, a chat.Answer) {
	t := &turn{Request: r, answer: a, line: audit.Entry{
		Site: b.o.Site, Actor: r.Actor, Place: r.Place,
	}}
	b.mu.Lock()
	t.claim = b.claims[r.Deliveries[0]]
	delete(b.claims, r.Deliveries[0])
	b.mu.Unlock()

	if err := b.route(ctx, t); err != nil && !b.refuse(ctx, t, err) && ctx.Err() != nil {
		return // the bot is being stopped, and the person was not told: the next run tells them
	}
	if t.settled || t.claim == 0 {
		return
	}
	// The answer is out; that the claim is done must be stored even if the bot is stopping.
	if err := b.o.Claims.FinishClaim(context.WithoutCancel(ctx), t.claim); err != nil {
		b.o.Logger.Error("a finished request could not be marked so", "error", err)
	}
}

// refuse answers a request that was not met, and writes down why: a refusal is as much worth knowing as a deed. It reports
// whether the person was told.
func (b *Bot) refuse(ctx context.Context, t *turn, err error) bool {
	e := chat.AsError(err)
	log := b.o.Logger.With("actor", t.Actor.ID(), "place", t.Place.String(), "verb", t.line.Verb)
	if e.Kind == chat.Internal {
		log.Error("a request failed", "error", err)
	}
	// A VM that is not found may be one that is not theirs: who goes through names should be seen to.
	if e.Kind == chat.Denied || e.Kind == chat.NotFound || e.Kind == chat.Internal {
		t.line.Outcome, t.line.Detail = string(e.Kind), e.Say.Plain(time.UTC)
		if t.line.VM == "" {
			t.line.VM = shown(t.asked)
		}
		if err := b.o.Records.Audit(context.WithoutCancel(ctx), t.line); err != nil {
			log.Error("a refusal could not be written to the audit log", "error", err)
		}
	}
	if err := t.answer.Private(ctx, card.Problem(e)); err != nil {
		log.Warn("the person could not be told", "error", err)
		return false
	}
	return true
}

// tell answers privately; that it cannot be delivered is no reason to undo anything.
func (b *Bot) tell(ctx context.Context, t *turn, c chat.Card) {
	if err := t.answer.Private(ctx, c); err != nil {
		b.o.Logger.Warn("an answer could not be delivered", "actor", t.Actor.ID(), "error", err)
	}
}
