package discord

import (
	"encoding/json"
	"fmt"
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
