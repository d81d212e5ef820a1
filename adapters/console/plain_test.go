package console_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vmbackup-bot/adapters/console"
	"vmbackup-bot/bot/chat"
)

// talk is a bot that knows a few words.
func talk(t testing.TB) func(context.Context, *rig, chat.Request, chat.Answer) {
	return func(ctx context.Context, r *rig, q chat.Request, a chat.Answer) {
		private := func(c chat.Card) {
			if err := a.Private(ctx, c); err != nil {
				t.Errorf("private: %v", err)
			}
		}
		verb, vm, _ := strings.Cut(q.Text, " ")
		switch {
		case q.Kind == chat.Press:
			private(say(q.Actor.User + " pressed " + strings.TrimSpace(q.Action+" "+q.ID+" "+q.Arg) + " on " + strings.Split(q.On.ID, "-")[0]))
		case verb == "backup":
			root, card := r.backup(t, vm)
			echo := say("Started; see the message.")
			echo.Echo = true
			private(echo)
			r.later(time.Second, func() {
				c := say(vm + ": 42 % · Copying.")
				c.Title, c.Progress = chat.T("Backup of "+vm), &chat.Progress{Percent: 42, Phase: "Copying"}
				r.mustEdit(t, card, c)
			})
			r.later(2*time.Second, func() {
				r.mustEdit(t, card, say(vm+": Succeeded."))
				r.mustEdit(t, root, say("Backup of "+vm+": Succeeded."))
				done := say("Backup of " + vm + ": Succeeded.")
				done.Mention = &q.Actor
				r.mustPost(t, card.Place, done)
			})
		case verb == "ask":
			c := say("Which one?")
			c.Buttons = []chat.Button{{Action: "pick", ID: "1", Arg: "a", Label: "A"}, {Action: "pick", ID: "2", Arg: "b", Label: "B"}}
			private(c)
		case verb == "panic":
			panic("a fault of the bot")
		case verb == "empty":
			if f := chat.AsFault(a.Private(ctx, chat.Card{})); f == nil || f.Kind != chat.FaultBadCard {
				t.Errorf("an empty card: %v", f)
			}
		default:
			private(say(q.Actor.User + " said " + q.Text))
		}
	}
}

// later does something in a while, all at once as far as Settle can tell.
func (r *rig) later(d time.Duration, do func()) {
	time.AfterFunc(d, func() {
		r.busy.Lock()
		defer r.busy.Unlock()
		do()
	})
}

func TestLines(t *testing.T) {
	backup := []string{
		"m1 new #backups Backup of web01 asked for.",
		`m2 new #backups/m1 web01: accepted.\n[Abort: abort]`,
	}
	running := `m2 edit #backups/m1 web01: 42 % · Copying.\nBackup of web01\n[########............] 42 %`
	over := []string{
		"m2 edit #backups/m1 web01: Succeeded.", "m1 edit #backups Backup of web01: Succeeded.",
		"m3 new #backups/m1 @alice Backup of web01: Succeeded.",
	}
	join := func(parts ...any) (all []string) {
		for _, p := range parts {
			switch p := p.(type) {
			case string:
				all = append(all, p)
			case []string:
				all = append(all, p...)
			}
		}
		return all
	}
	for name, tt := range map[string]struct {
		in, out []string
		change  func(*console.Options)
	}{
		"nothing":           {in: []string{"", "  ", "# a remark", "#"}},
		"command":           {in: []string{"/vmbackup hello there"}, out: []string{"p1 private #backups alice said hello there"}},
		"line end of DOS":   {in: []string{"\ufeff/vmbackup hello\r"}, out: []string{"p1 private #backups alice said hello"}},
		"command alone":     {in: []string{"/vmbackup"}, out: []string{"p1 private #backups alice said"}},
		"no command":        {in: []string{"backup web01"}, out: []string{"p1 private #backups A command begins with /vmbackup, for example /vmbackup help."}},
		"another command":   {in: []string{"/vmbackups x"}, out: []string{"p1 private #backups A command begins with /vmbackup, for example /vmbackup help."}},
		"as":                {in: []string{"/as bob", "/vmbackup hi"}, out: []string{"p1 private #backups You are bob now.", "p2 private #backups bob said hi"}},
		"as nobody":         {in: []string{"/as eve", "/as", "/vmbackup hi"}, out: []string{"p1 private #backups You stay alice: nobody is called so.", "p2 private #backups Write /as NAME; now you are alice.", "p3 private #backups alice said hi"}},
		"as is not for all": {in: []string{"/as bob"}, out: []string{"p1 private #backups /as is for the demo; here you are alice."}, change: func(o *console.Options) { o.Switch = nil }},
		"backup": {
			in:  []string{"/vmbackup backup web01", "/wait 1500ms", "/vmbackup hi", "/wait succeeded"},
			out: join(backup, running, "p1 private #backups alice said hi", over),
		},
		"wait for a word": {
			in:  []string{"/vmbackup backup web01", "/wait ACCEPTED", "/vmbackup one", "/wait copying. backup", "/vmbackup two", "/wait succeeded"},
			out: join(backup, "p1 private #backups alice said one", running, "p2 private #backups alice said two", over),
		},
		"wait in vain": {
			in:  []string{"/vmbackup backup web01", "/wait failed", "/vmbackup hi"},
			out: join(backup, running, over, "p1 private #backups The newest card does not show failed, and will not change any more.", "p2 private #backups alice said hi"),
		},
		"wait without a card": {
			in:  []string{"/wait running", "/wait", "/wait 1s"},
			out: []string{"p1 private #backups There is no card to wait for running on.", "p2 private #backups Write /wait 10s, or /wait WORD for a word on the newest card."},
		},
		"press": {
			in:  []string{"/vmbackup backup web01", "/press m2 abort", "/press last abort", "/press m1 abort", "/press last retry", "/press m9 abort", "/press m2"},
			out: join(backup, "p1 private #backups/m1 alice pressed abort op-web01 on m2", "p2 private #backups/m1 alice pressed abort op-web01 on m2", "p3 private #backups There is no message m1 with a button abort.", "p4 private #backups No message has a button retry.", "p5 private #backups There is no message m9 with a button abort.", "p6 private #backups Write /press REF ACTION, with the REF of a message, or last.", running, over),
		},
		"press too late": {
			in:  []string{"/vmbackup backup web01", "/wait succeeded", "/press last abort", "/press m2 abort"},
			out: join(backup, running, over, "p1 private #backups/m1 alice pressed abort op-web01 on m2", "p2 private #backups/m1 alice pressed abort op-web01 on m2"),
		},
		"press a private button": {
			in:  []string{"/vmbackup ask", "/press p1 pick b", "/press last pick", "/press last pick c", "/as bob", "/press p1 pick"},
			out: []string{`p1 private #backups Which one?\n[A: pick a] [B: pick b]`, "p2 private #backups alice pressed pick 2 b on p1", "p3 private #backups alice pressed pick 1 a on p1", "p4 private #backups No message has a button pick.", "p5 private #backups You are bob now.", "p6 private #backups There is no message p1 with a button pick."},
		},
		"panic": {
			in:  []string{"/vmbackup panic", "/vmbackup hi"},
			out: []string{`p1 private #backups Something went wrong inside the bot; nothing was started.\nTry again; if it happens again, the bot's log says more.`, "p2 private #backups alice said hi"},
		},
		"empty answer":  {in: []string{"/vmbackup empty"}},
		"too long line": {in: []string{"/vmbackup " + strings.Repeat("x", 20<<10), "/vmbackup hi"}, out: []string{"p1 private #backups A line may have 16384 bytes at most; this one was left out.", "p2 private #backups alice said hi"}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, tt.change, func(t *testing.T, r *rig) {
				r.do = talk(t)
				r.onDrain = func(context.Context, *rig) error { <-time.After(time.Minute); return nil }
				if diff := cmp.Diff(tt.out, script(t, r, tt.in...)); diff != "" {
					t.Errorf("lines (-want +got):\n%s", diff)
				}
				if r.drained != 1 {
					t.Errorf("drained %d times at the end of input", r.drained)
				}
			})
		})
	}
}

func TestTwoBackups(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, r *rig) {
		r.do = talk(t)
		out := script(t, r, "/vmbackup backup web01", "/wait 1500ms", "/vmbackup backup web02", "/wait 1s", "/wait web02: succeeded", "/vmbackup over")
		if last := out[len(out)-1]; last != "p1 private #backups alice said over" {
			t.Errorf("the older thread's last reply made it the newest card: %q", last)
		}
	})
}

func TestRequest(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, r *rig) {
		r.do = talk(t)
		script(t, r, "/vmbackup backup web01", "/press last abort")
		q := r.requests()
		if len(q) != 2 {
			t.Fatalf("%d requests", len(q))
		}
		if q[0].Kind != chat.Command || q[0].Place != place || q[0].At.IsZero() || q[0].Text != "backup web01" {
			t.Errorf("command %+v", q[0])
		}
		if q[1].Kind != chat.Press || q[1].Confirmed || q[1].Action != "abort" || q[1].ID != "op-web01" || q[1].On.Thread == "" {
			t.Errorf("press %+v", q[1])
		}
		a, b := q[0].Deliveries, q[1].Deliveries
		if len(a) != 1 || len(b) != 1 || a[0] == b[0] || !strings.HasPrefix(a[0], "console:") {
			t.Errorf("deliveries %v and %v", a, b)
		}
		if r.settled < 2 {
			t.Errorf("settled %d times", r.settled)
		}
	})
}

func TestClaimRefused(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, r *rig) {
		r.refuse = &chat.Error{
			Kind: chat.Unavailable, Say: chat.T("The disk is full."), Hint: chat.T("Wait."), Lines: []chat.Text{chat.T("a line")},
			Buttons: []chat.Button{{Action: "retry", ID: "x", Label: "Retry"}}, Err: errors.New("cause"),
		}
		want := []string{`p1 private #backups The disk is full.\na line\nWait.\n[Retry: retry]`}
		if diff := cmp.Diff(want, script(t, r, "/vmbackup hi")); diff != "" {
			t.Error(diff)
		}
		if len(r.requests()) > 0 {
			t.Error("handled all the same")
		}
	})
}

func TestForm(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, r *rig) {
		r.invalid = map[string]string{"note": "too rude"}
		r.do = func(ctx context.Context, _ *rig, q chat.Request, a chat.Answer) {
			if q.Kind == chat.Submit {
				_ = a.Private(ctx, say("got "+q.Fields["vm"]+", "+q.Fields["note"]+", "+q.Fields["more"]))
				return
			}
			_ = a.Form(ctx, chat.Form{Action: "menu", ID: "1", Title: "Back up", Inputs: []chat.Input{
				{Name: "vm", Label: "VM", Initial: "web01", Choices: []chat.Choice{{Label: "the first on HV01", Value: "web01"}}},
				{Name: "note", Label: "Note", Hint: "What for."},
				{Name: "more", Label: "More", Optional: true},
			}})
		}
		want := []string{
			"p1 private #backups Back up", `p2 private #backups VM? [web01]\nweb01: the first on HV01`, "p3 private #backups Note? What for.",
			"p4 private #backups Note? What for.", "p5 private #backups More? (may be left empty)", "p6 private #backups Note: too rude",
			"p7 private #backups /cancel leaves it unsent.", "p8 private #backups Note? What for.", "p9 private #backups got web01, /nice,",
			"p10 private #backups Back up", `p11 private #backups VM? [web01]\nweb01: the first on HV01`,
		}
		if diff := cmp.Diff(want, script(t, r, "/vmbackup form", "", "", "rude", "", "/nice", "/vmbackup form")); diff != "" {
			t.Error(diff)
		}
	})
}

// TestMenu: a field that other platforms complete is a line of text here, and a form can be left.
func TestMenu(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, r *rig) {
		r.do = func(ctx context.Context, _ *rig, q chat.Request, a chat.Answer) {
			if q.Kind == chat.Submit {
				_ = a.Private(ctx, say("got "+q.Fields["command"]+", "+q.Fields["target"]+"."))
				return
			}
			_ = a.Form(ctx, chat.Form{Action: "menu", Title: "VM Backup", Inputs: []chat.Input{
				{Name: "command", Label: "Command", Choices: []chat.Choice{{Label: "backup: back up a VM now", Value: "backup"}}},
				{Name: "target", Label: "VM or operation", Optional: true, Complete: true, Initial: "web01"},
			}})
		}
		asked := []string{"VM Backup", `Command?\nbackup: back up a VM now`, "VM or operation? [web01]"}
		said := slices.Concat(asked, []string{"got backup, file server 01."}, asked, []string{
			"Left; nothing was sent.", "A command begins with /vmbackup, for example /vmbackup help.",
		})
		var want []string
		for i, s := range said {
			want = append(want, fmt.Sprintf("p%d private #backups %s", i+1, s))
		}
		got := script(t, r, "/vmbackup", "backup", "file server 01", "/vmbackup", "backup", "/cancel", "web01")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if q := r.requests(); len(q) != 3 || q[1].Kind != chat.Submit || q[1].Action != "menu" || q[1].ID != "" {
			t.Errorf("requests %+v", q)
		}
	})
}
