package simulator_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"vmbackup-bot/vmbackup/simulator"
)

func TestDefaultVMs(t *testing.T) {
	b := opened(t, simulator.Options{})
	count := map[string]int{}
	longest := 0
	for _, v := range b.list(b.get("/vms/list/{tok}/0"), "VirtualMachines") {
		name := text(v["VirtualMachineName"])
		count[name]++
		longest = max(longest, utf8.RuneCountInString(name))
	}
	for name, n := range map[string]int{
		"web01": 1, "web02": 1, "app01": 2, "sql01": 1, "db-files": 1, "Jürgens-PC": 1, "<!channel>": 1,
	} {
		want(t, name, count[name], n)
	}
	want(t, "longest name", longest, 80)
	all, configured := len(b.srv.VMs()), len(b.list(b.get("/vms/list/{tok}/1"), "VirtualMachines"))
	want(t, "unconfigured", all-configured, 1)
	if a := b.get("/vms/list/{tok}"); !strings.Contains(a.text, `"<!channel>"`) {
		t.Error("angle brackets are escaped, which the product does not do")
	}
}

func TestRefByName(t *testing.T) {
	b := newBench(t, simulator.Options{})
	web := b.srv.Ref("web01")
	want(t, "case", b.srv.Ref("WEB01"), web)
	want(t, "host", b.srv.Ref("web01@hv01"), web)
	want(t, "ref", b.srv.Ref(strings.ToUpper(web)), web)
	want(t, "wrong host", b.srv.Ref("web01@HV02"), "")
	want(t, "ambiguous", b.srv.Ref("app01"), "")
	want(t, "nobody", b.srv.Ref("nobody"), "")
	if a, c := b.srv.Ref("app01@HV01"), b.srv.Ref("app01@HV02"); a == "" || c == "" || a == c {
		t.Errorf("app01: %q %q", a, c)
	}
}

func TestNeverBackedUp(t *testing.T) {
	for name, c := range map[string]struct {
		set    simulator.Settings
		there  bool
		date   any
		number any
	}{
		"null":   {there: true, number: 0.0},
		"empty":  {set: simulator.Settings{MissingDates: simulator.DatesEmpty}, there: true, date: "", number: 0.0},
		"absent": {set: simulator.Settings{MissingDates: simulator.DatesAbsent, NullNumbers: true}},
	} {
		t.Run(name, func(t *testing.T) {
			b := opened(t, simulator.Options{Settings: c.set})
			for _, vm := range []string{"new-build", "old-xp"} {
				v := b.vm(vm)
				got, there := v["LastBackupTime"]
				want(t, "there", there, c.there)
				want(t, "date", got, c.date)
				want(t, "duration", v["LastBackupDuration"], c.number)
				want(t, "size", v["LastOffsiteCopyTransferSizeCompressed"], c.number)
				want(t, "result", v["LastBackupResult"], nil)
			}
			want(t, "ref of the unconfigured", b.vm("old-xp")["AltaroVirtualMachineRef"], nil)
			want(t, "next of the unscheduled", b.vm("web-template")["NextBackupTime"], c.date)
			want(t, "reports", len(b.reports(b.srv.Ref("new-build"), "")), 0)
		})
	}
}

func TestHistory(t *testing.T) {
	b := opened(t, simulator.Options{})
	v := b.vm("web01")
	want(t, "last", text(v["LastBackupTime"]), "2026-11-25-01-00-00")
	want(t, "next", text(v["NextBackupTime"]), "2026-11-26-01-00-00")
	want(t, "next offsite", text(v["NextOffsiteCopyTime"]), "2026-11-26-04-00-00")
	want(t, "result", text(v["LastBackupResult"]), "Success")
	if size, ok := v["LastBackupTransferSizeUncompressed"].(float64); !ok || size < 1<<30 {
		t.Errorf("size %v", v["LastBackupTransferSizeUncompressed"])
	}
	odd := b.vm("File Server, Halle 3")
	want(t, "odd result", text(odd["LastOffsiteCopyResult"]), "BASEBACKUPCONTROLLER_18")
	reports := b.reports(b.srv.Ref("web01"), "/0/9")
	want(t, "reports", len(reports), 3)
	want(t, "newest first", text(reports[0]["DateTime"]), "2026-11-25-01-00-00")
}

func TestRediscoverAndEnable(t *testing.T) {
	b := opened(t, simulator.Options{VMs: []simulator.VM{
		{Name: "old", Host: "HV01"}, {Name: "fresh", Host: "HV01", Unconfigured: true, Undiscovered: true},
	}})
	want(t, "before", len(b.list(b.get("/vms/list/{tok}"), "VirtualMachines")), 1)
	b.ok(b.post("/vms/rediscover/{tok}"))
	v := b.vm("fresh")
	uuid, host := text(v["HypervisorVirtualMachineUuid"]), text(v["AltaroHypervisorRef"])
	b.refused(b.post("/vms/enable-configuration/{tok}/"+uuid+"/"+uuid), "not found")
	ref := text(b.ok(b.post("/vms/enable-configuration/{tok}/" + uuid + "/" + host))["Data"])
	b.refused(b.post("/vms/enable-configuration/{tok}/"+uuid+"/"+host), "already")
	v = b.vm("fresh")
	want(t, "ref", text(v["AltaroVirtualMachineRef"]), ref)
	want(t, "configured", v["Configured"], any(true))
	b.backup(ref)
}

func TestIdentification(t *testing.T) {
	for _, array := range []bool{false, true} {
		b := opened(t, simulator.Options{Settings: simulator.Settings{DetailsArray: array}})
		ref := b.srv.Ref("web01")
		uuid := text(b.vm("web01")["HypervisorVirtualMachineUuid"])
		nobody := "ba2e9cdc-0d85-48e6-8db7-a45c5a40819e"
		b.refused(b.get("/vms/settings/{tok}/"+nobody), "not found")
		b.refused(b.get("/vms/altaro-ref/{tok}/"+nobody), "not found")
		for _, path := range []string{"/vms/altaro-ref/{tok}/" + uuid, "/vms/hypervisor-uuid/{tok}/" + ref, "/vms/settings/{tok}/" + ref} {
			a := b.get(path)
			b.ok(a)
			if !strings.Contains(a.text, ref) || strings.Contains(a.text, "[{") != array {
				t.Errorf("%s: %s", path, a.text)
			}
		}
	}
}

func TestLocationsAndSchedules(t *testing.T) {
	b := opened(t, simulator.Options{})
	ref := b.srv.Ref("web01")
	for path, n := range map[string]int{
		"/backuplocations/{tok}": 3, "/backuplocations/{tok}/1/0": 2, "/backuplocations/{tok}/0/1": 1, "/backuplocations/{tok}/0/0": 0,
		"/vms/backuplocations/{tok}/" + ref: 2, "/vms/backuplocations/{tok}/" + ref + "/0/1": 1,
	} {
		want(t, path, len(b.list(b.get(path), "BackupLocations")), n)
	}
	for path, n := range map[string]int{
		"/schedules/{tok}": 2, "/schedules/{tok}/1/0": 1, "/schedules/{tok}/0/1": 1, "/vms/schedules/{tok}/" + ref: 1,
	} {
		want(t, path, len(b.list(b.get(path), "BackupSchedules")), n)
	}
	nobody := "ba2e9cdc-0d85-48e6-8db7-a45c5a40819e"
	for _, kind := range []struct{ path, key, id string }{
		{"backuplocations", "BackupLocations", "BackupLocationId"}, {"schedules", "BackupSchedules", "ScheduleId"},
	} {
		base := "/vms/" + kind.path + "/{tok}/" + ref
		first := text(b.list(b.get(base), kind.key)[0][kind.id])
		before := len(b.list(b.get(base), kind.key))
		b.ok(b.call(http.MethodDelete, base+"/"+first, ""))
		want(t, "taken away", len(b.list(b.get(base), kind.key)), before-1)
		b.ok(b.post(base + "/" + first))
		want(t, "given back", len(b.list(b.get(base), kind.key)), before)
		b.refused(b.post(base+"/"+nobody), "not found")
		b.refused(b.post("/vms/"+kind.path+"/{tok}/"+nobody+"/"+first), "not found")
		b.refused(b.get("/vms/"+kind.path+"/{tok}/"+nobody), "not found")
	}
}

func TestRestoreOptions(t *testing.T) {
	b := opened(t, simulator.Options{})
	ref := b.srv.Ref("web01")
	for flags, n := range map[string]int{"/1/0": 3, "/0/1": 3} {
		id := text(b.list(b.get("/vms/backuplocations/{tok}/"+ref+flags), "BackupLocations")[0]["BackupLocationId"])
		details, ok := b.ok(b.get("/restore-options/available-versions/{tok}/" + ref + "/" + id))["VirtualMachineRestoreDetails"].(map[string]any)
		if !ok {
			t.Fatal("no details")
		}
		versions, _ := details["Versions"].([]any)
		want(t, "versions of "+flags, len(versions), n)
	}
	b.refused(b.get("/restore-options/available-versions/{tok}/"+ref+"/"+ref), "not found")
	b.refused(b.get("/restore-options/available-versions/{tok}/"+b.token+"/"+ref), "not found")
	hosts := b.list(b.get("/restore-options/available-hosts/{tok}"), "Hosts")
	want(t, "hosts", len(hosts), 2)
	b.list(b.get("/restore-options/available-datastores/{tok}/"+text(hosts[0]["AltaroHypervisorRef"])), "Datastores")
	b.refused(b.get("/restore-options/available-datastores/{tok}/"+ref), "not found")
}

func TestUpperCaseGUIDs(t *testing.T) {
	b := opened(t, simulator.Options{Settings: simulator.Settings{UpperCaseGUIDs: true}})
	ref := text(b.vm("web01")["AltaroVirtualMachineRef"])
	want(t, "token", b.token, strings.ToUpper(b.token))
	want(t, "ref", ref, strings.ToUpper(b.srv.Ref("web01")))
	guid := b.backup(ref)
	want(t, "status", len(b.statuses("/"+strings.ToLower(guid))), 1)
	want(t, "starts", b.srv.Starts(ref), 1)
	want(t, "asked for", b.srv.StatusOne(guid), 1)
}

// script runs one backup of every VM, two lengths of the clock, and gives all that a client saw.
func script(t *testing.T, seed uint64) string {
	var seen strings.Builder
	synctest.Test(t, func(t *testing.T) {
		b := opened(t, simulator.Options{Seed: seed})
		seen.WriteString(b.srv.Username() + b.srv.Password() + b.token)
		for _, v := range b.srv.VMs() {
			if v.Ref != "" {
				b.backup(v.Ref)
			}
		}
		for range 3 {
			stays(2 * time.Minute)
			seen.WriteString(b.get("/activity/operation-status/{tok}").text + b.get("/vms/list/{tok}").text)
		}
	})
	return seen.String()
}

func TestSeedDecides(t *testing.T) {
	first := script(t, 7)
	want(t, "again", script(t, 7) == first, true)
	want(t, "other seed", script(t, 8) == first, false)
}
