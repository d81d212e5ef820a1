package discordtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Component types, as Discord numbers them.
const (
	componentRow       = 1
	componentButton    = 2
	componentSelect    = 3
	componentInput     = 4
	componentUsers     = 5
	componentChannels  = 8
	componentSection   = 9
	componentText      = 10
	componentThumbnail = 11
	componentContainer = 17
	componentLabel     = 18
)

// Limits of components, in characters or pieces.
const (
	maxRows         = 5
	maxButtons      = 5 // in a row
	maxLabel        = 80
	maxCustomID     = 100
	maxURL          = 512
	maxSelect       = 25
	maxOption       = 100 // label, value and description
	maxPlaceholder  = 150
	maxV2Components = 40 // with all children
	maxV2Text       = 4000
	styleLink       = 5
	stylePremium    = 6
)

// componentChecker checks the components of one message.
type componentChecker struct {
	p     *problems
	v2    bool
	ids   []string
	count int
	text  int
}

// checkComponents checks components and returns them with the ids that Discord gives them.
func checkComponents(p *problems, v any, v2 bool) []object {
	if v == nil {
		return nil
	}
	list, isList := v.([]any)
	if !isList {
		p.add("components", "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
		return nil
	}
	c := componentChecker{p: p, v2: v2}
	if len(list) > maxRows && !v2 {
		p.add("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and %d in length.", maxRows)
	}
	kept := make([]object, len(list))
	for i, o := range objects(list) {
		kept[i] = o.clone()
		c.top(fmt.Sprintf("components.%d", i), kept[i])
	}
	if v2 && c.count > maxV2Components {
		p.add("components", "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", "The total number of components must be %d or fewer", maxV2Components)
	}
	if c.text > maxV2Text {
		p.add("components", "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", "The total displayable text size exceeds %d", maxV2Text)
	}
	return kept
}

// number counts a component and gives it its id.
func (c *componentChecker) number(o object) {
	c.count++
	if o["id"] == nil {
		o["id"] = json.Number(fmt.Sprint(c.count))
	}
}

func (c *componentChecker) top(at string, o object) {
	c.number(o)
	kind := o.number("type")
	switch {
	case kind == componentRow:
		c.row(at, o)
	case c.v2 && kind >= componentSection && kind <= componentContainer:
		c.block(at, o, kind)
	default:
		c.p.add(at+".type", "UNION_TYPE_CHOICES", "Value of field \"type\" must be one of (1,).")
	}
}

// block checks what only messages of the second kind have. Sections hold texts and an accessory, containers the rest.
func (c *componentChecker) block(at string, o object, kind int) {
	switch kind {
	case componentText:
		n := length(strings.TrimSpace(o.text("content")))
		if c.text += n; n == 0 || n > maxV2Text {
			c.p.add(at+".content", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and %d in length.", maxV2Text)
		}
	case componentSection:
		texts := o.children("components")
		if len(texts) < 1 || len(texts) > 3 {
			c.p.add(at+".components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 3 in length.")
		}
		for i, t := range texts {
			c.number(t)
			c.block(fmt.Sprintf("%s.components.%d", at, i), t, componentText)
		}
		accessory := o.child("accessory")
		switch accessory.number("type") {
		case componentButton:
			c.number(accessory)
			c.button(at+".accessory", accessory)
		case componentThumbnail:
			c.number(accessory)
		default:
			c.p.add(at+".accessory", "BASE_TYPE_REQUIRED", "This field is required")
		}
	case componentContainer:
		for i, child := range o.children("components") {
			if child.number("type") == componentContainer {
				c.p.add(at, "UNION_TYPE_CHOICES", "A container cannot be in a container.")
				continue
			}
			c.top(fmt.Sprintf("%s.components.%d", at, i), child)
		}
	}
}

// row checks an action row: one to five buttons, or a single select.
func (c *componentChecker) row(at string, o object) {
	parts := o.children("components")
	if len(parts) < 1 || len(parts) > maxButtons {
		c.p.add(at+".components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and %d in length.", maxButtons)
	}
	for i, part := range parts {
		where := fmt.Sprintf("%s.components.%d", at, i)
		c.number(part)
		switch kind := part.number("type"); {
		case kind == componentButton:
			c.button(where, part)
		case kind == componentSelect || kind >= componentUsers && kind <= componentChannels:
			c.selection(where, part)
			if len(parts) > 1 {
				c.p.add(at, "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the maximum width")
			}
		default:
			c.p.add(where+".type", "UNION_TYPE_CHOICES", "Value of field \"type\" must be one of (2, 3, 5, 6, 7, 8).")
		}
	}
}

func (c *componentChecker) button(at string, o object) {
	style := o.number("style")
	if style < 1 || style > stylePremium {
		c.p.add(at+".style", "BASE_TYPE_CHOICES", "Value must be one of {1, 2, 3, 4, 5, 6}.")
	}
	label := strings.TrimSpace(o.text("label"))
	if n := length(label); n > maxLabel {
		c.p.add(at+".label", "BASE_TYPE_MAX_LENGTH", "Must be %d or fewer in length.", maxLabel)
	} else if n == 0 && o["emoji"] == nil && style != stylePremium {
		c.p.add(at, "BUTTON_COMPONENT_LABEL_REQUIRED", "A button must have a label or an emoji")
	}
	link := o.text("url")
	switch {
	case style == styleLink && o.text("custom_id") != "":
		c.p.add(at, "BUTTON_COMPONENT_CUSTOM_ID_AND_URL", "A custom id and url cannot both be specified")
	case style == styleLink && (link == "" || length(link) > maxURL):
		c.p.add(at+".url", "BUTTON_COMPONENT_URL_REQUIRED", "A url of at most %d characters is required", maxURL)
	case style == styleLink || style == stylePremium:
	case link != "":
		c.p.add(at+".url", "BUTTON_COMPONENT_URL", "Only a link button has a url")
	default:
		c.customID(at, o)
	}
}

func (c *componentChecker) selection(at string, o object) {
	c.customID(at, o)
	if length(o.text("placeholder")) > maxPlaceholder {
		c.p.add(at+".placeholder", "BASE_TYPE_MAX_LENGTH", "Must be %d or fewer in length.", maxPlaceholder)
	}
	if o.number("type") == componentSelect {
		checkSelectOptions(c.p, at, o.children("options"))
	}
}

func checkSelectOptions(p *problems, at string, options []object) {
	if n := len(options); n < 1 || n > maxSelect {
		p.add(at+".options", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and %d in length.", maxSelect)
	}
	var values []string
	for i, o := range options {
		where := fmt.Sprintf("%s.options.%d", at, i)
		for _, name := range []string{"label", "value"} {
			if n := length(strings.TrimSpace(o.text(name))); n < 1 || n > maxOption {
				p.add(where+"."+name, "BASE_TYPE_BAD_LENGTH", "Must be between 1 and %d in length.", maxOption)
			}
		}
		if length(o.text("description")) > maxOption {
			p.add(where+".description", "BASE_TYPE_MAX_LENGTH", "Must be %d or fewer in length.", maxOption)
		}
		if slices.Contains(values, o.text("value")) {
			p.add(where+".value", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "The specified option value is already used")
		}
		values = append(values, o.text("value"))
	}
}

func (c *componentChecker) customID(at string, o object) {
	id := o.text("custom_id")
	if n := length(id); n < 1 || n > maxCustomID {
		c.p.add(at+".custom_id", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and %d in length.", maxCustomID)
	}
	if slices.Contains(c.ids, id) {
		c.p.add(at+".custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
	}
	c.ids = append(c.ids, id)
}
