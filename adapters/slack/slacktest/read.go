package slacktest

import (
	"encoding/json"
	"regexp"
	"strings"
)

// Read returns what a person reads in a message, line by line from top to bottom: the blocks, or the text where there are none.
// Entities are decoded, marks for bold and code removed, links shown by their label, dates by their fallback, people by name.
// Buttons stand in brackets.
func (s *Server) Read(text string, blocks json.RawMessage) string {
	list := decodeBlocks(blocks)
	if len(list) == 0 {
		return s.readMarkup(text)
	}
	var lines []string
	for _, b := range list {
		if line := s.readBlock(b); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

func (s *Server) readBlock(b object) string {
	var parts []string
	add := func(text string) {
		if text != "" {
			parts = append(parts, text)
		}
	}
	switch b.text("type") {
	case "section":
		add(s.readText(b.child("text")))
		for _, f := range b.children("fields") {
			add(s.readText(f))
		}
		add(s.readElement(b.child("accessory")))
	case "actions", "context":
		var words []string
		for _, e := range b.children("elements") {
			words = append(words, s.readElement(e))
		}
		add(strings.Join(words, " "))
	case "rich_text":
		add(s.readRich(b))
	case "markdown":
		add(s.readMarkup(b.text("text")))
	case "table":
		rows, _ := b["rows"].([]any)
		for _, r := range rows {
			cells, _ := r.([]any)
			var words []string
			for _, cell := range objects(cells) {
				words = append(words, s.readCell(cell))
			}
			add(strings.Join(words, " | "))
		}
	case "plan":
		add(b.text("title"))
		for _, t := range b.children("tasks") {
			add(s.readTask(t))
		}
	case "task_card":
		add(s.readTask(b))
	case "image":
		add(b.text("alt_text"))
	case "input":
		add(s.readText(b.child("label")))
		add(s.readElement(b.child("element")))
	default:
		add(s.readText(b.child("text")))
	}
	return strings.Join(parts, "\n")
}

func (s *Server) readText(o object) string {
	if o.text("type") == "mrkdwn" {
		return s.readMarkup(o.text("text"))
	}
	return o.text("text")
}

func (s *Server) readElement(e object) string {
	switch e.text("type") {
	case "mrkdwn", "plain_text":
		return s.readText(e)
	case "image":
		return e.text("alt_text")
	case "button":
		return "[" + e.child("text").text("text") + "]"
	case "":
		return ""
	}
	var words []string
	for _, o := range allOptions(e) {
		words = append(words, s.readText(o.child("text")))
	}
	return "[" + strings.Join(words, " / ") + "]"
}

func (s *Server) readCell(cell object) string {
	if cell.text("type") == "rich_text" {
		return s.readRich(cell)
	}
	return cell.text("text")
}

func (s *Server) readTask(t object) string {
	lines := []string{strings.TrimSpace(t.text("title") + " (" + t.text("status") + ")")}
	for _, name := range []string{"details", "output"} {
		if text := s.readRich(t.child(name)); text != "" {
			lines = append(lines, text)
		}
	}
	return strings.Join(lines, "\n")
}

// readRich reads rich text: each part that is no leaf is a line.
func (s *Server) readRich(o object) string {
	var lines []string
	var line strings.Builder
	for _, e := range o.children("elements") {
		if strings.HasPrefix(e.text("type"), "rich_text_") {
			lines = append(lines, s.readRich(e))
			continue
		}
		line.WriteString(s.readLeaf(e))
	}
	if line.Len() > 0 {
		lines = append(lines, line.String())
	}
	return strings.Join(lines, "\n")
}

func (s *Server) readLeaf(e object) string {
	switch e.text("type") {
	case "link":
		if e.text("text") == "" {
			return e.text("url")
		}
	case "user":
		return s.nameOf(e.text("user_id"))
	case "usergroup":
		return "@" + e.text("usergroup_id")
	case "broadcast":
		return "@" + e.text("range")
	case "emoji":
		return ":" + e.text("name") + ":"
	case "channel":
		return "#" + e.text("channel_id")
	case "date":
		return e.text("fallback")
	}
	return e.text("text")
}

func (s *Server) nameOf(user string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.user(user, "").Name
}

// readMarkup reads text that is marked up. What stands in angle brackets is taken first, then entities are decoded once.
func (s *Server) readMarkup(text string) string {
	text = strings.NewReplacer("*", "", "`", "").Replace(text)
	text = regexp.MustCompile(`<[^<>]+>`).ReplaceAllStringFunc(text, func(token string) string {
		target, label, labelled := strings.Cut(token[1:len(token)-1], "|")
		switch {
		case strings.HasPrefix(target, "@"):
			return s.nameOf(target[1:])
		case strings.HasPrefix(target, "!date^"):
			return label
		case strings.HasPrefix(target, "!subteam^"):
			return "@" + strings.TrimPrefix(target, "!subteam^")
		case strings.HasPrefix(target, "!"):
			return "@" + target[1:]
		case labelled:
			return label
		case strings.HasPrefix(target, "#"):
			return target
		}
		return target
	})
	return strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">").Replace(text)
}
