package simulator_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"vmbackup-bot/vmbackup/simulator"
)

func TestHostHeader(t *testing.T) {
	b := newBench(t, simulator.Options{})
	for host, ok := range map[string]bool{
		"localhost": true, "localhost:36013": true, "LOCALHOST:1": true, "LocalHost": true,
		"127.0.0.1:36013": false, "127.0.0.1": false, "backup01": false, "localhost.": false, "": false,
		"localhost:36013x": false, "[::1]:36013": false, "localhost.evil.example": false,
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/rest/protocol/version", nil)
		r.Host = host
		a := b.raw(r)
		if ok {
			b.ok(a)
			continue
		}
		b.html(a, http.StatusBadRequest)
		if !strings.Contains(a.text, "The request hostname is invalid.") {
			t.Errorf("host %q: %s", host, a.text)
		}
	}
}

func TestBasePathByVersion(t *testing.T) {
	for version, c := range map[string]struct{ base, agent string }{
		"": {"/api/rest", "36014"}, "9.1": {"/api/rest", "36014"}, "9.0": {"/api", "36014"}, "8": {"/api", "35107"},
	} {
		b := newBench(t, simulator.Options{Version: version})
		if got := b.ok(b.get("!" + c.base + "/protocol/version"))["Data"]; got == nil {
			t.Errorf("version %q: no Data", version)
		}
		want(t, "agent port of "+version, b.srv.AgentPort(), c.agent)
		want(t, "base URL of "+version, b.srv.BaseURL("127.0.0.1:77"), "http://localhost:77"+c.base)
	}
	b := newBench(t, simulator.Options{Version: "9.1"})
	b.html(b.get("!/api/protocol/version"), http.StatusNotFound)
}

func TestHTTPLayerRefusals(t *testing.T) {
	b := opened(t, simulator.Options{})
	ref := b.srv.Ref("web01")
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/nothing/here", 404},
		{"GET", "!/", 404},
		{"GET", "/vms", 404},
		{"GET", "/VMs/List/{tok}", 404},
		{"GET", "/vms/list", 404},
		{"GET", "/vms/list//1", 404},
		{"GET", "/vms/list/{tok}/1/1", 404},
		{"GET", "/vms/list/{tok}/yes", 400},
		{"POST", "/vms/list/{tok}", 405},
		{"GET", "/sessions/start", 405},
		{"GET", "/sessions/end", 405},
		{"GET", "/sessions/end/{tok}", 405},
		{"GET", "/instructions/take-backup/{tok}/" + ref, 405},
		{"POST", "/instructions/take-backup/{tok}", 404},
		{"POST", "/instructions/take-backup/{tok}/web01", 400},
		{"POST", "/instructions/restore/{tok}", 404},
		{"POST", "/instructions/abort-operation/{tok}/zzz", 400},
		{"GET", "/activity/operation-status/{tok}/zzz", 400},
		{"POST", "/vms/enable-configuration/{tok}/a/b", 400},
		{"GET", "/vms/altaro-ref/{tok}/a", 400},
		{"GET", "/vms/hypervisor-uuid/{tok}/a", 400},
		{"GET", "/vms/settings/{tok}/a", 400},
		{"GET", "/backuplocations/{tok}/2/0", 400},
		{"GET", "/schedules/{tok}/x/0", 400},
		{"POST", "/vms/schedules/{tok}/" + ref + "/x", 400},
		{"POST", "/vms/schedules/{tok}/x/" + ref, 400},
		{"GET", "/vms/schedules/{tok}/x", 400},
		{"GET", "/vms/backuplocations/{tok}/x", 400},
		{"GET", "/restore-options/available-versions/{tok}/" + ref + "/x", 400},
		{"GET", "/restore-options/available-versions/{tok}/x/x", 400},
		{"GET", "/restore-options/available-datastores/{tok}/x", 400},
		{"GET", "/reports/backup/{tok}/x", 400},
		{"GET", "/reports/backup/{tok}/" + ref + "/3", 400},
		{"GET", "/reports/backup/{tok}/" + ref + "/0/x", 400},
		{"GET", "/reports/backup/{tok}/" + ref + "/0/-1", 400},
		{"GET", "/reports/backup/{tok}/" + ref + "/0/9/2026-01-01", 400},
		{"GET", "/reports/backup/{tok}/" + ref + "/0/9/x/y", 400},
	} {
		t.Run(c.method+c.path, func(t *testing.T) {
			c2 := &bench{T: t, srv: b.srv, token: b.token}
			a := c2.call(c.method, c.path, "")
			c2.html(a, c.status)
			if c.status == http.StatusMethodNotAllowed && a.header.Get("Allow") == "" {
				t.Error("405 without Allow")
			}
		})
	}
	want(t, "starts", b.srv.Starts(ref), 0)
}

func TestEmptyTrailingSegmentsAreDefaults(t *testing.T) {
	b := opened(t, simulator.Options{})
	ref := b.srv.Ref("web01")
	want(t, "locations", len(b.list(b.get("/vms/backuplocations/{tok}/"+ref+"//"), "BackupLocations")), 2)
	want(t, "reports", len(b.reports(ref, "////")), 1)
	want(t, "reports by number", len(b.reports(ref, "//3")), 3)
	b.list(b.get("/vms/list/{tok}/"), "VirtualMachines")
}

func TestLengthAndBody(t *testing.T) {
	b := newBench(t, simulator.Options{})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/rest/sessions/end", strings.NewReader(""))
	r.Host, r.ContentLength = "localhost", -1
	b.html(b.raw(r), http.StatusLengthRequired)
	b.html(b.call(http.MethodPost, "/sessions/start", strings.Repeat("x", 70<<10)), http.StatusBadRequest)
	for _, body := range []string{"", "{", "[]", "null", `"x"`} {
		b.html(b.call(http.MethodPost, "/sessions/start", body), http.StatusBadRequest)
	}
	// A body where none is wanted does no harm.
	b.ok(b.call(http.MethodPost, "/sessions/end", `{"Username":"x"}`))
}

func TestHeaders(t *testing.T) {
	b := newBench(t, simulator.Options{})
	b.srv.SetClockOffset(-7 * 60 * 1e9)
	a := b.get("/protocol/version")
	got, err := http.ParseTime(a.header.Get("Date"))
	if err != nil {
		t.Fatal(err)
	}
	if d := b.srv.Now().Sub(got); d < 0 || d > 30e9 || start.Sub(got) < 6*60e9 {
		t.Errorf("Date %v is not the server's own clock", got)
	}
	if !strings.HasPrefix(a.header.Get("Content-Type"), "application/json") {
		t.Errorf("content type %q", a.header.Get("Content-Type"))
	}
}

func TestWrongOptions(t *testing.T) {
	ref := "ba2e9cdc-0d85-48e6-8db7-a45c5a40819e"
	for name, o := range map[string]simulator.Options{
		"version": {Version: "7"},
		"speed":   {Speed: -1},
		"no name": {VMs: []simulator.VM{{Host: "HV01"}}},
		"no host": {VMs: []simulator.VM{{Name: "a"}}},
		"ref":     {VMs: []simulator.VM{{Name: "a", Host: "h", Ref: "no"}}},
		"twice":   {VMs: []simulator.VM{{Name: "a", Host: "h", Ref: ref}, {Name: "b", Host: "h", Ref: strings.ToUpper(ref)}}},
	} {
		if _, err := simulator.New(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
