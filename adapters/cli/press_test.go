package cli

import (
	"strings"
	"testing"
	"time"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/bot/store"
)

func TestPresses(t *testing.T) {
	t.Parallel()
	t.Run("on a forged copy of a card", func(t *testing.T) {
		inWorld(t, nil, func(w *world) {
			w.say("alice", "backup web01")
			o := w.until(time.Minute, operation.Running)
			forged, err := w.room.Post(w.t.Context(), backups, chat.Card{Summary: chat.T("a copy")})
			if err != nil {
				t.Fatal(err)
			}
			for _, on := range []chat.MessageRef{forged, {Place: backups, ID: "none"}} {
				told := w.room.send(w.t, chat.Request{Kind: chat.Press, Actor: actor("alice"), Place: backups, On: on, Action: "abort", ID: string(o.ID), Confirmed: true})
				if !strings.Contains(told, "not obeyed") {
					t.Errorf("told: %s", told)
				}
			}
			w.ends(time.Hour, operation.Succeeded, "Succeeded")
			lines, err := w.app.store.AuditLog(w.t.Context(), store.Filter{})
			if err != nil {
				t.Fatal(err)
			}
			denied := 0
			for _, l := range lines {
				if l.Outcome == "denied" {
					denied++
				}
			}
			if denied != 2 {
				t.Errorf("%d refusals in the audit log", denied)
			}
		})
	})
	t.Run("asked back privately, once, of whom it was asked", func(t *testing.T) {
		inWorld(t, nil, func(w *world) {
			w.say("alice", "backup web01")
			o := w.until(time.Minute, operation.Running)
			card := cardOf(w)
			press := chat.Request{Kind: chat.Press, Actor: actor("alice"), Place: backups, On: card, Action: "abort", ID: string(o.ID)}
			if told := w.room.send(w.t, press); !strings.Contains(told, "Really abort") {
				t.Fatalf("told: %s", told)
			}
			arg := w.room.lastArg()
			confirm := chat.Request{Kind: chat.Press, Actor: actor("bob"), Place: backups, Action: "abort_confirm", ID: string(o.ID), Arg: arg}
			if told := w.room.send(w.t, confirm); !strings.Contains(told, "nothing was done") {
				t.Errorf("bob answered alice's question: %s", told)
			}
			confirm.Actor = actor("alice")
			w.room.send(w.t, confirm)
			w.ends(time.Hour, operation.Aborted, "Aborted")
			confirm.Deliveries = nil
			if told := w.room.send(w.t, confirm); !strings.Contains(told, "nothing was done") {
				t.Errorf("answered twice: %s", told)
			}
			press.Deliveries = nil
			if told := w.room.send(w.t, press); !strings.Contains(told, "already finished") {
				t.Errorf("a late click: %s", told)
			}
		})
	})
	t.Run("by one who may not", func(t *testing.T) {
		inEachWorld(t, nil, func(w *world) {
			w.say("alice", "backup web01")
			w.until(time.Minute, operation.Running)
			if told := w.press("carol", "abort"); !strings.Contains(told, "not yours") && !strings.Contains(told, "#it-help") {
				t.Errorf("carol was told: %s", told)
			}
			w.ends(time.Hour, operation.Succeeded, "Succeeded")
		})
	})
	t.Run("retry", func(t *testing.T) {
		inEachWorld(t, nil, func(w *world) {
			w.say("alice", "vms")
			w.pass(time.Minute)
			w.sim.SetConsoleOpen(true)
			w.say("alice", "backup web01")
			w.ends(time.Hour, operation.NotStarted, "Not started")
			w.sim.SetConsoleOpen(false)
			w.press("bob", "retry")
			w.ends(time.Hour, operation.Succeeded, "Succeeded", "bob")
		})
	})
	t.Run("nothing that this version knows", func(t *testing.T) {
		inWorld(t, nil, func(w *world) {
			if told := w.room.send(w.t, chat.Request{Kind: chat.Press, Actor: actor("bob"), Place: backups, Action: "snooze"}); !strings.Contains(told, "help") {
				t.Errorf("told: %s", told)
			}
			if told := w.room.send(w.t, chat.Request{Kind: chat.Submit, Actor: actor("bob"), Place: backups, Action: "x"}); !strings.Contains(told, "help") {
				t.Errorf("told: %s", told)
			}
		})
	})
}

// cardOf is where the newest operation's card stands.
func cardOf(w *world) chat.MessageRef {
	w.t.Helper()
	ref, ok, err := w.app.store.MessageRef(w.t.Context(), w.newest().ID.Key(operation.PartCard))
	if err != nil || !ok {
		w.t.Fatalf("the card stands nowhere: %v", err)
	}
	return ref
}

// TestRefusalsAreFiled finds in the audit log who went for a VM that was not theirs, under the name that they typed.
func TestRefusalsAreFiled(t *testing.T) {
	t.Parallel()
	inWorld(t, nil, func(w *world) {
		w.say("carol", "backup web01")
		w.say("alice", "backup sql01")
		w.say("alice", "why backup sql01")
		for vm, n := range map[string]int{"web01": 1, "SQL01": 2} {
			lines, err := w.app.store.AuditLog(w.t.Context(), store.Filter{VM: vm})
			if err != nil {
				t.Fatal(err)
			}
			if len(lines) != n {
				t.Errorf("%d lines about %s, want %d", len(lines), vm, n)
			}
		}
	})
}
