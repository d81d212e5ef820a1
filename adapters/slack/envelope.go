package slack

import (
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
