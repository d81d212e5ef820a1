package access

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// named is an entry that refers to a group, kept until all groups are known.
type named struct {
	node ast.Node
	who  Who
}

// sections reads the parts of a policy and remembers what has to be looked at across them.
type sections struct {
	*reader
	p      *Policy
	groups []named
	// accounts maps each account of people, without its team, to the human it was given to.
	accounts map[string]string
}

// policy is the whole file. Its faults are noted; the result counts only when there are none.
func (r *reader) policy(root ast.Node) *Policy {
	s := &sections{
		reader: r, accounts: map[string]string{},
		p: &Policy{People: map[string][]Who{}, Groups: map[string][]Who{}},
	}
	s.mapping(root, "the policy", []field{
		{"version", s.version, true},
		{"contact", func(n ast.Node) { s.p.Contact, _ = s.text(n, "contact") }, false},
		{"people", s.people, false},
		{"groups", s.members, false},
		{"grants", s.grants, false},
		{"approvals", s.approvals, false},
		{"alerts", s.alerts, false},
		{"routes", s.routes, false},
	})
	s.groupsExist()
	return s.p
}

func (s *sections) version(n ast.Node) {
	v, ok := s.text(n, "version")
	if !ok {
		return
	}
	if v != version {
		s.fault(n, "unknown version %s; did you mean %s, the only one there is?", quoted(v), version)
		return
	}
	s.p.Version = 1
}

func (s *sections) people(n ast.Node) {
	for _, v := range s.pairs(n, "people") {
		human, _ := scalar(v.Key)
		s.list(v.Value, "people."+human, false, func(n ast.Node) {
			w, ok := s.who(n, "people."+human)
			if !ok {
				return
			}
			if w.kind != whoUser {
				s.fault(n, "%s is not an account; people lists the accounts of one human", quoted(w.text))
				return
			}
			account := w.platform + ":" + w.id // as SameHuman compares them
			if other, taken := s.accounts[account]; taken && other != human {
				s.fault(n, "%s already belongs to %s", quoted(w.text), quoted(other))
				return
			}
			s.accounts[account] = human
			s.p.People[human] = append(s.p.People[human], w)
		})
	}
}

func (s *sections) members(n ast.Node) {
	pairs := s.pairs(n, "groups")
	for _, v := range pairs {
		name, _ := scalar(v.Key)
		if strings.TrimSpace(name) == "" {
			s.fault(v.Key, "a group has no name")
			continue
		}
		s.p.Groups[name] = s.whos(v.Value, "groups."+name)
	}
	s.noCycles(pairs)
}

// noCycles reports each circle of groups once, at the group that closes it.
func (s *sections) noCycles(pairs []*ast.MappingValueNode) {
	const open, done = 1, 2
	state := map[string]int{}
	var visit func(name string) string
	visit = func(name string) string {
		switch state[name] {
		case open:
			return name
		case done:
			return ""
		}
		state[name] = open
		defer func() { state[name] = done }()
		for _, w := range s.p.Groups[name] {
			if w.kind != whoGroup {
				continue
			}
			if circle := visit(w.id); circle != "" {
				return circle
			}
		}
		return ""
	}
	keys := map[string]ast.Node{}
	for _, v := range pairs {
		name, _ := scalar(v.Key)
		keys[name] = v.Key
	}
	for _, v := range pairs {
		name, _ := scalar(v.Key)
		if circle := visit(name); circle != "" {
			s.fault(keys[circle], "group %s contains itself", quoted(circle))
		}
	}
}

// groupsExist reports every mention of a group that the file does not define.
func (s *sections) groupsExist() {
	var names []string
	for name := range s.p.Groups {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, g := range s.groups {
		if _, ok := s.p.Groups[g.who.id]; ok {
			continue
		}
		otherwise := "; the file defines no groups"
		if len(names) > 0 {
			otherwise = "; the groups are " + strings.Join(names, ", ")
		}
		if near := nearest(g.who.id, names); near != "" {
			otherwise = fmt.Sprintf("; did you mean %q?", groupPrefix+":"+near)
		}
		s.fault(g.node, "unknown group %s%s", quoted(g.who.id), otherwise)
	}
}

func (s *sections) grants(n ast.Node) {
	seen := map[string]bool{}
	s.list(n, "grants", true, func(n ast.Node) {
		var g Grant
		what := "a grant"
		s.mapping(n, what, []field{
			{"name", func(n ast.Node) {
				g.Name, _ = s.text(n, "name")
				if g.Name != "" && seen[g.Name] {
					s.fault(n, "a second grant is called %s", quoted(g.Name))
				}
				seen[g.Name] = true
			}, true},
			{"who", func(n ast.Node) { g.Who = s.whos(n, "who") }, true},
			{"in", func(n ast.Node) { g.In = s.places(n, "in", false) }, false},
			{"vms", func(n ast.Node) { g.VMs = s.selectors(n, "vms", false) }, true},
			{"except", func(n ast.Node) { g.Except = s.selectors(n, "except", true) }, false},
			{"can", func(n ast.Node) { g.Can = s.can(n, "can", true) }, true},
			{"limit", func(n ast.Node) { g.Limit = s.limit(n) }, false},
		})
		s.p.Grants = append(s.p.Grants, g)
	})
}

func (s *sections) approvals(n ast.Node) {
	s.list(n, "approvals", true, func(n ast.Node) {
		var a Approval
		s.mapping(n, "an approval", []field{
			{"verbs", func(n ast.Node) { a.Verbs = s.can(n, "verbs", false) }, true},
			{"by", func(n ast.Node) { a.By = s.whos(n, "by") }, true},
			{"in", func(n ast.Node) { a.In = s.places(n, "in", false) }, false},
			{"expires", func(n ast.Node) { a.Expires = s.duration(n, "expires") }, false},
			{"mention", func(n ast.Node) { a.Mention = s.mentioned(n, "mention") }, false},
			{"break_glass", func(n ast.Node) { a.BreakGlass = s.breakGlass(n) }, false},
		})
		s.p.Approvals = append(s.p.Approvals, a)
	})
}

func (s *sections) breakGlass(n ast.Node) *BreakGlass {
	var b BreakGlass
	s.mapping(n, "break_glass", []field{
		{"by", func(n ast.Node) { b.By = s.whos(n, "by") }, true},
		{"after", func(n ast.Node) { b.After = s.duration(n, "after") }, true},
	})
	return &b
}

func (s *sections) alerts(n ast.Node) {
	s.mapping(n, "alerts", []field{
		{"every", func(n ast.Node) { s.p.Alerts.Every = s.duration(n, "every") }, false},
		{"overdue", func(n ast.Node) { s.p.Alerts.Overdue = s.overdue(n) }, false},
		{"repeat", func(n ast.Node) { s.p.Alerts.Repeat = s.duration(n, "repeat") }, false},
	})
}
