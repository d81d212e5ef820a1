package slack

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"vmbackup-bot/adapters/payload"
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
	p, err := payload.Read(e.Payload)
	if err != nil {
		a.log.Warn("a delivery from Slack could not be read", "error", err)
		return chat.Request{}, hooks{}, false
	}
	r := chat.Request{At: time.Now()}
	hook := hooks{response: p.At("response_url").Text(), trigger: p.At("trigger_id").Text()}
	if hook.response == "" { // forms that may answer into a channel bring a list
		for _, u := range p.At("response_urls").List() {
			hook.response = u.At("response_url").Text()
		}
	}
	// An envelope is delivered again under its own id; one and the same deed also under others, with the same trigger.
	for _, id := range []string{e.ID, hook.trigger} {
		if id != "" {
			r.Deliveries = append(r.Deliveries, Name+":"+id)
		}
	}
	ok := len(r.Deliveries) > 0
	switch kind := p.At("type").Text(); {
	case e.Type == typeCommand:
		a.decodeCommand(&r, p)
		hook.stray = !strings.EqualFold(p.At("command").Text(), a.o.Command)
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
		a.log.Debug("a delivery from Slack is of no use", "type", e.Type, "interaction", p.At("type").Text())
		return chat.Request{}, hooks{}, false
	}
	if r.Place.Direct {
		a.places.meet(r.Place.Channel, r.Actor.User)
	}
	return r, hook, true
}

func (a *Adapter) decodeCommand(r *chat.Request, p payload.Node) {
	r.Kind, r.Text = chat.Command, p.At("text").Text()
	team := p.At("team_id").Text()
	r.Actor = chat.Actor{Platform: Name, Team: team, User: p.At("user_id").Text(), Name: p.At("user_name").Text()}
	r.Place = placeOf(team, p.At("channel_id").Text())
	// Only members of a workspace that has the app can type its command there, so what Slack says of the organisation of
	// that workspace is true of the person.
	a.related(p.At("enterprise_id").Text(), team)
}

// decodePress takes the button, not the message's other members: that is Slack's word for who pressed what where.
func (a *Adapter) decodePress(r *chat.Request, p payload.Node) bool {
	var pressed payload.Node
	for _, n := range p.At("actions").List() {
		if n.At("action_id").Text() != "" {
			pressed = n
			break
		}
	}
	channel := cmp.Or(p.At("container", "channel_id").Text(), p.At("channel", "id").Text())
	ts := cmp.Or(p.At("container", "message_ts").Text(), p.At("message", "ts").Text())
	if !pressed.Has() || channel == "" || ts == "" {
		return false
	}
	r.Kind = chat.Press
	r.Action, r.Arg, _ = strings.Cut(pressed.At("action_id").Text(), ".")
	r.ID = pressed.At("value").Text()
	// Each button that needs a question carries Slack's own dialog for it.
	r.Confirmed = true
	r.Actor = person(p)
	r.Place = placeOf(cmp.Or(p.At("team", "id").Text(), r.Actor.Team), channel)
	if thread := cmp.Or(p.At("container", "thread_ts").Text(), p.At("message", "thread_ts").Text()); thread != ts {
		r.Place.Thread = thread
	}
	r.On = chat.MessageRef{Place: r.Place, ID: ts}
	r.OnKey, _ = blockKey(pressed.At("block_id").Text())
	r.OnPosted = timeOf(ts)
	return true
}

// person is who pressed or sent something: user.team_id is their home, wherever the message stands.
func person(p payload.Node) chat.Actor {
	u := p.At("user")
	return chat.Actor{
		Platform: Name, Team: cmp.Or(u.At("team_id").Text(), p.At("team", "id").Text()), User: u.At("id").Text(),
		Name: cmp.Or(u.At("name").Text(), u.At("username").Text()),
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
func readForm(r *chat.Request, p payload.Node) bool {
	var m formMeta
	if err := json.Unmarshal([]byte(p.At("view", "private_metadata").Text()), &m); err != nil || m.Action == "" {
		return false
	}
	if p.At("view", "callback_id").Text() != formCallback {
		return false
	}
	r.Actor, r.Action, r.ID = person(p), m.Action, m.ID
	r.Place = placeOf(m.Place.Team, m.Place.Channel)
	r.Place.Thread = m.Place.Thread
	return true
}

func (a *Adapter) decodeSubmit(r *chat.Request, p payload.Node) bool {
	r.Kind = chat.Submit
	r.Fields = map[string]string{}
	for name, actions := range p.At("view", "state", "values").Members() {
		for _, v := range actions.Members() {
			r.Fields[name] = cmp.Or(v.At("value").Text(), v.At("selected_option", "value").Text())
		}
	}
	return readForm(r, p)
}

func (a *Adapter) decodeSuggest(r *chat.Request, p payload.Node) bool {
	r.Kind = chat.Suggest
	r.Options = map[string]string{p.At("action_id").Text(): p.At("value").Text()}
	return readForm(r, p)
}
