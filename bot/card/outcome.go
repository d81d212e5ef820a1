package card

import (
	"strings"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
)

// finalCard is the card once the last word has fallen. It has no title: the summary heads it, so that the word stands in
// it once.
func (s Style) finalCard(o operation.Operation) chat.Card {
	return chat.Card{
		Summary: chat.T(vmName(o.VM.Name), ": ", chat.Strong(FinalWord(o)), outcome(o), where("", o.VM.Host, o.Site), "."),
		Fields:  s.finalFields(o),
		Lines:   finalLines(o),
		Quote:   quote(serverWords(o)),
	}
}

// outcome is what follows the final word in a sentence. It has no final word in it.
func outcome(o operation.Operation) chat.Text {
	what, after := noun(o.Kind), ""
	if d := took(o); d != "" {
		after = " after " + d
	}
	switch o.State {
	case operation.Succeeded, operation.Warning:
		return chat.T(doneIn(o))
	case operation.Failed:
		if after == "" {
			return chat.T(", there is no new " + what)
		}
		return chat.T(", the " + what + " ended" + after)
	case operation.Aborted:
		return chat.T(", the " + what + " was stopped" + after)
	case operation.Unknown:
		return chat.T(", do not rely on a new " + what)
	case operation.Rejected:
		return chat.T(", VM Backup did not accept it: nothing was started")
	}
	short, _ := whyNot(o)
	return chat.T(", ", short)
}

// doneIn says how long a good run took and how much it moved.
func doneIn(o operation.Operation) string {
	d, moved := took(o), ""
	if o.Report != nil {
		moved = size(o.Report.Compressed)
	}
	switch {
	case d != "" && moved != "":
		return ", the " + noun(o.Kind) + " took " + d + " and transferred " + moved
	case d != "":
		return ", the " + noun(o.Kind) + " took " + d
	case moved != "":
		return ", the " + noun(o.Kind) + " transferred " + moved
	}
	return ", the " + noun(o.Kind) + " is done"
}

// finalFields are at most maxFields. After a good run the last good backup is this one; only the next is worth telling.
func (s Style) finalFields(o operation.Operation) []chat.Field {
	var f fields
	f.common(o)
	if d := took(o); d != "" {
		f.add("Duration", chat.T(d))
	}
	if r := o.Report; r != nil {
		if t := transferred(r.Compressed, r.Uncompressed); t != "" {
			f.add("Transferred", chat.T(t))
		}
		f.add("Location", said(r.Location, wordsMax))
		if at := r.DateTime.In(s.zone()); !at.IsZero() {
			f.add("Report of", chat.T(at))
		}
	}
	if o.State != operation.Succeeded && o.State != operation.Warning {
		f.lastGood(s, o)
	}
	f.next(s, o)
	return f
}

// finalLines are the sentences below the fields.
func finalLines(o operation.Operation) []chat.Text {
	var lines []chat.Text
	for _, l := range []chat.Text{basisLine(o), reasonLine(o), lateLine(o), abortedBy(o), afterLine(o)} {
		if len(l) > 0 {
			lines = append(lines, l)
		}
	}
	return lines
}

// basisLine says what the outcome rests on, where that is not the server's own report of this run.
func basisLine(o operation.Operation) chat.Text {
	switch o.Basis {
	case operation.ByStatus:
		return chat.T("By status: no report came.")
	case operation.ByTime:
		return chat.T("Matched by time: VM Backup's answer to the request never arrived, and this report is the one that fits.")
	}
	return nil
}

// reasonLine explains an outcome that needs it.
func reasonLine(o operation.Operation) chat.Text {
	switch {
	case o.State == operation.NotStarted:
		_, long := whyNot(o)
		return chat.T(long)
	case o.State == operation.Failed && o.Report != nil && strings.TrimSpace(o.Report.Error) != "":
		if w := oddWord(o.Report.Word, o.Report.Result); w != "" {
			return chat.T("VM Backup calls the result ", typed(w, labelMax), ".")
		}
		return nil
	case o.State != operation.Unknown:
		return nil
	case o.Report != nil:
		return chat.T("VM Backup's own report does not know the result.")
	case o.GUID == "":
		return chat.T("It may or may not have started: VM Backup's answer never arrived, and no sign of it was found.")
	}
	return chat.T("The job is over, and no report of it came. The bot looks for one for two more days.")
}

// lateLine says that this was not the first last word.
func lateLine(o operation.Operation) chat.Text {
	if o.Late.IsZero() {
		return nil
	}
	return chat.T("Found out after all at ", o.Late, "; at first no report came.")
}

// serverWords are VM Backup's own about the outcome: its error, or the result's word where that is all there is.
func serverWords(o operation.Operation) string {
	if r := o.Report; r != nil {
		if strings.TrimSpace(r.Error) != "" {
			return r.Error
		}
		return oddWord(r.Word, r.Result)
	}
	switch o.State {
	case operation.Rejected, operation.NotStarted, operation.Unknown:
		return o.Words
	}
	return ""
}
