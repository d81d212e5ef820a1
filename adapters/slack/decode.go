package slack

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"vmbackup-bot/bot/chat"
)

// Slack's names for what comes in.
const (
	typeCommand     = "slash_commands"
	typeInteractive = "interactive"
	interactPress   = "block_actions"
	interactSubmit  = "view_submission"
	interactSuggest = "block_suggestion"
)

// hooks are what an answer to one request may use. Both are as good as secrets, and die soon.
type hooks struct {
	response string // response_url: five times within 30 minutes
	trigger  string // trigger_id: once within 3 seconds
	// stray says that another command of the app was typed than the bot's: nothing is done then.
	stray bool
}

// decode is a delivery as a request; false for what the bot has no use for.
func (a *Adapter) decode(e envelope) (chat.Request, hooks, bool) {
	p, err := readPayload(e.Payload)
	if err != nil {
		a.log.Warn("a delivery from Slack could not be read", "error", err)
		return chat.Request{}, hooks{}, false
	}
	r := chat.Request{At: time.Now()}
	hook := hooks{response: p.at("response_url").text(), trigger: p.at("trigger_id").text()}
	if hook.response == "" { // forms that may answer into a channel bring a list
		for _, u := range p.at("response_urls").list() {
			hook.response = u.at("response_url").text()
		}
	}
	// An envelope is delivered again under its own id; one and the same deed also under others, with the same trigger.
	for _, id := range []string{e.ID, hook.trigger} {
		if id != "" {
			r.Deliveries = append(r.Deliveries, Name+":"+id)
		}
	}
	ok := len(r.Deliveries) > 0
	switch kind := p.at("type").text(); {
	case e.Type == typeCommand:
		a.decodeCommand(&r, p)
		hook.stray = !strings.EqualFold(p.at("command").text(), a.o.Command)
	case e.Type != typeInteractive:
		ok = false
	case kind == interactPress:
		ok = a.decodePress(&r, p) && ok
	case kind == interactSubmit:
		ok = a.decodeSubmit(&r, p) && ok
	case kind == interactSuggest:
		ok = a.decodeSuggest(&r, p)
	default:
		ok = false
	}
	if !ok || r.Actor.User == "" {
		a.log.Debug("a delivery from Slack is of no use", "type", e.Type, "interaction", p.at("type").text())
		return chat.Request{}, hooks{}, false
	}
	if r.Place.Direct {
		a.places.meet(r.Place.Channel, r.Actor.User)
	}
	return r, hook, true
}

func (a *Adapter) decodeCommand(r *chat.Request, p node) {
	r.Kind, r.Text = chat.Command, p.at("text").text()
	team := p.at("team_id").text()
	r.Actor = chat.Actor{Platform: Name, Team: team, User: p.at("user_id").text(), Name: p.at("user_name").text()}
	r.Place = placeOf(team, p.at("channel_id").text())
	// Only members of a workspace that has the app can type its command there, so what Slack says of the organisation of
	// that workspace is true of the person.
	a.related(p.at("enterprise_id").text(), team)
}

// decodePress takes the button, not the message's other members: that is Slack's word for who pressed what where.
func (a *Adapter) decodePress(r *chat.Request, p node) bool {
	var pressed node
	for _, n := range p.at("actions").list() {
		if n.at("action_id").text() != "" {
			pressed = n
			break
		}
	}
	channel := cmp.Or(p.at("container", "channel_id").text(), p.at("channel", "id").text())
	ts := cmp.Or(p.at("container", "message_ts").text(), p.at("message", "ts").text())
	if pressed.v == nil || channel == "" || ts == "" {
		return false
	}
	r.Kind = chat.Press
	r.Action, r.Arg, _ = strings.Cut(pressed.at("action_id").text(), ".")
	r.ID = pressed.at("value").text()
	// Each button that needs a question carries Slack's own dialog for it.
	r.Confirmed = true
	r.Actor = person(p)
	r.Place = placeOf(cmp.Or(p.at("team", "id").text(), r.Actor.Team), channel)
	if thread := cmp.Or(p.at("container", "thread_ts").text(), p.at("message", "thread_ts").text()); thread != ts {
		r.Place.Thread = thread
	}
	r.On = chat.MessageRef{Place: r.Place, ID: ts}
	r.OnKey, _ = blockKey(pressed.at("block_id").text())
	r.OnPosted = timeOf(ts)
	return true
}

// person is who pressed or sent something: user.team_id is their home, wherever the message stands.
func person(p node) chat.Actor {
	u := p.at("user")
	return chat.Actor{
		Platform: Name, Team: cmp.Or(u.at("team_id").text(), p.at("team", "id").text()), User: u.at("id").text(),
		Name: cmp.Or(u.at("name").text(), u.at("username").text()),
	}
}

// placeOf is a channel as the policy knows it. Direct conversations have ids that begin with D; their name, directmessage,
// may be any channel's.
func placeOf(team, channel string) chat.Place {
	return chat.Place{Platform: Name, Team: team, Channel: channel, Direct: strings.HasPrefix(channel, "D")}
}

// timeOf is when a message was posted, by Slack's clock; zero for what is no timestamp.
func timeOf(ts string) time.Time {
	s, fraction, _ := strings.Cut(ts, ".")
	sec, err := strconv.ParseInt(s, 10, 64)
	if err != nil || sec <= 0 {
		return time.Time{}
	}
	micro, err := strconv.ParseInt((fraction + "000000")[:6], 10, 64)
	if err != nil {
		micro = 0
	}
	return time.Unix(sec, micro*int64(time.Microsecond))
}

// formMeta is what a form carries with it (private_metadata): what it was opened for, and where.
type formMeta struct {
	Action string     `json:"a"`
	ID     string     `json:"i,omitempty"`
	Place  chat.Place `json:"p"`
}

func (m formMeta) String() string {
	b, err := json.Marshal(m)
	if err != nil {
		return ""
	}
	return string(b)
}

// readForm takes what every message from a form has. Slack keeps the metadata; people cannot change it. What it says of the
// place is taken as far as only Slack could have meant it.
func readForm(r *chat.Request, p node) bool {
	var m formMeta
	if err := json.Unmarshal([]byte(p.at("view", "private_metadata").text()), &m); err != nil || m.Action == "" {
		return false
	}
	if p.at("view", "callback_id").text() != formCallback {
		return false
	}
	r.Actor, r.Action, r.ID = person(p), m.Action, m.ID
	r.Place = placeOf(m.Place.Team, m.Place.Channel)
	r.Place.Thread = m.Place.Thread
	return true
}

func (a *Adapter) decodeSubmit(r *chat.Request, p node) bool {
	r.Kind = chat.Submit
	r.Fields = map[string]string{}
	for name, actions := range p.at("view", "state", "values").members() {
		for _, v := range actions.members() {
			r.Fields[name] = cmp.Or(v.at("value").text(), v.at("selected_option", "value").text())
		}
	}
	return readForm(r, p)
}

func (a *Adapter) decodeSuggest(r *chat.Request, p node) bool {
	r.Kind = chat.Suggest
	r.Options = map[string]string{p.at("action_id").text(): p.at("value").text()}
	return readForm(r, p)
}
