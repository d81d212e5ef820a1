package card

import (
	"time"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
)

// Detail is everything that is known of one operation, for one reader. It has neither buttons nor a menu: a press
// counts on the card in the channel.
func (s Style) Detail(o operation.Operation) chat.Card {
	c := s.operationCard(o)
	c.Key, c.Buttons, c.Menu = "", nil, nil
	c.Lines = append(c.Lines, timeline(o)...)
	if id := typed(string(o.GUID), nameMax); o.GUID != "" {
		c.Lines = append(c.Lines, chat.T("OperationGuid ", id))
	}
	if id := typed(string(o.VM.Ref), nameMax); o.VM.Ref != "" {
		c.Lines = append(c.Lines, chat.T("VM id ", id))
	}
	return c
}

// timeline is what happened when, by the bot's clock.
func timeline(o operation.Operation) []chat.Text {
	var lines []chat.Text
	add := func(at time.Time, parts ...any) {
		if !at.IsZero() {
			lines = append(lines, chat.T(at, ": ", chat.T(parts...)))
		}
	}
	asked := chat.T("asked for by ", by(o.Requester))
	if r := said(o.Rule, labelMax); r != nil {
		asked = chat.T(asked, ", allowed by rule ", r)
	}
	add(o.Asked, asked)
	add(o.Sent, "sent to VM Backup")
	if a := o.Abort; a != nil {
		add(a.At, "abort asked for by ", by(a.By))
		add(a.Sent, "abort passed on")
		if a.OK {
			add(a.Answered, "VM Backup took the abort")
		} else {
			add(a.Answered, "VM Backup did not take the abort")
		}
	}
	add(o.Seen, "last seen")
	add(o.Over, "found to be over")
	add(o.Looked, "reports last read")
	add(o.Decided, "decided")
	add(o.Late, "found out after all")
	return lines
}
