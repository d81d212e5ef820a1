package bot

import (
	"context"
	"time"

	"github.com/patrickmn/go-cache"

	"vmbackup-bot/bot/access"
	"vmbackup-bot/bot/card"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/vmbackup"
)

// The fields of the menu, as they come back when it is submitted.
const (
	fieldCommand = "command"
	fieldTarget  = "target"
	fieldNote    = "note"
)

// inMenu reports whether a command is offered in the menu: not those that explain other commands, for which a form has no
// fields.
func (c command) inMenu() bool { return c.name != "why" && c.name != "help" }

// menu opens the form of what the person may do here. id is the operation that it was opened for and target what its field
// begins with; both may be empty. A platform lets a form be opened for a few seconds only (Slack: 3 s), so VM Backup is
// not asked for anything.
func (b *Bot) menu(ctx context.Context, t *turn, id operation.ID, target string) error {
	asking, cancel := context.WithTimeout(ctx, menuWithin)
	defer cancel()
	may, form := b.o.Access.Visible(asking, t.Actor, t.Place), b.menuForm(asking, t, id, target)
	if asking.Err() == nil { // else it is not known in time who is in which group
		b.menus.remember(t.Actor, t.Place, may)
	}
	if err := t.answer.Form(ctx, form); err != nil {
		b.o.Logger.Info("the menu could not be opened, so its commands are listed", "actor", t.Actor.ID(), "error", err)
		return b.help(ctx, t, input{})
	}
	return nil
}

func (b *Bot) menuForm(ctx context.Context, t *turn, id operation.ID, target string) chat.Form {
	var offered []chat.Choice
	words := false // whether any of them takes more than its name
	for _, c := range commands() {
		// What could not be found out in time is offered: the command itself asks again.
		if c.inMenu() && (b.anywhere(ctx, t, c).Allowed || ctx.Err() != nil) {
			offered = append(offered, chat.Choice{Label: c.name + ": " + c.about, Value: c.name})
			words = words || c.usage != ""
		}
	}
	f := chat.Form{
		Action: card.ActionMenu, ID: string(id), Title: "VM Backup · " + shown(b.o.Site), Submit: "Run",
		Inputs: []chat.Input{{Name: fieldCommand, Label: "Command", Choices: offered}},
	}
	if words {
		f.Inputs = append(f.Inputs,
			chat.Input{Name: fieldTarget, Label: "VM or operation", Initial: target, Optional: true, Complete: true},
			chat.Input{
				Name: fieldNote, Label: "Note, pattern or number", Optional: true,
				Hint: "A note for backup, a pattern such as web* for vms, a number of runs for report.",
			})
	}
	return f
}

// pressMenu opens the menu from below a message of the bot's. Whoever may not see its VM gets the menu all the same, without
// a word of it.
func (b *Bot) pressMenu(ctx context.Context, t *turn) error {
	id, err := b.kept(ctx, t)
	if err != nil {
		return err
	}
	o, found, err := b.o.Operations.Operation(ctx, id)
	if err != nil {
		return err
	}
	if !found || !b.sees(ctx, t, o) {
		return b.menu(ctx, t, id, "")
	}
	b.about(t, o)
	return b.menu(ctx, t, id, b.targetOf(ctx, t, o))
}

// targetOf is what names the operation's VM for certain, since every command takes that; where the list does not have the
// VM any more, it is the operation's own id.
func (b *Bot) targetOf(ctx context.Context, t *turn, o operation.Operation) string {
	all, _ := b.o.Inventory.Seen()
	mine := roster{b.visible(ctx, t.Actor, t.Place, all)}
	hits := mine.where(func(v vmbackup.VM) bool { return v.Ref != "" && v.Ref.Equal(o.VM.Ref) })
	if len(hits) != 1 {
		return string(o.ID)
	}
	return valueOf(hits[0], all, filledIn)
}

// menuWithin is how long it may be asked what somebody may do: the rest of the three seconds is for the form's own way.
const menuWithin = 1500 * time.Millisecond

// menuFor is how long a form may stay open and still have its fields checked at once; mostMenus how many people's.
const (
	menuFor   = time.Hour
	mostMenus = 1000
)

// menus remembers what people could see when their menu was opened or completed. A submitted form is checked by that, since
// its answer cannot wait for a platform to say who is in which group. It grants nothing: the command asks anew.
type menus struct{ open *cache.Cache }

func newMenus() *menus { return &menus{open: cache.New(menuFor, 0)} }

func (m *menus) remember(a chat.Actor, p chat.Place, may func(access.VM) bool) {
	m.open.DeleteExpired()
	if m.open.ItemCount() >= mostMenus {
		m.open.Flush()
	}
	m.open.Set(menuKey(a, p), may, menuFor)
}

// sight is what was remembered; false where nothing is.
func (m *menus) sight(a chat.Actor, p chat.Place) (func(access.VM) bool, bool) {
	v, ok := m.open.Get(menuKey(a, p))
	if !ok {
		return nil, false
	}
	may, ok := v.(func(access.VM) bool)
	return may, ok
}

func menuKey(a chat.Actor, p chat.Place) string {
	return a.ID() + " " + a.Team + " " + p.Root().String()
}
