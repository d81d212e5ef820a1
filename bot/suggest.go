package bot

import (
	"context"
	"slices"
	"strings"

	"vmbackup-bot/bot/card"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/vmbackup"
)

// mostChoices is how many completions are offered: Discord takes 25 (reference, Discord 2.1).
const mostChoices = 25

// Suggest completes what is being typed, from memory: the VM list last seen, and for abort and status the operations that
// are open. It offers only what the person may see, and every value names one thing for certain.
func (b *Bot) Suggest(ctx context.Context, r chat.Request) []chat.Choice {
	if r.Action == card.ActionMenu {
		return b.suggestTargets(ctx, r)
	}
	in := parse(r)
	if len(in.words) == 0 && !strings.HasSuffix(r.Text, " ") && len(r.Options) == 0 {
		return suggestVerbs(in.verb)
	}
	typed := fold(in.text)
	var out []chat.Choice
	if in.verb == "abort" || in.verb == "status" {
		out = append(out, b.suggestOperations(ctx, r, typed)...)
	}
	if in.verb != "help" && in.verb != "whoami" {
		out = append(out, b.suggestVMs(ctx, r, typed)...)
	}
	return out[:min(len(out), mostChoices)]
}

// suggestTargets completes the target of the menu, where the command may not be chosen yet: operations, which are few and
// take up to half of the room, and VMs.
func (b *Bot) suggestTargets(ctx context.Context, r chat.Request) []chat.Choice {
	b.menus.remember(r.Actor, r.Place, b.o.Access.Visible(ctx, r.Actor, r.Place))
	typed := fold(clean(r.Options[fieldTarget]))
	out := b.suggestOperations(ctx, r, typed)
	out = append(out[:min(len(out), mostChoices/2)], b.suggestVMs(ctx, r, typed)...)
	return out[:min(len(out), mostChoices)]
}

func suggestVerbs(begun string) []chat.Choice {
	var out []chat.Choice
	for _, c := range commands() {
		if strings.HasPrefix(c.name, begun) {
			out = append(out, chat.Choice{Label: c.name, Value: c.name})
		}
	}
	return out
}

func (b *Bot) suggestOperations(ctx context.Context, r chat.Request, typed string) []chat.Choice {
	open, err := b.o.Operations.Unfinished(ctx, b.o.Site)
	if err != nil {
		return nil // completions are a courtesy: the command itself will say what is wrong
	}
	t := &turn{Request: r}
	var out []chat.Choice
	for _, o := range open {
		if b.sees(ctx, t, o) && (strings.Contains(fold(o.VM.Name), typed) || strings.HasPrefix(string(o.ID), typed)) {
			out = append(out, chat.Choice{Label: label(o), Value: string(o.ID)})
		}
	}
	return out
}

// label tells an operation from every other one: two of one VM differ in their id.
func label(o operation.Operation) string {
	return shown(o.VM.Name) + " · " + shown(o.VM.Host) + " · " + string(o.State) + " · " + string(o.ID)
}

func (b *Bot) suggestVMs(ctx context.Context, r chat.Request, typed string) []chat.Choice {
	vms, _ := b.o.Inventory.Seen()
	mine := b.visible(ctx, r.Actor, r.Place, vms)
	mine = slices.DeleteFunc(mine, func(v vmbackup.VM) bool {
		return !v.Configured || v.Ref == "" || !strings.Contains(fold(v.Name), typed)
	})
	slices.SortStableFunc(mine, func(x, y vmbackup.VM) int {
		xs, ys := strings.HasPrefix(fold(x.Name), typed), strings.HasPrefix(fold(y.Name), typed)
		if xs != ys { // what begins with the typed text comes first
			if xs {
				return -1
			}
			return 1
		}
		return strings.Compare(fold(x.Name)+fold(x.Host), fold(y.Name)+fold(y.Host))
	})
	read := typedIn
	if r.Action == card.ActionMenu {
		read = filledIn
	}
	var out []chat.Choice
	for _, v := range mine[:min(len(mine), mostChoices)] {
		out = append(out, chat.Choice{Label: shown(v.Name) + " · " + shown(v.Host), Value: valueOf(v, vms, read)})
	}
	return out
}

// longestValue is the longest value of a completion: Discord takes 100 characters (reference, Discord 2.1).
const longestValue = 100

// typedIn and filledIn read the name of a VM as it comes back from a completion: in a command's text, where a blank ends it,
// and in a field of its own.
func typedIn(text string) input { return parse(chat.Request{Text: "backup " + text}) }

func filledIn(text string) input {
	return parse(chat.Request{Options: map[string]string{"verb": "backup", "vm": text}})
}

// valueOf is what names the VM for certain, and is understood when it is read: its name where nothing else is called so, else
// its name and host, else the start of its id, else all of it.
func valueOf(v vmbackup.VM, all []vmbackup.VM, read func(text string) input) string {
	id := string(v.Ref)
	for _, text := range []string{v.Name, v.Name + "@" + v.Host, id[:min(len(id), minIDPart)]} {
		in := read(text)
		if len(in.words) == 1 && in.words[0].text == text && len(text) <= longestValue && len(roster{all}.named(text)) == 1 {
			return text
		}
	}
	return id
}
