package bot

import (
	"context"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"vmbackup-bot/bot/access"
	"vmbackup-bot/bot/card"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/vmbackup"
)

// submit runs what the menu was filled in with, exactly as if it had been typed.
func (b *Bot) submit(ctx context.Context, t *turn) error {
	t.Options = asOptions(t.Fields)
	return b.command(ctx, t)
}

// asOptions are the menu's fields as the options of the command that was chosen: the target is one quoted word, and the
// note is what that command takes behind it. A field that the command has no use for is left out.
func asOptions(fields map[string]string) map[string]string {
	verb := strings.ToLower(strings.TrimSpace(fields[fieldCommand]))
	o := map[string]string{"verb": verb}
	switch verb {
	case "backup":
		o["vm"], o["note"] = fields[fieldTarget], fields[fieldNote]
	case "report":
		o["vm"], o["n"] = fields[fieldTarget], fields[fieldNote]
	case "abort", "status":
		o["operation"] = fields[fieldTarget]
	case "vms":
		o["glob"] = fields[fieldNote]
	}
	return o
}

// misfilled says what is wrong with a submitted menu, by field; nil for nothing that can be told from memory. Whether the
// person may do it is not asked here: the command does that, and writes a refusal down.
func (b *Bot) misfilled(ctx context.Context, r chat.Request) map[string]string {
	if r.Kind != chat.Submit || r.Action != card.ActionMenu {
		return nil
	}
	in := parse(chat.Request{Options: asOptions(r.Fields)})
	if !slices.ContainsFunc(commands(), func(c command) bool { return c.inMenu() && c.name == in.verb }) {
		return map[string]string{fieldCommand: "Choose one of the commands in the list."}
	}
	wrong := make(map[string]string)
	note := func(err error) {
		if err != nil {
			wrong[fieldNote] = inField(chat.AsError(err))
		}
	}
	switch in.verb {
	case "vms":
		note(checkGlob(in.word(0)))
		return wrong
	case "whoami":
		return nil
	case "report":
		if n := strings.TrimSpace(clean(r.Fields[fieldNote])); n != "" {
			_, err := runsWanted(n)
			note(err)
		}
	}
	if why := b.misaimed(ctx, r, in); why != "" {
		wrong[fieldTarget] = why
	}
	return wrong
}

// misaimed says why the target does not name one thing; empty where it does, or where that cannot be told from memory.
func (b *Bot) misaimed(ctx context.Context, r chat.Request, in input) string {
	target := strings.TrimSpace(clean(r.Fields[fieldTarget]))
	operations := in.verb == "abort" || in.verb == "status"
	switch {
	case target == "" && in.verb == "status":
		return ""
	case target == "" && operations:
		return "Which VM or operation?"
	case target == "":
		return "Which VM?"
	}
	may, ok := b.menus.sight(r.Actor, r.Place)
	if !ok {
		return "" // it was opened long ago, or before a restart: the command itself will say
	}
	named, err := b.o.Operations.FindOperations(ctx, b.o.Site, target)
	if err != nil {
		return ""
	}
	named = slices.DeleteFunc(named, func(o operation.Operation) bool {
		return !may(access.VM{Ref: string(o.VM.Ref), Name: o.VM.Name, Host: o.VM.Host})
	})
	if operations && len(named) == 1 {
		return ""
	}
	if operations && len(named) > 1 && in.verb == "abort" {
		return inField(severalOperations(named))
	}
	all, asOf := b.o.Inventory.Seen()
	if asOf.IsZero() {
		return ""
	}
	seen := roster{all}
	seen.vms = seen.where(func(v vmbackup.VM) bool { return may(asAccess(v)) })
	switch hits := seen.named(target); {
	case len(hits) == 1:
		return ""
	case len(hits) > 1:
		return inField(ambiguous(hits))
	case len(named) > 0:
		return "That is an operation; this command takes a VM."
	}
	b.o.Logger.Info("a form named a VM that there is not, or not for this person", "actor", r.Actor.ID(), "target", shown(target))
	e := seen.noSuch(target)
	e.Hint = nil // it speaks of quotes, which nobody types into a form
	return inField(e)
}

// mostInField is how many candidates a field's message lists.
const mostInField = 5

// inField is an error as the message below one field of a form.
func inField(e *chat.Error) string {
	parts := []string{e.Say.Plain(time.UTC)}
	var lines []string
	for _, l := range e.Lines[:min(len(e.Lines), mostInField)] {
		lines = append(lines, l.Plain(time.UTC))
	}
	if more := len(e.Lines) - len(lines); more > 0 {
		lines = append(lines, strconv.Itoa(more)+" more")
	}
	if len(lines) > 0 {
		parts = append(parts, strings.Join(lines, "; ")+".")
	}
	if len(e.Hint) > 0 {
		parts = append(parts, e.Hint.Plain(time.UTC))
	}
	return strings.Join(parts, " ")
}

// runsWanted reads how many runs report shall show.
func runsWanted(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > mostReports {
		return 0, &chat.Error{
			Kind: chat.Invalid, Say: chat.T(chat.Code(shown(text)), " is not a number of runs."),
			Hint: chat.T("Write ", chat.Typed(usage("report")), ", n from 1 to ", mostReports, "."),
		}
	}
	return n, nil
}

// checkGlob refuses what is no pattern of names.
func checkGlob(glob string) error {
	if _, err := path.Match(fold(glob), ""); err != nil {
		return &chat.Error{
			Kind: chat.Invalid, Say: chat.T(chat.Code(shown(glob)), " is not a pattern."),
			Hint: chat.T("A star stands for any characters: ", chat.Code("web*"), "."),
		}
	}
	return nil
}
