package slacktest

import (
	"strconv"
	"strings"
)

// room is the part of a block that an element stands in.
type room int

const (
	inActions room = iota
	inSection
	inInput
)

// takes reports whether an element of this type may stand there.
func (r room) takes(kind string) bool {
	switch kind {
	case "button", "overflow":
		return r != inInput
	case "image":
		return r == inSection
	case "plain_text_input", "email_text_input", "url_text_input", "number_input", "rich_text_input", "file_input":
		return r == inInput
	}
	return isInteractive(kind)
}

func isInteractive(kind string) bool {
	switch kind {
	case "button", "overflow", "checkboxes", "radio_buttons", "datepicker", "timepicker", "datetimepicker",
		"plain_text_input", "email_text_input", "url_text_input", "number_input", "rich_text_input", "file_input":
		return true
	}
	return strings.HasSuffix(kind, "_select")
}

// element checks one element; ids are the action ids of its block so far.
func (c *checker) element(e object, at string, ids map[string]bool, r room) {
	kind := e.text("type")
	if !r.takes(kind) {
		c.refuse(at+"/type", "unsupported type: %s", kind)
		return
	}
	if id := e.text("action_id"); id != "" {
		c.most(id, 255, at+"/action_id")
		if ids[id] {
			c.refuse(at+"/action_id", "action_id already exists in this block")
		}
		ids[id] = true
	}
	if e["confirm"] != nil {
		c.confirm(e.child("confirm"), at+"/confirm")
	}
	if e["placeholder"] != nil {
		c.textObject(e["placeholder"], at+"/placeholder", 150, true)
	}
	switch kind {
	case "button":
		c.button(e, at)
	case "image":
		c.image(e, at)
	case "overflow":
		c.options(e, at, 5)
	case "checkboxes", "radio_buttons":
		c.options(e, at, 10)
	case "static_select", "multi_static_select":
		c.staticSelect(e, at)
	case "plain_text_input":
		c.plainInput(e, at)
	}
	if o := e.child("initial_option"); o != nil {
		c.option(o, at+"/initial_option")
	}
}

func (c *checker) button(e object, at string) {
	c.textObject(e["text"], at+"/text", 75, true)
	c.most(e.text("value"), 2000, at+"/value")
	c.most(e.text("url"), 3000, at+"/url")
	c.most(e.text("accessibility_label"), 75, at+"/accessibility_label")
	if e["style"] != nil {
		c.oneOf(e["style"], at+"/style", "primary", "danger")
	}
}

func (c *checker) confirm(o object, at string) {
	c.textObject(o["title"], at+"/title", 100, true)
	c.textObject(o["text"], at+"/text", 300, false)
	c.textObject(o["confirm"], at+"/confirm", 30, true)
	c.textObject(o["deny"], at+"/deny", 30, true)
	if o["style"] != nil {
		c.oneOf(o["style"], at+"/style", "primary", "danger")
	}
}

func (c *checker) plainInput(e object, at string) {
	c.most(e.text("initial_value"), 3000, at+"/initial_value")
	for _, name := range []string{"min_length", "max_length"} {
		if n, given := e[name].(float64); given && (n < 0 || n > 3000) {
			c.refuse(at+"/"+name, "must be between 0 and 3000")
		}
	}
}

func (c *checker) staticSelect(e object, at string) {
	if e["option_groups"] == nil {
		c.options(e, at, 100)
		return
	}
	groups := e.children("option_groups")
	c.count(len(groups), 1, 100, at+"/option_groups")
	for i, g := range groups {
		at := at + "/option_groups/" + strconv.Itoa(i)
		c.textObject(g["label"], at+"/label", 75, true)
		c.options(g, at, 100)
	}
}

func (c *checker) options(e object, at string, most int) {
	list := e.children("options")
	c.count(len(list), 1, most, at+"/options")
	for i, o := range list {
		c.option(o, at+"/options/"+strconv.Itoa(i))
	}
	first := e.child("initial_option")
	if first == nil {
		return
	}
	for _, o := range list {
		if string(encode(o)) == string(encode(first)) {
			return
		}
	}
	c.refuse(at+"/initial_option", "must match one of the options")
}

func (c *checker) option(o object, at string) {
	c.textObject(o["text"], at+"/text", 75, false)
	c.required(o.text("value"), 75, at+"/value")
	if o["description"] != nil {
		c.textObject(o["description"], at+"/description", 75, false)
	}
}
