package slacktest

import "encoding/json"

// findAction returns the action of pressing an element of a message, or nil when it is not there.
func findAction(blocks json.RawMessage, p Press) object {
	for _, b := range decodeBlocks(blocks) {
		if p.BlockID != "" && b.text("block_id") != p.BlockID {
			continue
		}
		for _, e := range append(b.children("elements"), b.child("accessory")) {
			if e.text("action_id") != p.ActionID || !isInteractive(e.text("type")) {
				continue
			}
			if a := actionOf(e, p.Value); a != nil {
				a["block_id"], a["action_id"], a["type"] = b.text("block_id"), e.text("action_id"), e.text("type")
				return a
			}
		}
	}
	return nil
}

// actionOf returns the part of an action that tells what was pressed or chosen.
func actionOf(e object, value string) object {
	if e.text("type") == "button" {
		if value != "" && e.text("value") != value {
			return nil
		}
		a := object{"text": e["text"]}
		for _, name := range []string{"value", "style", "confirm", "url"} {
			if e[name] != nil {
				a[name] = e[name]
			}
		}
		return a
	}
	for _, o := range allOptions(e) {
		if value == "" || o.text("value") == value {
			return object{"selected_option": o, "placeholder": e["placeholder"]}
		}
	}
	return nil
}

// allOptions returns the options of a select, grouped or not.
func allOptions(e object) []object {
	list := e.children("options")
	for _, g := range e.children("option_groups") {
		list = append(list, g.children("options")...)
	}
	return list
}
