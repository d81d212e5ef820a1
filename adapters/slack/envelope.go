package slack

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// envelope is one delivery of Socket Mode.
type envelope struct {
	Type    string          `json:"type"`
	ID      string          `json:"envelope_id"`
	Payload json.RawMessage `json:"payload"`
}

// openEnvelope reads a frame as it came.
func openEnvelope(frame []byte) (envelope, error) {
	var e envelope
	if err := json.Unmarshal(frame, &e); err != nil {
		return envelope{}, fmt.Errorf("read a frame: %w", err)
	}
	return e, nil
}

// node is a value of a payload. Slack sends one and the same member as a string, a boolean, null, or not at all, and the
// library refuses a whole interaction for one such member; the bot needs few members and takes what it can read.
type node struct{ v any }

func readPayload(b []byte) (node, error) {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var n node
	if err := dec.Decode(&n.v); err != nil {
		return node{}, fmt.Errorf("read a payload: %w", err)
	}
	return n, nil
}

// at is the member at a path of names; an empty node where there is none.
func (n node) at(path ...string) node {
	for _, name := range path {
		m, ok := n.v.(map[string]any)
		if !ok {
			return node{}
		}
		n = node{m[name]}
	}
	return n
}

// text is a string, or a number as it was written; empty for anything else.
func (n node) text() string {
	switch v := n.v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

func (n node) list() []node {
	l, ok := n.v.([]any)
	if !ok {
		return nil
	}
	out := make([]node, 0, len(l))
	for _, v := range l {
		out = append(out, node{v})
	}
	return out
}

func (n node) members() map[string]node {
	m, ok := n.v.(map[string]any)
	if !ok {
		return nil
	}
	out := make(map[string]node, len(m))
	for k, v := range m {
		out[k] = node{v}
	}
	return out
}
