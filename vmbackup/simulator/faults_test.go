package simulator_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vmbackup-bot/vmbackup/simulator"
)

func TestFaultsOfAnAnswer(t *testing.T) {
	const take = "instructions/take-backup"
	for name, c := range map[string]struct {
		fault  simulator.Fault
		starts int
		check  func(*bench, answer)
	}{
		"500":             {fault: simulator.Fault{Kind: simulator.Error500}, check: func(b *bench, a answer) { b.html(a, 500) }},
		"500 after":       {fault: simulator.Fault{Kind: simulator.Error500, Processed: true}, starts: 1, check: func(b *bench, a answer) { b.html(a, 500) }},
		"cut before":      {fault: simulator.Fault{Kind: simulator.Cut}, check: func(b *bench, a answer) { want(b.T, "cut", a.status, 0) }},
		"cut after":       {fault: simulator.Fault{Kind: simulator.Cut, Processed: true}, starts: 1, check: func(b *bench, a answer) { want(b.T, "cut", a.status, 0) }},
		"truncated":       {fault: simulator.Fault{Kind: simulator.Truncated, Processed: true}, starts: 1, check: func(b *bench, a answer) { want(b.T, "half", strings.HasSuffix(a.text, "}"), false) }},
		"truncated early": {fault: simulator.Fault{Kind: simulator.Truncated}, check: func(b *bench, a answer) { want(b.T, "cut", a.status, 0) }},
		"malformed":       {fault: simulator.Fault{Kind: simulator.Malformed, Processed: true}, starts: 1, check: func(b *bench, a answer) { want(b.T, "no JSON", a.body == nil, true) }},
		"html":            {fault: simulator.Fault{Kind: simulator.HTMLPage}, check: func(b *bench, a answer) { b.html(a, 200) }},
		"refused":         {fault: simulator.Fault{Kind: simulator.Refused}, check: func(b *bench, a answer) { b.refused(a, "could not be processed") }},
		"refused with":    {fault: simulator.Fault{Kind: simulator.Refused, Message: "No licence"}, check: func(b *bench, a answer) { b.refused(a, "No licence") }},
		"expired": {fault: simulator.Fault{Kind: simulator.Expired}, check: func(b *bench, a answer) {
			b.refused(a, "Invalid Token")
			b.ok(b.login())
		}},
		"any endpoint": {fault: simulator.Fault{Kind: simulator.Error500, Endpoint: "*"}, check: func(b *bench, a answer) { b.html(a, 500) }},
	} {
		t.Run(name, func(t *testing.T) {
			b := opened(t, simulator.Options{})
			ref := b.srv.Ref("web01")
			switch c.fault.Endpoint {
			case "":
				c.fault.Endpoint = take
			default:
				c.fault.Endpoint = ""
			}
			b.inject(c.fault)
			if c.fault.Endpoint != "" {
				b.list(b.get("/vms/list/{tok}"), "VirtualMachines") // not for this one
			}
			c.check(b, b.post("/instructions/take-backup/{tok}/"+ref))
			want(t, "starts", b.srv.Starts(ref), c.starts)
			b.backup(ref) // once only
			log := b.srv.Log()
			if o := log[len(log)-2].Outcome + log[len(log)-3].Outcome; !strings.Contains(o, "fault "+string(c.fault.Kind)) {
				t.Errorf("log: %+v", log)
			}
		})
	}
}

func TestFaultsAreCounted(t *testing.T) {
	b := opened(t, simulator.Options{})
	b.inject(simulator.Fault{Endpoint: "vms/list", Kind: simulator.Error500, Times: 2})
	b.inject(simulator.Fault{Endpoint: "vms/list", Kind: simulator.HTMLPage, Times: -1})
	for _, status := range []int{500, 500, 200, 200, 200} {
		b.html(b.get("/vms/list/{tok}"), status)
	}
	b.srv.ClearFaults()
	b.list(b.get("/vms/list/{tok}"), "VirtualMachines")
	if b.srv.Inject(simulator.Fault{Kind: "flood"}) == nil {
		t.Error("an unknown fault was armed")
	}
	want(t, "calls", b.srv.Calls("vms/list"), 6)
}

func TestSlowAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := opened(t, simulator.Options{})
		ref := b.srv.Ref("web01")
		for _, processed := range []bool{false, true} {
			b.inject(simulator.Fault{Kind: simulator.Slow, Delay: 20 * time.Second, Processed: processed})
			before := time.Now()
			b.backup(ref)
			want(t, "took", time.Since(before), 20*time.Second)
		}
		want(t, "starts", b.srv.Starts(ref), 2)
		// A client that gives up: what was processed stays.
		for _, processed := range []bool{false, true} {
			b.inject(simulator.Fault{Kind: simulator.Slow, Delay: time.Hour, Processed: processed})
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/api/rest/instructions/take-backup/"+b.token+"/"+ref, nil)
			r.Host = "localhost"
			want(t, "cut", b.raw(r).status, 0)
			cancel()
		}
		want(t, "starts", b.srv.Starts(ref), 3)
	})
}

func TestDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := opened(t, simulator.Options{Speed: 10})
		b.srv.SetDown(2 * time.Minute)
		stays(11 * time.Second)
		want(t, "down", b.srv.Down(), true)
		want(t, "cut", b.get("/vms/list/{tok}").status, 0)
		stays(time.Second)
		b.list(b.get("/vms/list/{tok}"), "VirtualMachines")
		b.srv.SetDown(-1)
		stays(time.Second)
		want(t, "cut", b.get("/vms/list/{tok}").status, 0)
		b.srv.SetDown(0)
		b.list(b.get("/vms/list/{tok}"), "VirtualMachines")
	})
}

func TestHooks(t *testing.T) {
	var before, after []simulator.Call
	var b *bench
	var takenBefore, takenAfter int
	b = newBench(t, simulator.Options{
		OnCall: func(c simulator.Call) {
			before = append(before, c)
			takenBefore = b.srv.Starts(b.srv.Ref("web01"))
		},
		OnAnswer: func(c simulator.Call) {
			after = append(after, c)
			takenAfter = b.srv.Starts(b.srv.Ref("web01"))
		},
	})
	b.ok(b.login())
	ref := b.srv.Ref("web01")
	guid := b.backup(ref)
	want(t, "taken before", takenBefore, 0)
	want(t, "taken after", takenAfter, 1)
	want(t, "before", before[1], simulator.Call{At: before[1].At, Method: "POST", Endpoint: "instructions/take-backup", VM: ref})
	want(t, "after", after[1], simulator.Call{
		At: before[1].At, Method: "POST", Endpoint: "instructions/take-backup", VM: ref, Operation: guid, Outcome: "ok",
	})
	b.statuses("/" + guid)
	want(t, "one", b.srv.StatusOne(guid), 1)
	want(t, "all", b.srv.StatusAll(), 0)
}
