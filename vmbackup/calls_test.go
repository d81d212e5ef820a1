package vmbackup_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"vmbackup-bot/vmbackup"
)

func stamp(t *testing.T, text string) vmbackup.Stamp {
	t.Helper()
	s, err := vmbackup.ParseStamp(text)
	wantOK(t, err)
	return s
}

func TestRequestsAreWhatTheServerWants(t *testing.T) {
	f := newFake()
	f.payload["protocol/version"] = `"Data":"9.1"`
	c := open(t, f)
	_, err := c.ProtocolVersion(t.Context())
	wantOK(t, err)
	wantOK(t, c.Login(t.Context()))
	token := f.token
	_, err = c.VMs(t.Context(), false)
	wantOK(t, err)
	_, err = c.VMs(t.Context(), true)
	wantOK(t, err)
	_, err = c.Locations(t.Context())
	wantOK(t, err)
	_, err = c.Running(t.Context())
	wantOK(t, err)
	_, err = c.One(t.Context(), opGUID)
	wantOK(t, err)
	_, err = c.Reports(t.Context(), vmbackup.KindBackup, vmRef, 1)
	wantOK(t, err)
	_, err = c.Reports(t.Context(), vmbackup.KindBackup, vmRef, 5)
	wantOK(t, err)
	_, err = c.RestoreReports(t.Context(), vmRef, 0)
	wantOK(t, err)
	_, err = c.Start(t.Context(), vmbackup.KindBackup, vmRef)
	wantOK(t, err)
	wantOK(t, c.Abort(t.Context(), opGUID))
	wantOK(t, c.Release(t.Context()))
	const at = "localhost:36013/api/rest/"
	want := []string{
		"GET " + at + "protocol/version",
		"POST " + at + "sessions/start",
		"GET " + at + "vms/list/" + token,
		"GET " + at + "vms/list/" + token + "/1",
		"GET " + at + "backuplocations/" + token,
		"GET " + at + "activity/operation-status/" + token,
		"GET " + at + "activity/operation-status/" + token + "/" + string(opGUID),
		"GET " + at + "reports/backup/" + token + "/" + string(vmRef),
		"GET " + at + "reports/backup/" + token + "/" + string(vmRef) + "/0/5",
		"GET " + at + "reports/restore/" + token + "/" + string(vmRef),
		"POST " + at + "instructions/take-backup/" + token + "/" + string(vmRef),
		"POST " + at + "instructions/abort-operation/" + token + "/" + string(opGUID),
		"POST " + at + "sessions/end/" + token,
	}
	if d := cmp.Diff(want, f.paths); d != "" {
		t.Error(d)
	}
	const login = `{"ServerAddress":"LOCALHOST","ServerPort":"36014","Username":"administrator",` +
		`"Password":"S3cret \"päss\"/\u003cword\u003e\u0026+%","Domain":"."}`
	if f.bodies[1] != login {
		t.Errorf("login body %s", f.bodies[1])
	}
	for i, h := range f.heads {
		if h.Get("Content-Type") != "application/json" {
			t.Errorf("%s: content type %q", f.paths[i], h.Get("Content-Type"))
		}
		if strings.HasPrefix(f.paths[i], "POST") && h.Get("Content-Length") == "" {
			t.Errorf("%s: no Content-Length, which HTTP.sys wants", f.paths[i])
		}
	}
}

func TestVMs(t *testing.T) {
	f := newFake()
	f.payload["vms/list"] = `"VirtualMachines":[
	 {"AltaroVirtualMachineRef":"BA2E","VirtualMachineName":" Ünï <!channel> ` + "`x`" + ` ","HostName":"HV01","HypervisorVirtualMachineUuid":"H1",
	  "AltaroHypervisorRef":"A1","Configured":true,"LastBackupTime":"2024-08-13-01-53-14","LastBackupDuration":812.5,"LastBackupResult":"success",
	  "LastBackupTransferSizeUncompressed":4831838208,"LastBackupTransferSizeCompressed":"2147483648","LastOffsiteCopyTime":"",
	  "LastOffsiteCopyDuration":null,"LastOffsiteCopyResult":null,"NextBackupTime":"2024-08-14-01-00-00","NextOffsiteCopyTime":null,"New":{"a":[]}},
	 null, 7,
	 {"AltaroVirtualMachineRef":null,"VirtualMachineName":"new","Configured":false,"LastBackupTime":"soon","LastBackupResult":"BASEBACKUPCONTROLLER_18",
	  "LastBackupTransferSizeCompressed":-4,"LastBackupTransferSizeUncompressed":1e30,"LastBackupDuration":1e300},
	 {"altarovirtualmachineref":"C","configured":"true"},
	 {"AltaroVirtualMachineRef":"D"}]`
	c := open(t, f)
	got, err := c.VMs(t.Context(), false)
	wantOK(t, err)
	want := []vmbackup.VM{
		{
			Ref: "BA2E", Name: " Ünï <!channel> `x` ", Host: "HV01", HypervisorUUID: "H1", HypervisorRef: "A1", Configured: true,
			LastBackup: vmbackup.Run{
				Time: stamp(t, "2024-08-13-01-53-14"), Duration: 812*time.Second + 500*time.Millisecond,
				Result: vmbackup.ResultSuccess, Word: "success", Compressed: 2147483648, Uncompressed: 4831838208,
			},
			NextBackup: stamp(t, "2024-08-14-01-00-00"),
		},
		{Name: "new", LastBackup: vmbackup.Run{
			Result: vmbackup.ResultFailed, Word: "BASEBACKUPCONTROLLER_18", Uncompressed: 1<<63 - 1, Duration: 1<<63 - 1,
		}},
		{Ref: "C", Configured: true},
		{Ref: "D", Configured: true},
	}
	if d := cmp.Diff(want, got, cmp.Comparer(func(a, b vmbackup.Stamp) bool { return a == b })); d != "" {
		t.Error(d)
	}
	got, err = c.VMs(t.Context(), true)
	wantOK(t, err)
	if len(got) != 3 {
		t.Errorf("%d configured ones, want 3", len(got))
	}
}

func TestVMListThatIsNone(t *testing.T) {
	for payload, ok := range map[string]bool{
		`"VirtualMachines":null`: true, `"VirtualMachines":[]`: true, ``: false, `"VirtualMachines":"none"`: false,
	} {
		f := newFake()
		f.payload["vms/list"] = payload
		vms, err := open(t, f).VMs(t.Context(), false)
		if ok {
			wantOK(t, err)
		} else {
			wantErr(t, err, vmbackup.ErrNotVMBackup)
		}
		if len(vms) != 0 {
			t.Errorf("%s: %v", payload, vms)
		}
	}
}

func TestStatuses(t *testing.T) {
	for payload, want := range map[string][]vmbackup.Status{
		`"Statuses":[{"JobId":"A","Operation":"Backup","SubOperation":"Copying","Percentage":42.5,"Status":"processing"}]`: {
			{JobID: "A", Operation: "Backup", SubOperation: "Copying", Percentage: 42.5, Status: "processing"},
		},
		`"Statuses":{"JobId":7,"Percentage":"99","Status":"Success"}`: {{JobID: "7", Percentage: 99, Status: "Success"}},
		`"Statuses":[{"Percentage":null},{"Percentage":1e9},{"Percentage":-1},{"Percentage":"much"},{"Percentage":"NaN"}]`: {
			{}, {Percentage: 100}, {}, {}, {},
		},
		`"Statuses":null`: {},
		``:                {},
	} {
		f := newFake()
		f.payload["activity/operation-status"] = payload
		c := open(t, f)
		all, err := c.Running(t.Context())
		wantOK(t, err)
		one, err := c.One(t.Context(), opGUID)
		wantOK(t, err)
		if d := cmp.Diff(want, all); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff(want, one); d != "" {
			t.Error(d)
		}
	}
	f := newFake()
	_, err := open(t, f).One(t.Context(), "")
	if err == nil {
		t.Error("an operation without id was asked for")
	}
	wantCount(t, f, "sessions/start", 0)
}

func TestReportsAreNewestFirst(t *testing.T) {
	f := newFake()
	f.payload["reports/backup"] = `"BackupReports":[
	 {"DateTime":"2026-01-20-01-00-00","Result":"Success","Duration":5},
	 {"DateTime":null,"Result":"Warning"},
	 {"DateTime":"2026-01-22-01-00-00","Result":"Aborted","Error":" by hand (ALTERR_X_007) ","Location":"\\\\N\\a","TransferSizeCompressed":3},
	 {"DateTime":"2026-01-21-01-00-00","Result":"Failed"}]`
	c := open(t, f)
	got, err := c.Reports(t.Context(), vmbackup.KindBackup, vmRef, 10)
	wantOK(t, err)
	var words []string
	for _, r := range got {
		words = append(words, r.Word)
	}
	if d := cmp.Diff([]string{"Aborted", "Failed", "Success", "Warning"}, words); d != "" {
		t.Error(d)
	}
	want := vmbackup.Report{
		DateTime: stamp(t, "2026-01-22-01-00-00"), Result: vmbackup.ResultAborted, Word: "Aborted", Location: `\\N\a`,
		Error: "by hand (ALTERR_X_007)", Compressed: 3,
	}
	if !got[0].Same(want) {
		t.Errorf("got %+v, want %+v", got[0], want)
	}
	got, err = c.Reports(t.Context(), vmbackup.KindBackup, vmRef, 1)
	wantOK(t, err)
	if len(got) != 1 || got[0].Word != "Aborted" {
		t.Errorf("the newest is %+v", got)
	}
}

func TestReportsTailRefused(t *testing.T) {
	for name, bad := range map[string][]byte{
		"404": rawAnswer(404, "", "<html>Not Found</html>"), "Success:false": rawAnswer(200, "", failure("Bad parameter", "")),
		"400 with JSON": rawAnswer(400, "", failure("Bad parameter", "")),
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			f.spoil = func(_ string, _ int, path string, good []byte) []byte {
				if strings.HasSuffix(path, "/0/5") {
					return bad
				}
				return good
			}
			got, err := open(t, f).Reports(t.Context(), vmbackup.KindBackup, vmRef, 5)
			wantOK(t, err)
			if len(got) != 1 {
				t.Errorf("%d reports", len(got))
			}
			wantCount(t, f, "reports/backup", 2)
			wantCount(t, f, "sessions/start", 1)
		})
	}
	t.Run("session gone meanwhile", func(t *testing.T) {
		f := newFake()
		c := open(t, f)
		wantOK(t, c.Login(t.Context()))
		f.endAll()
		_, err := c.Reports(t.Context(), vmbackup.KindBackup, vmRef, 5)
		wantOK(t, err)
		if last := f.paths[len(f.paths)-1]; !strings.HasSuffix(last, "/0/5") {
			t.Errorf("not asked with its tail again: %s", last)
		}
	})
}

func TestReportsOfUnknownVM(t *testing.T) {
	f := newFake()
	f.spoil = func(endpoint string, _ int, _ string, good []byte) []byte {
		if endpoint == "reports/backup" {
			return rawAnswer(200, "", failure("no", ""))
		}
		return good
	}
	c := open(t, f)
	_, err := c.Reports(t.Context(), vmbackup.KindBackup, "0000", 1)
	wantErr(t, err, vmbackup.ErrUnknownVM, vmbackup.ErrServer)
	_, err = c.Reports(t.Context(), vmbackup.KindBackup, vmRef, 1)
	wantErr(t, err, vmbackup.ErrServer)
	if errors.Is(err, vmbackup.ErrUnknownVM) {
		t.Error("a known VM is called unknown")
	}
	_, err = c.Reports(t.Context(), vmbackup.KindBackup, "", 1)
	wantErr(t, err, vmbackup.ErrUnknownVM)
	_, err = c.Reports(t.Context(), "seed", vmRef, 1)
	if err == nil {
		t.Error("reports of a kind without any")
	}
}

func TestOffsiteReportComesFromTheVMList(t *testing.T) {
	f := newFake()
	c := open(t, f)
	got, err := c.Reports(t.Context(), vmbackup.KindOffsite, "BA2E9CDC-0d85-48e6-8db7-a45c5a40819e", 3)
	wantOK(t, err)
	want := vmbackup.Report{
		DateTime: stamp(t, "2026-01-22-14-48-04"), Duration: time.Minute, Result: vmbackup.ResultSuccess, Word: "Success",
	}
	if len(got) != 1 || !got[0].Same(want) {
		t.Errorf("got %+v", got)
	}
	_, err = c.Reports(t.Context(), vmbackup.KindOffsite, "0000", 1)
	wantErr(t, err, vmbackup.ErrUnknownVM)
	f.set(func(f *fake) {
		f.payload["vms/list"] = `"VirtualMachines":[{"AltaroVirtualMachineRef":"` + string(vmRef) + `"}]`
	})
	got, err = c.Reports(t.Context(), vmbackup.KindOffsite, vmRef, 1)
	wantOK(t, err)
	if len(got) != 0 {
		t.Errorf("a report of no copy: %+v", got)
	}
	f.set(func(f *fake) { f.payload["vms/list"] = `` })
	_, err = c.Reports(t.Context(), vmbackup.KindOffsite, vmRef, 1)
	wantErr(t, err, vmbackup.ErrNotVMBackup)
}

func TestSkewIsTheServersClockMinusOurs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.date = time.Now().Add(-3 * time.Minute).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")
		c := open(t, f)
		wantOK(t, c.Login(t.Context()))
		if skew, ok := c.Skew(); !ok || skew != -3*time.Minute {
			t.Errorf("skew %v, %v", skew, ok)
		}
	})
}

func TestAnswersOfOthers(t *testing.T) {
	for name, c := range map[string]struct {
		raw  []byte
		kind error
		text string
	}{
		"page": {rawAnswer(200, "", "<html><style>b{}</style><b>It\nworks!</b></html>"), vmbackup.ErrNotVMBackup, `"It works!"`},
		"BOM":  {rawAnswer(200, "", "\xEF\xBB\xBF"+`{"Success":true,"Data":"9"}`), nil, ""},
		"404":  {rawAnswer(404, "", "<p>Not Found</p>"), vmbackup.ErrNotVMBackup, "HTTP status 404: Not Found"},
		"503":  {rawAnswer(503, "", ""), vmbackup.ErrUnreachable, "HTTP status 503"},
		"302":  {rawAnswer(302, "", ""), vmbackup.ErrNotVMBackup, "HTTP status 302"},
		"wrong host": {
			rawAnswer(400, "", "HTTP Error 400. The request hostname is invalid."), vmbackup.ErrWrongHost, "HTTP status 400",
		},
		"too long": {rawAnswer(200, "", strings.Repeat(" ", 17<<20)), vmbackup.ErrNotVMBackup, "16 MiB"},
		"no HTTP":  {[]byte("220 mail.example.org ESMTP\r\n\r\n"), vmbackup.ErrNotVMBackup, "malformed HTTP"},
		"nothing":  {nil, vmbackup.ErrUnreachable, "EOF"},
		"number":   {rawAnswer(200, "", "7"), vmbackup.ErrNotVMBackup, `"7"`},
		"null":     {rawAnswer(200, "", "null"), vmbackup.ErrNotVMBackup, `"null"`},
		"no word":  {rawAnswer(200, "", `{"Success":null}`), vmbackup.ErrNotVMBackup, "JSON of another form"},
		"two words": {
			rawAnswer(200, "", `{"success":true,"Success":false,"ErrorMessage":["a",1],"ErrorCode":null}`), vmbackup.ErrServer, `["a",1]`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			f.spoil = func(string, int, string, []byte) []byte { return c.raw }
			_, err := open(t, f).ProtocolVersion(t.Context())
			if c.kind == nil {
				wantOK(t, err)
				return
			}
			wantErr(t, err, c.kind)
			if !strings.Contains(err.Error(), c.text) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q does not hold %q, or is not one line", err, c.text)
			}
			wantCount(t, f, "protocol/version", 1)
		})
	}
}

func TestReadTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.gate = map[string]chan struct{}{"vms/list": make(chan struct{})}
		c := open(t, f)
		began := time.Now()
		_, err := c.VMs(t.Context(), false)
		wantErr(t, err, vmbackup.ErrUnreachable)
		if took := time.Since(began); took != time.Minute {
			t.Errorf("took %v", took)
		}
		close(f.gate["vms/list"])
	})
}
