package cli

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"

	"github.com/kelseyhightower/envconfig"

	"vmbackup-bot/vmbackup"
)

// problem is something wrong with one setting, which it names first.
func problem(name, format string, args ...any) error {
	return fmt.Errorf("%s: %w", name, fmt.Errorf(format, args...))
}

// settings are the variables that Config is read from, in its order.
func settings() []string {
	var names []string
	for f := range reflect.TypeFor[Config]().Fields() {
		if name := f.Tag.Get("envconfig"); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// secretSetting is one setting that may also be given as a file.
type secretSetting struct {
	name  string
	value *vmbackup.Secret
}

func (c *Config) secrets() []secretSetting {
	return []secretSetting{
		{"VMBACKUP_PASSWORD", &c.Password},
		{"SLACK_BOT_TOKEN", &c.SlackBotToken},
		{"SLACK_APP_TOKEN", &c.SlackAppToken},
		{"DISCORD_BOT_TOKEN", &c.DiscordBotToken},
		{"HEARTBEAT_URL", &c.HeartbeatURL},
	}
}

// fileSuffix makes the name of the variable that names a file from that of the secret in it.
const fileSuffix = "_FILE"

// knownNames are all variables that mean something to this program.
func knownNames() []string {
	names := settings()
	for _, s := range (&Config{}).secrets() {
		names = append(names, s.name+fileSuffix)
	}
	return names
}

// trimSetting cuts what a careless hand left around a value. A password may begin or end with a blank, so of that only
// the end of the line goes.
func trimSetting(name, value string) string {
	if name == "VMBACKUP_PASSWORD" {
		return strings.TrimRight(value, "\r\n")
	}
	return strings.TrimSpace(value)
}

// tidyEnvironment trims our variables and unsets those that are empty: envconfig takes an empty one for a value, which
// would then stand in the way of the default.
func tidyEnvironment() {
	for _, name := range knownNames() {
		value, ok := os.LookupEnv(name)
		if !ok {
			continue
		}
		switch trimmed := trimSetting(name, value); {
		case trimmed == "":
			_ = os.Unsetenv(name) // fails only for a name that is none
		case trimmed != value:
			_ = os.Setenv(name, trimmed)
		}
	}
}

// processEnvironment reads what has the right form. envconfig stops at the first value that has not, so such a variable
// is taken out, the reading begun anew, and the variable put back in the end.
func processEnvironment() (Config, []error) {
	var problems []error
	for {
		var c Config
		err := envconfig.Process("", &c)
		if err == nil {
			return c, problems
		}
		bad, ok := errors.AsType[*envconfig.ParseError](err)
		if !ok {
			return c, append(problems, errors.New("the environment cannot be read"))
		}
		value, set := os.LookupEnv(bad.KeyName)
		if !set { // then a default is bad, which no environment can cause
			return c, append(problems, problem(bad.KeyName, "cannot be read"))
		}
		// The value itself is not repeated: it may be a secret under a wrong name.
		problems = append(problems, problem(bad.KeyName, "is not %s", formOf(bad.TypeName)))
		_ = os.Unsetenv(bad.KeyName)
		defer os.Setenv(bad.KeyName, value) //nolint:errcheck // it was set before under the same name
	}
}

// formOf says what a value of a type must look like.
func formOf(typeName string) string {
	switch typeName {
	case "time.Duration":
		return "a duration such as 30s, 10m or 4h"
	case "int":
		return "a whole number"
	case "bool":
		return "true or false"
	}
	return "of the right form"
}

// secretLimit is more than any password or token has; a file that is longer is not the one that was meant.
const secretLimit = 64 << 10

// readSecretFiles reads the secrets that are given as files.
func (c *Config) readSecretFiles() []error {
	var problems []error
	for _, s := range c.secrets() {
		name := s.name + fileSuffix
		path, ok := os.LookupEnv(name)
		switch {
		case !ok:
			continue
		case !s.value.IsZero():
			problems = append(problems, problem(name, "is set as well as %s: unset one of them", s.name))
			continue
		}
		value, err := readSecret(path)
		if err == nil {
			if value = trimSetting(s.name, value); value == "" {
				err = errors.New("the file is empty")
			}
		}
		if err != nil {
			problems = append(problems, problem(name, "%w", err))
			continue
		}
		*s.value = vmbackup.NewSecret(value)
	}
	return problems
}

func readSecret(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if info.Size() > secretLimit {
		return "", fmt.Errorf("%s is too long for a secret", path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	return strings.TrimPrefix(string(data), "\ufeff"), nil // Windows editors put a mark in front
}
