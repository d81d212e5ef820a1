package vmbackup_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vmbackup-bot/vmbackup"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	fakeURL  = "http://localhost:36013/api/rest"
	fakeUser = "administrator"
	fakePass = `S3cret "päss"/<word>&+%`
	vmRef    = vmbackup.VMRef("ba2e9cdc-0d85-48e6-8db7-a45c5a40819e")
	opGUID   = vmbackup.OperationGUID("1d005355-7d57-444b-b55b-393c1e0a4287")
)

// fake is a small VM Backup server with one seat: it answers one request per connection, and can be made to answer badly.
type fake struct {
	tls *tls.Config // nil: plain http

	mu      sync.Mutex
	token   string
	logins  int
	calls   map[string]int // by endpoint, such as "vms/list"
	paths   []string
	bodies  []string
	heads   []http.Header
	busy    bool   // the console holds the seat
	refuse  string // login refused with these words
	refused error  // connections are refused with it
	dialled []string
	payload map[string]string // endpoint: the members beside the envelope
	date    string
	// spoil may replace an answer; it gets the whole good one. nil bytes: the connection is closed without any.
	spoil func(endpoint string, nth int, path string, good []byte) []byte
	// gate, if set for an endpoint, is waited for before the answer.
	gate map[string]chan struct{}
	// entered is told of every request, before its gate.
	entered chan string
	work    sync.WaitGroup
}

func newFake() *fake {
	return &fake{calls: map[string]int{}, payload: map[string]string{
		"protocol/version": `"Data":"9.1"`,
		"vms/list": `"VirtualMachines":[{"AltaroVirtualMachineRef":"` + string(vmRef) + `","VirtualMachineName":"web01",` +
			`"HostName":"HV01","Configured":true,"LastOffsiteCopyTime":"2026-01-22-14-48-04","LastOffsiteCopyResult":"Success",` +
			`"LastOffsiteCopyDuration":60}]`,
		"backuplocations":                `"BackupLocations":[{"BackupLocationId":"e52edf12-a762-4602-a6d7-bc2386321b84","LocationPath":"\\\\NAS01\\a"}]`,
		"activity/operation-status":      `"Statuses":[{"JobId":"` + string(opGUID) + `","Percentage":42,"Status":"Processing"}]`,
		"reports/backup":                 `"BackupReports":[{"DateTime":"2026-01-22-14-48-04","Result":"Success"}]`,
		"reports/restore":                `"RestoreReports":[]`,
		"instructions/take-backup":       `"Data":"` + string(opGUID) + `"`,
		"instructions/take-offsitecopy":  `"Data":"` + string(opGUID) + `"`,
		"instructions/abort-operation":   ``,
		"sessions/end":                   `"ClosedSessions":[]`,
		"instructions/take-something-no": ``,
	}}
}

// dial is a Config.DialContext.
func (f *fake) dial(ctx context.Context, _, addr string) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dialled = append(f.dialled, addr)
	if f.refused != nil {
		return nil, f.refused
	}
	near, far := net.Pipe()
	f.work.Go(func() { f.serve(far) })
	return near, nil
}

func (f *fake) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	if f.tls != nil {
		conn = tls.Server(conn, f.tls)
	}
	req, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return
	}
	body, _ := io.ReadAll(req.Body)
	endpoint, token := split(req.URL.Path)
	f.mu.Lock()
	f.calls[endpoint]++
	nth := f.calls[endpoint]
	f.paths = append(f.paths, req.Method+" "+req.Host+req.URL.EscapedPath())
	f.bodies = append(f.bodies, string(body))
	f.heads = append(f.heads, req.Header)
	gate, entered, spoil := f.gate[endpoint], f.entered, f.spoil
	f.mu.Unlock()
	if entered != nil {
		entered <- endpoint
	}
	if gate != nil {
		<-gate
	}
	answer := f.answer(endpoint, token)
	if spoil != nil {
		answer = spoil(endpoint, nth, req.URL.EscapedPath(), answer)
	}
	_, _ = conn.Write(answer)
}

// split takes /api/rest/<endpoint>/<token>/… apart.
func split(path string) (endpoint, token string) {
	parts := strings.Split(strings.TrimPrefix(strings.TrimPrefix(path, "/api/"), "rest/"), "/")
	if parts[0] == "backuplocations" {
		return parts[0], parts[1]
	}
	if len(parts) > 2 {
		token = parts[2]
	}
	return strings.Join(parts[:2], "/"), token
}

func (f *fake) answer(endpoint, token string) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	payload, known := f.payload[endpoint]
	switch {
	case endpoint == "protocol/version":
	case endpoint == "sessions/start":
		switch {
		case f.refuse != "":
			return f.http(200, failure(f.refuse, ""))
		case f.busy || f.token != "":
			return f.http(200, failure("Cannot start", "AnotherConsoleIsRegistered"))
		}
		f.logins++
		f.token = fmt.Sprintf("e65aedeb-a0e7-440c-8309-1cc0bcd9%04d", f.logins)
		payload, known = `"Data":"`+f.token+`"`, true
	case token != f.token || token == "":
		return f.http(200, failure("Error: Invalid Token.", ""))
	case endpoint == "sessions/end":
		f.token = ""
	}
	if !known {
		return f.http(404, "<html><h2>Not Found</h2></html>")
	}
	if payload != "" {
		payload = "," + payload
	}
	return f.http(200, `{"Success":true,"ErrorCode":null,"ErrorMessage":null,"ErrorAdditionalDetails":null`+payload+`}`)
}

func failure(text, details string) string {
	b, _ := json.Marshal(map[string]any{"Success": false, "ErrorCode": 17, "ErrorMessage": text, "ErrorAdditionalDetails": details})
	return string(b)
}

// http is a whole answer.
func (f *fake) http(status int, body string) []byte { return rawAnswer(status, f.date, body) }

func rawAnswer(status int, date, body string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\nContent-Length: %d\r\n", status, http.StatusText(status), len(body))
	if date != "" {
		fmt.Fprintf(&b, "Date: %s\r\n", date)
	}
	if status/100 == 3 {
		b.WriteString("Location: http://localhost:36013/api/rest/elsewhere\r\n")
	}
	b.WriteString("Connection: close\r\n\r\n" + body)
	return b.Bytes()
}

// set changes the fake under its lock.
func (f *fake) set(change func(*fake)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f)
}

func (f *fake) count(endpoint string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[endpoint]
}

func (f *fake) held() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.token != ""
}

// endAll is another program that logs everybody out.
func (f *fake) endAll() { f.set(func(f *fake) { f.token = "" }) }

func (f *fake) snapshot() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.calls)
}

// fakeConfig is a good configuration for the fake.
func fakeConfig(f *fake) vmbackup.Config {
	return vmbackup.Config{
		URL: fakeURL, Username: fakeUser, Password: vmbackup.NewSecret(fakePass), DialContext: f.dial,
	}
}

// open is a client that is closed at the end of the test, with a check that nothing is left.
func open(t *testing.T, f *fake, change ...func(*vmbackup.Config)) *vmbackup.Client {
	t.Helper()
	cfg := fakeConfig(f)
	for _, c := range change {
		c(&cfg)
	}
	c, err := vmbackup.NewClient(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(context.Background()); err != nil && !errors.Is(err, vmbackup.ErrUnreachable) {
			t.Logf("close: %v", err)
		}
		f.work.Wait()
	})
	return c
}

func wantErr(t *testing.T, err error, kinds ...error) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %v", kinds)
	}
	if _, ok := errors.AsType[*vmbackup.Error](err); !ok {
		t.Errorf("%T is not *vmbackup.Error", err)
	}
	for _, k := range kinds {
		if !errors.Is(err, k) {
			t.Errorf("error %q is not %q", err, k)
		}
	}
}

func wantOK(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}

func wantCount(t *testing.T, f *fake, endpoint string, want int) {
	t.Helper()
	if got := f.count(endpoint); got != want {
		t.Errorf("%s was called %d times, want %d", endpoint, got, want)
	}
}

func hint(err error) string {
	if e, ok := errors.AsType[*vmbackup.Error](err); ok {
		return e.Hint
	}
	return ""
}

// certificate is a self-signed one for the names.
func certificate(t *testing.T, names ...string) (cert tls.Certificate, fingerprint string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	wantOK(t, err)
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: names, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	wantOK(t, err)
	leaf, err := x509.ParseCertificate(der)
	wantOK(t, err)
	sum := sha256.Sum256(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, hex.EncodeToString(sum[:])
}

// logTo is a logger at debug level.
func logTo(w io.Writer) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// pass lets the bubble's clock run on.
func pass(d time.Duration) { <-time.After(d) }
