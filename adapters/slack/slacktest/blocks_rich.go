package slacktest

import "strconv"

// richText checks a rich_text block: sections, lists, quotes and preformatted parts around the leaves.
func (c *checker) richText(b object, at string) {
	list := b.children("elements")
	c.count(len(list), 1, 1000, at+"/elements")
	for i, e := range list {
		c.richPart(e, at+"/elements/"+strconv.Itoa(i))
	}
}

func (c *checker) richPart(e object, at string) {
	inner := e.children("elements")
	switch kind := e.text("type"); kind {
	case "rich_text_section", "rich_text_preformatted", "rich_text_quote":
		for i, leaf := range inner {
			c.richLeaf(leaf, at+"/elements/"+strconv.Itoa(i))
		}
	case "rich_text_list":
		c.oneOf(e["style"], at+"/style", "bullet", "ordered")
		for i, part := range inner {
			at := at + "/elements/" + strconv.Itoa(i)
			if part.text("type") != "rich_text_section" {
				c.refuse(at+"/type", "must be a valid enum value")
				continue
			}
			c.richPart(part, at)
		}
	default:
		c.refuse(at+"/type", "unsupported type: %s", kind)
	}
}

// richLeaf checks a leaf: each has one field that it cannot do without.
func (c *checker) richLeaf(e object, at string) {
	need := map[string]string{
		"text": "text", "link": "url", "user": "user_id", "usergroup": "usergroup_id", "broadcast": "range",
		"emoji": "name", "channel": "channel_id", "color": "value", "team": "team_id", "date": "format",
	}
	kind := e.text("type")
	field, known := need[kind]
	switch {
	case !known:
		c.refuse(at+"/type", "unsupported type: %s", kind)
	case e.text(field) == "":
		c.refuse(at+"/"+field, "must be more than 0 characters")
	case kind == "broadcast":
		c.oneOf(e["range"], at+"/range", "here", "channel", "everyone")
	case kind == "date":
		if _, given := e["timestamp"].(float64); !given {
			c.refuse(at+"/timestamp", "must be an integer")
		}
	}
}

// youngBlock checks the blocks that came with the newer parts of Slack.
func (c *checker) youngBlock(b object, kind, at string) {
	switch kind {
	case "markdown":
		c.required(b.text("text"), 12000, at+"/text")
	case "table":
		c.tables++
		rows, _ := b["rows"].([]any)
		c.count(len(rows), 1, 100, at+"/rows")
		for i, r := range rows {
			cells, _ := r.([]any)
			c.row(objects(cells), at+"/rows/"+strconv.Itoa(i))
		}
	case "plan":
		c.plans++
		c.required(b.text("title"), 150, at+"/title")
		for i, t := range b.children("tasks") {
			c.task(t, at+"/tasks/"+strconv.Itoa(i))
		}
	case "task_card":
		c.cards++
		c.task(b, at)
	case "alert":
		c.textObject(b["text"], at+"/text", 200, false)
	case "video":
		c.textObject(b["title"], at+"/title", 200, true)
	}
}

func (c *checker) row(cells []object, at string) {
	c.count(len(cells), 1, 20, at)
	for i, cell := range cells {
		at := at + "/" + strconv.Itoa(i)
		switch kind := cell.text("type"); kind {
		case "raw_text":
			c.required(cell.text("text"), 3000, at+"/text")
		case "rich_text":
			c.richText(cell, at)
		default:
			c.refuse(at+"/type", "unsupported type: %s", kind)
		}
	}
}

func (c *checker) task(t object, at string) {
	c.required(t.text("task_id"), 255, at+"/task_id")
	c.required(t.text("title"), 150, at+"/title")
	c.oneOf(t["status"], at+"/status", "pending", "in_progress", "complete", "error")
	for _, name := range []string{"details", "output"} {
		if t[name] != nil {
			c.richText(t.child(name), at+"/"+name)
		}
	}
}
