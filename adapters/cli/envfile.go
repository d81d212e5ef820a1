package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// applyEnvFile puts the NAME=value lines of a file into the environment, where that has not got them yet: the real
// environment wins, and a secret there also wins over the file that a NAME_FILE line names, and the other way round. An
// empty variable is as good as none. It runs before anything reads the environment.
func applyEnvFile(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the file of --env-file: %w", err)
	}
	values, err := parseEnvFile(path, string(data))
	if err != nil {
		return err
	}
	ours := make(map[string]bool)
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		ours[name] = strings.TrimSpace(value) != ""
	}
	for name, value := range values {
		if ours[name] || ours[name+fileSuffix] || ours[strings.TrimSuffix(name, fileSuffix)] {
			continue
		}
		if err := os.Setenv(name, value); err != nil {
			return fmt.Errorf("%s: %s cannot be set: %w", path, name, err)
		}
	}
	return nil
}

// parseEnvFile reads NAME=value lines, as systemd's EnvironmentFile= and Docker's --env-file have them: blank lines and
// lines that begin with # are left out, blanks around name and value as well, and one pair of quotes around the value.
// Nothing in a value is expanded, and # is nothing special there. Of a name that comes twice the last one counts.
//
// The error names every bad line, by its number alone: the line may hold a secret.
func parseEnvFile(path, text string) (map[string]string, error) {
	values := make(map[string]string)
	var problems []error
	n := 0
	for line := range strings.SplitSeq(strings.TrimPrefix(text, "\ufeff"), "\n") {
		n++
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		name = strings.TrimSpace(strings.TrimPrefix(name, "export "))
		if !ok || !isEnvName(name) {
			problems = append(problems, fmt.Errorf("%s:%d: is not of the form NAME=value", path, n))
			continue
		}
		if strings.ContainsRune(value, 0) {
			problems = append(problems, fmt.Errorf("%s:%d: holds a zero byte", path, n))
			continue
		}
		values[name] = unquote(strings.TrimSpace(value))
	}
	return values, errors.Join(problems...)
}

func isEnvName(name string) bool {
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}

// unquote takes one pair of quotes away.
func unquote(value string) string {
	if n := len(value); n >= 2 && value[0] == value[n-1] && (value[0] == '"' || value[0] == '\'') {
		return value[1 : n-1]
	}
	return value
}
