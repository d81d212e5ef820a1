package access

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// What a route can tell, by weight.
const (
	leastWarning = "warning"
	leastFailed  = "failed"
	eventOverdue = "overdue"
)

func (s *sections) routes(n ast.Node) {
	s.list(n, "routes", true, func(n ast.Node) {
		r := Route{Least: leastWarning}
		s.mapping(n, "a route", []field{
			{"vms", func(n ast.Node) { r.VMs = s.selectors(n, "vms", false) }, true},
			{"except", func(n ast.Node) { r.Except = s.selectors(n, "except", true) }, false},
			{"to", func(n ast.Node) { r.To = s.channels(n) }, true},
			{"least", func(n ast.Node) { r.Least = s.word(n, "least", leastWarning, leastFailed) }, false},
			{"overdue", func(n ast.Node) { r.Overdue = s.overdue(n) }, false},
			{"mention", func(n ast.Node) { r.Mention = s.mentions(n) }, false},
			{"quiet", func(n ast.Node) { r.Quiet = s.quiet(n) }, false},
			{"digest", func(n ast.Node) { r.Digest = s.digest(n) }, false},
			{"continue", func(n ast.Node) { r.Continue = s.flag(n, "continue") }, false},
		})
		s.p.Routes = append(s.p.Routes, r)
	})
}

// channels is where a route tells. Nobody can be told in "every direct conversation".
func (s *sections) channels(n ast.Node) []Where {
	all := s.places(n, "to", true)
	for _, w := range all {
		if w.Direct {
			s.fault(n, "to holds %s; a route tells in channels", quoted(w.String()))
		}
	}
	return all
}

// word is one of a few words.
func (s *sections) word(n ast.Node, what string, words ...string) string {
	text, ok := s.text(n, what)
	if !ok {
		return ""
	}
	if slices.Contains(words, text) {
		return text
	}
	s.fault(n, "%s is %s; it must be %s%s", what, quoted(text), strings.Join(words, " or "), meant(text, words, ""))
	return ""
}

func (s *sections) mentions(n ast.Node) map[string][]Who {
	out := map[string][]Who{}
	var fields []field
	for _, event := range []string{leastWarning, leastFailed, eventOverdue} {
		fields = append(fields, field{event, func(n ast.Node) { out[event] = s.mentioned(n, "mention."+event) }, false})
	}
	s.mapping(n, "mention", fields)
	return out
}

func (s *sections) quiet(n ast.Node) *Quiet {
	var q Quiet
	var from, to bool
	s.mapping(n, "quiet", []field{
		{"from", func(n ast.Node) { q.From, from = s.clock(n, "from") }, true},
		{"to", func(n ast.Node) { q.To, to = s.clock(n, "to") }, true},
		{"zone", func(n ast.Node) { q.Zone = s.zone(n) }, false},
	})
	if from && to && q.From == q.To {
		s.fault(n, "quiet starts and ends at the same time")
	}
	return &q
}

// digest is "off", or when the summary is posted.
func (s *sections) digest(n ast.Node) *Digest {
	if text, ok := scalar(n); ok {
		if text == "off" {
			return &Digest{Off: true}
		}
		s.fault(n, "digest is %s; write off, or at, zone and when", quoted(text))
		return nil
	}
	if b, ok := n.(*ast.BoolNode); ok && !b.Value {
		return &Digest{Off: true}
	}
	var d Digest
	s.mapping(n, "digest", []field{
		{"at", func(n ast.Node) { d.At, d.HasAt = s.clock(n, "at") }, false},
		{"zone", func(n ast.Node) { d.Zone = s.zone(n) }, false},
		{"when", func(n ast.Node) { d.BadOnly = s.word(n, "when", "bad", "always") == "bad" }, false},
	})
	return &d
}
