package simulator_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"vmbackup-bot/vmbackup/simulator"
)

func (b *bench) order(text string) answer {
	b.Helper()
	a := b.call(http.MethodPost, "!"+simulator.AdminPath, text)
	if a.status != http.StatusOK {
		b.Fatalf("%s: %d %s", text, a.status, a.text)
	}
	return a
}

func TestOrders(t *testing.T) {
	b := opened(t, simulator.Options{})
	b.order(`{"do":"expire"}`)
	want(t, "sessions", b.srv.Sessions(), 0)
	b.order(`{"do":"console","on":true}`)
	b.refused(b.login(), "AnotherConsoleIsRegistered")
	b.order(`{"do":"console"}`)
	b.ok(b.login())
	b.order(`{"do":"end-all"}`)
	b.refused(b.get("/vms/list/{tok}"), "Invalid Token")
	b.ok(b.login())

	b.order(`{"do":"fault","endpoint":"instructions/take-backup","kind":"cut","processed":true,"delay":"1ms"}`)
	ref := b.srv.Ref("web01")
	want(t, "cut", b.post("/instructions/take-backup/{tok}/"+ref).status, 0)
	want(t, "starts", b.srv.Starts(ref), 1)

	b.order(`{"do":"plan","vm":"sql01","result":"Failed","error":"Broken","length":"1m"}`)
	b.order(`{"do":"plan","instant":true,"result":"Warning"}`)
	b.backup(b.srv.Ref("web02"))
	want(t, "for all", text(b.vm("web02")["LastBackupResult"]), "Warning")
	guid := text(b.order(`{"do":"start","vm":"sql01@HV02","by":"console"}`).body["operation"])
	want(t, "started", len(b.statuses("/"+guid)), 1)
	b.order(`{"do":"finish","operation":"` + guid + `"}`)
	want(t, "error", text(b.reports(b.srv.Ref("sql01"), "")[0]["Error"]), "Broken")
	b.order(`{"do":"clear"}`)
	b.order(`{"do":"start","kind":"DataVerification"}`)

	before := b.srv.Now()
	b.order(`{"do":"advance","for":"2m"}`)
	b.order(`{"do":"clock","offset":"1h"}`)
	if d := b.srv.Now().Sub(before); d < 62*time.Minute || d > 63*time.Minute {
		t.Errorf("the clock moved by %v", d)
	}
	state := b.get("!" + simulator.AdminPath).body
	if ops, ok := state["operations"].([]any); !ok || len(ops) != 4 || state["sessions"] != 1.0 {
		t.Errorf("state %v", state)
	}
	b.order(`{"do":"down","for":"1h"}`)
	want(t, "down", b.get("/vms/list/{tok}").status, 0)
}

func TestWrongOrders(t *testing.T) {
	b := newBench(t, simulator.Options{})
	for _, text := range []string{
		``, `{`, `{"do":"dance"}`, `{"do":"down"}`, `{"do":"console","of":true}`, `{"do":"fault","kind":"flood"}`,
		`{"do":"plan","vm":"app01"}`, `{"do":"start","vm":"nobody"}`, `{"do":"finish","operation":"x"}`, `{"do":"advance","for":"soon"}`,
	} {
		a := b.call(http.MethodPost, "!"+simulator.AdminPath, text)
		if a.status != http.StatusBadRequest || a.body["error"] == nil {
			t.Errorf("%s: %d %s", text, a.status, a.text)
		}
	}
	want(t, "method", b.call(http.MethodDelete, "!"+simulator.AdminPath, "").status, http.StatusMethodNotAllowed)
	want(t, "path", b.get("!"+simulator.AdminPath+"/more").status, http.StatusNotFound)
}

func TestOrdersComeFromThisMachineOnly(t *testing.T) {
	b := newBench(t, simulator.Options{})
	for _, c := range []struct {
		peer, host, kind string
		status           int
	}{
		{"127.0.0.1:1", "127.0.0.1:9", "application/json", 200},
		{"[::1]:1", "[::1]:9", "application/json; charset=utf-8", 200},
		{"pipe", "localhost", "application/json", 200},
		{"192.0.2.1:1", "localhost", "application/json", 403},
		{"127.0.0.1:1", "rebound.example", "application/json", 403},
		{"127.0.0.1:1", "localhost", "text/plain", 415},
		{"127.0.0.1:1", "localhost", "", 415},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, simulator.AdminPath, strings.NewReader(`{"do":"clear"}`))
		r.RemoteAddr, r.Host = c.peer, c.host
		r.Header.Set("Content-Type", c.kind)
		want(t, c.peer+" "+c.host+" "+c.kind, b.raw(r).status, c.status)
	}
}
