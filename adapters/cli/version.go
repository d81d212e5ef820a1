package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// runVersion says which program this is. A build from a checkout has no version, only a commit.
func runVersion(io IO) error {
	version, commit, dirty := "unknown", "unknown", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		if info.Main.Version != "" {
			version = info.Main.Version
		}
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				commit = s.Value
			case s.Key == "vcs.modified" && s.Value == "true":
				dirty = " with changes"
			}
		}
	}
	_, err := fmt.Fprintf(io.Out, "vmbackup-bot %s\ncommit %s%s\n%s %s/%s\n", version, commit, dirty, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
