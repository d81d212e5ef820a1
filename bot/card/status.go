package card

import (
	"time"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/vmbackup"
)

// Overview is what goes on at one server, as far as its reader may see it.
type Overview struct {
	Freshness
	// Open are the bot's own operations without a last word.
	Open []operation.Operation
	// Others are jobs that the bot did not start.
	Others []vmbackup.Status
}

// Status lists what goes on.
func Status(v Overview) chat.Card {
	sum := chat.T("Nothing is under way", v.onServer())
	switch own, others := len(v.Open), len(v.Others); {
	case own > 0 && others > 0:
		sum = chat.T(there(own, "operation", "operations"), " of the bot, and "+many(others, "job", "jobs")+" started outside the bot", v.onServer())
	case own > 0:
		sum = chat.T(many(own, "operation is", "operations are"), " under way", v.onServer())
	case others > 0:
		sum = chat.T(there(others, "job", "jobs"), " started outside the bot", v.onServer())
	}
	c := chat.Card{Summary: chat.T(sum, v.asOf(), "."), Note: v.smallPrint()}
	rows := make([]chat.Text, 0, len(v.Open)+len(v.Others))
	for _, o := range v.Open {
		rows = append(rows, openRow(o))
	}
	for _, j := range v.Others {
		rows = append(rows, otherRow(j))
	}
	return list(c, rows, "ask for one VM to see more")
}

// openRow is one of the bot's own operations in a list.
func openRow(o operation.Operation) chat.Text {
	return chat.T(onHost(o.VM.Name, o.VM.Host), ": "+noun(o.Kind)+" ", standing(o), abortClause(o), unseenClause(o),
		", asked for by ", by(o.Requester), " at ", o.Asked, ", operation ", chat.Code(string(o.ID)))
}

// otherRow is a job that the bot did not start. The server does not say of which VM it is.
func otherRow(j vmbackup.Status) chat.Text {
	t := chat.T("started outside the bot: ", percent(j.Percentage), " %")
	for _, s := range []string{j.Operation, j.SubOperation} {
		if w := said(s, phaseMax); w != nil {
			t = chat.T(t, " · ", w)
		}
	}
	return t
}

// VMStatus is what is known of one VM.
type VMStatus struct {
	Freshness
	VM vmbackup.VM
	// Open is the bot's operation that is open for it; nil for none.
	Open *operation.Operation
	// LastGood is its last good backup, zero where none is known.
	LastGood vmbackup.Stamp
}

// VM says of one VM: what is going on now, its last good backup and its age, and what is scheduled next.
func (s Style) VM(v VMStatus) chat.Card {
	now, good, next := chat.T("nothing is under way"), chat.T("none known"), chat.T("none known")
	if v.Open != nil {
		now = chat.T(noun(v.Open.Kind)+" ", standing(*v.Open), abortClause(*v.Open), unseenClause(*v.Open))
	}
	if at := v.LastGood.In(s.zone()); !at.IsZero() {
		good = since(at, v.Now)
	}
	if at := v.VM.NextBackup.In(s.zone()); !at.IsZero() {
		next = chat.T(at)
	}
	c := chat.Card{
		Title: onHost(v.VM.Name, v.VM.Host),
		Summary: chat.T(vmName(v.VM.Name), ": ", now, "; last good backup ", good, "; next scheduled ", next, where("", v.VM.Host, v.Server),
			v.asOf(), "."),
		Note: chat.T(v.smallPrint(), vmIDNote(v.VM.Ref)),
	}
	if !v.VM.Configured || v.VM.Ref == "" {
		c.Lines = append(c.Lines, chat.T("It is not set up in VM Backup, so it cannot be backed up from here."))
	}
	var f fields
	f.add("Now", now)
	if v.Open != nil {
		f.add("Asked for by", chat.T(by(v.Open.Requester), ", ", v.Open.Asked))
		f.add("Operation", chat.T(chat.Code(string(v.Open.ID))))
	}
	f.add("Last good backup", good)
	f.add("Last backup", s.lastRun(v.VM.LastBackup, v.Now))
	f.add("Last offsite copy", s.lastRun(v.VM.LastOffsite, v.Now))
	f.add("Next scheduled", next)
	c.Fields = f
	return c
}

// lastRun is a VM's last run of one kind; nothing where there was none.
func (s Style) lastRun(r vmbackup.Run, now time.Time) chat.Text {
	at := r.Time.In(s.zone())
	if at.IsZero() {
		return nil
	}
	t := chat.T(since(at, now), ", "+runWord(r.Result))
	if r.Duration > 0 {
		t = chat.T(t, ", "+duration(r.Duration))
	}
	if m := transferred(r.Compressed, r.Uncompressed); m != "" {
		t = chat.T(t, ", "+m)
	}
	if w := said(oddWord(r.Word, r.Result), rowWordsMax); w != nil {
		t = chat.T(t, ": ", w)
	}
	return t
}

// vmIDNote is the VM's whole id, for copying.
func vmIDNote(ref vmbackup.VMRef) chat.Text {
	if ref == "" {
		return nil
	}
	return chat.T(" · VM id ", typed(string(ref), nameMax))
}
