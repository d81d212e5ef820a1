package discordtest

import (
	"regexp"
	"slices"
	"strings"
)

// everyone stands for @everyone and @here in lists of who was notified.
const everyone = "everyone"

// mentioned returns whom a draft mentions: ids of people and roles, or everyone. Embeds mention nobody. Neither a backslash nor
// a code span is taken for protection: what holds must hold without them.
func (s *Server) mentioned(d draft, a allowed) []string {
	text := d.content
	if d.flags&flagComponentsV2 != 0 {
		text = displayed(d.components)
	}
	var ids []string
	add := func(id string) {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	broad := s.may(d.channel, MentionEveryone)
	if a.everyone && broad && (strings.Contains(text, "@everyone") || strings.Contains(text, "@here")) {
		add(everyone)
	}
	for _, found := range regexp.MustCompile(`<@(!?|&)(\d{5,20})>`).FindAllStringSubmatch(text, -1) {
		id := found[2]
		switch role := found[1] == "&"; {
		case role && broad && (a.roles || slices.Contains(a.roleIDs, id)):
			add(id)
		case !role && s.members[id] != nil && (a.users || slices.Contains(a.userIDs, id)):
			add(id)
		}
	}
	return ids
}

// displayed is the text of components of the second kind, which mentions like content.
func displayed(components []object) string {
	var b strings.Builder
	for _, c := range components {
		if c.number("type") == componentText {
			b.WriteString(c.text("content") + "\n")
		}
		b.WriteString(displayed(c.children("components")))
	}
	return b.String()
}
