package slacktest

import (
	"encoding/json"
	"maps"
)

// Submit is a click on the submit button of a modal.
type Submit struct {
	// User submits; empty is who the view was opened for.
	User string
	// ViewID is the view.
	ViewID string
	// Values are what was typed or chosen, by block id. Inputs that are left out keep their initial value.
	Values map[string]string
}

// Submit submits a view and returns the envelope's id, or "" when the view is not open, an input is not there or does not
// take the value, or one that is required is empty.
func (s *Server) Submit(q Submit) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.view(q.ViewID)
	if v == nil || !v.Open {
		return s.mistake("submit: no open view %s", q.ViewID)
	}
	fallback(&q.User, v.User)
	values, wrong := v.state(q.Values)
	if wrong != "" {
		return s.mistake("submit: %s", wrong)
	}
	view, _ := decodeObject(v.JSON)
	view["state"] = object{"values": values}
	body := s.interaction("view_submission", s.user(q.User, ""))
	body["view"], body["response_urls"] = view, []string{}
	return s.dispatch(&envelope{
		kind: "interactive", body: body, trigger: s.newTrigger(q.User, v.ID),
		effect: func(payload json.RawMessage, late bool) { s.submitted(v, payload, late) },
	})
}

// state returns the values of a view's inputs as Slack sends them, or what is wrong.
func (v *View) state(values map[string]string) (object, string) {
	out := object{}
	left := maps.Clone(values)
	for _, b := range v.inputs() {
		id, e := b.text("block_id"), b.child("element")
		given, isGiven := values[id]
		delete(left, id)
		got, fine := v.enter(e, given, isGiven)
		if !fine {
			return nil, id + " does not take " + given
		}
		if got["value"] == nil && got["selected_option"] == nil && !b.yes("optional") {
			return nil, id + " is required"
		}
		out[id] = object{e.text("action_id"): got}
	}
	for id := range left {
		return nil, "no input " + id
	}
	return out, ""
}

// enter types or chooses a value in an element.
func (v *View) enter(e object, given string, isGiven bool) (object, bool) {
	kind := e.text("type")
	out := object{"type": kind}
	switch kind {
	case "static_select", "external_select":
		out["selected_option"] = nil
		if !isGiven {
			if e["initial_option"] != nil {
				out["selected_option"] = e["initial_option"]
			}
			return out, true
		}
		option := v.choose(e, given)
		out["selected_option"] = option
		return out, option != nil
	}
	if !isGiven {
		given = e.text("initial_value")
	}
	out["value"] = nil
	if given != "" {
		out["value"] = given
	}
	longest, limited := e["max_length"].(float64)
	if !limited {
		longest = 3000
	}
	shortest, _ := e["min_length"].(float64)
	n := float64(length(given))
	return out, given == "" || n >= shortest && n <= longest
}

// choose returns the option with a value: of the select itself, or among what the app suggested. Where it was never asked, any
// value is taken.
func (v *View) choose(e object, value string) object {
	for _, o := range append(allOptions(e), e.child("initial_option")) {
		if o.text("value") == value {
			return o
		}
	}
	offered, asked := v.offered[e.text("action_id")]
	if e.text("type") != "external_select" {
		return nil
	}
	text := value
	for _, o := range offered {
		if o.Value == value {
			text, asked = o.Text, false
			break
		}
	}
	if asked {
		return nil
	}
	return object{"text": object{"type": "plain_text", "text": text, "emoji": true}, "value": value}
}

// Suggest is typing into an external_select of a modal.
type Suggest struct {
	// User types; empty is who the view was opened for.
	User string
	// ViewID is the view.
	ViewID string
	// BlockID is the block of the select; empty is any.
	BlockID string
	// ActionID is that of the select; empty is any.
	ActionID string
	// Value is what was typed so far.
	Value string
}

// Suggest types into a select and returns the envelope's id, or "" when there is no such select, or it asks for more characters
// before the app is asked.
func (s *Server) Suggest(q Suggest) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.view(q.ViewID)
	if v == nil || !v.Open {
		return s.mistake("suggest: no open view %s", q.ViewID)
	}
	fallback(&q.User, v.User)
	for _, b := range v.inputs() {
		el := b.child("element")
		if el.text("type") != "external_select" || q.BlockID != "" && b.text("block_id") != q.BlockID ||
			q.ActionID != "" && el.text("action_id") != q.ActionID {
			continue
		}
		if n, given := el["min_query_length"].(float64); given && float64(length(q.Value)) < n || !given && length(q.Value) < 3 {
			return s.mistake("suggest: %q is shorter than min_query_length", q.Value)
		}
		body := s.interaction("block_suggestion", s.user(q.User, ""))
		body["container"], body["view"] = object{"type": "view", "view_id": v.ID}, v.JSON
		body["action_id"], body["block_id"], body["value"] = el.text("action_id"), b.text("block_id"), q.Value
		e := &envelope{kind: "interactive", body: body}
		e.effect = func(payload json.RawMessage, late bool) { s.suggested(v, el.text("action_id"), e, payload, late) }
		return s.dispatch(e)
	}
	return s.mistake("suggest: no external_select %s %s", q.BlockID, q.ActionID)
}

// Options returns what an answered Suggest shows; ok is false when it was not answered in time, or not well.
func (s *Server) Options(envelope string) (options []Option, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.envelope(envelope)
	if e == nil {
		return nil, false
	}
	return e.options, e.offered
}
