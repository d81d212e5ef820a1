package vmbackup_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"vmbackup-bot/vmbackup"
)

func TestTrust(t *testing.T) {
	cert, fingerprint := certificate(t, "localhost")
	colons := strings.ToUpper(strings.Join(chunks(fingerprint, 2), ":"))
	other := strings.Repeat("ab", 32)
	pool := x509.NewCertPool()
	pool.AddCert(cert.Leaf)
	foreign, foreignPrint := certificate(t, "hv01.example.org")
	for name, c := range map[string]struct {
		cert   tls.Certificate
		change func(*vmbackup.Config)
		ok     bool
		trust  vmbackup.Trust
		print  string
	}{
		"pinned":           {cert, func(c *vmbackup.Config) { c.Fingerprints = []string{other, colons} }, true, vmbackup.TrustPinned, fingerprint},
		"pinned other":     {cert, func(c *vmbackup.Config) { c.Fingerprints = []string{other} }, false, vmbackup.TrustPinned, fingerprint},
		"pin wins":         {cert, func(c *vmbackup.Config) { c.Fingerprints, c.InsecureLoopback = []string{other}, true }, false, vmbackup.TrustPinned, fingerprint},
		"pinned, any name": {foreign, func(c *vmbackup.Config) { c.Fingerprints = []string{foreignPrint} }, true, vmbackup.TrustPinned, foreignPrint},
		"authority":        {cert, func(c *vmbackup.Config) { c.RootCAs = pool }, true, vmbackup.TrustSystem, fingerprint},
		"no authority":     {cert, func(c *vmbackup.Config) { c.RootCAs = x509.NewCertPool() }, false, vmbackup.TrustSystem, fingerprint},
		"wrong name":       {foreign, func(c *vmbackup.Config) { c.RootCAs = pool }, false, vmbackup.TrustSystem, foreignPrint},
		"unchecked":        {cert, func(c *vmbackup.Config) { c.InsecureLoopback = true }, true, vmbackup.TrustLoopback, fingerprint},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			f.tls = &tls.Config{Certificates: []tls.Certificate{c.cert}}
			client := open(t, f, func(c *vmbackup.Config) { c.URL = "https://localhost:36013/api/rest" }, c.change)
			_, err := client.Start(t.Context(), vmbackup.KindBackup, vmRef)
			if got := client.Info(); got.Trust != c.trust || (c.ok && got.Fingerprint != c.print) {
				t.Errorf("info %+v", got)
			}
			if c.ok {
				wantOK(t, err)
				return
			}
			wantErr(t, err, vmbackup.ErrCertificate)
			oneOf(t, err, vmbackup.ErrNotSent)
			if !strings.Contains(hint(err), "VMBACKUP_TLS_FINGERPRINT="+c.print) {
				t.Errorf("hint %q does not say what to set", hint(err))
			}
			if n := f.count("sessions/start"); n != 0 {
				t.Error("a login went to a server that is not trusted")
			}
		})
	}
}

func chunks(s string, n int) []string {
	var out []string
	for ; len(s) >= n; s = s[n:] {
		out = append(out, s[:n])
	}
	return out
}

func TestTLSFailuresThatAreNotAboutTrust(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	cfg := vmbackup.Config{
		URL: "https://localhost:36013/api/rest", Username: fakeUser, Password: vmbackup.NewSecret(fakePass),
		DialAddress: plain.Listener.Addr().String(),
	}
	c, err := vmbackup.NewClient(cfg)
	wantOK(t, err)
	defer func() { wantOK(t, c.Close(t.Context())) }()
	err = c.Login(t.Context())
	wantErr(t, err, vmbackup.ErrUnreachable)
	if !strings.Contains(hint(err), "http://") || errors.Is(err, vmbackup.ErrCertificate) {
		t.Errorf("hint %q", hint(err))
	}
}

func TestRealSocketsWithoutNamesLookedUp(t *testing.T) {
	f := newFake()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != "localhost:36013" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		endpoint, token := split(r.URL.Path)
		body := string(f.answer(endpoint, token))
		_, body, _ = strings.Cut(body, "\r\n\r\n")
		_, _ = w.Write([]byte(body)) // chunked or not is the server's choice
	}))
	defer srv.Close()
	c := open(t, f, func(c *vmbackup.Config) { c.DialContext, c.DialAddress = nil, srv.Listener.Addr().String() })
	vms, err := c.VMs(t.Context(), true)
	wantOK(t, err)
	if len(vms) != 1 {
		t.Errorf("%d VMs", len(vms))
	}
	if skew, ok := c.Skew(); !ok || skew.Abs() > time.Minute {
		t.Errorf("skew %v, %v", skew, ok)
	}
	if i := c.Info(); i.Trust != vmbackup.TrustPlain || i.URL != fakeURL || i.Version != vmbackup.Version91 {
		t.Errorf("info %+v", i)
	}
}

func TestNothingListens(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	addr := srv.Listener.Addr().String()
	srv.Close()
	for version, service := range map[string]string{
		"8": "Altaro.RestService.exe", "9.0": "Hornetsecurity.VMBackup.Rest", "9.1": "main VM Backup service", "auto": "Altaro",
	} {
		c, err := vmbackup.NewClient(vmbackup.Config{
			URL: "http://localhost:4711/api", Version: version, DialAddress: addr, Username: "u", Password: vmbackup.NewSecret("p"),
		})
		wantOK(t, err)
		err = c.Login(t.Context())
		wantErr(t, err, vmbackup.ErrUnreachable)
		if !strings.Contains(hint(err), service) {
			t.Errorf("version %s: hint %q does not name the service", version, hint(err))
		}
		wantOK(t, c.Close(t.Context()))
	}
}
