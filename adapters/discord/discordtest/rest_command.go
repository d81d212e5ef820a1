package discordtest

import (
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"time"
)

// Limits of commands.
const (
	maxCommands   = 100
	maxDaily      = 200 // creates in a day and guild
	dailyWindow   = 24 * time.Hour
	appIDMismatch = 20012
)

// scopeOf returns the scope of a call's commands: the guild's id, or "" for global ones.
func (s *Server) scopeOf(c *call) (string, *answer) {
	if c.id("app") != s.opts.App {
		return "", refuse(http.StatusForbidden, appIDMismatch, "You are not authorized to perform this action on this application")
	}
	if scope := c.id("guild"); scope != "" {
		if s.inGuild(c) != nil {
			return "", refuse(http.StatusForbidden, 50001, "Missing Access")
		}
		return scope, nil
	}
	return "", nil
}

func (s *Server) getCommands(c *call) *answer {
	scope, refused := s.scopeOf(c)
	if refused != nil {
		return refused
	}
	return ok(orEmpty(s.commands[scope]))
}

// putCommands replaces all commands of a scope.
func (s *Server) putCommands(c *call) *answer {
	scope, refused := s.scopeOf(c)
	if refused != nil {
		return refused
	}
	list, isList := c.body.([]any)
	if !isList {
		return invalidForm("", "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
	}
	if len(list) > maxCommands {
		return refuse(http.StatusBadRequest, 30032, "Maximum number of application commands reached (100).")
	}
	var p problems
	all := objects(list)
	names := make(map[string]bool)
	for i, o := range all {
		checkCommand(&p, i, o, scope != "")
		id := o.text("name") + " " + commandType(o)
		if names[id] {
			p.add("", "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique")
		}
		names[id] = true
	}
	if a := p.answer(); a != nil {
		return a
	}
	fresh := 0
	for _, o := range all {
		if s.commandIn(scope, o.text("name")) == nil {
			fresh++
		}
	}
	if a := s.countCreates(fresh); a != nil {
		return a
	}
	made := make([]object, len(all))
	for i, o := range all {
		made[i] = s.register(scope, o)
	}
	s.commands[scope] = made
	return ok(made)
}

// postCommand creates a command, or replaces the one of its name.
func (s *Server) postCommand(c *call) *answer {
	scope, refused := s.scopeOf(c)
	if refused != nil {
		return refused
	}
	var p problems
	checkCommand(&p, -1, c.fields, scope != "")
	if a := p.answer(); a != nil {
		return a
	}
	old := s.commandIn(scope, c.fields.text("name"))
	status := http.StatusOK
	if old == nil {
		if status = http.StatusCreated; len(s.commands[scope]) >= maxCommands {
			return refuse(http.StatusBadRequest, 30032, "Maximum number of application commands reached (100).")
		}
		if a := s.countCreates(1); a != nil {
			return a
		}
	}
	made := s.register(scope, c.fields)
	s.forget(scope, made.text("id"))
	s.commands[scope] = append(s.commands[scope], made)
	return &answer{status: status, body: made}
}

// countCreates counts new commands, or refuses them for today.
func (s *Server) countCreates(n int) *answer {
	now := time.Now()
	recent := slices.DeleteFunc(s.creates, func(t time.Time) bool { return now.Sub(t) >= dailyWindow })
	if s.creates = recent; len(recent)+n > maxDaily {
		return refuse(http.StatusBadRequest, 30034, "Max number of daily application command creates has been reached (200)")
	}
	for range n {
		s.creates = append(s.creates, now)
	}
	return nil
}

// register is a command as Discord keeps it: with an id, a version that changes when it does, and without fields that say nothing.
func (s *Server) register(scope string, o object) object {
	made := object{
		"application_id": s.opts.App, "type": 1, "description": "", "default_member_permissions": nil, "nsfw": false,
		"dm_permission": true,
	}
	if scope != "" {
		made["guild_id"] = scope
	} else {
		made["contexts"], made["integration_types"] = nil, []any{json.Number("0")}
	}
	for name, v := range o.clone() {
		switch name {
		case "id", "application_id", "guild_id", "version":
		case "default_member_permissions":
			if v != nil {
				made[name] = o.text(name)
			}
		default:
			if v != nil {
				made[name] = v
			}
		}
	}
	tidy(made)
	old := s.commandIn(scope, o.text("name"))
	if old == nil {
		made["id"] = s.newID()
		made["version"] = s.newID()
		return made
	}
	made["id"], made["version"] = old["id"], old["version"]
	if kept, err := decode(encode(old)); err == nil && !reflect.DeepEqual(kept, any(map[string]any(made.clone()))) {
		made["version"] = s.newID()
	}
	return made
}

// tidy removes what Discord does not send back.
func tidy(o object) {
	for _, name := range []string{"required", "autocomplete"} {
		if v, there := o[name].(bool); there && !v {
			delete(o, name)
		}
	}
	for _, name := range []string{"options", "choices", "channel_types"} {
		if v, there := o[name]; there && len(o.list(name)) == 0 && (v == nil || o.list(name) != nil) {
			delete(o, name)
		}
	}
	for _, name := range []string{"name_localizations", "description_localizations"} {
		delete(o, name)
	}
	for _, part := range slices.Concat(o.children("options"), o.children("choices")) {
		tidy(part)
	}
}

func (s *Server) commandIn(scope, name string) object {
	for _, o := range s.commands[scope] {
		if o.text("name") == name {
			return o
		}
	}
	return nil
}

func (s *Server) forget(scope, id string) bool {
	before := len(s.commands[scope])
	s.commands[scope] = slices.DeleteFunc(slices.Clone(s.commands[scope]), func(o object) bool { return o.text("id") == id })
	return len(s.commands[scope]) < before
}

// commandOf returns the command in a call's path, or the refusal.
func (s *Server) commandOf(c *call) (string, object, *answer) {
	scope, refused := s.scopeOf(c)
	if refused != nil {
		return "", nil, refused
	}
	for _, o := range s.commands[scope] {
		if o.text("id") == c.id("command") {
			return scope, o, nil
		}
	}
	return "", nil, refuse(http.StatusNotFound, 10063, "Unknown application command")
}

func (s *Server) getCommand(c *call) *answer {
	_, o, refused := s.commandOf(c)
	if refused != nil {
		return refused
	}
	return ok(o)
}

func (s *Server) patchCommand(c *call) *answer {
	scope, old, refused := s.commandOf(c)
	if refused != nil {
		return refused
	}
	o := old.clone()
	maps.Copy(o, c.fields)
	var p problems
	checkCommand(&p, -1, o, false)
	if a := p.answer(); a != nil {
		return a
	}
	made := s.register(scope, o)
	made["id"] = old["id"]
	s.forget(scope, old.text("id"))
	s.commands[scope] = append(s.commands[scope], made)
	return ok(made)
}

func (s *Server) deleteCommand(c *call) *answer {
	scope, o, refused := s.commandOf(c)
	if refused != nil {
		return refused
	}
	s.forget(scope, o.text("id"))
	return noContent()
}

// Commands returns the registered commands, the guild's before the global ones, as a JSON array.
func (s *Server) Commands() json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return encode(orEmpty(slices.Concat(s.commands[s.opts.Guild], s.commands[""])))
}

// CommandCreates returns how many commands Discord counted as created in the last day.
func (s *Server) CommandCreates() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.creates = slices.DeleteFunc(s.creates, func(t time.Time) bool { return now.Sub(t) >= dailyWindow })
	return len(s.creates)
}
