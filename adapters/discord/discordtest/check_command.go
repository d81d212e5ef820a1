package discordtest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Limits of a command, in characters or pieces.
const (
	maxName          = 32
	maxDescription   = 100
	maxOptions       = 25
	maxCommandSum    = 8000 // of names, descriptions and values
	maxOptionLength  = 6000
	lastContext      = 2
	commandTypeChat  = "1"
	namePattern      = `^[-_'\p{L}\p{N}\p{Devanagari}\p{Thai}]+$`
	permissionsMatch = `^\d+$`
)

// commandChecker checks one command.
type commandChecker struct {
	p   *problems
	sum int
}

func commandType(o object) string {
	if t := o.text("type"); t != "" {
		return t
	}
	return commandTypeChat
}

// checkCommand checks a command for chat input. The index is its place in a list, or below zero when it stands alone.
func checkCommand(p *problems, index int, o object, inGuild bool) {
	at := ""
	if index >= 0 {
		at = strconv.Itoa(index)
	}
	if commandType(o) != commandTypeChat {
		p.add(join(at, "type"), "BASE_TYPE_CHOICES", "Value must be one of {1}: nobody here asks for menus.")
	}
	c := commandChecker{p: p}
	c.named(at, o)
	if v := o["default_member_permissions"]; v != nil && !regexp.MustCompile(permissionsMatch).MatchString(o.text("default_member_permissions")) {
		p.add(join(at, "default_member_permissions"), "NUMBER_TYPE_COERCE", "Value is not a number of permissions.")
	}
	for _, name := range []string{"contexts", "integration_types"} {
		if v := o[name]; v != nil {
			checkContexts(p, join(at, name), o.list(name), inGuild)
		}
	}
	c.options(at, o, 0)
	if c.sum > maxCommandSum {
		p.add(at, "APPLICATION_COMMAND_TOO_LARGE", "Command exceeds maximum size (%d)", maxCommandSum)
	}
}

func join(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}

// checkContexts checks where a command can be used and installed, which only global commands may say.
func checkContexts(p *problems, at string, list []any, inGuild bool) {
	if inGuild {
		p.add(at, "APPLICATION_COMMAND_GUILD_SCOPE", "Only a global command can have this field.")
	}
	if len(list) == 0 {
		p.add(at, "BASE_TYPE_BAD_LENGTH", "Must be at least 1 in length.")
	}
	var seen []any
	for _, v := range list {
		n, isNumber := v.(json.Number)
		value, err := strconv.Atoi(n.String())
		if !isNumber || err != nil || value < 0 || value > lastContext || slices.Contains(seen, v) {
			p.add(at, "BASE_TYPE_CHOICES", "Values must be different and one of {0, 1, 2}.")
		}
		seen = append(seen, v)
	}
}

// named checks the name and the description of a command or an option.
func (c *commandChecker) named(at string, o object) {
	name, description := o.text("name"), o.text("description")
	switch n := length(name); {
	case n < 1 || n > maxName:
		c.p.add(join(at, "name"), "BASE_TYPE_BAD_LENGTH", "Must be between 1 and %d in length.", maxName)
	case !regexp.MustCompile(namePattern).MatchString(name):
		c.p.add(join(at, "name"), "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
	case strings.ToLower(name) != name:
		c.p.add(join(at, "name"), "APPLICATION_COMMAND_INVALID_NAME", "Command name must be lower case")
	}
	if n := length(strings.TrimSpace(description)); n < 1 || n > maxDescription {
		c.p.add(join(at, "description"), "BASE_TYPE_BAD_LENGTH", "Must be between 1 and %d in length.", maxDescription)
	}
	c.sum += length(name) + length(description)
}

// options checks the options of a command (depth 0), a subcommand or a group.
func (c *commandChecker) options(at string, parent object, depth int) {
	list := parent.children("options")
	if len(list) > maxOptions {
		c.p.add(join(at, "options"), "BASE_TYPE_MAX_LENGTH", "Must be %d or fewer in length.", maxOptions)
	}
	var names []string
	optional, subs, values := false, 0, 0
	for i, o := range list {
		where := join(at, fmt.Sprintf("options.%d", i))
		c.option(where, o, depth, parent.number("type"))
		if o.number("type") <= optionGroup {
			subs++
		} else {
			values++
		}
		if o.yes("required") && optional {
			c.p.add(where, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", "Required options must be placed before non-required options")
		}
		optional = optional || !o.yes("required")
		if slices.Contains(names, o.text("name")) {
			c.p.add(join(at, "options"), "APPLICATION_COMMAND_OPTIONS_NAME_INVALID", "Option names must be unique")
		}
		names = append(names, o.text("name"))
	}
	if subs > 0 && values > 0 {
		c.p.add(join(at, "options"), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Subcommands and other options cannot be mixed")
	}
}

func (c *commandChecker) option(at string, o object, depth, parent int) {
	c.named(at, o)
	kind := o.number("type")
	switch {
	case kind < optionSub || kind > optionLast:
		c.p.add(at+".type", "BASE_TYPE_CHOICES", "Value must be between 1 and 11.")
	case depth > 0 && kind == optionGroup, depth > 1 && kind == optionSub, parent == optionSub && depth > 0 && kind <= optionGroup:
		c.p.add(at+".type", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Subcommands cannot be nested like this")
	case kind == optionGroup && slices.ContainsFunc(o.children("options"), func(x object) bool { return x.number("type") != optionSub }):
		c.p.add(at+".options", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "A group holds subcommands only")
	}
	if kind <= optionGroup {
		c.options(at, o, depth+1)
		return
	}
	if o.list("options") != nil {
		c.p.add(at+".options", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Only subcommands have options")
	}
	c.values(at, o, kind)
}

// values checks what may be put into an option.
func (c *commandChecker) values(at string, o object, kind int) {
	choices := o.children("choices")
	typed := kind == optionString || kind == optionInteger || kind == optionNumber
	switch {
	case len(choices) > 0 && !typed, o.yes("autocomplete") && !typed:
		c.p.add(at, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Only strings and numbers have choices")
	case len(choices) > 0 && o.yes("autocomplete"):
		c.p.add(at, "APPLICATION_COMMAND_AUTOCOMPLETE_CHOICES", "Autocomplete excludes choices")
	case len(choices) > maxChoices:
		c.p.add(at+".choices", "BASE_TYPE_MAX_LENGTH", "Must be %d or fewer in length.", maxChoices)
	}
	var seen []string
	for i, choice := range choices {
		checkChoice(c.p, at+".choices", i, choice)
		name := choice.text("name")
		if slices.Contains(seen, name) {
			c.p.add(at+".choices", "APPLICATION_COMMAND_OPTIONS_CHOICES_DUPLICATE", "Choice names must be unique")
		}
		if _, text := choice["value"].(string); text != (kind == optionString) {
			c.p.add(at+".choices."+strconv.Itoa(i)+".value", "BASE_TYPE_BAD_TYPE", "The value does not fit the option.")
		}
		seen = append(seen, name)
		c.sum += length(name) + length(choice.text("value"))
	}
	for name, least := range map[string]int{"min_length": 0, "max_length": 1} {
		if o[name] == nil {
			continue
		}
		if n := o.number(name); kind != optionString || n < least || n > maxOptionLength {
			c.p.add(at+"."+name, "NUMBER_TYPE_MAX", "Only a string has this, between %d and %d.", least, maxOptionLength)
		}
	}
	for _, name := range []string{"min_value", "max_value"} {
		if o[name] != nil && kind != optionInteger && kind != optionNumber {
			c.p.add(at+"."+name, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Only a number has this.")
		}
	}
}
