package slack

import (
	"fmt"
	"strings"
	"testing"

	"github.com/slack-go/slack"

	"vmbackup-bot/bot/chat"
)

// checkView holds a view against Slack's rules.
func checkView(t tester, view slack.ModalViewRequest, f chat.Form) {
	t.Helper()
	v := validator{tester: t, ids: map[string]bool{}}
	out := tree(t, view)
	if out["type"] != "modal" || out["callback_id"] != "form" {
		t.Errorf("type %v, callback_id %v", out["type"], out["callback_id"])
	}
	for _, k := range []string{"title", "submit", "close"} {
		v.plain(k, out[k], 24)
	}
	if s, ok := out["private_metadata"]; ok {
		v.length("private_metadata", s, 1, 3000)
	}
	blocks := out["blocks"].([]any)
	if len(blocks) < 1 || len(blocks) > 100 {
		t.Errorf("%d blocks", len(blocks))
	}
	values := map[string]map[string]bool{}
	for _, in := range f.Inputs {
		if values[in.Name] == nil {
			values[in.Name] = map[string]bool{in.Initial: in.Complete}
			for _, c := range in.Choices {
				values[in.Name][c.Value] = true
			}
		}
	}
	for i, b := range blocks {
		at, b := fmt.Sprintf("blocks/%d", i), b.(map[string]any)
		switch b["type"] {
		case "section":
			v.plain(at, b["text"], 3000)
		case "context":
			v.block(at, b)
		default:
			v.input(at, b, values)
		}
	}
}

func (v *validator) input(at string, b map[string]any, values map[string]map[string]bool) {
	v.Helper()
	v.keys(at, b, "type", "block_id", "label", "hint", "element", "optional")
	v.plain(at+"/label", b["label"], 2000)
	if hint, ok := b["hint"]; ok {
		v.plain(at+"/hint", hint, 2000)
	}
	e := b["element"].(map[string]any)
	id := e["action_id"].(string)
	if b["type"] != "input" || b["block_id"] != id || v.ids[id] || id == "" || len(id) > 255 {
		v.Errorf("%s: type %v, block_id %v, action_id %q", at, b["type"], b["block_id"], id)
	}
	v.ids[id] = true
	options, _ := e["options"].([]any)
	if o, ok := e["initial_option"]; ok {
		options = append(options, o)
	}
	for _, o := range options {
		o := o.(map[string]any)
		v.plain(at+"/option", o["text"], 75)
		v.length(at+"/option", o["value"], 0, 75)
		if value := o["value"].(string); value == "" || !values[id][value] {
			v.Errorf("%s: nobody asked for the value %q", at, o["value"])
		}
	}
	switch e["type"] {
	case "plain_text_input":
		v.keys(at, e, "type", "action_id", "initial_value")
		if s, ok := e["initial_value"]; ok {
			v.length(at, s, 1, 3000)
		}
	case "static_select":
		v.keys(at, e, "type", "action_id", "options", "initial_option")
		if n := len(e["options"].([]any)); n < 1 || n > 100 {
			v.Errorf("%s: %d options", at, n)
		}
	case "external_select":
		v.keys(at, e, "type", "action_id", "min_query_length", "initial_option")
		if e["min_query_length"] != float64(0) {
			v.Errorf("%s: asks from %v characters on", at, e["min_query_length"])
		}
	default:
		v.Errorf("%s: a %v", at, e["type"])
	}
}

func form() chat.Form {
	var many []chat.Choice
	for i := range 120 {
		many = append(many, chat.Choice{Label: fmt.Sprintf("vm%03d on HV01", i), Value: fmt.Sprintf("%03d", i)})
	}
	long := strings.Repeat("x", 76)
	return chat.Form{
		Action: "backup", Title: "Back up a virtual machine now", Submit: "Start the backup right now, please",
		Inputs: []chat.Input{
			{Name: "vm", Label: "VM", Complete: true, Initial: "db_01@HV01"},
			{Name: "vm2", Label: "Another VM", Complete: true, Initial: long},
			{Name: "note", Label: "Note", Hint: "Why?", Optional: true, Initial: "two\nlines"},
			{Name: "kind", Label: "Kind", Choices: []chat.Choice{{Label: "Backup", Value: "backup"}, {Label: long, Value: "offsite"}, {Label: "Too long", Value: long}}, Initial: "offsite"},
			{Name: "pick", Label: "Pick", Hint: "One of many.", Choices: many},
			{Name: "vm", Label: "the same name again"},
		},
	}
}

func TestView(t *testing.T) {
	v := drawer().view(form(), "C01 1790000000.000100")
	checkView(t, v, form())
	golden(t, "view", tree(t, v))
	v = drawer().view(chat.Form{Title: "There is nothing to choose from here"}, strings.Repeat("m", 3001))
	checkView(t, v, chat.Form{})
	golden(t, "view_nothing", tree(t, v))
}
