package discordtest

import (
	"encoding/json"
	"slices"
	"strings"
)

// Limits of a message.
const (
	maxContent  = 2000
	maxNonce    = 25
	maxMentions = 100
)

// origin is who writes a message: it decides what is mentioned when nothing is said about it, and which flags count.
type origin int

const (
	fromBot origin = iota
	fromInteraction
)

// draft is a message as a body describes it: a new one, or what an edit makes of an old one.
type draft struct {
	origin  origin
	channel *channel
	edits   *message // nil for a new message

	content            string
	embeds, components []object
	flags              int
	nonce              string
	enforce            bool
	reference          string
	mentions           []string
	dropped            bool // the embeds, for want of EMBED_LINKS
}

func (d draft) empty() bool {
	return d.content == "" && len(d.embeds) == 0 && len(d.components) == 0
}

// fill makes a message look like the draft.
func (d draft) fill(m *message) {
	m.content, m.embeds, m.components, m.mentions = d.content, orEmpty(d.embeds), orEmpty(d.components), d.mentions
}

// readDraft reads and checks a body. What an edit does not name stays as it is, but for the allowed mentions: those are never
// remembered.
func (s *Server) readDraft(fields object, d draft) (draft, *answer) {
	if fields == nil {
		return d, invalidForm("", "BASE_TYPE_REQUIRED", "This field is required")
	}
	var p problems
	if m := d.edits; m != nil {
		d.content, d.embeds, d.components, d.flags = m.content, m.embeds, m.components, m.flags
	}
	d.readFlags(&p, fields)
	d.readContent(&p, fields)
	if v, there := fields["embeds"]; there {
		d.embeds = checkEmbeds(&p, v)
	}
	if v, there := fields["components"]; there {
		d.components = checkComponents(&p, v, d.flags&flagComponentsV2 != 0)
	}
	if d.flags&flagComponentsV2 != 0 {
		d.checkV2(&p)
	}
	if d.edits == nil {
		s.readNew(&p, fields, &d)
	}
	allowed := d.readAllowed(&p, fields)
	if a := p.answer(); a != nil {
		return d, a
	}
	if d.origin == fromBot && len(d.embeds) > 0 && !s.may(d.channel, EmbedLinks) {
		d.embeds, d.dropped = nil, true
	}
	d.mentions = s.mentioned(d, allowed)
	return d, nil
}

func (d *draft) readFlags(p *problems, fields object) {
	v, there := fields["flags"]
	if !there || v == nil {
		return
	}
	if _, isNumber := v.(json.Number); !isNumber {
		p.add("flags", "NUMBER_TYPE_COERCE", "Value is not int.")
		return
	}
	known := flagSuppressEmbeds | flagSilent | flagComponentsV2
	if d.origin == fromInteraction && d.edits == nil {
		known |= flagEphemeral
	}
	had := d.flags & (flagComponentsV2 | flagEphemeral)
	d.flags = fields.number("flags")&known | had
}

func (d *draft) readContent(p *problems, fields object) {
	v, there := fields["content"]
	if !there {
		return
	}
	text, isText := v.(string)
	if !isText && v != nil {
		p.add("content", "BASE_TYPE_BAD_TYPE", "Could not interpret the value as string.")
		return
	}
	d.content = strings.TrimSpace(text)
	if n := length(d.content); n > maxContent {
		p.add("content", "BASE_TYPE_MAX_LENGTH", "Must be %d or fewer in length.", maxContent)
	}
}

// checkV2 refuses what a message of the second kind of components cannot have.
func (d *draft) checkV2(p *problems) {
	const code = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"
	if d.content != "" {
		p.add("content", code, "The 'content' field cannot be used when using MessageFlags.IS_COMPONENTS_V2")
	}
	if len(d.embeds) > 0 {
		p.add("embeds", code, "The 'embeds' field cannot be used when using MessageFlags.IS_COMPONENTS_V2")
	}
}

// readNew reads what only a new message can have.
func (s *Server) readNew(p *problems, fields object, d *draft) {
	switch fields["nonce"].(type) {
	case nil:
	case string, json.Number:
		d.nonce = fields.text("nonce")
		if length(d.nonce) > maxNonce {
			p.add("nonce", "NONCE_TYPE_TOO_LONG", "Must be %d or fewer in length.", maxNonce)
		}
	default:
		p.add("nonce", "NONCE_TYPE_BAD", "Could not interpret the value as string or int.")
	}
	d.enforce = fields.yes("enforce_nonce")
	ref := fields.child("message_reference")
	if ref == nil {
		return
	}
	d.reference = ref.text("message_id")
	if strict, there := ref["fail_if_not_exists"].(bool); s.find(d.channel.id, d.reference) == nil {
		if !there || strict {
			p.add("message_reference", "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message")
		}
		d.reference = ""
	}
}

// allowed is what may be mentioned.
type allowed struct {
	everyone, users, roles bool
	userIDs, roleIDs       []string
}

// readAllowed reads allowed_mentions. Without them a message of the bot mentions whatever it names, an answer people alone.
func (d *draft) readAllowed(p *problems, fields object) allowed {
	v, there := fields["allowed_mentions"]
	if !there || v == nil {
		return allowed{everyone: d.origin == fromBot, users: true, roles: d.origin == fromBot}
	}
	o := asObject(v)
	if o == nil {
		p.add("allowed_mentions", "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
		return allowed{}
	}
	var a allowed
	for _, kind := range texts(p, o, "parse") {
		switch kind {
		case "everyone":
			a.everyone = true
		case "users":
			a.users = true
		case "roles":
			a.roles = true
		default:
			p.add("allowed_mentions.parse", "BASE_TYPE_CHOICES", "Value must be one of {'users', 'roles', 'everyone'}.")
		}
	}
	a.userIDs, a.roleIDs = texts(p, o, "users"), texts(p, o, "roles")
	for name, ids := range map[string][]string{"users": a.userIDs, "roles": a.roleIDs} {
		if len(ids) > maxMentions {
			p.add("allowed_mentions."+name, "BASE_TYPE_MAX_LENGTH", "Must be %d or fewer in length.", maxMentions)
		}
		if slices.ContainsFunc(ids, func(id string) bool { return !isID(id) }) {
			p.add("allowed_mentions."+name, "NUMBER_TYPE_COERCE", "Value is not snowflake.")
		}
	}
	const both = "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE"
	if a.users && len(a.userIDs) > 0 {
		p.add("allowed_mentions", both, `parse:["users"] and users: [ids...] are mutually exclusive.`)
	}
	if a.roles && len(a.roleIDs) > 0 {
		p.add("allowed_mentions", both, `parse:["roles"] and roles: [ids...] are mutually exclusive.`)
	}
	return a
}

// texts reads a list of strings in allowed_mentions; null is an empty one.
func texts(p *problems, o object, name string) []string {
	if o[name] == nil {
		return nil
	}
	list, isList := o[name].([]any)
	var out []string
	for _, v := range list {
		text, isText := v.(string)
		isList = isList && isText
		out = append(out, text)
	}
	if !isList {
		p.add("allowed_mentions."+name, "BASE_TYPE_BAD_TYPE", "Only a list of strings may be used.")
	}
	return out
}
