package simulator_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vmbackup-bot/vmbackup/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start is a moment without any change of clocks near.
var start = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// bench is a server and a client that knows nothing but HTTP and JSON.
type bench struct {
	*testing.T
	srv   *simulator.Server
	token string
}

func newBench(t *testing.T, o simulator.Options) *bench {
	t.Helper()
	if o.Start.IsZero() {
		o.Start = start
	}
	if o.Location == nil {
		o.Location = time.UTC
	}
	o.HTTP = true
	s, err := simulator.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return &bench{T: t, srv: s}
}

// answer is what came back; status 0 is a cut connection.
type answer struct {
	status int
	header http.Header
	text   string
	body   map[string]any
}

func (b *bench) raw(r *http.Request) (a answer) {
	b.Helper()
	w := httptest.NewRecorder()
	defer func() {
		if p := recover(); p != nil {
			if p != http.ErrAbortHandler { //nolint:errorlint // a panic value
				panic(p)
			}
			a = answer{text: w.Body.String()}
		}
	}()
	b.srv.Handler().ServeHTTP(w, r)
	a = answer{status: w.Code, header: w.Header(), text: w.Body.String()}
	if strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
		_ = json.Unmarshal(w.Body.Bytes(), &a.body)
	}
	return a
}

// call sends a request; a leading "!" in the path leaves out the base path, and {tok} is the session token.
func (b *bench) call(method, path, body string) answer {
	b.Helper()
	base := strings.TrimPrefix(b.srv.BaseURL(""), "http://localhost")
	if p, ok := strings.CutPrefix(path, "!"); ok {
		path, base = p, ""
	}
	path = strings.ReplaceAll(path, "{tok}", b.token)
	r := httptest.NewRequestWithContext(b.Context(), method, base+path, strings.NewReader(body))
	r.Host, r.RemoteAddr = "localhost:36013", "127.0.0.1:5555"
	if strings.HasPrefix(path, simulator.AdminPath) {
		r.Header.Set("Content-Type", "application/json")
	}
	return b.raw(r)
}

func (b *bench) get(path string) answer  { b.Helper(); return b.call(http.MethodGet, path, "") }
func (b *bench) post(path string) answer { b.Helper(); return b.call(http.MethodPost, path, "") }

// ok insists on Success:true and the four members of the envelope.
func (b *bench) ok(a answer) map[string]any {
	b.Helper()
	b.envelope(a)
	if a.body["Success"] != true || a.body["ErrorCode"] != nil || a.body["ErrorMessage"] != nil {
		b.Fatalf("not a success: %d %s", a.status, a.text)
	}
	return a.body
}

// refused insists on Success:false with a text.
func (b *bench) refused(a answer, text string) map[string]any {
	b.Helper()
	b.envelope(a)
	if a.body["Success"] != false || !strings.Contains(a.text, text) {
		b.Fatalf("not refused with %q: %d %s", text, a.status, a.text)
	}
	return a.body
}

func (b *bench) envelope(a answer) {
	b.Helper()
	for _, name := range []string{"Success", "ErrorCode", "ErrorMessage", "ErrorAdditionalDetails"} {
		if _, there := a.body[name]; !there || a.status != http.StatusOK {
			b.Fatalf("no envelope (%s): %d %s", name, a.status, a.text)
		}
	}
}

// html insists on an HTML page with a status.
func (b *bench) html(a answer, status int) {
	b.Helper()
	if a.status != status || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") || !strings.Contains(a.text, "<HTML>") {
		b.Errorf("not a page with %d: %d %q", status, a.status, a.text)
	}
}

func credentials(s *simulator.Server) map[string]any {
	return map[string]any{
		"ServerAddress": "LOCALHOST", "ServerPort": s.AgentPort(), "Username": s.Username(), "Password": s.Password(),
		"Domain": s.Domain(),
	}
}

func (b *bench) login() answer {
	b.Helper()
	return b.loginAs(credentials(b.srv))
}

func (b *bench) loginAs(c map[string]any) answer {
	b.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		b.Fatal(err)
	}
	a := b.call(http.MethodPost, "/sessions/start", string(text))
	if token, ok := a.body["Data"].(string); ok {
		b.token = token
	}
	return a
}

// opened is a bench with a session.
func opened(t *testing.T, o simulator.Options) *bench {
	t.Helper()
	b := newBench(t, o)
	b.ok(b.login())
	return b
}

// list is an array of objects in an answer.
func (b *bench) list(a answer, key string) []map[string]any {
	b.Helper()
	items, ok := b.ok(a)[key].([]any)
	if !ok {
		b.Fatalf("%s is no array: %s", key, a.text)
	}
	out := make([]map[string]any, len(items))
	for i, it := range items {
		if out[i], ok = it.(map[string]any); !ok {
			b.Fatalf("%s[%d] is no object: %s", key, i, a.text)
		}
	}
	return out
}

func (b *bench) statuses(tail string) []map[string]any {
	b.Helper()
	return b.list(b.get("/activity/operation-status/{tok}"+tail), "Statuses")
}

func (b *bench) reports(ref, tail string) []map[string]any {
	b.Helper()
	return b.list(b.get("/reports/backup/{tok}/"+ref+tail), "BackupReports")
}

// backup takes a backup and returns the OperationGuid.
func (b *bench) backup(ref string) string {
	b.Helper()
	guid, ok := b.ok(b.post("/instructions/take-backup/{tok}/" + ref))["Data"].(string)
	if !ok {
		b.Fatal("no OperationGuid")
	}
	return guid
}

// vm is the list's entry of a VM.
func (b *bench) vm(name string) map[string]any {
	b.Helper()
	for _, v := range b.list(b.get("/vms/list/{tok}"), "VirtualMachines") {
		if v["VirtualMachineName"] == name {
			return v
		}
	}
	b.Fatalf("no VM %q", name)
	return nil
}

func (b *bench) plan(ref string, p simulator.Plan) {
	b.Helper()
	if err := b.srv.PlanNext(ref, p); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) inject(f simulator.Fault) {
	b.Helper()
	if err := b.srv.Inject(f); err != nil {
		b.Fatal(err)
	}
}

// stays lets time pass in a bubble.
func stays(d time.Duration) { <-time.After(d) }

func want[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func text(v any) string { return fmt.Sprint(v) }
