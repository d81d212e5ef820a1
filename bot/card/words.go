package card

import (
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/vmbackup"
)

// finalWords are binding (contract, commands in chat), to the letter.
var finalWords = map[operation.State]string{
	operation.Succeeded:  "Succeeded",
	operation.Warning:    "Succeeded with warnings",
	operation.Failed:     "Failed",
	operation.Aborted:    "Aborted",
	operation.Unknown:    "Outcome unknown",
	operation.Rejected:   "Rejected",
	operation.NotStarted: "Not started",
}

// FinalWord is the last word on an operation in the contract's spelling, and empty while it has not fallen.
func FinalWord(o operation.Operation) string { return finalWords[o.State] }

// liveWords are what an operation is doing while nobody knows the outcome. The plain console waits for them by name.
var liveWords = map[operation.State]string{
	operation.Waiting:  "waiting",
	operation.Sending:  "sending",
	operation.Accepted: "accepted",
	operation.Running:  "running",
	operation.Lost:     "may or may not have started",
	operation.Ended:    "looking up the outcome",
}

// StateWord is what is said of an operation in one or a few words, whatever its state: a live word or the final one.
func StateWord(o operation.Operation) string {
	if w, ok := liveWords[o.State]; ok {
		return w
	}
	return FinalWord(o)
}

// noun is what an operation of this kind makes.
func noun(k vmbackup.Kind) string {
	switch k {
	case vmbackup.KindBackup:
		return "backup"
	case vmbackup.KindOffsite:
		return "offsite copy"
	}
	return "operation"
}

// nouns is the noun at the start of a sentence.
func nouns(k vmbackup.Kind) string {
	switch k {
	case vmbackup.KindBackup:
		return "Backup"
	case vmbackup.KindOffsite:
		return "Offsite copy"
	}
	return "Operation"
}

// inTheWay says what keeps the bot from VM Backup now.
func inTheWay(r operation.Reason) string {
	switch r {
	case operation.ReasonSeat:
		return "the management console is open, or another program is using VM Backup"
	case operation.ReasonUnreachable:
		return "VM Backup does not answer"
	case operation.ReasonLogin:
		return "VM Backup does not let the bot log in"
	case operation.ReasonPaused:
		return "new requests are paused"
	case "":
		return ""
	}
	return "VM Backup cannot be used now"
}

// whyNot says in the contract's words why nothing was started, and explained in a sentence.
func whyNot(o operation.Operation) (short chat.Text, long string) {
	switch o.Why {
	case operation.ReasonSeat:
		return chat.T("console open"), "The management console, or another program, was using VM Backup until the bot gave up."
	case operation.ReasonUnreachable:
		return chat.T("unreachable"), "VM Backup did not answer until the bot gave up."
	case operation.ReasonLogin:
		return chat.T("login refused"), "VM Backup did not let the bot log in; an administrator must look at the bot's account."
	case operation.ReasonCancelled:
		if o.By != nil {
			return chat.T("cancelled by ", by(*o.By)), ""
		}
		return chat.T("cancelled"), ""
	case operation.ReasonDenied:
		return chat.T("denied"), "It was no longer allowed when its turn came."
	case operation.ReasonExpired:
		return chat.T("expired"), "It waited too long."
	case operation.ReasonPaused:
		return chat.T("paused"), "New requests were paused."
	case operation.ReasonRestarted:
		return chat.T("restarted before sending"), "The bot was restarted before it had sent the request, and does not send it unasked."
	}
	return chat.T("not sent"), ""
}

// runWord is a finished run's result in a list.
func runWord(r vmbackup.Result) string {
	switch r {
	case vmbackup.ResultSuccess:
		return "good"
	case vmbackup.ResultWarning:
		return "good, with warnings"
	case vmbackup.ResultFailed:
		return "failed"
	case vmbackup.ResultAborted:
		return "aborted"
	case vmbackup.ResultUnknown:
		return "result unknown"
	}
	return "no result"
}

// oddWord is the server's own word for a result where the bot knows it only as a failure: it is the reason then.
func oddWord(word string, r vmbackup.Result) string {
	if r != vmbackup.ResultFailed {
		return ""
	}
	for _, known := range []string{"failed", "error"} {
		if sameWord(word, known) {
			return ""
		}
	}
	return word
}
