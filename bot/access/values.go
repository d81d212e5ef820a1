package access

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// who is one entry that names people.
func (s *sections) who(n ast.Node, what string) (Who, bool) {
	text, ok := s.text(n, "an entry of "+what)
	if !ok {
		return Who{}, false
	}
	w, fault := parseWho(text)
	if fault != "" {
		s.fault(n, "%s", fault)
		return Who{}, false
	}
	if w.kind == whoGroup {
		s.groups = append(s.groups, named{n, w})
	}
	return w, true
}

func (s *sections) whos(n ast.Node, what string) []Who {
	var all []Who
	s.list(n, what, false, func(n ast.Node) {
		if w, ok := s.who(n, what); ok {
			all = append(all, w)
		}
	})
	return all
}

// mentioned is a list of whom to notify: nobody can notify anyone.
func (s *sections) mentioned(n ast.Node, what string) []Who {
	var all []Who
	s.list(n, what, true, func(n ast.Node) {
		w, ok := s.who(n, what)
		if ok && w.kind == whoAnyone {
			s.fault(n, "anyone cannot be mentioned; name people or a group")
		} else if ok {
			all = append(all, w)
		}
	})
	return all
}

func (s *sections) places(n ast.Node, what string, mayBeEmpty bool) []Where {
	var all []Where
	s.list(n, what, mayBeEmpty, func(n ast.Node) {
		text, ok := s.text(n, "an entry of "+what)
		if !ok {
			return
		}
		w, fault := parseWhere(text)
		if fault != "" {
			s.fault(n, "%s", fault)
			return
		}
		all = append(all, w)
	})
	return all
}

func (s *sections) selectors(n ast.Node, what string, mayBeEmpty bool) []Selector {
	var all []Selector
	s.list(n, what, mayBeEmpty, func(n ast.Node) {
		text, ok := s.text(n, "an entry of "+what)
		if !ok {
			return
		}
		sel, fault := parseSelector(text)
		if fault != "" {
			s.fault(n, "%s", fault)
			return
		}
		all = append(all, sel)
	})
	return all
}

// can is a list of verbs; "all" is spelled out, where it may stand.
func (s *sections) can(n ast.Node, what string, all bool) []Verb {
	var out []Verb
	s.list(n, what, false, func(n ast.Node) {
		text, ok := s.text(n, "an entry of "+what)
		if !ok {
			return
		}
		if text == allWord && all {
			out = append(out, everyday()...)
			return
		}
		v := Verb(text)
		if !slices.Contains(verbs(), v) {
			names := verbNames()
			if all {
				names = append(names, allWord)
			}
			s.fault(n, "unknown verb %s%s", quoted(text), meant(text, names, "; the verbs are "+strings.Join(names, ", ")))
			return
		}
		out = append(out, v)
	})
	slices.Sort(out)
	return slices.Compact(out)
}

var (
	limitForm  = regexp.MustCompile(`^([1-9][0-9]{0,4})/day$`)
	limitCount = regexp.MustCompile(`^[1-9][0-9]{0,4}$`)
)

func (s *sections) limit(n ast.Node) *Limit {
	text, ok := s.text(n, "limit")
	if !ok {
		return nil
	}
	m := limitForm.FindStringSubmatch(text)
	if m == nil {
		hint := "write a number and /day, as in 4/day"
		if count, _, _ := strings.Cut(text, "/"); limitCount.MatchString(count) {
			hint = fmt.Sprintf("did you mean %q?", count+"/day")
		}
		s.fault(n, "%s is not a limit; %s", quoted(text), hint)
		return nil
	}
	count, err := strconv.Atoi(m[1])
	if err != nil {
		s.fault(n, "%s is not a limit", quoted(text))
		return nil
	}
	return &Limit{Count: count, Per: "day"}
}

var dayForm = regexp.MustCompile(`^([1-9][0-9]{0,3})d$`)

// longestDuration is ten years: what is longer is a slip, and sums of it must not overflow.
const longestDuration = 10 * 366 * 24 * time.Hour

func (s *sections) duration(n ast.Node, what string) time.Duration {
	text, ok := s.text(n, what)
	if !ok {
		return 0
	}
	if m := dayForm.FindStringSubmatch(text); m != nil {
		if days, err := strconv.Atoi(m[1]); err == nil {
			text = strconv.Itoa(days*24) + "h"
		}
	}
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		hint := "write a number and a unit, as in 30m, 12h or 7d"
		if _, err := strconv.ParseUint(text, 10, 16); err == nil {
			hint = fmt.Sprintf("did you mean %q?", text+"m")
		}
		s.fault(n, "%s is %s, which is not a duration; %s", what, quoted(text), hint)
	case d <= 0:
		s.fault(n, "%s is %s; it must be more than nothing", what, quoted(text))
	case d > longestDuration:
		s.fault(n, "%s is %s; it must be at most ten years", what, quoted(text))
	default:
		return d
	}
	return 0
}

func (s *sections) overdue(n ast.Node) Overdue {
	text, ok := scalar(n)
	if ok && text == "auto" {
		return Overdue{Auto: true}
	}
	if ok && text != "" && !strings.ContainsAny(text, "0123456789") {
		s.fault(n, "overdue is %s; write auto or a duration%s", quoted(text), meant(text, []string{"auto"}, ""))
		return Overdue{}
	}
	return Overdue{After: s.duration(n, "overdue")}
}

func (s *sections) flag(n ast.Node, what string) bool {
	b, ok := n.(*ast.BoolNode)
	if !ok {
		s.fault(n, "%s is %s; it must be true or false", what, kind(n))
		return false
	}
	return b.Value
}

func (s *sections) clock(n ast.Node, what string) (Clock, bool) {
	text, ok := s.text(n, what)
	if !ok {
		return Clock{}, false
	}
	t, err := time.Parse("15:04", text)
	if err != nil || len(text) != len("15:04") {
		s.fault(n, "%s is %s; it must be a time of day, as in \"08:00\"", what, quoted(text))
		return Clock{}, false
	}
	return Clock{Hour: t.Hour(), Minute: t.Minute()}, true
}

func (s *sections) zone(n ast.Node) *time.Location {
	text, ok := s.text(n, "zone")
	if !ok {
		return nil
	}
	loc, err := time.LoadLocation(text)
	if err != nil || text == "Local" {
		s.fault(n, "unknown time zone %s%s", quoted(text), meant(text, someZones(), "; write its IANA name, as in Europe/Berlin"))
		return nil
	}
	return loc
}

// someZones are the zones that a misspelt one is compared with; any that the machine knows is accepted.
func someZones() []string {
	return []string{
		"UTC", "Europe/Berlin", "Europe/London", "Europe/Paris", "Europe/Vienna", "Europe/Zurich", "Europe/Rome", "Europe/Malta",
		"Europe/Madrid", "Europe/Amsterdam", "America/New_York", "America/Chicago", "America/Los_Angeles", "America/Toronto",
		"Asia/Kolkata", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney",
	}
}
