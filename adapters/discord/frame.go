package discord

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// Opcodes of the gateway (topics/opcodes-and-status-codes, gateway opcodes).
const (
	opDispatch       = 0
	opHeartbeat      = 1
	opIdentify       = 2
	opResume         = 6
	opReconnect      = 7
	opInvalidSession = 9
	opHello          = 10
	opHeartbeatACK   = 11
)

// Events that are minded. All others pass unread.
const (
	eventReady       = "READY"
	eventResumed     = "RESUMED"
	eventInteraction = "INTERACTION_CREATE"
	eventGuildHere   = "GUILD_CREATE"
	eventGuildGone   = "GUILD_DELETE"
)

// gatewayFrame is what comes in on the gateway. The data is read only where it is minded.
type gatewayFrame struct {
	Op   int             `json:"op"`
	Data json.RawMessage `json:"d"`
	Seq  *int64          `json:"s"`
	Type string          `json:"t"`
}

// command is what goes out on the gateway.
type command struct {
	Op   int `json:"op"`
	Data any `json:"d"`
}

// identification is the data of IDENTIFY (events/gateway-events, identify).
type identification struct {
	Token      string            `json:"token"`
	Intents    int               `json:"intents"`
	Properties map[string]string `json:"properties"`
	Compress   bool              `json:"compress"`
	Threshold  int               `json:"large_threshold"`
}

// resumption is the data of RESUME (same page, resume).
type resumption struct {
	Token   string `json:"token"`
	Session string `json:"session_id"`
	Seq     int64  `json:"seq"`
}

func openFrame(b []byte) (gatewayFrame, error) {
	var f gatewayFrame
	if err := json.Unmarshal(b, &f); err != nil {
		return gatewayFrame{}, fmt.Errorf("read a frame: %w", err)
	}
	return f, nil
}

// node is a value in an event. The library hands on events that it could decode to a half, and its accessors panic on
// them: for a component that it does not know, a missing member, a number that is a string while somebody types. The bot
// needs few members and takes what it can read.
type node struct{ v any }

func readNode(b []byte) (node, error) {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var n node
	if err := dec.Decode(&n.v); err != nil {
		return node{}, fmt.Errorf("read an event: %w", err)
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

// has reports whether there is anything.
func (n node) has() bool { return n.v != nil }

// text is a string, a number as it was written, or a truth; empty for anything else.
func (n node) text() string {
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

// number is a whole number, written as one or as a string; zero for anything else.
func (n node) number() int64 {
	i, err := strconv.ParseInt(n.text(), 10, 64)
	if err != nil {
		return 0
	}
	return i
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
