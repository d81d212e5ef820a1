package bot_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
)

func TestMenuOffersWhatOneMayDo(t *testing.T) {
	for who, want := range map[string][]string{
		"alice": {"backup", "abort", "status", "vms", "report", "whoami"},
		"rita":  {"status", "vms", "report", "whoami"},
		"carol": {"whoami"},
	} {
		r := newRig(t)
		f := r.open(who).form(t)
		var got []string
		for _, c := range f.Inputs[0].Choices {
			got = append(got, c.Value)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s is offered (-want +got):\n%s", who, diff)
		}
		if f.Action != "menu" || f.ID != "" || f.Title == "" || f.Submit != "Run" {
			t.Errorf("form %+v", f)
		}
		if wide := len(want) > 1; wide != (len(f.Inputs) == 3) || wide && (!f.Inputs[1].Complete || !f.Inputs[1].Optional) {
			t.Errorf("%s is asked for %+v", who, f.Inputs)
		}
		if r.list.asked > 0 {
			t.Error("the server was asked before the form was opened")
		}
	}
}

func TestMenuWithoutForms(t *testing.T) {
	r := newRig(t)
	r.formless = true
	if got := r.open("alice"); !strings.Contains(got.text, "backup <vm> [note]") || !strings.Contains(got.text, "help") {
		t.Errorf("told %q", got.text)
	}
}

func TestMenuRunsWhatWasFilledIn(t *testing.T) {
	r := newRig(t)
	r.open("alice")
	q := chat.Request{
		Kind: chat.Submit, Action: "menu", Deliveries: []string{"fake:view"},
		Fields: map[string]string{"command": "backup", "target": "File Server 01", "note": ` before  "release" 4711`},
	}
	if got := r.send("alice", q); got.ack != chat.AckHandle || !strings.Contains(got.text, "recorded") {
		t.Fatalf("%+v", got)
	}
	if got := r.send("alice", q); got.ack != chat.AckRepeat || got.text != "" {
		t.Errorf("a repeat: %+v", got)
	}
	all := r.operations()
	if len(all) != 1 || all[0].VM.Name != "File Server 01" || all[0].Note != `before "release" 4711` {
		t.Fatalf("%d recorded: %+v", len(all), all)
	}
	for _, c := range []struct{ command, target, note, want string }{
		{"status", "", "", "File Server 01"},
		{"status", string(all[0].ID), "", "File Server 01"},
		{"status", "web01", "", "web01"},
		{"vms", "web01", "app*", "app01"}, // a target is nothing to vms
		{"whoami", "no such thing", "", "fake:alice"},
		{"report", "web01", " 3 ", "VM Backup cannot be asked"},
		{"BACKUP", "app01@HV02", "", "recorded"},
		{"abort", string(all[0].ID), "", "cancelled"},
	} {
		if got := r.fill("alice", c.command, c.target, c.note); got.ack != chat.AckHandle || !strings.Contains(got.text, c.want) {
			t.Errorf("%+v: ack %d, %v, told %q", c, got.ack, got.invalid, got.text)
		}
	}
}

func TestMenuSaysWhatIsMissing(t *testing.T) {
	r := newRig(t)
	r.open("alice")
	r.fill("alice", "backup", "web02", "")
	id, asked := string(r.operations()[0].ID), r.list.asked
	for _, c := range []struct{ command, target, note, field, says string }{
		{"", "web01", "", "command", "in the list"},
		{"bakcup", "web01", "", "command", "in the list"},
		{"why", "web01", "", "command", "in the list"},
		{"help", "", "", "command", "in the list"},
		{"backup", " ", "note", "target", "Which VM?"},
		{"abort", "", "", "target", "Which VM or operation?"},
		{"report", "", "3", "target", "Which VM?"},
		{"backup", "wbe01", "", "target", "web01@HV01"},
		{"backup", "sql01", "", "target", "There is no VM sql01 here, or it is not yours."},
		{"backup", "app01", "", "target", "app01@HV01, id 30000000; app01@HV02, id 40000000."},
		{"backup", id, "", "target", "That is an operation"},
		{"abort", "abcdefghij", "", "target", "not yours"},
		{"report", "web01", "many", "note", "not a number of runs"},
		{"report", "web01", "21", "note", "1 to 20"},
		{"vms", "", "[", "note", "not a pattern"},
	} {
		got := r.fill("alice", c.command, c.target, c.note)
		if got.ack != chat.AckInvalid || len(got.invalid) != 1 || !strings.Contains(got.invalid[c.field], c.says) {
			t.Errorf("%+v: ack %d, %q, told %q", c, got.ack, got.invalid, got.text)
		}
	}
	if got := r.fill("alice", "report", "nowhere", "x"); len(got.invalid) != 2 {
		t.Errorf("two mistakes: %q", got.invalid)
	}
	if n := len(r.operations()); n != 1 || r.list.asked != asked {
		t.Errorf("%d recorded, the server asked %d times", n, r.list.asked-asked)
	}
	claims, err := r.store.Interrupted(t.Context(), time.Now().Add(time.Hour))
	if err != nil || len(claims) > 0 {
		t.Errorf("claims %+v, %v", claims, err)
	}
	// Even under the same id a mended form is no repeat: nothing was stored of it.
	q := chat.Request{Kind: chat.Submit, Action: "menu", Deliveries: []string{"fake:view"}}
	for _, c := range []struct {
		target string
		want   chat.Ack
	}{{"web", chat.AckInvalid}, {"web01", chat.AckHandle}, {"web01", chat.AckRepeat}} {
		q.Fields = map[string]string{"command": "backup", "target": c.target}
		if got := r.send("alice", q); got.ack != c.want {
			t.Errorf("%q: ack %d, want %d", c.target, got.ack, c.want)
		}
	}
	if n := len(r.operations()); n != 2 {
		t.Errorf("%d recorded", n)
	}
}

// TestMenuForbidden: what the form does not offer is refused like the typed command, and written down.
func TestMenuForbidden(t *testing.T) {
	r := newRig(t)
	r.open("rita")
	if got := r.fill("rita", "backup", "web01", ""); got.ack != chat.AckHandle || !strings.Contains(got.text, "#it-help") {
		t.Errorf("%+v", got)
	}
	// Without a menu that was opened nothing is known of what one may see: the command itself refuses.
	if got := r.fill("alice", "backup", "sql01", ""); got.ack != chat.AckHandle || !strings.Contains(got.text, "not yours") {
		t.Errorf("%+v", got)
	}
	if got := r.send("alice", chat.Request{Kind: chat.Submit, Action: "else"}); !strings.Contains(got.text, "cannot be answered") {
		t.Errorf("another form: %+v", got)
	}
	if lines := r.audited(); len(r.operations()) > 0 || len(lines) != 2 || lines[0].Outcome != "denied" && lines[1].Outcome != "denied" {
		t.Errorf("audited %+v", lines)
	}
}

func TestMenuPressed(t *testing.T) {
	r := newRig(t)
	r.fill("alice", "backup", "app01@HV02", "")
	o := r.operations()[0]
	on := r.stands(o, operation.PartCard, "m2")
	press := chat.Request{Kind: chat.Press, Action: "menu", ID: string(o.ID), On: on}

	if f := r.send("alice", press).form(t); f.ID != string(o.ID) || f.Inputs[1].Initial != "app01@HV02" {
		t.Errorf("form %+v", f)
	}
	if f := r.send("rita", press).form(t); f.Inputs[1].Initial != "" {
		t.Errorf("a VM that is not hers: %+v", f)
	}
	r.list.vms = nil
	if f := r.send("alice", press).form(t); f.Inputs[1].Initial != string(o.ID) {
		t.Errorf("a VM that is gone: %+v", f)
	}
	forged := press
	forged.On.ID = "m9"
	other := press
	other.ID = "abcdefghij"
	for _, q := range []chat.Request{forged, other} {
		if got := r.send("alice", q); len(got.forms) > 0 || !strings.Contains(got.text, "not one that the bot keeps") {
			t.Errorf("%+v", got)
		}
	}
}

func TestMenuCompletes(t *testing.T) {
	r := newRig(t)
	r.fill("alice", "backup", "web01", "")
	id := string(r.operations()[0].ID)
	suggest := func(who, typed string) []string {
		var out []string
		for _, c := range r.Suggest(t.Context(), chat.Request{
			Kind: chat.Suggest, Action: "menu", Actor: person(who), Place: room, Options: map[string]string{"target": typed},
		}) {
			out = append(out, c.Value)
		}
		return out
	}
	for _, c := range []struct {
		who, typed string
		want       []string
	}{
		{"alice", "WEB", []string{id, "web01", "web02"}},
		{"alice", "app", []string{"app01@HV01", "app01@HV02"}},
		{"alice", "file server", []string{"File Server 01"}},
		{"alice", "sql", nil},
		{"rita", "", []string{id, "web01", "web02"}},
		{"carol", "", nil},
	} {
		if diff := cmp.Diff(c.want, suggest(c.who, c.typed)); diff != "" {
			t.Errorf("%s, %q (-want +got):\n%s", c.who, c.typed, diff)
		}
	}
	for i := range 40 {
		v := r.list.vms[0]
		v.Name, v.Ref = fmt.Sprintf("web1%02d", i), v.Ref+"x"
		r.list.vms = append(r.list.vms, v)
	}
	if got := suggest("alice", ""); len(got) != 25 || !slices.Contains(got, id) {
		t.Errorf("%d choices", len(got))
	}
}
