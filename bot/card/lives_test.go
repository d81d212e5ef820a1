package card_test

import (
	"time"

	"vmbackup-bot/bot/card"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/vmbackup"
)

var (
	zone  = time.FixedZone("CET", 3600)
	style = card.Style{Zone: zone}
	noon  = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	alice = chat.Actor{Platform: "console", User: "alice", Name: "alice", Roles: []string{"42"}}
	bob   = chat.Actor{Platform: "slack", Team: "T01", User: "U02", Name: "Bob Meyer"}
	place = chat.Place{Platform: "console", Channel: "backups"}
	guid  = vmbackup.OperationGUID("1A2B3C4D-0d85-48e6-8db7-a45c5a40819e")
	ref   = vmbackup.VMRef("ba2e9cdc-0d85-48e6-8db7-a45c5a40819e")
)

// at is so long after noon.
func at(d time.Duration) time.Time { return noon.Add(d) }

// stamp is what the server would write so long after noon.
func stamp(d time.Duration) vmbackup.Stamp { return vmbackup.StampOf(at(d), zone) }

// wish is an operation as it is recorded at noon.
func wish() operation.Operation {
	return operation.Operation{
		ID: "abcdefgh27", Site: "demo", Kind: vmbackup.KindBackup,
		VM:        operation.VM{Ref: ref, Name: "web01", Host: "HV01"},
		Requester: alice, Place: place, Note: "before release 4711", Rule: "developers",
		LastGood: stamp(-10 * time.Hour), Next: stamp(10 * time.Hour),
		State: operation.Waiting, Asked: noon, Moved: noon, Deadline: at(10 * time.Minute),
	}
}

// live applies events and ignores what they refuse: those tests that care look at the state.
func live(o operation.Operation, events ...operation.Event) operation.Operation {
	for _, e := range events {
		o, _ = o.Apply(e)
	}
	return o
}

// The events of an ordinary life, each with its usual time after noon.
func sent() operation.Event {
	return operation.Sent{At: at(time.Second), Server: at(time.Second), Baseline: []vmbackup.Report{{
		DateTime: stamp(-10 * time.Hour), Duration: 4 * time.Minute, Result: vmbackup.ResultSuccess, Word: "Success",
	}}}
}

func sentFirst() operation.Event { return operation.Sent{At: at(time.Second), Server: at(time.Second)} }

func taken() operation.Event {
	return operation.Taken{At: at(2 * time.Second), GUID: guid, Server: at(2 * time.Second)}
}

func saw(after time.Duration, percent float64) operation.Event {
	return operation.Saw{At: at(after), Status: vmbackup.Status{
		JobID: guid, Operation: "Backup", SubOperation: "Copying data", Percentage: percent, Status: "Processing",
	}}
}

func gone(after time.Duration) []operation.Event {
	return []operation.Event{
		operation.Missed{At: at(after), Grace: time.Second}, operation.Missed{At: at(after + time.Second), Grace: time.Second},
	}
}

func outOfReach(after time.Duration, why operation.Reason, text string) operation.Event {
	return operation.OutOfReach{At: at(after), For: why, Text: text}
}

func abort(after time.Duration) operation.Event { return operation.AbortAsked{At: at(after), By: bob} }

// report is what the server says of a run that began with ours.
func report(result vmbackup.Result, word, words string) vmbackup.Report {
	return vmbackup.Report{
		DateTime: stamp(3 * time.Second), Duration: 6*time.Minute + 12*time.Second, Result: result, Word: word, Error: words,
		Location: `D:\Backups`, Compressed: 12 << 30, Uncompressed: 40 << 30,
	}
}

func read(after time.Duration, reports ...vmbackup.Report) operation.Event {
	return operation.Read{At: at(after), Reports: reports, Zone: zone, Grace: 10 * time.Minute, Seen: 30 * time.Second, Lost: 30 * time.Minute}
}

// running is the usual operation at 42 %, two minutes on.
func running() operation.Operation {
	return live(wish(), sent(), taken(), saw(131*time.Second, 42.7))
}

// ended is the usual operation once its job has left the list.
func ended() operation.Operation { return live(running(), gone(6*time.Minute)...) }

// lost is the usual operation whose answer never came.
func lost() operation.Operation {
	return live(wish(), sent(), operation.AnswerLost{At: at(30 * time.Second), Words: "the connection was closed before the answer"})
}

// unknown is the usual operation of which no report came.
func unknown() operation.Operation { return live(ended(), read(17*time.Minute)) }

// unknownLost is one of which nobody ever knew more.
func unknownLost() operation.Operation {
	return live(lost(), operation.Strayed{At: at(time.Minute)}, read(31*time.Minute))
}

// hostile has text from outside that tries everything.
func hostile() operation.Operation {
	o := wish()
	o.Site = "demo `<!here>`"
	o.VM.Name = "<!channel> *web* `01`\u202e\nline two @everyone 🙂 Zürich"
	o.VM.Host = "<@U012345>"
	o.Requester.Name = "al\u2066ice\r\n@everyone **Failed**"
	o.Note = "```\n# heading\n[link](https://example.com) " + longText(400)
	return o
}

func longText(n int) string {
	b := make([]rune, n)
	for i := range b {
		b[i] = rune('a' + i%26)
	}
	return string(b)
}
