package slacktest

import (
	"fmt"
	"slices"
	"strconv"
)

// surface is where blocks are shown; it decides which are known there, and how a refusal points at them.
type surface int

const (
	inMessage surface = iota
	inView
)

func (p surface) pointer() string {
	if p == inView {
		return "/view/blocks"
	}
	return "/blocks"
}

// checker collects what is wrong with a list of blocks, in Slack's words with a JSON pointer.
type checker struct {
	place  surface
	wrong  []string
	ids    map[string]bool
	tables int
	cards  int
	plans  int
}

// checkBlocks returns what is wrong with blocks; nothing when they may be shown.
func checkBlocks(list []any, place surface) []string {
	c := &checker{place: place, ids: make(map[string]bool)}
	for i, v := range list {
		at := place.pointer() + "/" + strconv.Itoa(i)
		b, isObject := v.(map[string]any)
		if !isObject {
			c.refuse(at, "must be an object")
			continue
		}
		c.block(b, at)
	}
	if c.tables > 1 {
		c.refuse(place.pointer(), "only one table is allowed")
	}
	if c.cards > 0 && c.plans > 0 {
		c.refuse(place.pointer(), "task_card and plan blocks cannot stand side by side")
	}
	return c.wrong
}

func (c *checker) refuse(at, format string, args ...any) {
	c.wrong = append(c.wrong, fmt.Sprintf("[ERROR] "+format+" [json-pointer:%s]", append(args, at)...))
}

// known blocks per surface. The young ones (container, layout, card, carousel) are left out.
func (p surface) knows(kind string) bool {
	switch kind {
	case "section", "divider", "image", "actions", "context", "header", "rich_text", "input", "video":
		return true
	case "markdown", "table", "plan", "task_card", "file":
		return p == inMessage
	case "alert":
		return p == inView
	}
	return false
}

func (c *checker) block(b object, at string) {
	kind := b.text("type")
	if !c.place.knows(kind) {
		c.refuse(at+"/type", "unsupported type: %s", kind)
		return
	}
	if id := b.text("block_id"); id != "" {
		c.most(id, 255, at+"/block_id")
		if c.ids[id] {
			c.refuse(at+"/block_id", "block_id already exists")
		}
		c.ids[id] = true
	}
	switch kind {
	case "section":
		c.section(b, at)
	case "header":
		c.textObject(b["text"], at+"/text", 150, true)
	case "actions":
		c.elements(b, at, 25)
	case "context":
		c.context(b, at)
	case "input":
		c.input(b, at)
	case "image":
		c.image(b, at)
	case "rich_text":
		c.richText(b, at)
	default:
		c.youngBlock(b, kind, at)
	}
}

func (c *checker) section(b object, at string) {
	fields, hasFields := b["fields"].([]any)
	if b["text"] == nil && !hasFields {
		c.refuse(at, "missing required field: text or fields")
	}
	if b["text"] != nil {
		c.textObject(b["text"], at+"/text", 3000, false)
	}
	if hasFields {
		c.count(len(fields), 1, 10, at+"/fields")
		for i, f := range fields {
			c.textObject(f, at+"/fields/"+strconv.Itoa(i), 2000, false)
		}
	}
	if b["accessory"] != nil {
		c.element(b.child("accessory"), at+"/accessory", map[string]bool{}, inSection)
	}
}

func (c *checker) elements(b object, at string, most int) {
	list := b.children("elements")
	c.count(len(list), 1, most, at+"/elements")
	ids := make(map[string]bool)
	for i, e := range list {
		c.element(e, at+"/elements/"+strconv.Itoa(i), ids, inActions)
	}
}

func (c *checker) context(b object, at string) {
	list := b.children("elements")
	c.count(len(list), 1, 10, at+"/elements")
	for i, e := range list {
		at := at + "/elements/" + strconv.Itoa(i)
		if e.text("type") == "image" {
			c.image(e, at)
			continue
		}
		c.textObject(map[string]any(e), at, 3000, false)
	}
}

func (c *checker) image(b object, at string) {
	if b.text("image_url") == "" && b.child("slack_file") == nil {
		c.refuse(at, "missing required field: image_url")
	}
	c.most(b.text("image_url"), 3000, at+"/image_url")
	c.required(b.text("alt_text"), 2000, at+"/alt_text")
}

func (c *checker) input(b object, at string) {
	c.textObject(b["label"], at+"/label", 2000, true)
	if b["hint"] != nil {
		c.textObject(b["hint"], at+"/hint", 2000, true)
	}
	c.element(b.child("element"), at+"/element", map[string]bool{}, inInput)
}

// textObject checks a text of 1 to most characters.
func (c *checker) textObject(v any, at string, most int, plain bool) {
	m, isObject := v.(map[string]any)
	if !isObject {
		c.refuse(at, "missing required field: text")
		return
	}
	o := object(m)
	switch kind := o.text("type"); {
	case kind == "plain_text":
	case kind != "mrkdwn" || plain:
		c.refuse(at+"/type", "must be a valid enum value")
	case o["emoji"] != nil:
		c.refuse(at+"/emoji", "invalid additional property: emoji")
	}
	c.required(o.text("text"), most, at+"/text")
}

func (c *checker) required(text string, most int, at string) {
	if text == "" {
		c.refuse(at, "must be more than 0 characters")
	}
	c.most(text, most, at)
}

func (c *checker) most(text string, most int, at string) {
	if length(text) > most {
		c.refuse(at, "must be less than %d characters", most+1)
	}
}

func (c *checker) count(n, least, most int, at string) {
	switch {
	case n < least:
		c.refuse(at, "no less than %d items allowed", least)
	case n > most:
		c.refuse(at, "no more than %d items allowed", most)
	}
}

func (c *checker) oneOf(v any, at string, allowed ...string) {
	if text, _ := v.(string); !slices.Contains(allowed, text) {
		c.refuse(at, "must be a valid enum value")
	}
}

// identify gives blocks and their elements the ids that they lack, as Slack does when it keeps them.
func identify(list []any) {
	for _, v := range list {
		b, isObject := v.(map[string]any)
		if !isObject {
			continue
		}
		o := object(b)
		if o.text("block_id") == "" {
			b["block_id"] = newHex(3)
		}
		elements := append(o.children("elements"), o.child("accessory"), o.child("element"))
		for _, e := range elements {
			if isInteractive(e.text("type")) && e.text("action_id") == "" {
				e["action_id"] = newHex(3)
			}
		}
	}
}
