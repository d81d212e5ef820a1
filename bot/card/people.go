package card

import (
	"strings"

	"vmbackup-bot/bot/chat"
)

// Command is one command as help shows it.
type Command struct {
	// Name is the word itself, Usage what follows it, About what it does in a few words.
	Name, Usage, About string
}

// typed is the command as it is written.
func (c Command) typed() chat.Span { return chat.Typed(strings.TrimSpace(c.Name + " " + c.Usage)) }

// Help lists the commands that its reader may use; a single one is explained.
func Help(commands []Command) chat.Card {
	c := chat.Card{
		Summary: chat.T("You can use " + many(len(commands), "command", "commands") + " here."),
		Note:    chat.T("A VM is written as its name (in quotes where it holds a blank or comma), as name@host, or as its id."),
	}
	switch len(commands) {
	case 0:
		return chat.Card{Summary: chat.T("There is no command that you may use here.")}
	case 1:
		c.Summary = chat.T(commands[0].typed(), ": "+commands[0].About+".")
		return c
	}
	for _, cmd := range commands {
		c.Lines = append(c.Lines, chat.T(cmd.typed(), ": "+cmd.About))
	}
	return c
}

// Usage says what is wrong with a command as it was typed, and how to type it.
func Usage(cmd Command, problem chat.Text) chat.Card {
	if len(problem) == 0 {
		problem = chat.T("That command is not complete.")
	}
	return chat.Card{
		Summary: chat.T(problem, " Write ", cmd.typed(), "."),
		Tone:    chat.ToneWarn,
		Lines:   []chat.Text{chat.T(cmd.typed(), ": "+cmd.About)},
	}
}

// Identity is what the bot knows of who asks, and from where.
type Identity struct {
	Actor chat.Actor
	Place chat.Place
	// Paste are the lines for the policy file that name the two.
	Paste []string
	// Rules are the grants that reach the account in this place; Contact is whom to ask for more, and may be empty.
	Rules   []string
	Contact string
}

// Whoami shows the ids of person and place, and the policy lines to paste.
func Whoami(id Identity) chat.Card {
	account, place := typed(id.Actor.ID(), typedMax), typed(policyPlace(id.Place), typedMax)
	c := chat.Card{
		Summary: chat.T("You are ", by(id.Actor), ", known to the bot as ", account, ", in the place ", place, "."),
		Quote:   quote(strings.Join(id.Paste, "\n")),
	}
	var f fields
	f.add("Person", account)
	f.add("Place", place)
	f.add("Roles", labels(id.Actor.Roles))
	f.add("Rules that reach you here", labels(id.Rules))
	c.Fields = f
	if len(id.Rules) == 0 {
		c.Lines = append(c.Lines, chat.T("No rule lets you do anything here."))
		if who := said(id.Contact, labelMax); who != nil {
			c.Lines = append(c.Lines, chat.T("To change that, ask ", who, "."))
		}
	}
	if c.Quote != "" {
		c.Note = chat.T("The lines are for the policy file.")
	}
	return c
}

// policyPlace is a place as the policy file writes it: a thread counts as its channel.
func policyPlace(p chat.Place) string {
	if p.Direct {
		return p.Platform + ":dm"
	}
	return p.Root().String()
}

// maxLabels is how many names one field lists.
const maxLabels = 12

// labels lists names, each in a span of its own.
func labels(names []string) chat.Text {
	var t chat.Text
	for i, n := range names {
		if i == maxLabels {
			return chat.T(t, " and ", len(names)-i, " more")
		}
		if i > 0 {
			t = chat.T(t, ", ")
		}
		t = chat.T(t, typed(n, labelMax))
	}
	return t
}

// Ruling is what the policy says to one question.
type Ruling struct {
	// Verb and VM are what was asked about.
	Verb, VM string
	Allowed  bool
	// Rule is the grant that decided; empty where none did.
	Rule string
	// Reason says more and Hint what to ask for, and whom, where there is more to say. Steps are the rules that were
	// looked at, in their order.
	Reason, Hint chat.Text
	Steps        []chat.Text
}

// Why tells which rule decides.
func Why(r Ruling) chat.Card {
	verdict, tone := "You may not ", chat.ToneWarn
	if r.Allowed {
		verdict, tone = "You may ", chat.ToneGood
	}
	t := chat.T(verdict, typed(r.Verb, labelMax))
	if r.VM != "" {
		t = chat.T(t, " ", vmName(r.VM))
	}
	t = chat.T(t, " here, ")
	if rule := said(r.Rule, labelMax); rule != nil {
		t = chat.T(t, "by the rule ", rule, ".")
	} else if r.Allowed {
		t = chat.T(t, "as everybody may.")
	} else {
		t = chat.T(t, "because no rule allows it.")
	}
	c := chat.Card{Summary: t, Tone: tone}
	if len(r.Reason) > 0 {
		c.Lines = append(c.Lines, r.Reason)
	}
	c = list(c, r.Steps, "")
	if len(r.Hint) > 0 {
		c.Lines = append(c.Lines, r.Hint)
	}
	return c
}
