package store_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"vmbackup-bot/bot/audit"
	"vmbackup-bot/bot/card"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/bot/store"
	"vmbackup-bot/vmbackup"
)

func TestBenchTick(t *testing.T) {
	s, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "bot.db"), Render: card.Style{Zone: time.UTC}.Operation})
	ok(t, err)
	defer s.Close()
	var ch []operation.Change
	var g []operation.Change
	for i := range 200 {
		o := wish(operation.ID(fmt.Sprintf("abcdefg%03d", i)))
		o.VM.Ref = vmbackup.VMRef(fmt.Sprint("ref", i))
		ok(t, s.Record(t.Context(), 0, o, audit.Entry{}))
		guid := vmbackup.OperationGUID(fmt.Sprintf("%08d-guid", i))
		ch = append(ch, operation.Change{ID: o.ID, Event: operation.Sent{At: t0}}, operation.Change{ID: o.ID, Event: operation.Taken{At: t0, GUID: guid}})
		g = append(g, operation.Change{ID: o.ID, Event: operation.Saw{At: t0, Status: vmbackup.Status{JobID: guid, Status: "Processing", Percentage: 4}}})
	}
	b := time.Now()
	must[[]operation.Operation](t)(s.ApplyAll(t.Context(), ch))
	t.Log("sent+taken x200:", time.Since(b))
	for p := range 25 {
		for i := range g {
			e := g[i].Event.(operation.Saw)
			e.Status.Percentage = float64(10 * p)
			g[i].Event = e
		}
		b = time.Now()
		must[[]operation.Operation](t)(s.ApplyAll(t.Context(), g))
		t.Log("tick x200:", time.Since(b))
	}
	b = time.Now()
	ms := due(t, s, t0)
	t.Log("due:", time.Since(b), len(ms))
}
