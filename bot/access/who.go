package access

import (
	"slices"
	"strings"
	"unicode"

	"vmbackup-bot/bot/chat"
)

// whoKind is what a Who names.
type whoKind int

const (
	whoUser whoKind = iota + 1
	whoRole         // a Slack user group or a Discord role
	whoGroup
	whoAnyone
)

// Who names an account, a group of a platform, a group of the policy, or anyone.
type Who struct {
	text     string
	kind     whoKind
	platform string
	team     string // only in slack:<team>/<user>
	id       string // user, user group, role, or name of the policy's group
}

// String is the entry as it stands in the file.
func (w Who) String() string { return w.text }

// Account is the account that w names; false where it names a group or anyone. The team is empty where the file leaves
// it out.
func (w Who) Account() (chat.Actor, bool) {
	return chat.Actor{Platform: w.platform, Team: w.team, User: w.id}, w.kind == whoUser
}

// PlatformGroup is the platform and the id of the Slack user group or Discord role that w names; false for anything else.
func (w Who) PlatformGroup() (platform, id string, ok bool) {
	return w.platform, w.id, w.kind == whoRole
}

// Where names a channel, or every direct conversation with the bot on a platform.
type Where struct {
	// Platform is slack, discord, console or fake.
	Platform string
	// Channel is the channel's id; empty where Direct is set.
	Channel string
	// Direct is set by "<platform>:dm".
	Direct bool
}

// String is the entry as it stands in the file.
func (w Where) String() string {
	if w.Direct {
		return w.Platform + ":" + direct
	}
	return w.Platform + ":" + w.Channel
}

// matches reports whether p is the channel, or a thread in it.
func (w Where) matches(p chat.Place) bool {
	if w.Platform != p.Platform || w.Direct != p.Direct {
		return false
	}
	return w.Direct || w.Channel == p.Channel
}

const (
	direct      = "dm"
	anyone      = "anyone"
	groupPrefix = "group"
	slack       = "slack"
	discord     = "discord"
	console     = "console"
	// fake is the platform of tests. No adapter of that name is ever connected to people.
	fake = "fake"
)

func platforms() []string { return []string{slack, discord, console, fake} }

// parseWho reads one entry of who, by, mention, people or groups; the string is what is wrong with it. Whether a group
// exists is looked at later.
func parseWho(text string) (Who, string) {
	w := Who{text: text, kind: whoUser}
	if text == anyone {
		w.kind = whoAnyone
		return w, ""
	}
	prefix, rest, ok := strings.Cut(text, ":")
	if !ok {
		return w, "unknown form " + quoted(text) + meant(text, []string{anyone}, "; write <platform>:<user>, group:<name> or anyone")
	}
	w.platform, w.id = prefix, rest
	switch prefix {
	case groupPrefix:
		w.kind, w.platform = whoGroup, ""
	case slack:
		if group, found := strings.CutPrefix(rest, "usergroup:"); found {
			w.kind, w.id = whoRole, group
		} else if team, user, found := strings.Cut(rest, "/"); found {
			w.team, w.id = team, user
			if fault := badID(text, team); fault != "" {
				return w, fault
			}
		}
	case discord:
		if role, found := strings.CutPrefix(rest, "role:"); found {
			w.kind, w.id = whoRole, role
		}
	case console, fake:
		// An operating-system account may hold colons and slashes.
		if rest == "" || hasBlank(rest) {
			return w, quoted(text) + " names nobody"
		}
		return w, ""
	default:
		return w, "unknown form " + quoted(text) + meantPrefix(prefix, rest, append(platforms(), groupPrefix))
	}
	if sub, id, found := strings.Cut(w.id, ":"); found {
		words := map[string][]string{slack: {"usergroup"}, discord: {"role"}}[prefix]
		near := nearest(sub, words)
		if near == "" {
			return w, "unknown form " + quoted(text)
		}
		return w, "unknown form " + quoted(text) + "; did you mean " + quoted(prefix+":"+near+":"+id) + "?"
	}
	return w, badID(text, w.id)
}

// parseWhere reads one entry of in or to; the string is what is wrong with it.
func parseWhere(text string) (Where, string) {
	platform, channel, ok := strings.Cut(text, ":")
	if !ok {
		return Where{}, "unknown form " + quoted(text) + "; write <platform>:<channel> or <platform>:dm"
	}
	if !slices.Contains(platforms(), platform) {
		return Where{}, "unknown form " + quoted(text) + meantPrefix(platform, channel, platforms())
	}
	if channel == direct {
		return Where{Platform: platform, Direct: true}, ""
	}
	if platform == console || platform == fake {
		if channel == "" || hasBlank(channel) {
			return Where{}, quoted(text) + " names no channel"
		}
		return Where{Platform: platform, Channel: channel}, ""
	}
	return Where{Platform: platform, Channel: channel}, badID(text, channel)
}

// badID says what is wrong with an id of Slack or Discord; their ids are plain words, and names never stand for them.
func badID(text, id string) string {
	switch {
	case id == "":
		return quoted(text) + " lacks the id"
	case strings.HasPrefix(id, "@"), strings.HasPrefix(id, "#"):
		return quoted(text) + " holds a name where the id must stand; whoami shows the ids"
	case hasBlank(id), strings.ContainsAny(id, "/:,<>"):
		return quoted(text) + " is not an id; whoami shows the ids"
	}
	return ""
}

func hasBlank(s string) bool {
	return strings.TrimSpace(s) != s || strings.ContainsFunc(s, unicode.IsControl)
}

func meantPrefix(prefix, rest string, known []string) string {
	known = slices.DeleteFunc(slices.Clone(known), func(p string) bool { return p == fake })
	if near := nearest(prefix, known); near != "" {
		return "; did you mean " + quoted(near+":"+rest) + "?"
	}
	return "; it must start with " + strings.Join(known, ":, ") + ":"
}
