package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// lockName is the file in the state directory that is locked. It stays when the lock goes: a file that is removed could
// be locked by one process and made anew by another.
const lockName = "lock"

// errLocked means that another process holds the lock.
var errLocked = errors.New("locked")

// holderLimit is more than the words about a holder need.
const holderLimit = 512

// lockState takes the state directory for a verb, and makes it where it is missing. The lock goes with the process,
// however that ends; release gives it back before.
func lockState(dir, verb string) (release func() error, err error) {
	if err := makeStateDir(dir); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, lockName)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, withHint(fmt.Errorf("open the lock of the state directory: %w", err), "set STATE_DIR to a folder that this account may write to")
	}
	if err := lockPatiently(f); err != nil {
		if errors.Is(err, errLocked) {
			err = withHint(fmt.Errorf("another vmbackup-bot (%s) uses this state directory", holderOf(f)),
				"stop that one, or set STATE_DIR to another folder")
		} else {
			err = fmt.Errorf("lock the state directory: %w", err)
		}
		return nil, errors.Join(err, f.Close())
	}
	if err := writeHolder(f, verb); err != nil {
		return nil, errors.Join(fmt.Errorf("write into the lock: %w", err), f.Close())
	}
	return func() error {
		return errors.Join(f.Truncate(0), unlockFile(f), f.Close())
	}, nil
}

// How often, and after which pause, a lock that is taken is tried again: check holds it for an instant when it asks who
// does, and must not keep a bot from starting.
const (
	lockTries = 5
	lockPause = 50 * time.Millisecond
)

func lockPatiently(f *os.File) error {
	for tries := 1; ; tries++ {
		err := lockFile(f, true)
		if !errors.Is(err, errLocked) || tries == lockTries {
			return err
		}
		<-time.After(lockPause)
	}
}

// stateHolder says who holds the state directory; empty where nobody does. It makes and changes nothing, so that it can
// be asked by another account than the bot's.
func stateHolder(dir string) (holder string, err error) {
	f, err := os.Open(filepath.Join(dir, lockName))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	err = lockFile(f, false)
	if errors.Is(err, errLocked) {
		return holderOf(f), nil
	}
	if err != nil {
		return "", err
	}
	return "", unlockFile(f)
}

func writeHolder(f *os.File, verb string) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt(fmt.Appendf(nil, "%s\n%d\n%s\n", verb, os.Getpid(), time.Now().UTC().Format(time.RFC3339)), 0)
	return err
}

// holderOf reads who holds a lock, from what the holder wrote.
func holderOf(f *os.File) string {
	buf := make([]byte, holderLimit)
	n, _ := f.ReadAt(buf, 0) // what cannot be read is as good as empty
	lines := strings.Split(string(buf[:n]), "\n")
	if len(lines) < 3 {
		return "just starting"
	}
	pid, errPID := strconv.Atoi(lines[1])
	since, errSince := time.Parse(time.RFC3339, lines[2])
	if errPID != nil || errSince != nil {
		return "just starting"
	}
	return fmt.Sprintf("%s, pid %d, since %s", lines[0], pid, since.Local().Format("2006-01-02 15:04:05"))
}
