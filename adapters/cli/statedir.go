package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

const (
	// programName is what our folders are called.
	programName = "vmbackup-bot"
	// systemState is where services keep their state (Filesystem Hierarchy Standard, /var/lib).
	systemState = "/var/lib/" + programName
	// stateMode keeps the state to the bot's own account: it holds names of people and machines.
	stateMode = 0o700
)

// defaultStateDir is where the state is kept unless STATE_DIR says otherwise.
func defaultStateDir() (string, error) {
	if runtime.GOOS == "windows" {
		if dir := os.Getenv("ProgramData"); dir != "" {
			return filepath.Join(dir, programName), nil
		}
		return "", problem("STATE_DIR", "is not set, and neither is ProgramData")
	}
	if isService() {
		return systemState, nil
	}
	return personStateDir()
}

// personStateDir is where the state of somebody's own bot is kept.
func personStateDir() (string, error) {
	// The XDG base directory specification: a value that is not absolute is to be ignored.
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, programName), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", problem("STATE_DIR", "is not set, and this account has no home")
	}
	return filepath.Join(home, ".local", "state", programName), nil
}

// firstPerson is the first user id that Linux distributions give to people; those below belong to services (login.defs).
const firstPerson = 1000

// isService reports whether this is root, a service's account, or something that systemd started with a StateDirectory=.
func isService() bool {
	uid := os.Geteuid()
	return uid == 0 || runtime.GOOS == "linux" && uid < firstPerson || os.Getenv("STATE_DIRECTORY") != ""
}

// makeStateDir makes the state directory where it is missing.
func makeStateDir(dir string) error {
	if dir == "" {
		return problem("STATE_DIR", "is not set")
	}
	if err := os.MkdirAll(dir, stateMode); err != nil {
		return withHint(fmt.Errorf("make the state directory: %w", err), "set STATE_DIR to a folder that this account may write to")
	}
	return nil
}
