package bot_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vmbackup-bot/bot"
	"vmbackup-bot/bot/access"
	"vmbackup-bot/bot/audit"
	"vmbackup-bot/bot/card"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/bot/store"
	"vmbackup-bot/vmbackup"
)

const rules = `
version: 1
contact: "#it-help"
grants:
  - {name: developers, who: ["fake:alice"], vms: ["web*", "app*", "File*"], can: [status, backup, abort]}
  - {name: readers, who: ["fake:rita"], vms: ["web*"], can: [status]}
`

var room = chat.Place{Platform: "fake", Channel: "backups"}

func person(name string) chat.Actor { return chat.Actor{Platform: "fake", User: name, Name: name} }

// rig is a bot with a real store and policy, and a VM list that is in memory alone.
type rig struct {
	*bot.Bot
	t     *testing.T
	store *store.Store
	list  *list
	// formless makes the platform refuse forms.
	formless bool
	sent     int
}

func newRig(t *testing.T) *rig {
	t.Helper()
	style := card.Style{Zone: time.UTC}
	s, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "bot.db"), Render: style.Operation})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if _, _, err := s.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	policy, err := access.Parse("policy.yaml", []byte(rules))
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, store: s, list: fleet()}
	r.Bot = bot.New(bot.Options{
		Site: "demo", Access: access.Static(policy), Claims: s, Operations: s, Records: s, Inventory: r.list,
		Server: nobody{}, Wake: func() {}, Card: style, SeatWait: time.Minute, Zone: time.UTC, Logger: slog.New(slog.DiscardHandler),
	})
	return r
}

// list is a VM list that counts how often the server would have been asked.
type list struct {
	vms   []vmbackup.VM
	asOf  time.Time
	asked int
}

func fleet() *list {
	l := &list{asOf: time.Now()}
	for i, name := range []string{"web01@HV01", "web02@HV01", "app01@HV01", "app01@HV02", "File Server 01@HV02", "sql01@HV02"} {
		name, host, _ := strings.Cut(name, "@")
		ref := vmbackup.VMRef(fmt.Sprintf("%d0000000-0d85-48e6-8db7-a45c5a40819e", i+1))
		l.vms = append(l.vms, vmbackup.VM{Ref: ref, Name: name, Host: host, Configured: true})
	}
	return l
}

func (l *list) VMs(context.Context) ([]vmbackup.VM, time.Time, error) {
	l.asked++
	return l.vms, l.asOf, nil
}

func (l *list) Seen() ([]vmbackup.VM, time.Time) { return l.vms, l.asOf }

// nobody is a server that cannot be asked.
type nobody struct{}

func (nobody) Reports(context.Context, vmbackup.Kind, vmbackup.VMRef, int) ([]vmbackup.Report, error) {
	return nil, errors.New("down")
}

func (nobody) Running(context.Context) ([]vmbackup.Status, error) { return nil, errors.New("down") }

// told is what came back to one person.
type told struct {
	ack     chat.Ack
	invalid map[string]string
	text    string
	forms   []chat.Form
}

// form is the one form that was opened.
func (d told) form(t *testing.T) chat.Form {
	t.Helper()
	if len(d.forms) != 1 {
		t.Fatalf("%d forms; told %q", len(d.forms), d.text)
	}
	return d.forms[0]
}

// send delivers a request once, with an id of its own unless it has one.
func (r *rig) send(who string, q chat.Request) told {
	r.t.Helper()
	if r.sent++; len(q.Deliveries) == 0 {
		q.Deliveries = []string{fmt.Sprintf("fake:%d", r.sent)}
	}
	q.Actor, q.At = person(who), time.Now()
	if q.Place.Channel == "" {
		q.Place = room
	}
	var d told
	var err error
	if d.ack, d.invalid, err = r.Claim(r.t.Context(), q); err != nil {
		r.t.Fatalf("claim: %v", err)
	}
	if d.ack == chat.AckHandle {
		r.Handle(r.t.Context(), q, &answer{r: r, d: &d})
	}
	return d
}

// fill submits the menu.
func (r *rig) fill(who, command, target, note string) told {
	r.t.Helper()
	return r.send(who, chat.Request{Kind: chat.Submit, Action: "menu", Fields: map[string]string{
		"command": command, "target": target, "note": note,
	}})
}

// open opens the menu.
func (r *rig) open(who string) told {
	r.t.Helper()
	return r.send(who, chat.Request{Kind: chat.Command})
}

// stands puts a message of an operation into the room, as the deliverer would.
func (r *rig) stands(o operation.Operation, part, id string) chat.MessageRef {
	r.t.Helper()
	ref := chat.MessageRef{Place: room, ID: id}
	if err := r.store.Done(r.t.Context(), o.ID.Key(part), 1, ref, time.Time{}); err != nil {
		r.t.Fatal(err)
	}
	return ref
}

// operations are all that were recorded, newest first.
func (r *rig) operations() []operation.Operation {
	r.t.Helper()
	ops, err := r.store.Recent(r.t.Context(), "demo", time.Time{}, 100)
	if err != nil {
		r.t.Fatal(err)
	}
	return ops
}

// audited are the lines of the audit log.
func (r *rig) audited() []audit.Entry {
	r.t.Helper()
	lines, err := r.store.AuditLog(r.t.Context(), store.Filter{})
	if err != nil {
		r.t.Fatal(err)
	}
	return lines
}

type answer struct {
	r *rig
	d *told
}

func (a *answer) Private(_ context.Context, c chat.Card) error {
	parts := []string{c.Summary.Plain(time.UTC)}
	for _, l := range c.Lines {
		parts = append(parts, l.Plain(time.UTC))
	}
	a.d.text += strings.Join(parts, "\n")
	return nil
}

func (a *answer) Form(_ context.Context, f chat.Form) error {
	if a.r.formless {
		return errors.New("expired_trigger_id")
	}
	a.d.forms = append(a.d.forms, f)
	return nil
}
