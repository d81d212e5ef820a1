package vmbackup_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"vmbackup-bot/vmbackup"
)

func TestValidate(t *testing.T) {
	pin := strings.Repeat("0a", 32)
	for name, c := range map[string]struct {
		change func(*vmbackup.Config)
		want   []string // beginnings of the problems, in order
	}{
		"good":                 {func(*vmbackup.Config) {}, nil},
		"probed":               {func(c *vmbackup.Config) { c.URL = "" }, nil},
		"https":                {func(c *vmbackup.Config) { c.URL = "https://localhost:36013/api/rest" }, nil},
		"https elsewhere":      {func(c *vmbackup.Config) { c.URL = "https://proxy.example.org/vm/api" }, nil},
		"http on ::1":          {func(c *vmbackup.Config) { c.URL = "http://[::1]:1/api" }, nil},
		"http elsewhere":       {func(c *vmbackup.Config) { c.URL = "http://hv01:36013/api" }, []string{"VMBACKUP_URL: http://"}},
		"http with pin":        {func(c *vmbackup.Config) { c.Fingerprints = []string{pin} }, []string{"VMBACKUP_TLS_FINGERPRINT: is refused"}},
		"http, dialled away":   {func(c *vmbackup.Config) { c.DialAddress = "10.0.0.1:36013" }, []string{"VMBACKUP_URL: http://", "VMBACKUP_DIAL_ADDRESS: off"}},
		"dialled away, no pin": {away, []string{"VMBACKUP_DIAL_ADDRESS: off loopback"}},
		"dialled away, pinned": {func(c *vmbackup.Config) { away(c); c.Fingerprints = []string{" ", pin} }, nil},
		"dialled away, unsafe": {func(c *vmbackup.Config) { away(c); c.Fingerprints, c.InsecureLoopback = []string{pin}, true }, []string{"VMBACKUP_TLS_INSECURE_LOOPBACK: is refused"}},
		"unsafe elsewhere":     {func(c *vmbackup.Config) { c.URL, c.InsecureLoopback = "https://hv01:1/api", true }, []string{"VMBACKUP_TLS_INSECURE_LOOPBACK"}},
		"unsafe, back by dial": {func(c *vmbackup.Config) {
			c.URL, c.InsecureLoopback, c.DialAddress = "https://hv01:1/api", true, "127.0.0.1:1"
		}, nil},
		"dial without URL":       {func(c *vmbackup.Config) { c.URL, c.DialAddress = "", "localhost:1" }, []string{"VMBACKUP_DIAL_ADDRESS: needs"}},
		"dial with version":      {func(c *vmbackup.Config) { c.URL, c.DialAddress, c.Version = "", "localhost:1", "9.0" }, nil},
		"dial of no form":        {func(c *vmbackup.Config) { c.DialAddress = "127.0.0.1" }, []string{"VMBACKUP_DIAL_ADDRESS"}},
		"dial port":              {func(c *vmbackup.Config) { c.DialAddress = "127.0.0.1:70000" }, []string{"VMBACKUP_DIAL_ADDRESS: \"70000\""}},
		"version":                {func(c *vmbackup.Config) { c.Version = "10" }, []string{`VMBACKUP_VERSION: "10"`}},
		"version, odd spelling":  {func(c *vmbackup.Config) { c.Version = " AUTO " }, nil},
		"no URL":                 {func(c *vmbackup.Config) { c.URL = "https://loc alhost/" }, []string{"VMBACKUP_URL: is not"}},
		"scheme":                 {func(c *vmbackup.Config) { c.URL = "localhost:36013/api" }, []string{"VMBACKUP_URL: must begin"}},
		"no host":                {func(c *vmbackup.Config) { c.URL = "https:///api" }, []string{"VMBACKUP_URL: has no host"}},
		"no path":                {func(c *vmbackup.Config) { c.URL = "https://localhost:36013/" }, []string{"VMBACKUP_URL: has no path"}},
		"query":                  {func(c *vmbackup.Config) { c.URL += "?x=1" }, []string{"VMBACKUP_URL: must end"}},
		"user in URL":            {func(c *vmbackup.Config) { c.URL = "https://me:" + "topsecret@localhost/api" }, []string{"VMBACKUP_URL: must not"}},
		"URL port":               {func(c *vmbackup.Config) { c.URL = "https://localhost:99999/api" }, []string{`VMBACKUP_URL: "99999"`}},
		"SHA-1":                  {func(c *vmbackup.Config) { https(c); c.Fingerprints = []string{strings.Repeat("0a", 20)} }, []string{"VMBACKUP_TLS_FINGERPRINT"}},
		"no hex":                 {func(c *vmbackup.Config) { https(c); c.Fingerprints = []string{pin, "xyz"} }, []string{`VMBACKUP_TLS_FINGERPRINT: "xyz"`}},
		"agent's port":           {func(c *vmbackup.Config) { c.AgentPort = -1 }, []string{"VMBACKUP_AGENT_PORT"}},
		"idle":                   {func(c *vmbackup.Config) { c.SessionIdle = -time.Second }, []string{"VMBACKUP_SESSION_IDLE"}},
		"no login":               {func(c *vmbackup.Config) { c.Username, c.Password = " ", vmbackup.Secret{} }, []string{"VMBACKUP_USERNAME", "VMBACKUP_PASSWORD"}},
		"domain in name":         {func(c *vmbackup.Config) { c.Username = `CORP\anna` }, nil},
		"the same domain twice":  {func(c *vmbackup.Config) { c.Username, c.Domain = `CORP\anna`, "corp" }, nil},
		"two domains":            {func(c *vmbackup.Config) { c.Username, c.Domain = `CORP\anna`, "LAB" }, []string{"VMBACKUP_DOMAIN"}},
		"many at once":           {func(c *vmbackup.Config) { *c = vmbackup.Config{Version: "x", URL: "x", AgentPort: 1 << 20} }, []string{"VMBACKUP_VERSION", "VMBACKUP_URL", "VMBACKUP_AGENT_PORT", "VMBACKUP_USERNAME", "VMBACKUP_PASSWORD"}},
		"localhost is localhost": {func(c *vmbackup.Config) { c.URL = "http://LOCALHOST:1/api" }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := vmbackup.Config{URL: fakeURL, Username: fakeUser, Password: vmbackup.NewSecret(fakePass)}
			c.change(&cfg)
			problems := cfg.Validate()
			text := errors.Join(problems...)
			if len(problems) != len(c.want) {
				t.Fatalf("problems:\n%v\nwant %q", text, c.want)
			}
			for i, want := range c.want {
				if !strings.HasPrefix(problems[i].Error(), want) {
					t.Errorf("problem %q, want %q", problems[i], want)
				}
			}
			client, err := vmbackup.NewClient(cfg)
			if (err == nil) != (len(c.want) == 0) {
				t.Errorf("NewClient says %v", err)
			}
			if err != nil && (strings.Contains(err.Error(), fakePass) || strings.Contains(err.Error(), "topsecret")) {
				t.Errorf("password in %q", err)
			}
			if client != nil {
				wantOK(t, client.Close(t.Context()))
			}
		})
	}
}

func https(c *vmbackup.Config) { c.URL = "https://localhost:36013/api/rest" }

func away(c *vmbackup.Config) { https(c); c.DialAddress = "10.0.0.1:36013" }

func TestUserAndDomainAreSentApart(t *testing.T) {
	for name, c := range map[string]struct{ user, domain, body string }{
		"local":     {"anna", "", `"Username":"anna","Password":"x","Domain":"."`},
		"in name":   {`CORP\anna`, ".", `"Username":"anna","Password":"x","Domain":"CORP"`},
		"set":       {"anna", "CORP", `"Username":"anna","Password":"x","Domain":"CORP"`},
		"set twice": {`corp\anna`, "CORP", `"Username":"anna","Password":"x","Domain":"CORP"`},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			cl := open(t, f, func(cfg *vmbackup.Config) {
				cfg.Username, cfg.Domain, cfg.Password = c.user, c.domain, vmbackup.NewSecret("x")
			})
			wantOK(t, cl.Login(t.Context()))
			if !strings.Contains(f.bodies[0], c.body) {
				t.Errorf("login %s, want %s", f.bodies[0], c.body)
			}
		})
	}
}
