package access

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"vmbackup-bot/bot/chat"
)

const (
	// mostProblems is how many faults of one file are reported; somebody with more starts with the first ones.
	mostProblems = 50
	// longestQuote is how much of a file's words an error repeats, in runes.
	longestQuote = 80
)

// problem is one fault, and where it stands.
type problem struct {
	line, col int
	text      string
}

// reader walks the file's tree and collects faults, so that all of them are reported at once.
type reader struct {
	name     string
	problems []problem
}

// fault notes that something is wrong at n.
func (r *reader) fault(n ast.Node, format string, args ...any) {
	p := problem{line: 1, col: 1, text: fmt.Sprintf(format, args...)}
	if n != nil {
		if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
			n = m.Values[0]
		}
		if v, ok := n.(*ast.MappingValueNode); ok {
			n = v.Key // its own token is the colon
		}
		if tk := n.GetToken(); tk != nil && tk.Position != nil {
			p.line, p.col = tk.Position.Line, tk.Position.Column
		}
	}
	r.problems = append(r.problems, p)
}

// err joins the faults in the order of the file; nil when there are none.
func (r *reader) err() error {
	slices.SortStableFunc(r.problems, func(a, b problem) int {
		if a.line != b.line {
			return a.line - b.line
		}
		return a.col - b.col
	})
	var all []error
	for i, p := range r.problems {
		if i == mostProblems {
			all = append(all, fmt.Errorf("%s: and %d more", r.name, len(r.problems)-i))
			break
		}
		all = append(all, fmt.Errorf("%s:%d:%d: %s", r.name, p.line, p.col, p.text))
	}
	return errors.Join(all...)
}

// quoted shows words of the file, cut and on one line.
func quoted(s string) string { return strconv.Quote(chat.Cut(s, longestQuote)) }

// meant is the end of an error about s: the near miss, or what would be right.
func meant(s string, candidates []string, otherwise string) string {
	if near := nearest(s, candidates); near != "" {
		return "; did you mean " + strconv.Quote(near) + "?"
	}
	return otherwise
}

// field reads the value of one key.
type field struct {
	key  string
	read func(ast.Node)
	must bool
}

// pairs are the entries of a mapping; a fault and nil where n is none.
func (r *reader) pairs(n ast.Node, what string) []*ast.MappingValueNode {
	var values []*ast.MappingValueNode
	switch m := n.(type) {
	case *ast.MappingNode:
		values = m.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{m}
	default:
		r.fault(n, "%s is %s; it must be keys with values%s", what, kind(n), advice(n))
		return nil
	}
	seen := make(map[string]bool, len(values))
	var good []*ast.MappingValueNode
	for _, v := range values {
		key, ok := scalar(v.Key)
		switch {
		case !ok:
			r.fault(v.Key, "a key of %s is not a word", what)
		case seen[key]:
			r.fault(v.Key, "key %s stands twice in %s", quoted(key), what)
		default:
			seen[key] = true
			good = append(good, v)
		}
	}
	return good
}

// mapping hands each key's value to its field. Unknown keys and missing ones are faults.
func (r *reader) mapping(n ast.Node, what string, fields []field) {
	values := r.pairs(n, what)
	if values == nil && !isMapping(n) {
		return
	}
	var known []string
	for _, f := range fields {
		known = append(known, f.key)
	}
	seen := make(map[string]bool, len(values))
	for _, v := range values {
		key, _ := scalar(v.Key)
		seen[key] = true
		i := slices.Index(known, key)
		if i < 0 {
			r.fault(v.Key, "unknown key %s in %s%s", quoted(key), what, meant(key, known, "; the keys are "+strings.Join(known, ", ")))
			// The key that was meant is not missing as well.
			seen[nearest(key, known)] = true
			continue
		}
		fields[i].read(v.Value)
	}
	for _, f := range fields {
		if f.must && !seen[f.key] {
			r.fault(n, "%s lacks %q", what, f.key)
		}
	}
}

// list hands each entry to read. An empty list is a fault unless it is allowed.
func (r *reader) list(n ast.Node, what string, mayBeEmpty bool, read func(ast.Node)) {
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		r.fault(n, "%s is %s; it must be a list%s", what, kind(n), advice(n))
		return
	}
	if len(s.Values) == 0 && !mayBeEmpty {
		r.fault(n, "%s is an empty list", what)
	}
	for _, v := range s.Values {
		read(v)
	}
}

// text is n as a word. Numbers are taken as they are written.
func (r *reader) text(n ast.Node, what string) (string, bool) {
	s, ok := scalar(n)
	switch {
	case !ok:
		r.fault(n, "%s is %s; it must be text%s", what, kind(n), advice(n))
		return "", false
	case strings.TrimSpace(s) == "":
		r.fault(n, "%s is empty", what)
		return "", false
	}
	return s, true
}

func isMapping(n ast.Node) bool {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return true
	default:
		return false
	}
}

// scalar is the text of a word or a number.
func scalar(n ast.Node) (string, bool) {
	switch v := n.(type) {
	case *ast.StringNode:
		return v.Value, true
	case *ast.LiteralNode:
		return strings.TrimSpace(v.Value.Value), true
	case *ast.IntegerNode:
		return v.Token.Value, true
	case *ast.FloatNode:
		return v.Token.Value, true
	default:
		return "", false
	}
}

// kind says what n is, for errors.
func kind(n ast.Node) string {
	switch n.(type) {
	case nil, *ast.NullNode:
		return "empty"
	case *ast.BoolNode:
		return "yes or no"
	case *ast.SequenceNode:
		return "a list"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "keys with values"
	case *ast.AliasNode, *ast.AnchorNode, *ast.TagNode, *ast.MergeKeyNode:
		return "an anchor, alias or tag, which a policy may not hold"
	default:
		return "a single word"
	}
}

// advice helps with what is easily written wrong.
func advice(n ast.Node) string {
	if _, ok := n.(*ast.AliasNode); ok {
		return `; did you mean to quote a star, as in "*"?`
	}
	return ""
}
