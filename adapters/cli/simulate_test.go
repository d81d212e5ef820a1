package cli

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"vmbackup-bot/vmbackup"
)

// startSimulate runs the verb until the test ends, and returns the fields of the line that it prints when it is ready.
func startSimulate(t *testing.T, o simulateOptions) map[string]string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := runSimulate(ctx, o, IO{Out: writer})
		_ = writer.CloseWithError(err) // never fails
		done <- err
	}()
	line, err := bufio.NewReader(reader).ReadString('\n')
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("simulate ended with %v", err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]string{}
	var order []string
	for field := range strings.FieldsSeq(line) {
		name, value, _ := strings.Cut(field, "=")
		fields[name] = value
		order = append(order, name)
	}
	if got := strings.Join(order, " "); got != "url fingerprint username password" {
		t.Fatalf("simulate printed %q", line)
	}
	return fields
}

func TestSimulate(t *testing.T) {
	for _, version := range []string{"8", "9.0", "9.1"} {
		for _, plain := range []bool{false, true} {
			t.Run(version+" http "+strconv.FormatBool(plain), func(t *testing.T) {
				ready := startSimulate(t, simulateOptions{Listen: "127.0.0.1:0", Version: version, Speed: 50, Seed: 1, HTTP: plain})
				u, err := url.Parse(ready["url"])
				if err != nil || u.Hostname() != "localhost" || u.Port() == "0" || (u.Scheme == "http") != plain {
					t.Errorf("url is %q, %v", ready["url"], err)
				}
				if regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(ready["fingerprint"]) == plain {
					t.Errorf("fingerprint is %q", ready["fingerprint"])
				}
				cfg := vmbackup.Config{
					URL: ready["url"], Version: version, Username: ready["username"], Password: vmbackup.NewSecret(ready["password"]),
				}
				if !plain {
					cfg.Fingerprints = []string{ready["fingerprint"]}
				}
				client, err := vmbackup.NewClient(cfg)
				if err != nil {
					t.Fatal(err)
				}
				vms, err := client.VMs(t.Context(), false)
				if err = errors.Join(err, client.Close(t.Context())); err != nil || len(vms) == 0 {
					t.Errorf("%d VMs, %v", len(vms), err)
				}
			})
		}
	}
}

func TestSimulateRefuses(t *testing.T) {
	good := simulateOptions{Listen: "127.0.0.1:0", Version: "9.1", Speed: 1}
	for name, change := range map[string]func(*simulateOptions){
		"every address":  func(o *simulateOptions) { o.Listen = "0.0.0.0:0" },
		"no host":        func(o *simulateOptions) { o.Listen = ":0" },
		"another's host": func(o *simulateOptions) { o.Listen = "192.0.2.1:0" },
		"no port":        func(o *simulateOptions) { o.Listen = "127.0.0.1" },
		"version":        func(o *simulateOptions) { o.Version = "auto" },
		"speed":          func(o *simulateOptions) { o.Speed = 0 },
		"too fast":       func(o *simulateOptions) { o.Speed = maxSpeed * 2 },
	} {
		t.Run(name, func(t *testing.T) {
			o := good
			change(&o)
			err := runSimulate(t.Context(), o, IO{Out: io.Discard})
			if _, usage := errors.AsType[usageError](err); !usage {
				t.Errorf("ended with %v, which is no usage error", err)
			}
		})
	}
}

// TestSimulateTakenPort is no slip on the command line.
func TestSimulateTakenPort(t *testing.T) {
	var lc net.ListenConfig
	taken, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := taken.Close(); err != nil {
			t.Error(err)
		}
	})
	err = runSimulate(t.Context(), simulateOptions{Listen: taken.Addr().String(), Version: "9.1", Speed: 1}, IO{Out: io.Discard})
	if _, usage := errors.AsType[usageError](err); err == nil || usage {
		t.Errorf("on a taken port: %v", err)
	}
}

// TestSimulateCannotTell gives the port back when nobody can be told that it is ready.
func TestSimulateCannotTell(t *testing.T) {
	reader, writer := io.Pipe()
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	err := runSimulate(t.Context(), simulateOptions{Listen: "127.0.0.1:0", Version: "9.1", Speed: 1}, IO{Out: writer})
	if !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("ended with %v", err)
	}
}
