package simulator_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"vmbackup-bot/vmbackup/simulator"
)

func TestSecondStartOnARunningVM(t *testing.T) {
	run(t, simulator.Settings{}, simulator.Plan{}, func(b *bench, ref, first string) {
		stays(time.Minute)
		second := b.backup(ref)
		want(b.T, "both listed", len(b.statuses("")), 2)
		stays(5 * time.Second)
		want(b.T, "second", text(b.statuses("/" + second)[0]["Status"]), "Failed")
		want(b.T, "first", text(b.statuses("/" + first)[0]["Status"]), "Processing")
		want(b.T, "report", text(b.reports(ref, "")[0]["Result"]), "Failed")
		want(b.T, "starts", b.srv.Starts(ref), 2)
	})
	run(t, simulator.Settings{RefuseSecondStart: true}, simulator.Plan{}, func(b *bench, ref, _ string) {
		b.refused(b.post("/instructions/take-offsitecopy/{tok}/"+ref), "Another operation is running")
		want(b.T, "starts", b.srv.Starts(ref), 1)
		stays(10 * time.Minute)
		b.backup(ref)
	})
}

func TestFormsOfAnInstruction(t *testing.T) {
	run(t, simulator.Settings{OtherJobID: true, Fractions: true}, simulator.Plan{Length: 7 * time.Minute}, func(b *bench, _, guid string) {
		stays(time.Minute)
		st := b.statuses("/" + guid)
		if len(st) != 1 || st[0]["JobId"] == guid {
			b.Fatalf("status %v", st)
		}
		want(b.T, "by JobId", len(b.statuses("/"+text(st[0]["JobId"]))), 0)
		want(b.T, "fraction", st[0]["Percentage"], any(14.29))
	})
	b := opened(t, simulator.Options{Settings: simulator.Settings{DataObject: true}})
	data, ok := b.ok(b.post("/instructions/take-backup/{tok}/" + b.srv.Ref("web01")))["Data"].(map[string]any)
	if !ok || len(b.statuses("/"+text(data["OperationGuid"]))) != 1 {
		t.Errorf("Data %v", data)
	}
	b.refused(b.post("/instructions/take-backup/{tok}/ba2e9cdc-0d85-48e6-8db7-a45c5a40819e"), "not found")
}

func TestStartedElsewhere(t *testing.T) {
	b := opened(t, simulator.Options{})
	ref := b.srv.Ref("sql01")
	for _, c := range []struct {
		ref  string
		kind simulator.Kind
		by   simulator.Origin
	}{{ref, simulator.Backup, simulator.BySchedule}, {ref, simulator.OffsiteCopy, simulator.ByConsole}, {"", simulator.Verification, simulator.BySchedule}} {
		if _, err := b.srv.Start(c.ref, c.kind, c.by); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.srv.Start(b.token, simulator.Backup, simulator.BySchedule); err == nil {
		t.Error("started for nobody")
	}
	var kinds []string
	for _, st := range b.statuses("") {
		kinds = append(kinds, text(st["Operation"]))
	}
	want(t, "operations", strings.Join(kinds, " "), "Backup OffsiteCopy DataVerification")
	want(t, "starts", b.srv.Starts(ref), 0)
	b.srv.Advance(time.Hour)
	b.ok(b.login())
	want(t, "own report", text(b.vm("sql01")["LastBackupTime"])[:13], "2026-11-25-12")
	want(t, "offsite", text(b.list(b.get("/reports/offsitecopy/{tok}/"+ref), "OffsiteCopyReports")[0]["Location"]), `\\OFFSITE01\vmbackup`)
}

func TestPlanForAll(t *testing.T) {
	b := opened(t, simulator.Options{Settings: simulator.Settings{IdleExpiry: -1}})
	b.srv.PlanAll(simulator.Plan{Kind: simulator.Backup, Instant: true, Result: "Warning"})
	for _, name := range []string{"web01", "sql01"} {
		b.backup(b.srv.Ref(name))
		want(t, name, text(b.vm(name)["LastBackupResult"]), "Warning")
	}
	b.ok(b.post("/instructions/take-offsitecopy/{tok}/" + b.srv.Ref("web01")))
	want(t, "not for offsite copies", len(b.statuses("")), 1)
	if b.srv.PlanNext("nobody", simulator.Plan{}) == nil {
		t.Error("a plan for nobody")
	}
}

func TestTwoHundredAtOnce(t *testing.T) {
	var vms []simulator.VM
	for i := range 200 {
		vms = append(vms, simulator.VM{Name: fmt.Sprintf("vm%03d", i), Host: "HV01"})
	}
	b := opened(t, simulator.Options{VMs: vms})
	for _, v := range b.srv.VMs() {
		b.backup(v.Ref)
	}
	want(t, "listed", len(b.statuses("")), 200)
	want(t, "looks at all", b.srv.StatusAll(), 1)
	want(t, "calls", b.srv.Calls("instructions/take-backup"), 200)
}
