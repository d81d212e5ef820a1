package slacktest

import (
	"encoding/json"
	"regexp"
	"slices"
)

// pings returns whom a message mentions, sorted: ids of users and groups, and channel, here, everyone. Entities are not decoded
// first, since Slack does not read again what they stand for. With names, plain @channel counts too.
func pings(text string, blocks json.RawMessage, names bool) []string {
	out := pingsIn(text, names)
	for _, b := range decodeBlocks(blocks) {
		walk(map[string]any(b), func(o object) {
			switch o.text("type") {
			case "mrkdwn", "markdown":
				out = append(out, pingsIn(o.text("text"), names)...)
			case "user":
				out = append(out, o.text("user_id"))
			case "usergroup":
				out = append(out, o.text("usergroup_id"))
			case "broadcast":
				out = append(out, o.text("range"))
			}
		})
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// pingsIn finds mentions in text as it is marked up.
func pingsIn(text string, names bool) []string {
	var out []string
	mention := regexp.MustCompile(`<(?:@([UWB][A-Z0-9]+)|!(channel|here|everyone|group)|!subteam\^([A-Z0-9]+))(?:\|[^>]*)?>`)
	for _, m := range mention.FindAllStringSubmatch(text, -1) {
		out = append(out, m[1]+m[2]+m[3])
	}
	if names {
		for _, m := range regexp.MustCompile(`(?:^|[^\w<!@])@(channel|here|everyone)\b`).FindAllStringSubmatch(text, -1) {
			out = append(out, m[1])
		}
	}
	return out
}

// walk visits every object in a value, outer ones first.
func walk(v any, visit func(object)) {
	switch v := v.(type) {
	case map[string]any:
		visit(v)
		for _, inner := range v {
			walk(inner, visit)
		}
	case []any:
		for _, inner := range v {
			walk(inner, visit)
		}
	}
}
