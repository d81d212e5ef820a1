package card

import (
	"errors"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
)

// Started answers a request that was recorded. root is the message that follows it; zero while that is not posted yet. It
// says nothing of how far the operation is, since it is never edited.
func Started(o operation.Operation, root chat.MessageRef) chat.Card {
	return chat.Card{
		Summary: chat.T("Your request is recorded: "+noun(o.Kind)+" of ", vmName(o.VM.Name), where("", o.VM.Host, o.Site), ". ",
			follow(root, "Its message"), " in the channel tells how it goes."),
		Tone: chat.ToneNeutral,
		Note: smallPrint(o),
	}
}

// follow is a link to a message where there is one to link to.
func follow(m chat.MessageRef, label string) chat.Text {
	if m.IsZero() {
		return chat.T(label)
	}
	return chat.T(chat.LinkTo(m, label))
}

// AlreadyRunning answers a request for a VM that an operation is open for already. root is that one's message, zero where
// it is not known.
func AlreadyRunning(o operation.Operation, root chat.MessageRef) chat.Card {
	c := chat.Card{
		Summary: chat.T("Nothing new was started: the "+noun(o.Kind)+" of ", vmName(o.VM.Name), where("", o.VM.Host, o.Site),
			" is under way already (", standing(o), "), asked for by ", by(o.Requester), " at ", o.Asked, "."),
		Tone: chat.ToneNeutral,
		Note: smallPrint(o),
	}
	if !root.IsZero() {
		c.Lines = append(c.Lines, chat.T(chat.LinkTo(root, "Its message"), " tells how it goes."))
	}
	return c
}

// standing is where an operation stands, in a few words.
func standing(o operation.Operation) chat.Text {
	t := chat.T(StateWord(o))
	if o.State == operation.Running {
		t = chat.T(t, ", ", percent(o.Status.Percentage), " %")
		if p := said(phase(o), phaseMax); p != nil {
			t = chat.T(t, " · ", p)
		}
	}
	return t
}

// AbortConfirm asks back before an abort, where the platform has no dialog of its own.
func AbortConfirm(o operation.Operation) chat.Card {
	return chat.Card{
		Summary: chat.T("Really abort the "+noun(o.Kind)+" of ", vmName(o.VM.Name), where("", o.VM.Host, o.Site), "? It is ",
			standing(o), "."),
		Tone:  chat.ToneWarn,
		Lines: []chat.Text{chat.T("Do not count on a new " + noun(o.Kind) + " then. Do nothing to let it run.")},
		Note:  smallPrint(o),
		Buttons: []chat.Button{{
			Action: ActionAbortConfirm, ID: string(o.ID), Label: "Yes, abort it", Style: chat.StyleDanger,
		}},
	}
}

// AbortAnswer tells who asked for an abort, or to cancel, what came of it: o is the operation after that, and err what
// operation.Apply said.
func AbortAnswer(o operation.Operation, err error) chat.Card {
	vm := vmName(o.VM.Name)
	c := chat.Card{Tone: chat.ToneNeutral, Note: smallPrint(o)}
	switch {
	case o.State.Final() && err != nil:
		return Finished(o)
	case o.State == operation.NotStarted:
		c.Summary = chat.T("The "+noun(o.Kind)+" of ", vm, " is cancelled; nothing was started.")
	case errors.Is(err, operation.ErrLost):
		c.Tone = chat.ToneWarn
		c.Summary = chat.T("It cannot be aborted from here: the "+noun(o.Kind)+" of ", vm,
			" may or may not have started. Look into the management console.")
	case errors.Is(err, operation.ErrEnding):
		c.Summary = chat.T("The job of ", vm, " is already over, its outcome is being looked up.")
	case err != nil:
		return Problem(chat.AsError(err))
	default:
		c.Summary = chat.T("The abort of the "+noun(o.Kind)+" of ", vm, " is recorded. The card tells what comes of it.")
	}
	return c
}

// Finished answers whoever comes too late: the last word has fallen.
func Finished(o operation.Operation) chat.Card {
	return chat.Card{
		Summary: chat.T("The "+noun(o.Kind)+" of ", vmName(o.VM.Name), " had already finished: ", chat.Strong(FinalWord(o)),
			" at ", o.Decided, "."),
		Tone: tone(o),
		Note: smallPrint(o),
	}
}

// Looking answers the wish to look again for an operation that may or may not have started.
func Looking(o operation.Operation) chat.Card {
	return chat.Card{
		Summary: chat.T("The bot is looking again for the "+noun(o.Kind)+" of ", vmName(o.VM.Name), ", which ", standing(o),
			". The card tells what it finds."),
		Note: smallPrint(o),
	}
}

// Interrupted tells the user of a request that was taken and never recorded because the bot stopped. text is what was
// typed; empty for a button.
func Interrupted(text string) chat.Card {
	t := chat.T("Your request")
	if text = clean(text, typedMax); text != "" {
		t = chat.T(t, " ", chat.Code(text))
	}
	return chat.Card{
		Summary: chat.T(t, " was interrupted by a restart of the bot: nothing was started. Please ask again."),
		Tone:    chat.ToneWarn,
	}
}

// unsaid are the sentences for an error that came without one.
var unsaid = map[chat.ErrorKind]string{
	chat.Denied:      "You may not do that here.",
	chat.Invalid:     "That could not be understood.",
	chat.Ambiguous:   "That name stands for more than one thing; nothing was started.",
	chat.NotFound:    "Not found, or not yours.",
	chat.Busy:        "Something is in the way just now; please try again in a moment.",
	chat.Conflict:    "That has been done already.",
	chat.Unavailable: "Something that is needed cannot be reached now.",
	chat.Lost:        "It may or may not have happened.",
}

// Problem is why a request was not met: sentence, candidates, next step.
func Problem(e *chat.Error) chat.Card {
	if e == nil {
		e = chat.AsError(errors.New("no reason given"))
	}
	c := chat.Card{Summary: e.Say, Tone: chat.ToneWarn, Buttons: e.Buttons}
	if len(c.Summary) == 0 {
		c.Summary = chat.T(unsaid[e.Kind])
	}
	if len(c.Summary) == 0 {
		c.Summary = chat.T("Something went wrong inside the bot.")
	}
	switch e.Kind {
	case chat.Denied, chat.Internal, chat.Unavailable:
		c.Tone = chat.ToneBad
	}
	rows, cut := fit(e.Lines)
	c.Lines = rows
	if cut {
		c.Lines = append(c.Lines, shown(len(rows), len(e.Lines), nil))
	}
	if len(e.Hint) > 0 {
		c.Lines = append(c.Lines, e.Hint)
	}
	return c
}
