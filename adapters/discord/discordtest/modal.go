package discordtest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Limits of modals, in characters or pieces.
const (
	maxModalTitle = 45
	maxModalParts = 5
	maxInputLabel = 45
	maxInput      = 4000
	maxInputHint  = 100
)

// modal is a form that somebody has open or had.
type modal struct {
	customID, title string
	components      []object
	user            string
	from            *interaction
	open            bool
}

// field is one input of a modal, wherever it stands.
type field struct {
	input object
	label bool // it stands in a label, not in a row
}

func (m *modal) fields() []field {
	var all []field
	for _, part := range m.components {
		if part.number("type") == componentLabel {
			all = append(all, field{input: part.child("component"), label: true})
			continue
		}
		for _, input := range part.children("components") {
			all = append(all, field{input: input})
		}
	}
	return all
}

// readModal checks a modal: rows with a text input each, or labels with any input.
func readModal(data object) (*modal, *answer) {
	var p problems
	m := &modal{customID: data.text("custom_id"), title: strings.TrimSpace(data.text("title"))}
	if n := length(m.title); n < 1 || n > maxModalTitle {
		p.add("data.title", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and %d in length.", maxModalTitle)
	}
	if n := length(m.customID); n < 1 || n > maxCustomID {
		p.add("data.custom_id", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and %d in length.", maxCustomID)
	}
	m.components = data.clone().children("components")
	if n := len(m.components); n < 1 || n > maxModalParts {
		p.add("data.components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and %d in length.", maxModalParts)
	}
	c := componentChecker{p: &p}
	for i, part := range m.components {
		c.modalPart(fmt.Sprintf("data.components.%d", i), part)
	}
	return m, p.answer()
}

func (c *componentChecker) modalPart(at string, part object) {
	c.number(part)
	switch part.number("type") {
	case componentRow:
		inputs := part.children("components")
		if len(inputs) != 1 {
			c.p.add(at+".components", "BASE_TYPE_BAD_LENGTH", "Must be 1 in length.")
		}
		for j, input := range inputs {
			where := at + ".components." + strconv.Itoa(j)
			if n := length(input.text("label")); n < 1 || n > maxInputLabel {
				c.p.add(where+".label", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and %d in length.", maxInputLabel)
			}
			c.input(where, input, false)
		}
	case componentLabel:
		if n := length(part.text("label")); n < 1 || n > maxInputLabel {
			c.p.add(at+".label", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and %d in length.", maxInputLabel)
		}
		if length(part.text("description")) > maxInputHint {
			c.p.add(at+".description", "BASE_TYPE_MAX_LENGTH", "Must be %d or fewer in length.", maxInputHint)
		}
		c.input(at+".component", part.child("component"), true)
	case componentText:
	default:
		c.p.add(at+".type", "UNION_TYPE_CHOICES", "Value of field \"type\" must be one of (1, 10, 18).")
	}
}

func (c *componentChecker) input(at string, o object, inLabel bool) {
	switch kind := o.number("type"); {
	case o == nil:
		c.p.add(at, "BASE_TYPE_REQUIRED", "This field is required")
	case kind == componentSelect && inLabel:
		c.number(o)
		c.selection(at, o)
	case kind != componentInput:
		c.p.add(at+".type", "UNION_TYPE_CHOICES", "Value of field \"type\" must be one of (4,).")
	default:
		c.number(o)
		c.customID(at, o)
		if style := o.number("style"); style != 1 && style != 2 {
			c.p.add(at+".style", "BASE_TYPE_CHOICES", "Value must be one of {1, 2}.")
		}
		if length(o.text("placeholder")) > maxInputHint {
			c.p.add(at+".placeholder", "BASE_TYPE_MAX_LENGTH", "Must be %d or fewer in length.", maxInputHint)
		}
		for _, name := range []string{"min_length", "max_length"} {
			if n := o.number(name); n < 0 || n > maxInput {
				c.p.add(at+"."+name, "NUMBER_TYPE_MAX", "int value should be between 0 and %d.", maxInput)
			}
		}
		if length(o.text("value")) > maxInput {
			c.p.add(at+".value", "BASE_TYPE_MAX_LENGTH", "Must be %d or fewer in length.", maxInput)
		}
	}
}

// Submit is a person sending a form off.
type Submit struct {
	// User has the form open.
	User string
	// Modal is its custom id.
	Modal string
	// Values are what was filled in, by the custom id of the input; a select takes one value.
	Values map[string]string
}

// Submit sends the newest open form with that custom id off, and returns the interaction's id; "" when a person could not.
func (s *Server) Submit(f Submit) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var m *modal
	for _, open := range slices.Backward(s.modals) {
		if open.user == f.User && open.customID == f.Modal && open.open {
			m = open
			break
		}
	}
	if m == nil {
		return s.mistake("%s has no form %q open", f.User, f.Modal)
	}
	if s.channels[m.from.channel] == nil {
		return s.mistake("the form %q is of a channel that is gone", f.Modal)
	}
	filled, wrong := m.fill(f.Values)
	if wrong != "" {
		return s.mistake("form %q: %s", f.Modal, wrong)
	}
	m.open = false
	x := &interaction{kind: kindModal, user: f.User, channel: m.from.channel, pressed: m.from.pressed}
	return s.interact(x, object{"custom_id": m.customID, "components": filled})
}

// fill returns the components of a submission, or what a client would not let through.
func (m *modal) fill(values map[string]string) (filled []object, wrong string) {
	used := 0
	for i, f := range m.fields() {
		id := f.input.text("custom_id")
		value, given := values[id]
		if given {
			used++
		} else {
			value = f.input.text("value")
		}
		if wrong := f.wrong(value); wrong != "" {
			return nil, id + " " + wrong
		}
		got := object{"type": f.input.number("type"), "id": 2*i + 2, "custom_id": id}
		if f.input.number("type") == componentSelect {
			got["values"] = []string{value}
		} else {
			got["value"] = value
		}
		if f.label {
			filled = append(filled, object{"type": componentLabel, "id": 2*i + 1, "component": got})
		} else {
			filled = append(filled, object{"type": componentRow, "id": 2*i + 1, "components": []object{got}})
		}
	}
	if used < len(values) {
		return nil, "has no such input"
	}
	return filled, ""
}

// wrong says what a client minds about a value, or nothing.
func (f field) wrong(value string) string {
	required, said := f.input["required"].(bool)
	n, most := length(value), f.input.number("max_length")
	if most == 0 {
		most = maxInput
	}
	switch {
	case n == 0 && (required || !said):
		return "is required"
	case n == 0:
	case f.input.number("type") == componentSelect:
		offered := f.input.children("options")
		if !slices.ContainsFunc(offered, func(o object) bool { return o.text("value") == value }) {
			return "does not offer " + value
		}
	case n < f.input.number("min_length") || n > most:
		return "is too short or too long"
	}
	return ""
}
