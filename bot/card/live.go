package card

import (
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
)

// liveCard is the card while nobody knows the outcome.
func (s Style) liveCard(o operation.Operation) chat.Card {
	c := chat.Card{
		Title:   chat.T(nouns(o.Kind)+" of ", onHost(o.VM.Name, o.VM.Host)),
		Summary: s.liveSummary(o),
		Fields:  s.liveFields(o),
		Lines:   liveLines(o),
	}
	if o.State == operation.Running {
		c.Progress = &chat.Progress{Percent: float64(percent(o.Status.Percentage)), Phase: clean(phase(o), phaseMax)}
	}
	return c
}

// phase is the server's text for what it is doing.
func phase(o operation.Operation) string {
	if sub := clean(o.Status.SubOperation, phaseMax); sub != "" {
		return sub
	}
	return o.Status.Operation
}

// liveSummary is the whole card in one sentence.
func (s Style) liveSummary(o operation.Operation) chat.Text {
	t := chat.T(vmName(o.VM.Name), ": ")
	at := where("", o.VM.Host, o.Site)
	switch o.State {
	case operation.Waiting:
		t = chat.T(t, waitingFor(o))
	case operation.Sending:
		t = chat.T(t, "sending the request to VM Backup")
	case operation.Accepted:
		t = chat.T(t, "accepted by VM Backup at ", chat.At(o.Moved), s.history(o))
	case operation.Running:
		t = chat.T(t, runningSoFar(o))
		at = where("running on ", o.VM.Host, o.Site)
	case operation.Lost:
		t = chat.T(t, "the "+noun(o.Kind)+" may or may not have started, because no answer of VM Backup came")
	default:
		t = chat.T(t, "the job is over, looking up the outcome")
	}
	return chat.T(t, abortClause(o), unseenClause(o), at, ".")
}

// waitingFor is why nothing has been sent yet, and until when that is waited out.
func waitingFor(o operation.Operation) chat.Text {
	if o.WaitsFor == "" {
		return chat.T("waiting to be sent to VM Backup")
	}
	t := chat.T("waiting, because " + inTheWay(o.WaitsFor))
	if !o.Deadline.IsZero() {
		t = chat.T(t, "; given up at ", chat.At(o.Deadline))
	}
	return t
}

// history is what an accepted card says of the VM.
func (s Style) history(o operation.Operation) chat.Text {
	var t chat.Text
	if at := o.LastGood.In(s.zone()); !at.IsZero() {
		t = chat.T(", last good backup ", at)
	}
	if at := o.Next.In(s.zone()); !at.IsZero() {
		t = chat.T(t, ", next scheduled ", at)
	}
	return t
}

// runningSoFar is percent, phase, elapsed time and estimate.
func runningSoFar(o operation.Operation) chat.Text {
	t := chat.T(percent(o.Status.Percentage), " %")
	if p := said(phase(o), phaseMax); p != nil {
		t = chat.T(t, " · ", p)
	}
	if d := elapsed(o); d > 0 {
		t = chat.T(t, " · "+duration(d)+" elapsed")
		if left := timeLeft(o); left != "" {
			t = chat.T(t, ", "+left)
		}
	}
	return t
}

// unseenClause is that the server cannot be looked at now.
func unseenClause(o operation.Operation) chat.Text {
	if o.Gone.IsZero() {
		return nil
	}
	if o.Seen.IsZero() {
		return chat.T(", out of sight since ", chat.At(o.Gone), " because "+inTheWay(reasonGone(o)))
	}
	return chat.T(", last seen ", chat.At(o.Seen), " because "+inTheWay(reasonGone(o)))
}

// reasonGone is why the server cannot be looked at; a reason that was not kept counts as no answer.
func reasonGone(o operation.Operation) operation.Reason {
	if o.GoneFor == "" {
		return operation.ReasonUnreachable
	}
	return o.GoneFor
}

// liveFields are at most maxFields.
func (s Style) liveFields(o operation.Operation) []chat.Field {
	var f fields
	f.add("State", chat.T(StateWord(o)))
	f.common(o)
	if o.State == operation.Running {
		if d := elapsed(o); d > 0 {
			f.add("Elapsed", chat.T(duration(d)))
		}
		if left := timeLeft(o); left != "" {
			f.add("Estimate", chat.T(left))
		}
	}
	if o.State == operation.Waiting && o.WaitsFor != "" && !o.Deadline.IsZero() {
		f.add("Waits until", chat.T(o.Deadline))
	}
	switch {
	case !o.Gone.IsZero() && !o.Seen.IsZero():
		f.add("Last seen", chat.T(chat.At(o.Seen)))
	case o.State == operation.Lost && !o.Sent.IsZero():
		f.add("Sent", chat.T(o.Sent))
	}
	f.lastGood(s, o)
	f.next(s, o)
	return f
}

// liveLines are the sentences below the fields.
func liveLines(o operation.Operation) []chat.Text {
	var lines []chat.Text
	add := func(t chat.Text) {
		if len(t) > 0 {
			lines = append(lines, t)
		}
	}
	add(afterLine(o))
	switch o.State {
	case operation.Waiting:
		if o.WaitsFor != "" {
			add(explained(chat.T("Waiting: "+inTheWay(o.WaitsFor)+"."), o.WaitText))
		}
	case operation.Lost:
		add(chat.T("The bot looks for a sign of it, and does not send it again by itself."))
		add(said(o.Words, wordsMax))
	}
	for _, l := range abortLines(o) {
		add(l)
	}
	if !o.Gone.IsZero() {
		add(explained(chat.T("Nobody could look since ", chat.At(o.Gone), ": "+inTheWay(reasonGone(o))+"."), o.GoneWhy))
	}
	return lines
}

// explained is a sentence with its detail in foreign words, where there is any.
func explained(t chat.Text, detail string) chat.Text {
	if w := said(detail, wordsMax); w != nil {
		return chat.T(t, " ", w)
	}
	return t
}

// afterLine says which operation this one follows.
func afterLine(o operation.Operation) chat.Text {
	switch {
	case o.After == "":
		return nil
	case o.Forced:
		return chat.T("Started anyway, beside operation ", chat.Code(string(o.After)), ", of which nobody knows whether it has started.")
	}
	return chat.T("Asked for again after operation ", chat.Code(string(o.After)), ".")
}
