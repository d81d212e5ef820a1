package card

import (
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
)

// abortClause is the abort's part of a live summary. It never says the final word.
func abortClause(o operation.Operation) chat.Text {
	switch {
	case o.Abort == nil:
		return nil
	case o.AbortSlow():
		return chat.T(", still running five minutes after VM Backup took the abort")
	case o.Abort.Due():
	case o.Abort.OK:
		return chat.T(", abort asked for by ", by(o.Abort.By), " and taken by VM Backup")
	default:
		return chat.T(", abort asked for by ", by(o.Abort.By), " and not taken by VM Backup")
	}
	return chat.T(", abort asked for by ", by(o.Abort.By))
}

// abortLines say how far an abort has come.
func abortLines(o operation.Operation) []chat.Text {
	a := o.Abort
	if a == nil {
		return nil
	}
	asked := chat.T("Abort asked for by ", by(a.By), " at ", chat.At(a.At))
	switch {
	case a.Due() && o.State == operation.Lost:
		return []chat.Text{chat.T(asked, ": it cannot be passed on, because nobody knows whether there is anything to stop.")}
	case a.Due() && a.Sent.IsZero() && !o.Stoppable():
		return []chat.Text{chat.T(asked, ": the job was over before it was passed on.")}
	case a.Due() && a.Sent.IsZero():
		return []chat.Text{chat.T(asked, "; it is passed on as soon as VM Backup can be asked.")}
	case a.Due():
		return []chat.Text{chat.T(asked, "; passed on at ", chat.At(a.Sent), ", no answer yet.")}
	case !a.OK:
		lines := []chat.Text{chat.T(asked, "; VM Backup did not take it at ", chat.At(a.Answered), ".")}
		if w := said(a.Words, wordsMax); w != nil {
			lines = append(lines, w)
		}
		return lines
	case o.AbortSlow():
		return []chat.Text{chat.T(asked, "; VM Backup took it at ", chat.At(a.Answered),
			", and the job was still running five minutes after that. It may have to be stopped in the management console.")}
	}
	return []chat.Text{chat.T(asked, "; VM Backup took it at ", chat.At(a.Answered), ".")}
}

// abortedBy is the line of a final card after somebody had asked for an abort, whatever came of it.
func abortedBy(o operation.Operation) chat.Text {
	if o.Abort == nil {
		return nil
	}
	return chat.T("Abort was requested by ", by(o.Abort.By), " at ", chat.At(o.Abort.At), ".")
}
