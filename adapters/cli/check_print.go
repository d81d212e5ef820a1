package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"vmbackup-bot/bot/chat"
)

// checkFormats write what check found.
var checkFormats = map[string]func(w io.Writer, ok bool, findings []finding) error{
	"text": writeCheckText,
	"json": writeCheckJSON,
}

// writeCheckJSON is one object.
func writeCheckJSON(w io.Writer, ok bool, findings []finding) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(struct {
		OK       bool      `json:"ok"`
		Findings []finding `json:"findings"`
	}{ok, findings})
}

// checkIndent is the width of status and name.
const checkIndent = 20

// writeCheckText is one line for each finding, and one below it with the next step.
func writeCheckText(w io.Writer, _ bool, findings []finding) error {
	var b strings.Builder
	for _, f := range findings {
		fmt.Fprintf(&b, "%-4s  %-13s %s\n", f.Status, f.Name, chat.OneLine(f.What))
		if f.Next != "" {
			fmt.Fprintf(&b, "%*s→ %s\n", checkIndent, "", chat.OneLine(f.Next))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
