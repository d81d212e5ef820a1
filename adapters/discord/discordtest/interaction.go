package discordtest

import (
	"encoding/json"
	"slices"
	"time"
)

// Kinds of interactions, as Discord numbers them.
const (
	kindCommand      = 2
	kindComponent    = 3
	kindAutocomplete = 4
	kindModal        = 5
)

// Choice is one suggestion.
type Choice struct {
	// Name is what people see.
	Name string
	// Value is what is put into the option; a number as its digits.
	Value string
}

// Modal is a form that was opened.
type Modal struct {
	// CustomID and Title are as they were sent.
	CustomID, Title string
	// Components is a JSON array of rows or labels.
	Components json.RawMessage
	// Open says that it was not submitted yet.
	Open bool
}

// Private is an answer that one person sees.
type Private struct {
	// ID is the message's; it can be edited with the interaction's token only.
	ID string
	// User sees it, in Channel.
	User, Channel string
	// Interaction is the id of the one that it answers.
	Interaction string
	// Content is as it was sent.
	Content string
	// Embeds and Components are JSON arrays, never empty.
	Embeds, Components json.RawMessage
	// Forms are its creation and every edit, Edits the number of the latter.
	Forms []Form
	Edits int
	// Deleted says that the bot took it away.
	Deleted bool
}

// Interaction is what somebody did, and what came of it.
type Interaction struct {
	// ID is a snowflake.
	ID string
	// Kind is 2 for a command, 3 for a press, 4 for autocomplete, 5 for a form.
	Kind int
	// User did it, in Channel.
	User, Channel string
	// AckType is the type of the callback that was taken; zero is none.
	AckType int
	// AckAfter is how long that took, from the dispatch.
	AckAfter time.Duration
	// Acks is the number of callbacks that came, refused ones included.
	Acks int
	// Choices answer an autocomplete.
	Choices []Choice
	// Modal is the form that was opened; nil for none.
	Modal *Modal
	// Privates are the answers that only User sees.
	Privates []Private
	// Loading says that the answer was deferred and has not come.
	Loading bool
}

// interaction is what somebody did, as the server keeps it.
type interaction struct {
	id, token     string
	kind          int
	user, channel string
	direct        bool
	event         object
	at            time.Time
	pressed       *message // what a button stood on, also for a form that it opened
	acks, ackType int
	ackAfter      time.Duration
	original      *message
	choices       []Choice
	modal         *modal
}

// interact makes an interaction and dispatches it.
func (s *Server) interact(x *interaction, data object) string {
	x.id, x.token, x.at = s.newID(), newSecret(48), time.Now()
	c := s.channels[x.channel]
	x.direct = c.kind == typeDM
	m := s.member(x.user)
	permissions := formatPermissions(s.permissions(c))
	where := s.wireChannel(c)
	x.event = object{
		"id": x.id, "application_id": s.opts.App, "type": x.kind, "token": x.token, "version": 1, "data": data,
		"channel_id": x.channel, "channel": where, "app_permissions": permissions, "locale": "en-GB", "entitlements": []object{},
		"entitlement_sku_ids": []string{}, "authorizing_integration_owners": s.owners(x.direct), "attachment_size_limit": 10 << 20,
	}
	if x.direct {
		x.event["user"], x.event["context"] = wireUser(m), 1
	} else {
		p := m.Permissions
		if p == 0 {
			p = memberPermissions
		}
		who := wireMember(m)
		who["permissions"] = formatPermissions(p)
		where["permissions"] = who["permissions"]
		x.event["member"], x.event["guild_id"], x.event["guild_locale"], x.event["context"] = who, s.opts.Guild, "en-US", 0
		x.event["guild"] = object{"id": s.opts.Guild, "locale": "en-US", "features": []string{}}
	}
	if x.pressed != nil {
		x.event["message"] = s.wireMessage(x.pressed)
	}
	s.interactions[x.id] = x
	s.ordered = append(s.ordered, x)
	s.dispatch("INTERACTION_CREATE", x.event)
	return x.id
}

// owners says for whom the application is installed: the guild, or in the bot's direct conversation nobody in particular.
func (s *Server) owners(direct bool) object {
	if direct {
		return object{"0": "0"}
	}
	return object{"0": s.opts.Guild}
}

// Replay dispatches an interaction once more, as a resumed session may.
func (s *Server) Replay(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.interactions[id]
	if x == nil {
		s.mistake("no interaction %s to replay", id)
		return
	}
	s.dispatch("INTERACTION_CREATE", x.event)
}

// RawDispatch dispatches any event, which no rule of the server touches.
func (s *Server) RawDispatch(event string, data json.RawMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dispatch(event, data)
}

// Interactions returns all that people did, by id.
func (s *Server) Interactions() map[string]Interaction {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make(map[string]Interaction, len(s.interactions))
	for id, x := range s.interactions {
		v := Interaction{
			ID: id, Kind: x.kind, User: x.user, Channel: x.channel, AckType: x.ackType, AckAfter: x.ackAfter, Acks: x.acks,
			Choices: slices.Clone(x.choices), Privates: s.privates(x),
			Loading: x.original != nil && x.original.loading() && !x.original.deleted,
		}
		if x.modal != nil {
			v.Modal = &Modal{
				CustomID: x.modal.customID, Title: x.modal.title, Components: encode(x.modal.components), Open: x.modal.open,
			}
		}
		all[id] = v
	}
	return all
}

// Privates returns the answers that only one person sees, oldest first. A deferred one shows when it has content.
func (s *Server) Privates() []Private {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.privates(nil)
}

// privates returns the private answers to an interaction; nil is all.
func (s *Server) privates(to *interaction) []Private {
	var all []Private
	for _, m := range s.messages {
		if m.user == "" || m.loading() || to != nil && m.interaction != to {
			continue
		}
		all = append(all, Private{
			ID: m.id, User: m.user, Channel: m.channel, Interaction: m.interaction.id, Content: m.content,
			Embeds: encode(m.embeds), Components: encode(m.components), Forms: slices.Clone(m.forms), Edits: len(m.forms) - 1,
			Deleted: m.deleted,
		})
	}
	return all
}
