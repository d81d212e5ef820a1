// Package payload reads what a platform sends without expecting much of it. Platforms send one and the same member as a
// string, a number, a truth, null, or not at all; their libraries refuse a whole delivery for one such member, or hand it on
// half decoded and panic when it is looked at. The bot needs few members, and takes what it can read.
package payload

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// Node is one value of a payload. The zero value is none: everything below it is none as well.
type Node struct{ v any }

// Read reads a payload. The error is one of syntax alone.
func Read(b []byte) (Node, error) {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var n Node
	if err := dec.Decode(&n.v); err != nil {
		return Node{}, fmt.Errorf("read a payload: %w", err)
	}
	return n, nil
}

// At is the member at a path of names; none where there is no such path.
func (n Node) At(path ...string) Node {
	for _, name := range path {
		m, ok := n.v.(map[string]any)
		if !ok {
			return Node{}
		}
		n = Node{m[name]}
	}
	return n
}

// Has reports whether there is anything but null.
func (n Node) Has() bool { return n.v != nil }

// Text is a string, a number as it was written, or a truth; empty for anything else.
func (n Node) Text() string {
	switch v := n.v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// Number is a whole number, written as one or as a string; zero for anything else.
func (n Node) Number() int64 {
	i, err := strconv.ParseInt(n.Text(), 10, 64)
	if err != nil {
		return 0
	}
	return i
}

// List is the members of a list; nil for anything else.
func (n Node) List() []Node {
	l, ok := n.v.([]any)
	if !ok {
		return nil
	}
	out := make([]Node, 0, len(l))
	for _, v := range l {
		out = append(out, Node{v})
	}
	return out
}

// Members are the members of an object by name; nil for anything else.
func (n Node) Members() map[string]Node {
	m, ok := n.v.(map[string]any)
	if !ok {
		return nil
	}
	out := make(map[string]Node, len(m))
	for k, v := range m {
		out[k] = Node{v}
	}
	return out
}
