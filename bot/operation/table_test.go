package operation_test

import (
	"errors"
	"testing"
	"time"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/vmbackup"
)

var (
	t0    = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	alice = chat.Actor{Platform: "console", User: "alice", Name: "alice"}
	bob   = chat.Actor{Platform: "console", User: "bob", Name: "bob"}
)

const guid = vmbackup.OperationGUID("1d005355-7d57-444b-b55b-393c1e0a4287")

func after(d time.Duration) time.Time { return t0.Add(d) }

func wish() operation.Operation {
	return operation.Operation{
		ID: "abcdefghij", Site: "demo", Kind: vmbackup.KindBackup,
		VM:        operation.VM{Ref: "ba2e9cdc-0d85-48e6-8db7-a45c5a40819e", Name: "web01", Host: "HV01"},
		Requester: alice, State: operation.Waiting, Asked: t0, Moved: t0, Deadline: after(10 * time.Minute),
	}
}

// report is a report of the VM whose stamp is the given time in UTC.
func report(at time.Time, word string) vmbackup.Report {
	return vmbackup.Report{
		DateTime: vmbackup.StampOf(at, time.UTC), Duration: 5 * time.Minute,
		Result: vmbackup.ParseResult(word), Word: word,
	}
}

func read(at time.Time, reports ...vmbackup.Report) operation.Read {
	return operation.Read{At: at, Reports: reports, Zone: time.UTC, Grace: 10 * time.Minute, Seen: 30 * time.Second, Lost: 30 * time.Minute}
}

func saw(at time.Time, word string, percent float64) operation.Saw {
	return operation.Saw{At: at, Status: vmbackup.Status{JobID: guid, Operation: "Backup", Percentage: percent, Status: word}}
}

func missed(at time.Time) operation.Missed { return operation.Missed{At: at, Grace: 30 * time.Second} }

// The beginnings of a life, one event longer each.
var (
	sent    = operation.Sent{At: after(time.Second), Server: after(time.Second), Baseline: []vmbackup.Report{report(after(-time.Hour), "Success")}}
	taken   = operation.Taken{At: after(2 * time.Second), GUID: guid, Server: after(2 * time.Second)}
	lost    = operation.AnswerLost{At: after(2 * time.Second), Words: "timed out"}
	running = saw(after(4*time.Second), "Processing", 3)
	gone1   = missed(after(5 * time.Minute))
	gone2   = missed(after(5*time.Minute + 2*time.Second))
	noneYet = read(after(16 * time.Minute))
)

func live(t *testing.T, events ...operation.Event) operation.Operation {
	t.Helper()
	o := wish()
	for _, e := range events {
		next, err := o.Apply(e)
		if err != nil {
			t.Fatalf("%T while %s: %v", e, o.State, err)
		}
		o = next
	}
	return o
}

func TestEveryRowOfTheTable(t *testing.T) {
	ended := []operation.Event{sent, taken, running, gone1, gone2}
	isLost := []operation.Event{sent, lost}
	unknown := append(ended[:5:5], noneYet)
	quiet := operation.Strayed{At: after(time.Minute)}
	for name, c := range map[string]struct {
		path []operation.Event
		last operation.Event
		want operation.State
		err  error
	}{
		"waiting, session in hand":       {nil, sent, operation.Sending, nil},
		"waiting, seat busy":             {nil, operation.Held{At: after(1), For: operation.ReasonSeat}, operation.Waiting, nil},
		"waiting, deadline":              {nil, operation.Cancelled{At: after(1), Why: operation.ReasonSeat}, operation.NotStarted, nil},
		"waiting, cancelled by abort":    {nil, operation.AbortAsked{At: after(1), By: bob}, operation.NotStarted, nil},
		"waiting, denied":                {nil, operation.Cancelled{At: after(1), Why: operation.ReasonDenied}, operation.NotStarted, nil},
		"waiting, restart":               {nil, operation.Restarted{At: after(1)}, operation.NotStarted, nil},
		"sending, taken":                 {[]operation.Event{sent}, taken, operation.Accepted, nil},
		"sending, rejected":              {[]operation.Event{sent}, operation.Refused{At: after(2), Words: "no such VM"}, operation.Rejected, nil},
		"sending, not sent":              {[]operation.Event{sent}, operation.Unsent{At: after(2), For: operation.ReasonUnreachable}, operation.Waiting, nil},
		"sending, answer lost":           {[]operation.Event{sent}, lost, operation.Lost, nil},
		"sending, found at start":        {[]operation.Event{sent}, operation.Restarted{At: after(2)}, operation.Lost, nil},
		"sending, abort is kept":         {[]operation.Event{sent}, operation.AbortAsked{At: after(2), By: bob}, operation.Sending, nil},
		"sending, abort then not sent":   {[]operation.Event{sent, operation.AbortAsked{At: after(2), By: bob}}, operation.Unsent{At: after(3)}, operation.NotStarted, nil},
		"lost, report matches":           {append(isLost, quiet), read(after(6*time.Minute), report(after(2*time.Second), "Success")), operation.Succeeded, nil},
		"lost, report but a stray job":   {append(isLost, operation.Strayed{At: after(6 * time.Minute), Job: true}), read(after(6*time.Minute), report(after(2*time.Second), "Success")), operation.Lost, nil},
		"lost, report but never looked":  {isLost, read(after(6*time.Minute), report(after(2*time.Second), "Success")), operation.Lost, nil},
		"lost, look":                     {isLost, operation.LookAsked{At: after(3)}, operation.Lost, nil},
		"lost, abort":                    {isLost, operation.AbortAsked{At: after(3), By: bob}, operation.Lost, operation.ErrLost},
		"lost, 30 min without evidence":  {append(isLost, quiet), read(after(31 * time.Minute)), operation.Unknown, nil},
		"lost, a stray job for hours":    {append(isLost, operation.Strayed{At: after(3 * time.Hour), Job: true}), read(after(3*time.Hour + time.Second)), operation.Lost, nil},
		"lost, restart":                  {isLost, operation.Restarted{At: after(3)}, operation.Lost, nil},
		"lost, server out of reach":      {isLost, operation.OutOfReach{At: after(40 * time.Minute)}, operation.Lost, nil},
		"accepted, seen":                 {[]operation.Event{sent, taken}, running, operation.Running, nil},
		"accepted, not yet visible":      {[]operation.Event{sent, taken, missed(after(4 * time.Second))}, missed(after(6 * time.Second)), operation.Accepted, nil},
		"accepted, unseen over grace":    {[]operation.Event{sent, taken, missed(after(4 * time.Second))}, missed(after(33 * time.Second)), operation.Ended, nil},
		"accepted, one look after grace": {[]operation.Event{sent, taken}, missed(after(time.Hour)), operation.Accepted, nil},
		"accepted, entry with an end":    {[]operation.Event{sent, taken}, saw(after(4*time.Second), "Success", 100), operation.Ended, nil},
		"accepted, out of reach":         {[]operation.Event{sent, taken}, operation.OutOfReach{At: after(time.Hour)}, operation.Accepted, nil},
		"accepted, restart":              {[]operation.Event{sent, taken}, operation.Restarted{At: after(3)}, operation.Accepted, nil},
		"running, gone once":             {[]operation.Event{sent, taken, running}, gone1, operation.Running, nil},
		"running, gone twice":            {[]operation.Event{sent, taken, running, gone1}, gone2, operation.Ended, nil},
		"running, gone, back, gone":      {[]operation.Event{sent, taken, running, gone1, saw(after(301*time.Second), "Processing", 9)}, gone2, operation.Running, nil},
		"running, other word":            {[]operation.Event{sent, taken, running}, saw(after(5*time.Minute), "Failed", 80), operation.Ended, nil},
		"running, out of reach":          {[]operation.Event{sent, taken, running, operation.OutOfReach{At: after(20 * time.Second)}}, operation.OutOfReach{At: after(time.Hour)}, operation.Running, nil},
		"running, abort":                 {[]operation.Event{sent, taken, running}, operation.AbortAsked{At: after(9), By: bob}, operation.Running, nil},
		"ended, abort":                   {ended, operation.AbortAsked{At: after(6 * time.Minute), By: bob}, operation.Ended, operation.ErrEnding},
		"ended, success":                 {ended, read(after(6*time.Minute), report(after(2*time.Second), "Success")), operation.Succeeded, nil},
		"ended, warning":                 {ended, read(after(6*time.Minute), report(after(2*time.Second), "warning")), operation.Warning, nil},
		"ended, failed":                  {ended, read(after(6*time.Minute), report(after(2*time.Second), "Failed")), operation.Failed, nil},
		"ended, aborted":                 {ended, read(after(6*time.Minute), report(after(2*time.Second), "Aborted")), operation.Aborted, nil},
		"ended, word nobody knows":       {ended, read(after(6*time.Minute), report(after(2*time.Second), "BASEBACKUPCONTROLLER_18")), operation.Failed, nil},
		"ended, server says Unknown":     {ended, read(after(6*time.Minute), report(after(2*time.Second), "Unknown")), operation.Unknown, nil},
		"ended, report without result":   {ended, read(after(6*time.Minute), report(after(2*time.Second), "")), operation.Ended, nil},
		"ended, report in progress":      {ended, read(after(6*time.Minute), report(after(2*time.Second), "In Progress")), operation.Ended, nil},
		"ended, the one from before":     {ended, read(after(6*time.Minute), report(after(-time.Hour), "Success")), operation.Ended, nil},
		"ended, an old one":              {ended, read(after(6*time.Minute), report(after(-2*time.Minute), "Success")), operation.Ended, nil},
		"ended, within the slack":        {ended, read(after(6*time.Minute), report(after(-50*time.Second), "Success")), operation.Succeeded, nil},
		"ended, grace over":              {ended, noneYet, operation.Unknown, nil},
		"ended, grace over, by status":   {[]operation.Event{sent, taken, running, saw(after(5*time.Minute), "Success", 100)}, noneYet, operation.Succeeded, nil},
		"ended, by a word nobody knows":  {[]operation.Event{sent, taken, running, saw(after(5*time.Minute), "Completed", 100)}, noneYet, operation.Unknown, nil},
		"unknown, late report":           {unknown, read(after(2*time.Hour), report(after(2*time.Second), "Failed")), operation.Failed, nil},
		"unknown, nothing new":           {unknown, read(after(2 * time.Hour)), operation.Unknown, nil},
		"unknown, look":                  {unknown, operation.LookAsked{At: after(time.Hour)}, operation.Unknown, nil},
		"unknown, abort":                 {unknown, operation.AbortAsked{At: after(time.Hour), By: bob}, operation.Unknown, operation.ErrOver},
		"unknown, corrected once only": {
			append(unknown, read(after(2*time.Hour), report(after(2*time.Second), "Failed"))),
			read(after(3*time.Hour), report(after(2*time.Second), "Success")), operation.Failed, operation.ErrOver,
		},
		"final, seen":         {[]operation.Event{sent, operation.Refused{At: after(2)}}, running, operation.Rejected, operation.ErrOver},
		"not started, sent":   {[]operation.Event{operation.Restarted{At: after(1)}}, sent, operation.NotStarted, operation.ErrOver},
		"waiting, seen":       {nil, running, operation.Waiting, operation.ErrOutOfTurn},
		"sending, sent again": {[]operation.Event{sent}, sent, operation.Sending, operation.ErrOutOfTurn},
		"accepted, sent":      {[]operation.Event{sent, taken}, sent, operation.Accepted, operation.ErrOutOfTurn},
		"lost, seen":          {isLost, running, operation.Lost, operation.ErrOutOfTurn},
		"ended, seen":         {ended, running, operation.Ended, operation.ErrOutOfTurn},
	} {
		t.Run(name, func(t *testing.T) {
			before := live(t, c.path...)
			o, err := before.Apply(c.last)
			if !errors.Is(err, c.err) {
				t.Fatalf("error %v, want %v", err, c.err)
			}
			if o.State != c.want {
				t.Errorf("%s, want %s", o.State, c.want)
			}
		})
	}
}

func TestWhatIsKept(t *testing.T) {
	t.Run("the server's clock decides", func(t *testing.T) {
		fast := operation.Taken{At: after(2 * time.Second), GUID: guid, Server: after(3 * time.Hour)}
		o := live(t, sent, fast, running, gone1, gone2)
		if o, _ = o.Apply(read(after(6*time.Minute), report(after(2*time.Second), "Success"))); o.State != operation.Ended {
			t.Errorf("a report from three hours before the server's start was taken: %s", o.State)
		}
		if o, _ = o.Apply(read(after(7*time.Minute), report(after(3*time.Hour), "Success"))); o.State != operation.Succeeded {
			t.Errorf("%s, want succeeded", o.State)
		}
	})
	t.Run("of two new reports the older is ours", func(t *testing.T) {
		o := live(t, sent, taken, running, gone1, gone2)
		o, _ = o.Apply(read(after(6*time.Minute), report(after(5*time.Minute), "Failed"), report(after(3*time.Second), "Success")))
		if o.State != operation.Succeeded {
			t.Errorf("%s, want succeeded", o.State)
		}
	})
	t.Run("a report that another operation rests on is not ours", func(t *testing.T) {
		r := report(after(3*time.Second), "Success")
		e := read(after(6*time.Minute), r)
		e.Claimed = []vmbackup.Report{r}
		if o, _ := live(t, sent, taken, running, gone1, gone2).Apply(e); o.State != operation.Ended {
			t.Errorf("%s, want ended", o.State)
		}
	})
	t.Run("a lost one takes no report while another is open", func(t *testing.T) {
		e := read(after(6*time.Minute), report(after(3*time.Second), "Success"))
		e.Contested = true
		if o, _ := live(t, sent, lost, operation.Strayed{At: after(4)}).Apply(e); o.State != operation.Lost {
			t.Errorf("%s, want lost", o.State)
		}
	})
	t.Run("in the hour that comes twice either reading will do", func(t *testing.T) {
		berlin, err := time.LoadLocation("Europe/Berlin")
		if err != nil {
			t.Fatal(err)
		}
		// Started at 02:50 summer time; the report's stamp says 02:10, written in winter time twenty minutes later.
		start := time.Date(2026, 10, 25, 0, 50, 0, 0, time.UTC)
		o := wish()
		for _, e := range []operation.Event{
			operation.Sent{At: start, Server: start},
			operation.Taken{At: start, GUID: guid, Server: start},
			saw(start.Add(time.Second), "Success", 100),
		} {
			if o, err = o.Apply(e); err != nil {
				t.Fatal(err)
			}
		}
		r := vmbackup.Report{DateTime: vmbackup.StampOf(start.Add(20*time.Minute), berlin), Result: vmbackup.ResultSuccess, Word: "Success"}
		e := read(start.Add(21*time.Minute), r)
		e.Zone = berlin
		if o, _ = o.Apply(e); o.State != operation.Succeeded {
			t.Errorf("%s, want succeeded", o.State)
		}
	})
	t.Run("a JobId unlike the GUID is learnt from a single look", func(t *testing.T) {
		other := vmbackup.Status{JobID: "AAAA0000-0000-0000-0000-000000000001", Status: "Processing"}
		o := live(t, sent, taken, operation.Saw{At: after(4 * time.Second), Status: other, Single: true})
		other.JobID = "aaaa0000-0000-0000-0000-000000000001"
		if !o.Is(other) || o.Singles != 1 {
			t.Errorf("not recognised after a single look: %+v", o)
		}
	})
	t.Run("out of reach says since when, and ends with the next look", func(t *testing.T) {
		o := live(t, sent, taken, running, operation.OutOfReach{At: after(time.Minute), For: operation.ReasonSeat}, operation.OutOfReach{At: after(2 * time.Minute), For: operation.ReasonUnreachable})
		if !o.Gone.Equal(after(time.Minute)) || o.GoneFor != operation.ReasonUnreachable {
			t.Errorf("gone since %v for %q", o.Gone, o.GoneFor)
		}
		if o, _ = o.Apply(running); !o.Gone.IsZero() || o.GoneFor != "" {
			t.Errorf("still gone after a look: %v %q", o.Gone, o.GoneFor)
		}
	})
	t.Run("failed after an abort is failed", func(t *testing.T) {
		o := live(t, sent, taken, running, operation.AbortAsked{At: after(9), By: bob}, gone1, gone2, read(after(6*time.Minute), report(after(3*time.Second), "Failed")))
		if o.State != operation.Failed || o.Abort == nil || !o.Abort.By.Same(bob) {
			t.Errorf("%s, abort %+v", o.State, o.Abort)
		}
	})
	t.Run("expected takes the last good run's time", func(t *testing.T) {
		if d := live(t, sent).Expected(); d != 5*time.Minute {
			t.Errorf("expected %v", d)
		}
		if d := wish().Expected(); d != 0 {
			t.Errorf("expected %v without a baseline", d)
		}
	})
}

func TestAbort(t *testing.T) {
	o := live(t, sent, operation.AbortAsked{At: after(2), By: bob}, taken)
	if !o.Abort.Due() {
		t.Fatal("an abort asked for while sending is not due once the id is known")
	}
	o, err := o.Apply(operation.AbortSent{At: after(3 * time.Second)})
	if err != nil || !o.Abort.Due() {
		t.Fatalf("not due before an answer: %v", err)
	}
	o, _ = o.Apply(operation.AbortAnswered{At: after(4 * time.Second), OK: true})
	if o.Abort.Due() {
		t.Fatal("due after an answer")
	}
	o, _ = o.Apply(operation.AbortAsked{At: after(10 * time.Second), By: alice})
	if !o.Abort.Due() || !o.Abort.By.Same(bob) {
		t.Fatalf("asking again: due %v, by %s", o.Abort.Due(), o.Abort.By.Label())
	}
	o, _ = o.Apply(operation.AbortAnswered{At: after(11 * time.Second), OK: true})
	for d, slow := range map[time.Duration]bool{time.Minute: false, 6 * time.Minute: true} {
		if seen, _ := o.Apply(saw(after(d), "Processing", 50)); seen.AbortSlow() != slow {
			t.Errorf("slow after %v: %v", d, !slow)
		}
	}
	if _, err := live(t, sent, taken).Apply(operation.AbortSent{At: after(3)}); !errors.Is(err, operation.ErrOutOfTurn) {
		t.Errorf("an abort that nobody asked for was sent: %v", err)
	}
}
