package cli

import (
	"strings"
	"testing"
	"time"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
)

// TestConversations is what people say and are told. Each line is one command; every wanted text must be in the answer,
// and none of the unwanted ones.
func TestConversations(t *testing.T) {
	t.Parallel()
	type line struct {
		who, says string
		hears     []string
		never     []string
	}
	for name, talk := range map[string][]line{
		"help shows what one may do": {
			{"bob", "help", []string{"backup", "abort", "status", "whoami"}, nil},
			{"carol", "help", []string{"whoami", "why", "help"}, []string{"backup <vm>"}},
			{"carol", "", []string{"whoami"}, []string{"backup <vm>"}},
			{"alice", "help backup", []string{"backup <vm> [note]"}, []string{"whoami"}},
		},
		"a refusal says what to ask for, and whom": {
			{"carol", "backup web01", []string{"backup", "#it-help", "fake:carol"}, []string{"HV01"}},
			{"carol", "vms", []string{"#it-help"}, []string{"web01", "HV01"}},
			{"carol", "status", []string{"#it-help"}, nil},
			{"carol", "abort web01", []string{"#it-help", "abort"}, []string{"HV01"}},
			{"alice", "backup sql01", []string{"There is no VM sql01 here, or it is not yours"}, []string{"HV"}},
		},
		"an ambiguous name is listed, and nothing started": {
			{"alice", "backup app01", []string{"app01@HV01", "app01@HV02", "nothing was started"}, nil},
			{"alice", "status", []string{"Nothing is under way"}, nil},
		},
		"near misses are offered, never taken": {
			{"alice", "backup wbe01", []string{"Did you mean", "web01"}, nil},
			{"alice", "bakcup web01", []string{"There is no command", "backup <vm> [note]"}, nil},
			{"alice", "backup sql1", []string{"not yours"}, []string{"sql01"}},
			{"alice", "status", []string{"Nothing is under way"}, nil},
		},
		"bad input gets the usage": {
			{"alice", "backup", []string{"Which VM?", "backup <vm> [note]"}, nil},
			{"alice", "abort", []string{"Which one?", "abort <vm|operation>"}, nil},
			{"alice", "why", []string{"why <verb> <vm>"}, nil},
			{"alice", "why fly web01", []string{"fly"}, nil},
			{"alice", "report web01 many", []string{"many", "1 to 20"}, nil},
			{"alice", "vms [", []string{"not a pattern"}, nil},
			{"alice", "restore web01", []string{"not part of this version"}, nil},
			{"alice", "abort web01", []string{"not running anything"}, nil},
			{"alice", "help fly", []string{"There is no command"}, nil},
		},
		"questions": {
			{"alice", "vms", []string{"web01", "app01", "last backup"}, []string{"sql01"}},
			{"alice", "vms web*", []string{"web01"}, []string{"app01"}},
			{"alice", "VMS WEB01", []string{"web01"}, []string{"web02"}},
			{"alice", "status web01", []string{"web01", "nothing is under way", "last good backup"}, nil},
			{"alice", "report web01 3", []string{"web01", "report"}, nil},
			{"alice", "whoami", []string{"fake:alice", "fake:backups", "developers"}, nil},
			{"carol", "whoami", []string{"fake:carol", "#it-help"}, nil},
			{"alice", "why backup web01", []string{"You may", "developers"}, nil},
			{"alice", "why abort-any web01", []string{"may not"}, nil},
			{"alice", "why backup sql01", []string{"not yours"}, []string{"HV"}},
			{"alice", "why backup nothing-like-it", []string{"not yours"}, nil},
		},
		"hostile names are only names": {
			{"bob", "vms", []string{"<!channel>"}, nil},
			{"bob", "status <!channel>", []string{"<!channel>"}, nil},
		},
		"a VM that is not set up": {
			{"bob", `backup old-xp`, []string{"not set up", "management console"}, nil},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inEachWorld(t, nil, func(w *world) {
				for _, l := range talk {
					told := w.say(l.who, l.says)
					if told == cannotBeTyped {
						continue
					}
					for _, want := range l.hears {
						want = w.chat.rename(want)
						if !strings.Contains(strings.ToLower(told), strings.ToLower(want)) {
							t.Errorf("%s said %q and did not hear %q:\n%s", l.who, l.says, want, told)
						}
					}
					for _, not := range l.never {
						if strings.Contains(told, not) {
							t.Errorf("%s said %q and heard %q:\n%s", l.who, l.says, not, told)
						}
					}
				}
				if n := w.sim.Calls(takeBackup); n != 0 {
					t.Errorf("%d instructions were sent", n)
				}
			})
		})
	}
}

// TestNames starts the right VM however it is named.
func TestNames(t *testing.T) {
	t.Parallel()
	for _, says := range []string{
		"backup web01", "BACKUP WEB01 now", "backup “web01” note", "backup web01@HV01", "backup <http://web01|web01>", "backup {ref}", "backup {ref8}",
	} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			inEachWorld(t, nil, func(w *world) {
				if _, on := w.chat.(*discordStage); on && strings.Contains(says, "“") {
					return // each option has a field of its own there, so nobody needs quotation marks
				}
				ref := w.sim.Ref("web01")
				w.say("alice", strings.NewReplacer("{ref}", strings.ToUpper(ref), "{ref8}", ref[:8]).Replace(says))
				if o := w.newest(); o.VM.Name != "web01" {
					t.Errorf("started %s", o.VM.Name)
				}
			})
		})
	}
}

func TestDeliveredTwice(t *testing.T) {
	t.Parallel()
	inWorld(t, nil, func(w *world) {
		r := chat.Request{Kind: chat.Command, Actor: actor("alice"), Place: backups, Text: "backup web01", Deliveries: []string{"envelope:1", "trigger:1"}}
		w.room.send(w.t, r)
		r.Deliveries = []string{"envelope:2", "trigger:1"}
		if told := w.room.send(w.t, r); told != "" {
			t.Errorf("a repeat was answered: %s", told)
		}
		w.halt()
		w.start()
		if told := w.room.send(w.t, r); told != "" {
			t.Errorf("a repeat after a restart was answered: %s", told)
		}
		w.ends(time.Hour, operation.Succeeded, "Succeeded")
		if n := len(w.operations()); n != 1 {
			t.Errorf("%d operations", n)
		}
	})
}

func TestRestartInMidRun(t *testing.T) {
	t.Parallel()
	inEachWorld(t, nil, func(w *world) {
		w.say("alice", "backup web01")
		w.until(time.Minute, operation.Running)
		w.halt()
		w.pass(time.Minute)
		w.start()
		w.ends(time.Hour, operation.Succeeded, "Succeeded")
	})
}

func TestSuggestions(t *testing.T) {
	t.Parallel()
	inWorld(t, nil, func(w *world) {
		w.say("alice", "backup web01")
		w.until(time.Minute, operation.Running)
		suggest := func(who, text string) string {
			var all []string
			for _, c := range w.app.bot.Suggest(w.t.Context(), chat.Request{Kind: chat.Suggest, Actor: actor(who), Place: backups, Text: text}) {
				all = append(all, c.Label)
			}
			if len(all) > 25 {
				t.Errorf("%d suggestions", len(all))
			}
			return strings.Join(all, "\n")
		}
		for _, c := range []struct{ who, text, want, not string }{
			{"alice", "ba", "backup", "abort"},
			{"alice", "backup we", "web01 · HV01", "sql01"},
			{"alice", "backup app", "app01 · HV02", "web01"},
			{"alice", "abort ", "running", "sql01"},
			{"bob", "backup ", "sql01", ""},
		} {
			got := suggest(c.who, c.text)
			if !strings.Contains(got, c.want) || c.not != "" && strings.Contains(got, c.not) {
				t.Errorf("%s types %q and sees:\n%s", c.who, c.text, got)
			}
		}
		if got := suggest("carol", "backup "); got != "" {
			t.Errorf("carol sees:\n%s", got)
		}
	})
}
