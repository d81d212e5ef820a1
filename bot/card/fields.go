package card

import (
	"strings"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
)

// fields collects labelled values. A card has ten at the most, since a section of Slack holds no more.
type fields []chat.Field

// add leaves out what has no value.
func (f *fields) add(label string, value chat.Text) {
	if len(value) > 0 {
		*f = append(*f, chat.Field{Label: label, Value: value})
	}
}

// common is what every card of an operation says: of what, where, by whom and why.
func (f *fields) common(o operation.Operation) {
	f.add("VM", onHost(o.VM.Name, o.VM.Host))
	f.add("Server", typed(o.Site, serverMax))
	f.add("Asked for by", chat.T(by(o.Requester), ", ", o.Asked))
	f.add("Note", said(o.Note, noteMax))
}

func (f *fields) lastGood(s Style, o operation.Operation) {
	if at := o.LastGood.In(s.zone()); !at.IsZero() {
		f.add("Last good backup", chat.T(at))
		return
	}
	f.add("Last good backup", chat.T("none known"))
}

func (f *fields) next(s Style, o operation.Operation) {
	if at := o.Next.In(s.zone()); !at.IsZero() {
		f.add("Next scheduled", chat.T(at))
		return
	}
	f.add("Next scheduled", chat.T("none known"))
}

// sameWord compares two words as people read them.
func sameWord(a, b string) bool { return strings.EqualFold(strings.TrimSpace(a), b) }
