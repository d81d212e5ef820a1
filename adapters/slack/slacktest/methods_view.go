package slacktest

import (
	"encoding/json"
	"time"
)

const (
	maxView       = 250_000 // bytes of a view's JSON
	maxViewBlocks = 100
	triggerLife   = 3 * time.Second
)

// trigger is the permission to open one modal, which an interaction brings.
type trigger struct {
	user string
	at   time.Time // of the delivery; zero before it
	used bool
	view string // the open view whose interaction brought it
}

// newTrigger makes a trigger id for a user. Its time starts with the delivery.
func (s *Server) newTrigger(user, view string) string {
	id := s.newID("") + ".4465443440." + newHex(16)
	s.triggers[id] = &trigger{user: user, view: view}
	return id
}

// spend uses a trigger id up, or returns the error code.
func (s *Server) spend(id string) (*trigger, string) {
	t := s.triggers[id]
	switch {
	case t == nil || t.at.IsZero():
		return nil, "invalid_trigger_id"
	case t.used:
		return nil, "exchanged_trigger_id"
	case time.Since(t.at) > triggerLife:
		return nil, "expired_trigger_id"
	}
	return t, ""
}

// readView checks the view of a call and returns it as an object.
func readView(raw string) (object, *answer) {
	no := func(a answer) (object, *answer) { return nil, &a }
	o, fine := decodeObject([]byte(raw))
	switch {
	case !fine:
		return no(refuseAt("invalid_arguments", "[ERROR] missing required field: view [json-pointer:/view]"))
	case len(raw) > maxView:
		return no(refuse("view_too_large"))
	}
	if wrong := checkView(o); len(wrong) > 0 {
		return no(refuseAt("invalid_arguments", wrong...))
	}
	list, _ := o["blocks"].([]any)
	identify(list)
	return o, nil
}

// checkView returns what is wrong with a modal.
func checkView(o object) []string {
	c := &checker{place: inView}
	c.oneOf(o["type"], "/view/type", "modal")
	c.textObject(o["title"], "/view/title", 24, true)
	for _, name := range []string{"submit", "close"} {
		if o[name] != nil {
			c.textObject(o[name], "/view/"+name, 24, true)
		}
	}
	c.most(o.text("private_metadata"), 3000, "/view/private_metadata")
	c.most(o.text("callback_id"), 255, "/view/callback_id")
	c.most(o.text("external_id"), 255, "/view/external_id")
	list, isList := o["blocks"].([]any)
	if !isList {
		c.refuse("/view/blocks", "missing required field: blocks")
	}
	c.count(len(list), 0, maxViewBlocks, "/view/blocks")
	for _, b := range objects(list) {
		if b.text("type") == "input" && o["submit"] == nil {
			c.refuse("/view", "missing required field: submit")
			break
		}
	}
	return append(c.wrong, checkBlocks(list, inView)...)
}

func (s *Server) viewsOpen(c *call) answer { return s.showView(c, false) }

func (s *Server) viewsPush(c *call) answer { return s.showView(c, true) }

func (s *Server) showView(c *call, push bool) answer {
	t, code := s.spend(c.arg("trigger_id"))
	if code != "" {
		return refuse(code)
	}
	o, no := readView(c.arg("view"))
	if no != nil {
		return *no
	}
	below := s.view(t.view)
	if push && below == nil {
		return refuse("not_found")
	}
	t.used = true
	v := &View{User: t.user, Open: true}
	v.ID = s.newID("V")
	v.root = v.ID
	if push {
		v.root, v.previous = below.root, below.ID
	}
	s.views = append(s.views, v)
	s.fillView(v, o)
	return ok(object{"view": v.JSON})
}

func (s *Server) viewsUpdate(c *call) answer {
	v := s.view(c.arg("view_id"))
	if v == nil {
		v = s.viewByExternal(c.arg("external_id"))
	}
	switch hash := c.arg("hash"); {
	case v == nil || !v.Open:
		return refuse("not_found")
	case hash != "" && hash != v.hash:
		return refuse("hash_conflict")
	}
	o, no := readView(c.arg("view"))
	if no != nil {
		return *no
	}
	s.fillView(v, o)
	return ok(object{"view": v.JSON})
}

// view returns a view by its id, or nil.
func (s *Server) view(id string) *View {
	for _, v := range s.views {
		if v.ID == id {
			return v
		}
	}
	return nil
}

func (s *Server) viewByExternal(id string) *View {
	for _, v := range s.views {
		if id != "" && v.external == id {
			return v
		}
	}
	return nil
}

// fillView gives a view its contents, and the fields that Slack adds.
func (s *Server) fillView(v *View, o object) {
	v.hash = s.newTS() + "." + newHex(4)
	v.Title = o.child("title").text("text")
	v.CallbackID, v.PrivateMetadata, v.external = o.text("callback_id"), o.text("private_metadata"), o.text("external_id")
	v.Errors = nil
	full := object{
		"id": v.ID, "team_id": s.opts.Team, "app_id": AppID, "app_installed_team_id": s.opts.Team, "bot_id": BotID,
		"hash": v.hash, "root_view_id": v.root, "previous_view_id": nil, "state": object{"values": object{}},
		"callback_id": "", "private_metadata": "", "external_id": "", "clear_on_close": false, "notify_on_close": false,
		"close": nil, "submit": nil,
	}
	if v.previous != "" {
		full["previous_view_id"] = v.previous
	}
	for _, name := range []string{
		"type", "title", "submit", "close", "blocks", "callback_id", "private_metadata", "external_id", "clear_on_close", "notify_on_close",
	} {
		if o[name] != nil {
			full[name] = o[name]
		}
	}
	v.JSON = encode(full)
}

// inputs returns the input blocks of a view.
func (v *View) inputs() []object {
	var view struct {
		Blocks json.RawMessage `json:"blocks"`
	}
	_ = json.Unmarshal(v.JSON, &view) // it was encoded here
	var out []object
	for _, b := range decodeBlocks(view.Blocks) {
		if b.text("type") == "input" {
			out = append(out, b)
		}
	}
	return out
}
