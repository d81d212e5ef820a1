package vmbackup_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"net/url"
	"strings"
	"sync"
	"testing"

	"vmbackup-bot/vmbackup"
)

// TestNoSecretLeaves runs every call through every fault, most of which echo token and password in some spelling, and
// looks for them in errors, hints and the log at debug level.
func TestNoSecretLeaves(t *testing.T) {
	echo := func(path string) string { // what a careless server could say
		token, _ := lastToken(path)
		quoted := strings.NewReplacer(`"`, `\"`).Replace(fakePass)
		return strings.Join([]string{path, strings.ToUpper(token), fakePass, quoted, url.QueryEscape(fakePass), html.EscapeString(fakePass)}, " ")
	}
	faults := map[string]func(path string, good []byte) []byte{
		"none": func(_ string, good []byte) []byte { return good },
		"Invalid Token": func(path string, _ []byte) []byte {
			return rawAnswer(200, "", failure("Invalid Token: "+echo(path), echo(path)))
		},
		"Success:false": func(path string, _ []byte) []byte { return rawAnswer(200, "", failure(echo(path), echo(path))) },
		"code": func(path string, _ []byte) []byte {
			return rawAnswer(200, "", `{"Success":false,"ErrorCode":{"x":"`+path+`"}}`)
		},
		"page":         func(path string, _ []byte) []byte { return rawAnswer(200, "", "<html>"+echo(path)+"</html>") },
		"page in JSON": func(path string, _ []byte) []byte { return rawAnswer(500, "", failure("", echo(path))+"x") },
		"400": func(path string, _ []byte) []byte {
			return rawAnswer(400, "", "The request hostname is invalid. "+echo(path))
		},
		"404":         func(path string, _ []byte) []byte { return rawAnswer(404, "", echo(path)) },
		"redirect":    func(path string, _ []byte) []byte { return rawAnswer(302, "", echo(path)) },
		"status line": func(path string, _ []byte) []byte { return []byte("HTTP/1.1 " + echo(path) + "\r\n\r\n") },
		"header":      func(path string, _ []byte) []byte { return []byte("HTTP/1.1 200 OK\r\n" + echo(path) + "\r\n\r\n") },
		"cut":         func(_ string, good []byte) []byte { return good[:len(good)/2] },
		"nothing":     func(string, []byte) []byte { return nil },
		"echo in entry": func(path string, _ []byte) []byte {
			token, _ := lastToken(path)
			return rawAnswer(200, "", `{"Success":true,"Data":"`+string(opGUID)+`","BackupReports":[{"Error":"`+token+`"}],"RestoreReports":[{"Location":"`+
				token+`"}],"Statuses":[{"Status":"`+token+`"}],"VirtualMachines":[],"BackupLocations":[{"LocationPath":"`+token+`"}]}`)
		},
	}
	var seen seen
	for name, fault := range faults {
		for _, victim := range []string{"all", "but the login"} {
			t.Run(name+" on "+victim, func(t *testing.T) {
				f := newFake()
				f.spoil = func(endpoint string, _ int, path string, good []byte) []byte {
					if endpoint == "sessions/start" {
						seen.token(good)
						if victim != "all" {
							return good
						}
					}
					return fault(path, good)
				}
				c := open(t, f, func(c *vmbackup.Config) { c.Logger = logTo(&seen) })
				everyCall(t.Context(), c, &seen)
				f.set(func(f *fake) { f.refused = errors.New("connection refused") })
				everyCall(t.Context(), c, &seen)
				f.set(func(f *fake) { f.refused = nil })
			})
		}
	}
	seen.check(t)
}

// lastToken finds the token in a path.
func lastToken(path string) (string, bool) {
	for part := range strings.SplitSeq(path, "/") {
		if strings.HasPrefix(part, "e65aedeb") {
			return part, true
		}
	}
	return "", false
}

// everyCall makes each call once and writes down what comes back.
func everyCall(ctx context.Context, c *vmbackup.Client, s *seen) {
	note := func(v any, err error) {
		fmt.Fprintf(s, "%v %+v %#v\n", v, v, v)
		for e := err; e != nil; e = errors.Unwrap(e) {
			fmt.Fprintf(s, "%v %+v %#v %s\n", e, e, e, hint(e))
		}
		if e, ok := errors.AsType[*vmbackup.Error](err); ok {
			fmt.Fprintf(s, "%+v %s %s %s %v\n", *e, e.Words(), e.Text, e.Details, e.Unwrap())
			for _, inner := range e.Unwrap() {
				fmt.Fprintf(s, "%v %+v\n", inner, inner)
			}
		}
	}
	version, err := c.ProtocolVersion(ctx)
	note(version, err)
	note(nil, c.Login(ctx))
	vms, err := c.VMs(ctx, true)
	note(vms, err)
	locations, err := c.Locations(ctx)
	note(locations, err)
	for _, k := range []vmbackup.Kind{vmbackup.KindBackup, vmbackup.KindOffsite} {
		accepted, err := c.Start(ctx, k, vmRef)
		note(accepted, err)
		for n := range 3 {
			reports, err := c.Reports(ctx, k, vmRef, n)
			note(reports, err)
		}
	}
	restores, err := c.RestoreReports(ctx, vmRef, 2)
	note(restores, err)
	note(nil, c.Abort(ctx, opGUID))
	all, err := c.Running(ctx)
	note(all, err)
	one, err := c.One(ctx, opGUID)
	note(one, err)
	note(c.Info(), nil)
	note(c, nil)
	note(nil, c.Release(ctx))
}

// seen is everything that left the package.
type seen struct {
	mu     sync.Mutex
	text   bytes.Buffer
	tokens []string
}

func (s *seen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

// token remembers the one in a login's answer.
func (s *seen) token(answer []byte) {
	_, rest, ok := strings.Cut(string(answer), `"Data":"`)
	if token, _, cut := strings.Cut(rest, `"`); ok && cut {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.tokens = append(s.tokens, token)
	}
}

func (s *seen) check(t *testing.T) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	text := strings.ToLower(s.text.String())
	if len(s.tokens) < 10 || len(text) < 100_000 {
		t.Fatalf("too little was seen: %d tokens, %d bytes", len(s.tokens), len(text))
	}
	secrets := append([]string{
		fakePass, "s3cret", url.PathEscape(fakePass), url.QueryEscape(fakePass), html.EscapeString(fakePass),
	}, s.tokens...)
	for _, secret := range secrets {
		if i := strings.Index(text, strings.ToLower(secret)); i >= 0 {
			t.Errorf("%q leaked: …%s…", secret, s.text.String()[max(0, i-200):min(len(text), i+200)])
		}
	}
}
