package slacktest

import (
	"encoding/json"
	"strconv"
)

// connectTrouble is what a modal shows when the app did not answer in time or not well.
const connectTrouble = "We had some trouble connecting. Try again?"

// suggested takes the options in the acknowledgement of a Suggest.
func (s *Server) suggested(v *View, action string, e *envelope, payload json.RawMessage, late bool) {
	o, fine := decodeObject(payload)
	if !fine || late {
		return
	}
	c := &checker{place: inView}
	list := allOptions(o)
	c.count(len(list), 0, 100, "/options")
	for i, option := range list {
		c.option(option, "/options/"+strconv.Itoa(i))
	}
	if o["options"] == nil && o["option_groups"] == nil || len(c.wrong) > 0 {
		return
	}
	e.offered = true
	for _, option := range list {
		e.options = append(e.options, Option{Text: option.child("text").text("text"), Value: option.text("value")})
	}
	if v.offered == nil {
		v.offered = make(map[string][]Option)
	}
	v.offered[action] = e.options
}

// submitted does with a view what the acknowledgement of its submission says.
func (s *Server) submitted(v *View, payload json.RawMessage, late bool) {
	v.Errors = nil
	o, isObject := decodeObject(payload)
	switch action := o.text("response_action"); {
	case late || len(payload) > 0 && !isObject:
		v.Errors = map[string]string{"": connectTrouble}
	case action == "":
		v.Open = false
	case action == "clear":
		for _, other := range s.views {
			if other.root == v.root {
				other.Open = false
			}
		}
	case action == "errors":
		v.Errors = v.complaints(o.child("errors"))
	case action == "update" || action == "push":
		next, no := readView(string(encode(o["view"])))
		if no != nil {
			v.Errors = map[string]string{"": connectTrouble}
			return
		}
		if action == "push" {
			above := &View{User: v.User, Open: true, root: v.root, previous: v.ID}
			above.ID = s.newID("V")
			s.views = append(s.views, above)
			v = above
		}
		s.fillView(v, next)
	default:
		v.Errors = map[string]string{"": connectTrouble}
	}
}

// complaints returns the errors to show. They are shown only if each is under an input block.
func (v *View) complaints(errors object) map[string]string {
	inputs := make(map[string]bool)
	for _, b := range v.inputs() {
		inputs[b.text("block_id")] = true
	}
	out := make(map[string]string)
	for id := range errors {
		if !inputs[id] || errors.text(id) == "" {
			return map[string]string{"": connectTrouble}
		}
		out[id] = errors.text(id)
	}
	if len(out) == 0 {
		return map[string]string{"": connectTrouble}
	}
	return out
}
