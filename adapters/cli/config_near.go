package cli

import (
	"runtime"
	"slices"
	"strings"

	"github.com/hbollon/go-edlib"
)

const (
	// nearEdits and nearScore say how alike two names are that are taken for one: two slips of the hand, or the long
	// common beginnings that our names have.
	nearEdits = 2
	nearScore = 0.93
	// nearLength is how long a known name must be to be looked for among names of others: LISTEN is too near to too much.
	nearLength = 8
)

// ourPrefixes begin no name of anybody else's.
var ourPrefixes = []string{"VMBACKUP_", "SLACK_", "DISCORD_"}

// nearMisses names the variables of an environment that mean nothing to us but look like one of ours that was misspelt.
func nearMisses(environ []string) []error {
	known := knownNames()
	var problems []error
	for _, line := range environ {
		name, value, _ := strings.Cut(line, "=")
		if name == "" || value == "" || isKnown(name, known) {
			continue
		}
		if meant := nearest(name, known); meant != "" {
			problems = append(problems, problem(name, "is no setting; %s is meant?", meant))
		}
	}
	slices.SortFunc(problems, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return problems
}

// isKnown compares as the operating system does.
func isKnown(name string, known []string) bool {
	if runtime.GOOS == "windows" {
		name = strings.ToUpper(name)
	}
	return slices.Contains(known, name)
}

// nearest is the known name that another one was meant to be; empty where there is none.
func nearest(name string, known []string) string {
	upper := strings.ToUpper(name)
	ours := slices.ContainsFunc(ourPrefixes, func(p string) bool { return strings.HasPrefix(upper, p) })
	best, bestEdits := "", 0
	for _, k := range known {
		edits := edlib.DamerauLevenshteinDistance(upper, k)
		alike := edits <= nearEdits && len(k) >= nearLength
		if ours {
			alike = edits <= nearEdits || edlib.JaroWinklerSimilarity(upper, k) >= nearScore
		}
		if alike && (best == "" || edits < bestEdits) {
			best, bestEdits = k, edits
		}
	}
	return best
}
