package discordtest

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Option types of commands, as Discord numbers them.
const (
	optionSub     = 1
	optionGroup   = 2
	optionString  = 3
	optionInteger = 4
	optionBoolean = 5
	optionNumber  = 10
	optionLast    = 11
)

// verbOption is the name under which people give the subcommand.
const verbOption = "verb"

// Command is a person sending a command off.
type Command struct {
	// User sends it, in Channel (the thread's id in a thread); an empty Channel is Backups.
	User, Channel string
	// Name is the command's; empty is the only one, or the first.
	Name string
	// Options are what was filled in. "verb" is the subcommand, with its group and a blank before it if it has one.
	Options map[string]string
	// DM sends it in the direct conversation with the bot, where only global commands are; Channel may be empty.
	DM bool
}

// Autocomplete is a person typing into an option of a command.
type Autocomplete struct {
	// User types, in Channel (the thread's id in a thread); an empty Channel is Backups.
	User, Channel string
	// Name is the command's; empty is the only one, or the first.
	Name string
	// Options are what was filled in so far. "verb" is the subcommand.
	Options map[string]string
	// Focused is the option that is being typed; what stands in it is in Options.
	Focused string
	// DM types in the direct conversation with the bot.
	DM bool
}

// Command sends a command off and returns the interaction's id; "" when a person could not, as with an option that is not
// registered.
func (s *Server) Command(c Command) string {
	return s.use(kindCommand, Autocomplete{User: c.User, Channel: c.Channel, Name: c.Name, Options: c.Options, DM: c.DM})
}

// Autocomplete asks for suggestions and returns the interaction's id; "" when a person could not.
func (s *Server) Autocomplete(a Autocomplete) string {
	return s.use(kindAutocomplete, a)
}

func (s *Server) use(kind int, a Autocomplete) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	place := s.place(a.Channel, a.DM, a.User)
	if place == nil {
		return ""
	}
	command := s.commandNamed(a.Name, place.kind == typeDM)
	if command == nil {
		return s.mistake("no command %q is registered here", a.Name)
	}
	verbs := strings.Fields(a.Options[verbOption])
	defined := command.children("options")
	for _, verb := range verbs {
		i := slices.IndexFunc(defined, func(o object) bool { return o.number("type") <= optionGroup && o.text("name") == verb })
		if i < 0 {
			return s.mistake("command %s has no %q", command.text("name"), a.Options[verbOption])
		}
		defined = defined[i].children("options")
	}
	filled, wrong := fillOptions(defined, kind, a)
	if wrong != "" {
		return s.mistake("command %s %s: %s", command.text("name"), a.Options[verbOption], wrong)
	}
	for i, verb := range slices.Backward(verbs) {
		inner := object{"type": optionSub, "name": verb, "options": filled}
		if i < len(verbs)-1 {
			inner["type"] = optionGroup
		}
		filled = []object{inner}
	}
	data := object{"id": command.text("id"), "name": command.text("name"), "type": 1, "options": filled}
	if guild := command.text("guild_id"); guild != "" {
		data["guild_id"] = guild
	}
	return s.interact(&interaction{kind: kind, user: a.User, channel: place.id}, data)
}

// commandNamed returns a command that people see where they are: in the guild its own and the global ones.
func (s *Server) commandNamed(name string, direct bool) object {
	scopes := []string{s.opts.Guild, ""}
	if direct {
		scopes = scopes[1:]
	}
	for _, scope := range scopes {
		for _, c := range s.commands[scope] {
			if (name == "" || c.text("name") == name) && offered(c, direct) {
				return c
			}
		}
	}
	return nil
}

// offered reports whether a command's contexts let it be used here.
func offered(c object, direct bool) bool {
	contexts, limited := c["contexts"].([]any)
	want := "0"
	if direct {
		want = "1"
	}
	return !limited || slices.ContainsFunc(contexts, func(v any) bool { return v == json.Number(want) })
}

// fillOptions returns the options of an event, or what the client would not let through. The order is the one of definition.
func fillOptions(defined []object, kind int, a Autocomplete) (filled []object, wrong string) {
	left := maps.Clone(a.Options)
	delete(left, verbOption)
	filled = []object{}
	for _, d := range defined {
		name := d.text("name")
		text, given := left[name]
		delete(left, name)
		focused := kind == kindAutocomplete && name == a.Focused
		switch {
		case d.number("type") <= optionGroup:
			return nil, "a subcommand has to be named"
		case focused && !d.yes("autocomplete"):
			return nil, name + " has no autocomplete"
		case !given && !focused:
			if kind == kindCommand && d.yes("required") {
				return nil, name + " is required"
			}
			continue
		}
		o := object{"type": d.number("type"), "name": name}
		if focused {
			o["focused"], o["value"] = true, text // a string even for numbers
		} else if o["value"], wrong = optionValue(d, text); wrong != "" {
			return nil, name + " " + wrong
		}
		filled = append(filled, o)
	}
	for name := range left {
		return nil, "there is no option " + name
	}
	if kind == kindAutocomplete && !slices.ContainsFunc(filled, func(o object) bool { return o.yes("focused") }) {
		return nil, "there is no option " + a.Focused + " to type in"
	}
	return filled, ""
}

// optionValue is what the client makes of a typed text, or why it does not take it.
func optionValue(d object, text string) (value any, wrong string) {
	if choices := d.children("choices"); len(choices) > 0 {
		if !slices.ContainsFunc(choices, func(c object) bool { return c.text("value") == text }) {
			return nil, "does not offer " + text
		}
	}
	bound := func(name string, otherwise float64) float64 {
		if n, err := strconv.ParseFloat(d.text(name), 64); err == nil {
			return n
		}
		return otherwise
	}
	switch d.number("type") {
	case optionInteger, optionNumber:
		n, err := strconv.ParseFloat(text, 64)
		if _, whole := strconv.ParseInt(text, 10, 64); err != nil || d.number("type") == optionInteger && whole != nil {
			return nil, "is no number"
		}
		const far = 1 << 53
		if n < bound("min_value", -far) || n > bound("max_value", far) {
			return nil, "is out of range"
		}
		return json.Number(text), ""
	case optionBoolean:
		return text == "true", ""
	}
	n := float64(length(text))
	if n < 1 || n < bound("min_length", 0) || n > bound("max_length", 6000) {
		return nil, "is too short or too long"
	}
	return text, ""
}
