package bot

import (
	"context"
	"slices"
	"strings"

	"github.com/hbollon/go-edlib"

	"vmbackup-bot/bot/access"
	"vmbackup-bot/bot/card"
	"vmbackup-bot/bot/chat"
)

// command is one word that people can say.
type command struct {
	name string
	// usage is what follows the name; about says in a few words what it does.
	usage, about string
	// verb is the right that it needs on some VM; empty for what everybody may.
	verb access.Verb
	run  func(b *Bot, ctx context.Context, t *turn, in input) error
}

// commands are all that this version knows, in the order in which help shows them.
func commands() []command {
	return []command{
		{"backup", "<vm> [note]", "back up a VM now", access.Backup, (*Bot).backup},
		{"abort", "<vm|operation>", "stop a running backup, or call off one that waits", access.Abort, (*Bot).abort},
		{"status", "[vm|operation]", "what is running, or how a VM stands", access.Status, (*Bot).status},
		{"vms", "[glob]", "your VMs and their last backups", access.Status, (*Bot).vms},
		{"report", "<vm> [n]", "the last runs of a VM", access.Status, (*Bot).report},
		{"whoami", "", "your ids, and what to put into the policy file", "", (*Bot).whoami},
		{"why", "<verb> <vm>", "which rule lets you, or does not", "", (*Bot).why},
		{"help", "[command]", "this list, or one command", "", (*Bot).help},
	}
}

// later are the contract's commands that this version does not have yet: a person who knows them from the manual is told
// so, and not that they made a mistake.
func later() []string {
	return []string{
		"offsite", "restore", "seed-to-disk", "sandbox-restore", "verify", "history", "alerts", "ack", "snooze", "unsnooze",
		"approvals", "pause", "release", "resume", "audit",
	}
}

// route finds what a request is for.
func (b *Bot) route(ctx context.Context, t *turn) error {
	switch t.Kind {
	case chat.Command:
		return b.command(ctx, t)
	case chat.Press:
		return b.press(ctx, t)
	case chat.Submit:
		if t.Action == card.ActionMenu {
			return b.submit(ctx, t)
		}
	}
	return &chat.Error{
		Kind: chat.Invalid, Say: chat.T("That cannot be answered here."), Hint: chat.T("Type ", chat.Typed("help"), " for what can."),
	}
}

func (b *Bot) command(ctx context.Context, t *turn) error {
	in := parse(t.Request)
	if in.verb == "" {
		return b.menu(ctx, t, "", "")
	}
	t.line.Verb = in.verb
	if t.asked = in.word(0); in.verb == "why" {
		t.asked = in.word(1)
	}
	all := commands()
	for _, c := range all {
		if c.name != in.verb {
			continue
		}
		// Whoever may do this to no VM at all learns nothing about any VM, only whom to ask.
		if d := b.anywhere(ctx, t, c); !d.Allowed {
			return denied(t, d)
		}
		return c.run(b, ctx, t, in)
	}
	return noSuchCommand(in.verb, all)
}

// anywhere asks whether the person may use a command on any VM at all.
func (b *Bot) anywhere(ctx context.Context, t *turn, c command) access.Decision {
	if c.verb == "" {
		return access.Decision{Allowed: true}
	}
	d := b.o.Access.Decide(ctx, access.Question{Actor: t.Actor, Place: t.Place, Verb: c.verb})
	if !d.Allowed && c.verb == access.Abort { // who may abort others' may have nothing of their own
		if other := b.o.Access.Decide(ctx, access.Question{Actor: t.Actor, Place: t.Place, Verb: access.AbortAny}); other.Allowed {
			return other
		}
	}
	return d
}

// noSuchCommand says what the person may have meant. Nothing is ever done on a guess.
func noSuchCommand(verb string, all []command) *chat.Error {
	if slices.Contains(later(), verb) {
		return &chat.Error{
			Kind: chat.Invalid,
			Say:  chat.T(chat.Code(verb), " is not part of this version of the bot, so nothing was done."),
			Hint: chat.T("Type ", chat.Typed("help"), " for what is."),
		}
	}
	e := &chat.Error{
		Kind: chat.Invalid,
		Say:  chat.T("There is no command ", chat.Code(shown(verb)), ", so nothing was done."),
		Hint: chat.T("Type ", chat.Typed("help"), " for all commands."),
	}
	for _, c := range all {
		score, err := edlib.StringsSimilarity(verb, c.name, edlib.JaroWinkler)
		if err == nil && (score >= 0.8 || strings.HasPrefix(c.name, verb)) {
			e.Lines = append(e.Lines, chat.T("Did you mean ", chat.Typed(strings.TrimSpace(c.name+" "+c.usage)), "?"))
		}
	}
	return e
}

// denied is a refusal: which rule decided, what to ask for, and whom.
func denied(t *turn, d access.Decision) *chat.Error {
	t.line.Rule = d.Rule
	return &chat.Error{Kind: chat.Denied, Say: d.Reason, Hint: d.Hint}
}

// usage is how a command is written.
func usage(name string) string {
	for _, c := range commands() {
		if c.name == name {
			return strings.TrimSpace(c.name + " " + c.usage)
		}
	}
	return name
}

// help shows the commands that the person may use in this place, or explains one.
func (b *Bot) help(ctx context.Context, t *turn, in input) error {
	wanted := strings.ToLower(in.word(0))
	var shown []card.Command
	for _, c := range commands() {
		if wanted != "" && c.name != wanted {
			continue
		}
		if wanted == "" && !b.anywhere(ctx, t, c).Allowed {
			continue
		}
		shown = append(shown, card.Command{Name: c.name, Usage: c.usage, About: c.about})
	}
	if len(shown) == 0 {
		return noSuchCommand(wanted, commands())
	}
	b.tell(ctx, t, card.Help(shown))
	return nil
}
