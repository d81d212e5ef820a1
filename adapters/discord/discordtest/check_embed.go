package discordtest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Limits of embeds, in characters or pieces.
const (
	maxEmbeds           = 10
	maxEmbedSum         = 6000 // of all texts in all embeds of a message
	maxEmbedTitle       = 256
	maxEmbedDescription = 4096
	maxEmbedFields      = 25
	maxFieldName        = 256
	maxFieldValue       = 1024
	maxFooter           = 2048
	maxAuthor           = 256
	maxColour           = 0xFFFFFF
)

// embedChecker checks the embeds of one message.
type embedChecker struct {
	p   *problems
	sum int
}

// checkEmbeds checks embeds and returns them as Discord keeps them: trimmed, and with their type.
func checkEmbeds(p *problems, v any) []object {
	if v == nil {
		return nil
	}
	list, isList := v.([]any)
	if !isList {
		p.add("embeds", "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
		return nil
	}
	if len(list) > maxEmbeds {
		p.add("embeds", "BASE_TYPE_MAX_LENGTH", "Must be %d or fewer in length.", maxEmbeds)
	}
	c := embedChecker{p: p}
	kept := make([]object, 0, len(list))
	for i, e := range list {
		at := fmt.Sprintf("embeds.%d", i)
		o := asObject(e)
		if o == nil {
			p.add(at, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
			continue
		}
		kept = append(kept, c.embed(at, o))
	}
	if c.sum > maxEmbedSum {
		p.add("embeds", "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of %d", maxEmbedSum)
	}
	return kept
}

func (c *embedChecker) embed(at string, o object) object {
	kept := object{"type": "rich"}
	before := c.sum
	c.text(kept, o, at, "title", maxEmbedTitle, false)
	c.text(kept, o, at, "description", maxEmbedDescription, false)
	fields, isList := o["fields"].([]any)
	if o["fields"] != nil && !isList {
		c.p.add(at+".fields", "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
	}
	if len(fields) > maxEmbedFields {
		c.p.add(at+".fields", "BASE_TYPE_MAX_LENGTH", "Must be %d or fewer in length.", maxEmbedFields)
	}
	list := []object{}
	for i, f := range objects(fields) {
		field := object{"inline": f.yes("inline")}
		where := fmt.Sprintf("%s.fields.%d", at, i)
		c.text(field, f, where, "name", maxFieldName, true)
		c.text(field, f, where, "value", maxFieldValue, true)
		list = append(list, field)
	}
	if len(list) > 0 {
		kept["fields"] = list
	}
	c.part(kept, o, at, "footer", "text", maxFooter)
	c.part(kept, o, at, "author", "name", maxAuthor)
	empty := c.sum == before && asObject(o["image"]) == nil && asObject(o["thumbnail"]) == nil
	c.rest(kept, o, at)
	if empty {
		c.p.add(at+".description", "BASE_TYPE_REQUIRED", "This field is required")
	}
	return kept
}

// text checks one text, counts it, and keeps it without the blanks around it.
func (c *embedChecker) text(kept, o object, at, name string, limit int, required bool) {
	v, isText := o[name].(string)
	v = strings.TrimSpace(v)
	switch {
	case o[name] != nil && !isText:
		c.p.add(at+"."+name, "BASE_TYPE_BAD_TYPE", "Could not interpret the value as string.")
	case v == "" && required:
		c.p.add(at+"."+name, "BASE_TYPE_REQUIRED", "This field is required")
	case length(v) > limit:
		c.p.add(at+"."+name, "BASE_TYPE_MAX_LENGTH", "Must be %d or fewer in length.", limit)
	}
	c.sum += length(v)
	if v != "" {
		kept[name] = v
	}
}

// part checks the footer or the author.
func (c *embedChecker) part(kept, o object, at, name, textName string, limit int) {
	if o[name] == nil {
		return
	}
	part := object{}
	c.text(part, o.child(name), at+"."+name, textName, limit, true)
	kept[name] = part
}

// rest checks what is no text.
func (c *embedChecker) rest(kept, o object, at string) {
	if v := o["color"]; v != nil {
		n := o.number("color")
		if _, isNumber := v.(json.Number); !isNumber || n < 0 || n > maxColour {
			c.p.add(at+".color", "NUMBER_TYPE_MAX", "int value should be between 0 and %d.", maxColour)
		}
		kept["color"] = n
	}
	if v := o["timestamp"]; v != nil {
		if _, err := time.Parse(time.RFC3339, o.text("timestamp")); err != nil {
			c.p.add(at+".timestamp", "DATE_TIME_TYPE_PARSE", "Could not parse %v. Should be ISO8601.", v)
		}
		kept["timestamp"] = v
	}
	if link := o.text("url"); link != "" {
		if u, err := url.Parse(link); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			c.p.add(at+".url", "URL_TYPE_INVALID_SCHEME", "Scheme must be one of ('http', 'https').")
		}
		kept["url"] = link
	}
	for _, name := range []string{"image", "thumbnail"} {
		if v := o.child(name); v != nil {
			kept[name] = v
		}
	}
}
