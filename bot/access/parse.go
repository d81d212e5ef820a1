package access

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

const (
	// largest is the size of a policy file in bytes; the contract's own limit, far above any real policy.
	largest = 1 << 20
	// deepest is how far a file may be nested. A policy needs five levels; the YAML parser recurses once per level.
	deepest = 32
	// version is the only form of the file that is known.
	version = "1"
)

// Load reads and parses the file at path. The error joins every fault that was found.
func Load(path string) (*Policy, error) {
	data, err := read(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, data)
}

// read is the file's content, and a byte more than is allowed at most.
func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	data, err := io.ReadAll(io.LimitReader(f, largest+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	return data, nil
}

// hashOf is the SHA-256 of a file's bytes, in hex.
func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Parse reads a whole policy. The error joins every fault, each as "name:line:column: what is wrong; what may be meant".
func Parse(name string, data []byte) (*Policy, error) {
	r := &reader{name: name}
	root := r.tree(data)
	if err := r.err(); err != nil {
		return nil, err
	}
	p := r.policy(root)
	if err := r.err(); err != nil {
		return nil, err
	}
	p.hash = hashOf(data)
	return p, nil
}

// tree is the file's only document.
func (r *reader) tree(data []byte) (root ast.Node) {
	if len(data) > largest {
		r.fault(nil, "the file is larger than 1 MiB")
		return nil
	}
	if !utf8.Valid(data) {
		r.fault(nil, "the file is not UTF-8")
		return nil
	}
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	defer func() {
		// The YAML parser is not proof against every input, and a bad file must never stop the bot.
		if recover() != nil {
			r.fault(nil, "the file is not YAML")
			root = nil
		}
	}()
	tokens := lexer.Tokenize(string(data))
	if tk := tooDeep(tokens); tk != nil {
		r.faultAt(tk, "the file is nested too deep")
		return nil
	}
	f, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		r.syntax(err, data)
		return nil
	}
	return r.document(f)
}

// document is the body of the one document in f.
func (r *reader) document(f *ast.File) ast.Node {
	var docs []*ast.DocumentNode
	for _, d := range f.Docs {
		if d != nil && (d.Body != nil || d.Start != nil) {
			docs = append(docs, d)
		}
	}
	if len(docs) == 0 || docs[0].Body == nil {
		r.fault(nil, "the file is empty; a policy starts with \"version: %s\"", version)
		return nil
	}
	if len(docs) > 1 {
		if docs[1].Start != nil {
			r.faultAt(docs[1].Start, "a second document starts here; a policy is one document")
		} else {
			r.fault(docs[1].Body, "a second document starts here; a policy is one document")
		}
		return nil
	}
	return docs[0].Body
}

// syntax reports what the YAML parser could not read.
func (r *reader) syntax(err error, data []byte) {
	ye, ok := errors.AsType[yaml.Error](err)
	if !ok {
		r.fault(nil, "the file is not YAML: %s", firstLine(err.Error()))
		return
	}
	msg := firstLine(ye.GetMessage())
	if starAt(data, ye.GetToken()) {
		msg += `; did you mean to quote a star, as in "*"?`
	}
	r.faultAt(ye.GetToken(), "the file is not YAML: %s", msg)
}

func (r *reader) faultAt(tk *token.Token, format string, args ...any) {
	p := problem{line: 1, col: 1, text: fmt.Sprintf(format, args...)}
	if tk != nil && tk.Position != nil {
		p.line, p.col = tk.Position.Line, tk.Position.Column
	}
	r.problems = append(r.problems, p)
}

// starAt reports whether an unquoted star stands on the line of tk: the slip that is made most in this file.
func starAt(data []byte, tk *token.Token) bool {
	if tk == nil || tk.Position == nil {
		return false
	}
	lines := bytes.Split(data, []byte("\n"))
	if i := tk.Position.Line - 1; i >= 0 && i < len(lines) {
		return bareStar.Match(lines[i])
	}
	return false
}

var bareStar = regexp.MustCompile(`[\[,:-] *\*`)

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

// tooDeep is the token at which the file is nested deeper than any policy; nil for a file that is not. It looks at flow
// brackets and at runs of list entries on one line, the two ways to nest deep in a small file.
func tooDeep(tokens token.Tokens) *token.Token {
	depth, run, line := 0, 0, 0
	for _, tk := range tokens {
		switch tk.Type {
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth--
		case token.SequenceEntryType, token.MappingKeyType:
			if tk.Position != nil && tk.Position.Line != line {
				line, run = tk.Position.Line, 0
			}
			run++
		default:
		}
		if depth > deepest || run > deepest || (tk.Type == token.SequenceEntryType && depth == 0 && tk.Position != nil && tk.Position.Column > 4*deepest) {
			return tk
		}
	}
	return nil
}
