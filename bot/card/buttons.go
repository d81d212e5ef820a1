package card

import (
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
)

// The actions of buttons (contract, commands in chat).
const (
	ActionAbort        = "abort"
	ActionAbortConfirm = "abort_confirm"
	ActionCancel       = "cancel"
	ActionRetry        = "retry"
	ActionForce        = "force"
	ActionLook         = "look"
	ActionMenu         = "menu"
)

// buttons are what a reader of the card can do now.
func buttons(o operation.Operation) []chat.Button {
	id := string(o.ID)
	switch o.State {
	case operation.Waiting:
		return []chat.Button{{Action: ActionCancel, ID: id, Label: "Cancel"}}
	case operation.Lost:
		return []chat.Button{{Action: ActionLook, ID: id, Label: "Look again", Style: chat.StylePrimary}, force(o)}
	case operation.NotStarted, operation.Rejected, operation.Failed, operation.Unknown:
		return []chat.Button{{Action: ActionRetry, ID: id, Label: "Retry"}}
	}
	if !o.Stoppable() {
		return nil
	}
	return []chat.Button{{
		Action: ActionAbort, ID: id, Label: "Abort", Style: chat.StyleDanger,
		Confirm: &chat.Confirm{
			Title: "Abort the " + noun(o.Kind) + "?",
			Text:  "VM Backup is asked to stop the job. Do not count on a new " + noun(o.Kind) + " then.",
			Yes:   "Abort it", No: "Let it run",
		},
	}}
}

// menu offers every command, where somebody reads of the operation and cannot type below it.
func menu(o operation.Operation) *chat.Button {
	return &chat.Button{Action: ActionMenu, ID: string(o.ID), Label: "Commands"}
}

// force starts another operation beside one of which nobody knows whether it has started.
func force(o operation.Operation) chat.Button {
	return chat.Button{
		Action: ActionForce, ID: string(o.ID), Label: "Start anyway", Style: chat.StyleDanger,
		Confirm: &chat.Confirm{
			Title: "Start another " + noun(o.Kind) + "?",
			Text:  "The first may have started. VM Backup would then be asked for the same thing twice.",
			Yes:   "Start anyway", No: "Wait",
		},
	}
}
