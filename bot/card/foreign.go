package card

import (
	"strings"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/vmbackup"
)

// How many runes of foreign text a card shows. A list row with all of them filled stays below 400, and a card with every
// part filled below the 4000 characters that the narrowest platform takes in an edit (Slack's chat.update; Discord's embeds
// hold 6000).
const (
	// nameMax: Hyper-V's names have up to 100 characters, but no more than 80 fit a choice list (Discord's are of 100).
	nameMax = 80
	// hostMax: a Windows host name has 15, a DNS label 63 characters.
	hostMax   = 63
	personMax = 60
	serverMax = 60
	// noteMax is for the card; shortNoteMax for the root line, which should stay one.
	noteMax      = 300
	shortNoteMax = 80
	phaseMax     = 80
	// wordsMax is one sentence of the server within a line; rowWordsMax within a list row; quoteMax what stands by itself.
	wordsMax    = 300
	rowWordsMax = 120
	quoteMax    = 1200
	// typedMax is what somebody typed, repeated to them, or an id; labelMax the name of a rule.
	typedMax = 120
	labelMax = 80
)

// idHead is how much of a GUID people see and may type (contract, commands in chat).
const idHead = 8

// nameless stands where a name is empty or blank.
const nameless = "(no name)"

// clean is foreign text on one line, without characters that turn the reading direction of what follows, and cut.
func clean(s string, limit int) string {
	return chat.Cut(strings.TrimSpace(strings.Map(undirected, chat.OneLine(s))), limit)
}

// undirected drops the marks that override or embed a reading direction: with them a name could turn round the sentence
// that it stands in.
func undirected(r rune) rune {
	if r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
		return -1
	}
	return r
}

// said is foreign text as a span of its own; nothing at all where it is blank.
func said(s string, limit int) chat.Text {
	if s = clean(s, limit); s != "" {
		return chat.Text{{Text: s}}
	}
	return nil
}

// typed is foreign text shown as it is typed.
func typed(s string, limit int) chat.Text {
	if s = clean(s, limit); s == "" {
		s = nameless
	}
	return chat.Text{chat.Code(s)}
}

// vmName is the name of a VM.
func vmName(name string) chat.Text { return typed(name, nameMax) }

// onHost is the VM with its host.
func onHost(name, host string) chat.Text {
	t := vmName(name)
	if h := said(host, hostMax); h != nil {
		t = chat.T(t, " on ", h)
	}
	return t
}

// where says host and server in brackets, with lead before the host. A VM without a known host has the server alone.
func where(lead, host, server string) chat.Text {
	h, s := said(host, hostMax), said(server, serverMax)
	switch {
	case h != nil && s != nil:
		return chat.T(" ("+lead, h, ", server ", s, ")")
	case h != nil:
		return chat.T(" ("+lead, h, ")")
	case s != nil:
		return chat.T(" ("+lead+"server ", s, ")")
	}
	return nil
}

// person is an account as a card carries it: what it is called is cut, and its roles are nobody's business.
func person(a chat.Actor) chat.Actor {
	a.Name, a.Roles = clean(a.Name, personMax), nil
	return a
}

// by names an account in a sentence.
func by(a chat.Actor) chat.Text {
	if a.IsZero() {
		return chat.T("somebody")
	}
	return chat.T(person(a))
}

// quote is foreign text of some length: its lines stay, everything else that could disturb goes.
func quote(s string) string {
	var lines []string
	for l := range strings.Lines(strings.ToValidUTF8(s, "\uFFFD")) {
		if l = clean(l, quoteMax); l != "" {
			lines = append(lines, l)
		}
	}
	return chat.Cut(strings.Join(lines, "\n"), quoteMax)
}

// shortID is the part of a GUID that people use.
func shortID(id string) chat.Text {
	r := []rune(clean(id, nameMax))
	if len(r) == 0 {
		return nil
	}
	return chat.Text{chat.Code(string(r[:min(len(r), idHead)]))}
}

// vmID is ", id ba2e9cdc"; nothing for a VM that has none.
func vmID(ref vmbackup.VMRef) chat.Text {
	if id := shortID(string(ref)); id != nil {
		return chat.T(", id ", id)
	}
	return nil
}

// smallPrint names the server and the operation.
func smallPrint(o operation.Operation) chat.Text {
	return chat.T("server ", typed(o.Site, serverMax), " · ", ids(o))
}

// ids is what the bot calls the operation, and what VM Backup calls it.
func ids(o operation.Operation) chat.Text {
	t := chat.T("operation ", chat.Code(string(o.ID)))
	if id := shortID(string(o.GUID)); id != nil {
		t = chat.T(t, " · OperationGuid ", id)
	}
	return t
}
