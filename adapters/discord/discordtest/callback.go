package discordtest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Types of callbacks, as Discord numbers them.
const (
	callbackMessage        = 4
	callbackDeferred       = 5
	callbackDeferredUpdate = 6
	callbackUpdate         = 7
	callbackChoices        = 8
	callbackModal          = 9
)

// Limits of suggestions.
const (
	maxChoices     = 25
	maxChoiceName  = 100
	maxChoiceValue = 100
)

// callbacksFor lists the callbacks that an interaction can be answered with.
func callbacksFor(x *interaction) []int {
	switch {
	case x.kind == kindAutocomplete:
		return []int{callbackChoices}
	case x.kind == kindComponent:
		return []int{callbackMessage, callbackDeferred, callbackDeferredUpdate, callbackUpdate, callbackModal}
	case x.kind == kindModal && x.pressed != nil:
		return []int{callbackMessage, callbackDeferred, callbackDeferredUpdate, callbackUpdate}
	case x.kind == kindModal:
		return []int{callbackMessage, callbackDeferred}
	}
	return []int{callbackMessage, callbackDeferred, callbackModal}
}

// postCallback takes the first answer to an interaction, once and in time.
func (s *Server) postCallback(c *call) *answer {
	x := s.interactions[c.id("interaction")]
	if x == nil || x.token != c.id("token") {
		return unknownInteraction()
	}
	x.acks++
	switch {
	case x.ackType != 0:
		return refuse(http.StatusBadRequest, 40060, "Interaction has already been acknowledged.")
	case time.Since(x.at) > s.trouble.ackWithin:
		return unknownInteraction()
	}
	kind := c.fields.number("type")
	if !slices.Contains(callbacksFor(x), kind) {
		return invalidForm("type", "INTERACTION_TYPE_BAD", "This callback does not fit the interaction.")
	}
	if refused := s.acknowledge(x, kind, c.fields); refused != nil {
		return refused
	}
	x.ackType, x.ackAfter = kind, time.Since(x.at)
	if c.query.Get("with_response") != "true" {
		return noContent()
	}
	told := object{"id": x.id, "type": x.kind, "response_message_loading": false, "response_message_ephemeral": false}
	resource := object{"type": kind}
	if m := x.original; m != nil {
		told["response_message_id"], told["response_message_loading"] = m.id, m.loading()
		told["response_message_ephemeral"] = m.user != ""
		resource["message"] = s.wireMessage(m)
	}
	return ok(object{"interaction": told, "resource": resource})
}

func unknownInteraction() *answer { return refuse(http.StatusNotFound, 10062, "Unknown interaction") }

// acknowledge has the effect of a callback, or returns why it cannot.
func (s *Server) acknowledge(x *interaction, kind int, body object) *answer {
	data := body.child("data")
	switch kind {
	case callbackMessage:
		d, refused := s.readReply(x, data, nil, "data")
		if refused != nil {
			return refused
		}
		x.original = s.reply(x, d)
	case callbackDeferred:
		flags := data.number("flags")
		if flags&^flagEphemeral != 0 {
			return invalidForm("data.flags", "INTERACTION_DEFERRED_FLAGS", "A deferral takes no flag but EPHEMERAL.")
		}
		x.original = s.reply(x, draft{flags: flags | flagLoading})
	case callbackDeferredUpdate:
		x.original = x.pressed
	case callbackUpdate:
		d, refused := s.readReply(x, data, x.pressed, "data")
		if refused != nil {
			return refused
		}
		if !x.pressed.deleted {
			s.edit(x.pressed, d)
		}
		x.original = x.pressed
	case callbackChoices:
		choices, refused := readChoices(data)
		if refused != nil {
			return refused
		}
		x.choices = choices
	case callbackModal:
		m, refused := readModal(data)
		if refused != nil {
			return refused
		}
		m.user, m.from, m.open = x.user, x, true
		x.modal = m
		s.modals = append(s.modals, m)
	}
	return nil
}

// readReply reads the body of an answer to an interaction, new or edited. The path is where the body stands in what was sent.
func (s *Server) readReply(x *interaction, body object, edits *message, path string) (draft, *answer) {
	d, refused := s.readDraft(body, draft{origin: fromInteraction, channel: s.placeOf(x), edits: edits})
	if refused != nil {
		return d, refused.below(path)
	}
	if d.empty() {
		return d, emptyMessage()
	}
	return d, nil
}

// placeOf returns where an interaction happened; a channel that is gone still has its id.
func (s *Server) placeOf(x *interaction) *channel {
	if c := s.channels[x.channel]; c != nil {
		return c
	}
	return &channel{id: x.channel}
}

// below moves the errors of an answer under a path.
func (a *answer) below(path string) *answer {
	body := asObject(a.body)
	if errs := body.child("errors"); errs != nil && path != "" {
		body["errors"] = object{path: errs}
	}
	return a
}

// reply stores an answer to an interaction.
func (s *Server) reply(x *interaction, d draft) *message {
	m := &message{channel: x.channel, author: s.opts.BotUser, flags: d.flags, interaction: x}
	if d.flags&flagEphemeral != 0 {
		m.user = x.user
	}
	d.fill(m)
	m.pings = m.mentions
	s.store(m)
	return m
}

// readChoices reads suggestions. A field that is left out, or null, is none.
func readChoices(data object) ([]Choice, *answer) {
	var p problems
	list := data.children("choices")
	if len(list) > maxChoices {
		p.add("data.choices", "BASE_TYPE_MAX_LENGTH", "Must be %d or fewer in length.", maxChoices)
	}
	choices := make([]Choice, len(list))
	for i, o := range list {
		checkChoice(&p, "data.choices", i, o)
		choices[i] = Choice{Name: o.text("name"), Value: o.text("value")}
	}
	return choices, p.answer()
}

// checkChoice checks the name and the value of a choice, of a command or a suggestion.
func checkChoice(p *problems, at string, i int, o object) {
	where := at + "." + strconv.Itoa(i)
	if n := length(strings.TrimSpace(o.text("name"))); n < 1 || n > maxChoiceName {
		p.add(where+".name", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and %d in length.", maxChoiceName)
	}
	if n := length(o.text("value")); n < 1 || n > maxChoiceValue {
		p.add(where+".value", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and %d in length.", maxChoiceValue)
	}
}
