package card

import (
	"strconv"
	"time"
	"unicode/utf8"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/vmbackup"
)

// What one card holds of a list. The runes leave room for summary and small print within the 4000 characters of a Slack
// message and the 4096 of a Discord embed's description; more rows than that nobody reads.
const (
	maxRows     = 20
	maxRowRunes = 2800
)

// fit is the head of a list that one card holds, and whether something was left out. At least one row is always shown.
func fit(rows []chat.Text) ([]chat.Text, bool) {
	runes := 0
	for i, r := range rows {
		runes += utf8.RuneCountInString(r.Plain(time.UTC))
		if i == maxRows || i > 0 && runes > maxRowRunes {
			return rows[:i:i], true
		}
	}
	return rows, false
}

// shown says how much of a list was left out, and what to do about it.
func shown(n, of int, hint chat.Text) chat.Text {
	t := chat.T(n, " of ", of, " shown")
	if len(hint) > 0 {
		t = chat.T(t, "; ", hint)
	}
	return chat.T(t, ".")
}

// list puts rows on a card, with a last line that says what is missing.
func list(c chat.Card, rows []chat.Text, hint ...any) chat.Card {
	kept, cut := fit(rows)
	c.Lines = append(c.Lines, kept...)
	if cut {
		c.Lines = append(c.Lines, shown(len(kept), len(rows), chat.T(hint...)))
	}
	return c
}

// Freshness says how old an answer is.
type Freshness struct {
	// Server is the server's name.
	Server string
	// AsOf is when the server was asked; zero for never. Now is the present, by which ages are told; zero leaves them out.
	AsOf, Now time.Time
	// Why is what keeps the bot from asking now; empty where nothing does.
	Why operation.Reason
}

// asOf is the clause that says how old an answer is.
func (f Freshness) asOf() chat.Text {
	if f.AsOf.IsZero() {
		return nil
	}
	return chat.T(", as of ", chat.At(f.AsOf))
}

// onServer is " on server demo".
func (f Freshness) onServer() chat.Text {
	if s := said(f.Server, serverMax); s != nil {
		return chat.T(" on server ", s)
	}
	return nil
}

// smallPrint names the server and why the answer is not newer.
func (f Freshness) smallPrint() chat.Text {
	t := chat.T("server ", typed(f.Server, serverMax))
	if f.Why != "" {
		t = chat.T(t, " · not asked just now: "+inTheWay(f.Why))
	}
	return t
}

// VMList is what the VM list shows: only what its reader may see.
type VMList struct {
	Freshness
	// Glob is what the list was narrowed with; empty for everything.
	Glob string
	VMs  []vmbackup.VM
}

// VMs lists virtual machines.
func (s Style) VMs(l VMList) chat.Card {
	sum := chat.T(there(len(l.VMs), "VM", "VMs"), l.onServer())
	if l.Glob != "" {
		sum = chat.T(sum, " called ", typed(l.Glob, typedMax))
	}
	if len(l.VMs) == 0 && l.AsOf.IsZero() {
		sum = chat.T("The VMs", l.onServer(), " are not known yet")
		if l.Why != "" {
			sum = chat.T(sum, ", because "+inTheWay(l.Why))
		}
	}
	c := chat.Card{Summary: chat.T(sum, l.asOf(), "."), Note: l.smallPrint()}
	rows := make([]chat.Text, 0, len(l.VMs))
	for _, v := range l.VMs {
		rows = append(rows, s.vmRow(v, l.Now))
	}
	return list(c, rows, "narrow with a glob, such as ", chat.Code("web*"))
}

// vmRow is one VM of a list.
func (s Style) vmRow(v vmbackup.VM, now time.Time) chat.Text {
	t := chat.T(onHost(v.Name, v.Host), vmID(v.Ref), ": ")
	if !v.Configured || v.Ref == "" {
		return chat.T(t, "not set up in VM Backup.")
	}
	if at := v.LastBackup.Time.In(s.zone()); at.IsZero() {
		t = chat.T(t, "never backed up")
	} else {
		t = chat.T(t, "last backup ", since(at, now), ", "+runWord(v.LastBackup.Result))
	}
	if at := v.NextBackup.In(s.zone()); !at.IsZero() {
		return chat.T(t, "; next ", at, ".")
	}
	return chat.T(t, "; nothing scheduled.")
}

// ReportList is a VM's newest reports.
type ReportList struct {
	Freshness
	VM operation.VM
	// Reports come newest first.
	Reports []vmbackup.Report
}

// Reports lists the finished runs of one VM.
func (s Style) Reports(l ReportList) chat.Card {
	c := chat.Card{
		Summary: chat.T(there(len(l.Reports), "report", "reports"), " of ", vmName(l.VM.Name), where("", l.VM.Host, l.Server), l.asOf(), "."),
		Note:    l.smallPrint(),
	}
	rows := make([]chat.Text, 0, len(l.Reports))
	for _, r := range l.Reports {
		rows = append(rows, s.reportRow(r, l.Now))
	}
	return list(c, rows, "ask for fewer")
}

// reportRow is one finished run.
func (s Style) reportRow(r vmbackup.Report, now time.Time) chat.Text {
	t := chat.T("without a date")
	if at := r.DateTime.In(s.zone()); !at.IsZero() {
		t = since(at, now)
	}
	t = chat.T(t, ": "+runWord(r.Result))
	if r.Duration > 0 {
		t = chat.T(t, ", "+duration(r.Duration))
	}
	if m := transferred(r.Compressed, r.Uncompressed); m != "" {
		t = chat.T(t, ", "+m)
	}
	words := r.Error
	if words == "" {
		words = oddWord(r.Word, r.Result)
	}
	if w := said(words, rowWordsMax); w != nil {
		t = chat.T(t, ": ", w)
	}
	return t
}

// there begins a sentence that says how many.
func there(n int, one, more string) string {
	if n == 1 {
		return "There is 1 " + one
	}
	return "There are " + many(n, one, more)
}

// many counts.
func many(n int, one, more string) string {
	switch n {
	case 0:
		return "no " + more
	case 1:
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + more
}
