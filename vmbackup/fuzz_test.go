package vmbackup

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzAnswer feeds anything to everything that reads an answer: nothing may panic, no secret may pass, and only a
// readable Success:true may count as one.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"Success":true,"ErrorCode":null,"ErrorMessage":null,"ErrorAdditionalDetails":null,"Data":"1d005355-7d57-444b-b55b-393c1e0a4287"}`,
		`{"Success":true,"Data":{"OperationGuid":"A"},"Statuses":[{"JobId":null,"Percentage":1e308,"Status":7}]}`,
		`{"Success":false,"ErrorCode":{"a":[1]},"ErrorMessage":"Invalid Token hunter2","ErrorAdditionalDetails":"AnotherConsoleIsRegistered"}`,
		`{"Success":"true","VirtualMachines":{"LastBackupTime":"2024-08-13-01-53-14","LastBackupDuration":"x"}}`,
		`{"success":1,"BackupReports":[null,[],{"DateTime":"0001-01-01-00-00-00","Duration":-1}]}`,
		`<html>The request hostname is invalid.</html>`, "\xEF\xBB\xBF{}", `[]`, `null`, ``, `{"Success":true}{`, `{"Data":` + strings.Repeat("[", 20000),
	} {
		f.Add([]byte(seed), 200)
	}
	const password = "hunter2"
	f.Fuzz(func(t *testing.T, body []byte, status int) {
		m := newMask(NewSecret(password))
		o := judge("a/b", Version8, answer{status: status, body: body}, m)
		if o.err != nil {
			text := o.err.Error() + o.err.Hint
			if strings.Contains(strings.ToLower(text), password) || strings.Contains(text, "\n") || !utf8.ValidString(text) {
				t.Errorf("error %q", text)
			}
		}
		if (o.verdict == taken) != (o.err == nil) || (o.verdict == taken && !o.env.success) {
			t.Errorf("verdict %v with %v", o.verdict, o.err)
		}
		for _, member := range []string{"VirtualMachines", "Statuses", "BackupReports", "BackupLocations", "Data"} {
			entries, _ := o.env.payload.list(member)
			readAll(entries, vmOf)
			readAll(entries, locationOf)
			for _, s := range readAll(entries, statusOf) {
				if s.Percentage < 0 || s.Percentage > 100 {
					t.Errorf("percentage %v", s.Percentage)
				}
			}
			reports := readAll(entries, reportOf)
			for _, r := range reports {
				if r.Duration < 0 || r.Compressed < 0 {
					t.Errorf("report %+v", r)
				}
			}
			newestFirst(reports, 1)
		}
		o.env.payload.value("Data", "OperationGuid")
	})
}
