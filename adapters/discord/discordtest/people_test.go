package discordtest_test

import (
	"fmt"
	"strings"
	"testing"

	"vmbackup-bot/adapters/discord/discordtest"
)

// definition is a command with two subcommands.
const definition = `[{"name":"vmbackup","description":"Backups","options":[
 {"type":1,"name":"backup","description":"Start one","options":[
  {"type":3,"name":"vm","description":"Which","required":true,"autocomplete":true,"max_length":100},
  {"type":3,"name":"note","description":"Why","required":false}]},
 {"type":1,"name":"report","description":"Old ones","options":[
  {"type":3,"name":"vm","description":"Which","required":true},
  {"type":4,"name":"n","description":"How many","min_value":1,"max_value":20,"autocomplete":true}]}]}]`

const commands = "/applications/" + discordtest.App + "/guilds/" + discordtest.Guild + "/commands"

func (r *rig) register() {
	r.t.Helper()
	r.want(200, 0, "PUT", commands, definition)
}

func (r *rig) callback(e event, body string, status, code int) reply {
	r.t.Helper()
	return r.want(status, code, "POST", "/interactions/"+e.ID+"/"+e.Token+"/callback", body)
}

func webhook(e event, message string) string {
	return "/webhooks/" + discordtest.App + "/" + e.Token + "/messages/" + message
}

func backup(vm string) map[string]string { return map[string]string{"verb": "backup", "vm": vm} }

func TestCommand(t *testing.T) {
	r := start(t, discordtest.Options{})
	r.register()
	l := r.open()
	r.fake.AddMember(discordtest.Member{ID: discordtest.Alice, Name: "alice", Roles: []string{"500000000000000001"}})
	id := r.fake.Command(discordtest.Command{User: discordtest.Alice, Options: backup("web01")})
	e := l.interaction()
	if e.ID != id || e.Type != 2 || e.Member.User.ID != discordtest.Alice || e.Member.Roles[0] != "500000000000000001" {
		t.Fatalf("got %+v", e)
	}
	if !strings.Contains(string(e.Data), `[{"name":"backup","options":[{"name":"vm","type":3,"value":"web01"}],"type":1}]`) {
		t.Errorf("data %s", e.Data)
	}
	r.want(404, 10015, "PATCH", webhook(e, "@original"), `{"content":"too early"}`)
	r.callback(e, `{"type":8}`, 400, 50035)
	r.callback(e, `{"type":5,"data":{"flags":32768}}`, 400, 50035)
	r.callback(e, `{"type":5,"data":{"flags":64}}`, 204, 0)
	r.callback(e, `{"type":4,"data":{"content":"again"}}`, 400, 40060)
	if !r.fake.Interactions()[id].Loading || len(r.fake.Privates()) > 0 {
		t.Error("a deferral is not an answer yet")
	}
	r.want(400, 50035, "PATCH", webhook(e, "@original"), `{"components":[{"type":10,"content":"v2"}]}`)
	private := r.want(200, 0, "PATCH", webhook(e, "@original"), `{"content":"started"}`).id(t)
	r.want(200, 0, "PATCH", webhook(e, "@original"), `{"content":"started twice"}`)
	r.want(404, 10008, "PATCH", messages+"/"+private, `{"content":"by channel"}`)
	r.want(200, 0, "POST", "/webhooks/"+discordtest.App+"/"+e.Token, `{"content":"seen by all"}`)
	x := r.fake.Interactions()[id]
	if x.AckType != 5 || x.Acks != 4 || x.Loading || len(x.Privates) != 1 {
		t.Fatalf("got %+v", x)
	}
	if p := x.Privates[0]; p.Content != "started twice" || p.Edits != 1 || p.User != discordtest.Alice {
		t.Errorf("private %+v", p)
	}
	if m := r.fake.Messages(); len(m) != 1 || m[0].Content != "seen by all" || m[0].Interaction != id {
		t.Errorf("messages %+v", m)
	}
	r.want(204, 0, "DELETE", webhook(e, "@original"), "")
	r.want(404, 10008, "GET", webhook(e, "@original"), "")
	r.fake.Replay(id)
	if again := l.interaction(); again.ID != id || again.Token != e.Token {
		t.Errorf("replayed %+v", again)
	}
}

// TestFollowUpAfterDeferral pins an old habit of Discord's: the first follow-up fills the deferred answer.
func TestFollowUpAfterDeferral(t *testing.T) {
	r := start(t, discordtest.Options{})
	r.register()
	l := r.open()
	r.fake.Command(discordtest.Command{User: discordtest.Bob, Options: backup("a")})
	e := l.interaction()
	r.callback(e, `{"type":5}`, 204, 0)
	r.want(200, 0, "POST", "/webhooks/"+discordtest.App+"/"+e.Token, `{"content":"meant for one","flags":64}`)
	if m := r.fake.Messages(); len(m) != 1 || m[0].Content != "meant for one" || len(r.fake.Privates()) > 0 {
		t.Errorf("got %+v", m)
	}
}

func TestImpossibleCommands(t *testing.T) {
	r := start(t, discordtest.Options{})
	r.open()
	if id := r.fake.Command(discordtest.Command{User: discordtest.Alice, Options: backup("x")}); id != "" {
		t.Error("a command that is not registered was sent")
	}
	r.register()
	for _, options := range []map[string]string{
		{"verb": "restore", "vm": "x"},
		{"verb": "backup"},
		{"vm": "x"},
		{"verb": "backup", "vm": "x", "why": "y"},
		{"verb": "backup", "vm": strings.Repeat("x", 101)},
		{"verb": "report", "vm": "x", "n": "21"},
		{"verb": "report", "vm": "x", "n": "some"},
	} {
		if id := r.fake.Command(discordtest.Command{User: discordtest.Alice, Options: options}); id != "" {
			t.Errorf("%v was sent", options)
		}
	}
	if id := r.fake.Command(discordtest.Command{User: discordtest.Alice, Options: backup("x"), DM: true}); id != "" {
		t.Error("a guild's command was sent in a direct conversation")
	}
	if n := len(r.fake.Mistakes()); n != 9 {
		t.Errorf("%d mistakes: %q", n, r.fake.Mistakes())
	}
}

func TestAutocomplete(t *testing.T) {
	r := start(t, discordtest.Options{})
	r.register()
	l := r.open()
	id := r.fake.Autocomplete(discordtest.Autocomplete{
		User: discordtest.Alice, Options: map[string]string{"verb": "report", "n": "d"}, Focused: "n",
	})
	e := l.interaction()
	if e.ID != id || e.Type != 4 || !strings.Contains(string(e.Data), `{"focused":true,"name":"n","type":4,"value":"d"}`) {
		t.Fatalf("got %+v %s", e, e.Data)
	}
	r.callback(e, `{"type":5}`, 400, 50035)
	choice := func(name, value string) string {
		return fmt.Sprintf(`{"type":8,"data":{"choices":[{"name":%q,"value":%q}]}}`, name, value)
	}
	r.callback(e, choice("x", long(101)), 400, 50035)
	r.callback(e, choice("", "x"), 400, 50035)
	r.callback(e, `{"type":8,"data":{"choices":`+many(26, `{"name":"#","value":"#"}`)+`}}`, 400, 50035)
	r.callback(e, choice("ten", "10"), 204, 0)
	if x := r.fake.Interactions()[id]; len(x.Choices) != 1 || x.Choices[0] != (discordtest.Choice{Name: "ten", Value: "10"}) {
		t.Errorf("choices %+v", x.Choices)
	}
}

const buttons = `"components":[{"type":1,"components":[{"type":2,"style":4,"label":"Abort","custom_id":"abort:op1"},` +
	`{"type":2,"style":1,"label":"Off","custom_id":"off","disabled":true}]}]`

func TestPress(t *testing.T) {
	r := start(t, discordtest.Options{})
	l := r.open()
	id := r.post(`{"content":"card",` + buttons + `}`)
	press := func(p discordtest.Press) event {
		t.Helper()
		p.User = discordtest.Alice
		if r.fake.Press(p) == "" {
			t.Fatalf("no press: %q", r.fake.Mistakes())
		}
		return l.interaction()
	}
	if r.fake.Press(discordtest.Press{User: discordtest.Bob, Message: id, CustomID: "off"}) != "" {
		t.Error("a disabled button was pressed")
	}
	e := press(discordtest.Press{Message: id, CustomID: "abort:op1"})
	if e.Type != 3 || e.Message.ID != id {
		t.Fatalf("got %+v", e)
	}
	r.callback(e, `{"type":4,"data":{"content":"sure?","flags":64,"components":[{"type":1,"components":[`+
		`{"type":2,"style":4,"label":"Yes","custom_id":"yes:op1"}]}]}}`, 204, 0)
	e = press(discordtest.Press{CustomID: "yes:op1", Private: true})
	r.callback(e, `{"type":7,"data":{"content":"aborted","components":[]}}`, 204, 0)
	if p := r.fake.Privates(); len(p) != 1 || p[0].Content != "aborted" || string(p[0].Components) != "[]" {
		t.Errorf("privates %+v", p)
	}
	if r.fake.Press(discordtest.Press{User: discordtest.Alice, CustomID: "yes:op1", Private: true}) != "" {
		t.Error("a button that is gone was pressed")
	}
	e = press(discordtest.Press{Message: "299999999999999999", CustomID: "approve:x", Forged: true})
	if e.Message.ID != "299999999999999999" {
		t.Errorf("forged %+v", e)
	}
	r.callback(e, `{"type":6}`, 204, 0)
	if n := len(r.fake.Messages()); n != 1 {
		t.Errorf("%d messages", n)
	}
}

func TestModal(t *testing.T) {
	r := start(t, discordtest.Options{})
	l := r.open()
	id := r.post(`{"content":"card",` + buttons + `}`)
	r.fake.Press(discordtest.Press{User: discordtest.Alice, Message: id, CustomID: "abort:op1"})
	e := l.interaction()
	input := `[{"type":1,"components":[{"type":4,"style":1,"custom_id":"why","label":"Why","max_length":5}]}]`
	r.callback(e, `{"type":9,"data":{"custom_id":"form:1","title":"`+long(46)+`","components":`+input+`}}`, 400, 50035)
	r.callback(e, `{"type":9,"data":{"custom_id":"form:1","title":"Why","components":`+input+`}}`, 204, 0)
	submit := func(value string) string {
		return r.fake.Submit(discordtest.Submit{
			User: discordtest.Alice, Modal: "form:1", Values: map[string]string{"why": value},
		})
	}
	if submit("") != "" || submit("too long") != "" {
		t.Error("a form was sent that the client would not let through")
	}
	form := submit("test")
	e = l.interaction()
	if e.ID != form || e.Type != 5 || e.Message.ID != id || !strings.Contains(string(e.Data), `"value":"test"`) {
		t.Fatalf("got %+v %s", e, e.Data)
	}
	r.callback(e, `{"type":9,"data":{"custom_id":"form:2","title":"Why","components":`+input+`}}`, 400, 50035)
	r.callback(e, `{"type":6}`, 204, 0)
	if submit("test") != "" {
		t.Error("a form was sent twice")
	}
}

func TestDirect(t *testing.T) {
	r := start(t, discordtest.Options{})
	global := strings.Replace(definition, `"description":"Backups"`, `"description":"Backups","contexts":[0,1]`, 1)
	r.want(400, 50035, "PUT", commands, global)
	r.want(200, 0, "PUT", "/applications/"+discordtest.App+"/commands", global)
	l := r.open()
	r.fake.Command(discordtest.Command{User: discordtest.Carol, Options: backup("x"), DM: true})
	e := l.interaction()
	if e.Member != nil || e.User == nil || e.User.ID != discordtest.Carol {
		t.Errorf("got %+v", e)
	}
	r.callback(e, `{"type":4,"data":{"content":"hello"}}`, 204, 0)
}
