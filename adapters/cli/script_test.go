package cli

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts drives the whole program from outside. A script begins with an empty state directory, no setting but that
// and a policy for its own account.
func TestScripts(t *testing.T) {
	who, err := account()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(e *testscript.Env) error {
			e.Setenv("STATE_DIR", filepath.Join(e.WorkDir, "state"))
			e.Setenv("POLICY_FILE", filepath.Join(e.WorkDir, "policy.yaml"))
			e.Setenv("SITE_NAME", "lab")
			policy := fmt.Sprintf(scriptPolicy, who.User)
			return os.WriteFile(filepath.Join(e.WorkDir, "policy.yaml"), []byte(policy), 0o600)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"simulate": simulateCmd,
			"exits":    exitsCmd,
			"hold":     holdCmd,
			"tamper":   tamperCmd,
		},
	})
}

const scriptPolicy = `version: 1
grants:
  - name: operators
    who: ["console:%s"]
    vms: ["web*", "wbe*"]
    can: [all]
`

// simulateCmd starts the program's own simulated server, and sets what is needed to reach it: simulate [flag...]. At the
// script's end it is told to stop, and must end well.
func simulateCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("simulate cannot be negated: use exec")
	}
	path, err := lookPath(ts.Getenv("PATH"))
	ts.Check(err)
	cmd := exec.Command(path, append([]string{"simulate"}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	ts.Defer(func() {
		if runtime.GOOS == "windows" { // which has no signals
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			return
		}
		ts.Check(cmd.Process.Signal(syscall.SIGTERM))
		ts.Check(cmd.Wait())
	})
	ts.Check(err)
	names := map[string]string{
		"url": "VMBACKUP_URL", "fingerprint": "VMBACKUP_TLS_FINGERPRINT", "username": "VMBACKUP_USERNAME", "password": "VMBACKUP_PASSWORD",
	}
	for field := range strings.FieldsSeq(line) {
		name, value, _ := strings.Cut(field, "=")
		if names[name] == "" {
			ts.Fatalf("simulate printed %q", line)
		}
		ts.Setenv(names[name], value)
		delete(names, name)
	}
	if len(names) > 0 {
		ts.Fatalf("simulate printed %q, without %v", line, names)
	}
}

func lookPath(path string) (string, error) {
	for _, dir := range filepath.SplitList(path) {
		for _, name := range []string{programName, programName + ".exe"} {
			if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
				return filepath.Join(dir, name), nil
			}
		}
	}
	return "", exec.ErrNotFound
}

// exitsCmd is exec for a program that ends with a code: exits CODE PROGRAM [argument...].
func exitsCmd(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if want, _ := strconv.Atoi(args[0]); code != want {
		ts.Fatalf("%v ended with %d, not %s", args[1:], code, args[0])
	}
}

// holdCmd takes the state directory, as a running bot does: hold VERB.
func holdCmd(ts *testscript.TestScript, _ bool, args []string) {
	release, err := lockState(ts.Getenv("STATE_DIR"), args[0])
	ts.Check(err)
	ts.Defer(func() { ts.Check(release()) })
}
