package bot

import (
	"strings"

	"vmbackup-bot/bot/chat"
)

// input is a command as the bot understands it, from whatever platform: the verb, and what follows it.
type input struct {
	verb  string
	text  string // what follows the verb, as it was typed
	words []word
}

// note is what was typed from the n-th word on.
func (in input) note(n int) string { return rest(in.text, in.words, n) }

// word is the n-th word after the verb; empty where there is none.
func (in input) word(n int) string {
	if n < len(in.words) {
		return in.words[n].text
	}
	return ""
}

// targetOptions are the names of options that name what a command is about; noteOptions hold free text behind it.
var (
	targetOptions = []string{"verb_name", "vm", "operation", "target", "glob"}
	noteOptions   = []string{"n", "time", "since", "note", "reason"}
)

// parse reads a request's command. Named options (Discord) come in the order in which they would be typed, each target as
// if it were quoted; text (Slack, console) is split as people type it.
func parse(r chat.Request) input {
	if len(r.Options) > 0 {
		return parseOptions(r.Options)
	}
	text := clean(r.Text)
	words := split(text)
	if len(words) == 0 {
		return input{}
	}
	in := input{verb: strings.ToLower(words[0].text)}
	if len(words) > 1 {
		start := words[1].from
		in.text = text[start:]
		for _, w := range words[1:] {
			w.from -= start
			in.words = append(in.words, w)
		}
	}
	return in
}

func parseOptions(options map[string]string) input {
	in := input{verb: strings.ToLower(clean(options["verb"]))}
	for _, name := range targetOptions {
		v := strings.TrimSpace(clean(options[name]))
		if v == "" {
			continue
		}
		if in.text != "" {
			in.text += " "
		}
		in.words = append(in.words, word{text: v, quoted: true, from: len(in.text)})
		in.text += v
	}
	for _, name := range noteOptions { // these stay as they were typed, quotation marks and all
		note := strings.TrimSpace(clean(options[name]))
		if note == "" {
			continue
		}
		if in.text != "" {
			in.text += " "
		}
		for _, w := range split(note) {
			w.from += len(in.text)
			in.words = append(in.words, w)
		}
		in.text += note
	}
	return in
}
