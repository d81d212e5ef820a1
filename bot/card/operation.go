package card

import (
	"time"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
)

// Style is what drawing depends on beside the thing drawn.
type Style struct {
	// Zone is the VM Backup server's, in which its stamps are read; nil is the machine's own.
	Zone *time.Location
}

// zone is Zone, never nil.
func (s Style) zone() *time.Location {
	if s.Zone == nil {
		return time.Local
	}
	return s.Zone
}

// Operation draws the operation's messages as they should stand now: root and card always, the reply once the last word has
// fallen, and one more reply when an unknown outcome was found out late. The same operation always gives the same drafts.
func (s Style) Operation(o operation.Operation) []chat.Draft {
	root := o.ID.Key(operation.PartRoot)
	drafts := []chat.Draft{
		{Key: root, To: o.Place, Class: rootClass(o), Card: rootLine(o)},
		{Key: o.ID.Key(operation.PartCard), Under: root, To: o.Place, Class: cardClass(o), Card: s.operationCard(o)},
	}
	if !o.State.Final() {
		return drafts
	}
	drafts = append(drafts, chat.Draft{
		Key: o.ID.Key(operation.PartDone), Under: root, To: o.Place, Class: chat.Final, Card: s.done(firstTold(o)),
	})
	if !o.Late.IsZero() {
		drafts = append(drafts, chat.Draft{
			Key: o.ID.Key(operation.PartLate), Under: root, To: o.Place, Class: chat.Final, Card: s.late(o),
		})
	}
	return drafts
}

// rootClass: the root line changes twice after it was posted, and all of its forms are waited for.
func rootClass(o operation.Operation) chat.Class {
	if o.State.Final() {
		return chat.Final
	}
	return chat.First
}

// cardClass: what only progressed may be left out, for the next one says more. An abort that was asked for and not yet
// answered is not mere progress: somebody wants to see that it was heard.
func cardClass(o operation.Operation) chat.Class {
	switch {
	case o.State.Final():
		return chat.Final
	case o.Stoppable() && o.Abort.Due():
		return chat.First
	case o.State == operation.Running, o.State == operation.Ended:
		return chat.Ongoing
	}
	return chat.First
}

// rootLine is the one line where the request was made. It has three forms and no more: recorded, accepted, over (design,
// rule 6); nothing else that changes may be in it.
func rootLine(o operation.Operation) chat.Card {
	line := chat.T(nouns(o.Kind)+" of ", vmName(o.VM.Name), where("", o.VM.Host, o.Site), " asked for by ", by(o.Requester))
	if n := said(o.Note, shortNoteMax); n != nil {
		line = chat.T(line, " (“", n, "”)")
	}
	c := chat.Card{Key: o.ID.Key(operation.PartRoot), Tone: tone(o)}
	switch {
	case o.State.Final():
		line = chat.T(line, ": ", chat.Strong(FinalWord(o)), ".")
	case o.GUID != "":
		line = chat.T(line, ": accepted by VM Backup.")
		c.Tone = chat.ToneWorking
	default:
		line = chat.T(line, ".")
		c.Tone = chat.ToneNeutral
	}
	c.Summary = line
	return c
}

// operationCard is the card in the thread.
func (s Style) operationCard(o operation.Operation) chat.Card {
	c := s.liveCard(o)
	if o.State.Final() {
		c = s.finalCard(o)
	}
	c.Key, c.Tone = o.ID.Key(operation.PartCard), tone(o)
	c.Note, c.Buttons, c.Menu = ids(o), buttons(o), menu(o)
	return c
}

// done is the reply that mentions the requester and nobody else. The platform puts the mention before the sentence, so
// the sentence itself names nobody.
func (s Style) done(o operation.Operation) chat.Card {
	sum := chat.T(vmName(o.VM.Name), ": ", chat.Strong(FinalWord(o)), outcome(o), where("on ", o.VM.Host, o.Site))
	c := reply(o, sum)
	c.Key = o.ID.Key(operation.PartDone)
	return c
}

// late is the reply that corrects an unknown outcome.
func (s Style) late(o operation.Operation) chat.Card {
	sum := chat.T("The outcome of ", vmName(o.VM.Name), " was found out after all: ", chat.Strong(FinalWord(o)), outcome(o),
		where("on ", o.VM.Host, o.Site))
	c := reply(o, sum)
	c.Key = o.ID.Key(operation.PartLate)
	return c
}

// reply is what both replies have in common. The server's own error stands in the sentence, since that is all that a
// notification shows; the card has it in full.
func reply(o operation.Operation, sum chat.Text) chat.Card {
	if w := said(serverWords(o), wordsMax); w != nil {
		sum = chat.T(sum, ": ", w)
	} else {
		sum = chat.T(sum, ".")
	}
	c := chat.Card{Summary: sum, Tone: tone(o), Note: smallPrint(o), Menu: menu(o), Broadcast: o.State == operation.Failed}
	if who := person(o.Requester); !who.IsZero() {
		c.Mention = &who
	}
	for _, l := range []chat.Text{basisLine(o), abortedBy(o)} {
		if l != nil {
			c.Lines = append(c.Lines, l)
		}
	}
	return c
}

// firstTold is the operation as the reply told it first. What came in late is taken off again, so that the reply which said
// "unknown" is drawn as it was and needs no edit; and a reply that says so never rests on a report, which a later one
// could replace.
func firstTold(o operation.Operation) operation.Operation {
	if o.State != operation.Unknown && o.Late.IsZero() {
		return o
	}
	o.State, o.Report, o.Basis, o.Late = operation.Unknown, nil, "", time.Time{}
	return o
}

// tone colours what the words say.
func tone(o operation.Operation) chat.Tone {
	switch o.State {
	case operation.Succeeded:
		return chat.ToneGood
	case operation.Warning, operation.Aborted, operation.Unknown, operation.Lost, operation.NotStarted:
		return chat.ToneWarn
	case operation.Failed, operation.Rejected:
		return chat.ToneBad
	case operation.Waiting:
		return chat.ToneNeutral
	}
	return chat.ToneWorking
}
