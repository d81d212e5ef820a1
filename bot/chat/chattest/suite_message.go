package chattest

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"vmbackup-bot/bot/chat"
)

func messageCases() []suiteCase {
	return []suiteCase{
		{name: "post", run: casePost},
		{name: "edit", run: caseEdit},
		{name: "edit by a stored reference", run: caseStoredRef},
		{name: "plain text", run: casePlain},
		{name: "thread", needs: []Ability{Threads}, run: caseThread},
		{name: "find", needs: []Ability{Keys}, run: caseFind},
		{name: "find in a thread", needs: []Ability{Keys, Threads}, run: caseFindInThread},
		{name: "delete", needs: []Ability{Deletion}, run: caseDelete},
		{name: "buttons on and off", needs: []Ability{Buttons}, run: caseButtons},
		{name: "mention", needs: []Ability{Mentions}, run: caseMention},
	}
}

func casePost(t testing.TB, h Harness) {
	c := card("op1.root", "Backup of web01")
	c.Progress = &chat.Progress{Percent: 42.4, Phase: "Copying"}
	c.Fields = []chat.Field{{Label: "Host", Value: chat.T("HV01")}}
	c.Lines = []chat.Text{chat.T("First line"), chat.T("Second ", chat.Strong("line"))}
	c.Quote = "0x80070005 denied"
	c.Note = chat.T("Server S1")
	post(t, h, h.Place, c)
	got := one(t, h, "Backup of web01")
	for _, want := range []string{"42", "Copying", "Host", "HV01", "First line", "Second line", "0x80070005 denied", "Server S1"} {
		if len(showing([]Seen{got}, want)) == 0 {
			t.Errorf("%q is not shown in %q", want, got.Text)
		}
	}
	if len(got.Pings) > 0 {
		t.Errorf("pings %v", got.Pings)
	}
}

func caseEdit(t testing.TB, h Harness) {
	ref := post(t, h, h.Place, card("op1.root", "Backup of web01 started"))
	edit(t, h, ref, card("op1.root", "Backup of web01 succeeded"))
	edit(t, h, ref, card("op1.root", "Backup of web01 succeeded"))
	one(t, h, "Backup of web01 succeeded")
	if old := showing(h.Seen(t), "web01 started"); len(old) > 0 {
		t.Errorf("the old form still stands: %q", old[0].Text)
	}
}

func caseStoredRef(t testing.TB, h Harness) {
	ref := post(t, h, h.Place, card("op1.root", "Backup of web01 started"))
	b, err := json.Marshal(ref)
	if err != nil {
		t.Fatal(err)
	}
	var stored chat.MessageRef
	if err := json.Unmarshal(b, &stored); err != nil {
		t.Fatal(err)
	}
	edit(t, h, stored, card("op1.root", "Backup of web01 failed"))
	one(t, h, "Backup of web01 failed")
}

func casePlain(t testing.TB, h Harness) {
	c := card("op1.root", "Backup of web01")
	c.Plain = true
	ref := post(t, h, h.Place, c)
	one(t, h, "Backup of web01")
	c.Title, c.Summary = nil, chat.T("Backup of web02.")
	edit(t, h, ref, c)
	one(t, h, "Backup of web02.")
}

func caseThread(t testing.TB, h Harness) {
	root := post(t, h, h.Place, card("op1.root", "Backup of web01 asked for"))
	place, err := h.Chat.OpenThread(context.Background(), root, "web01")
	if err != nil {
		t.Fatal(err)
	}
	again, err := h.Chat.OpenThread(context.Background(), root, "web01")
	if err != nil || again != place {
		t.Errorf("opened again: %v, %v; want %v", again, err, place)
	}
	if place.Thread == "" || place.Channel != h.Place.Channel {
		t.Errorf("the thread is %+v", place)
	}
	ref := post(t, h, place, card("op1.card", "Card of web01"))
	if ref.Thread != place.Thread {
		t.Errorf("posted in thread %q, want %q", ref.Thread, place.Thread)
	}
	if got := one(t, h, "Card of web01"); got.Ref.Thread != place.Thread {
		t.Errorf("people see it in thread %q, want %q", got.Ref.Thread, place.Thread)
	}
	edit(t, h, ref, card("op1.card", "Card of web01, done"))
	one(t, h, "Card of web01, done")
	one(t, h, "Backup of web01 asked for")
}

func caseFind(t testing.TB, h Harness) {
	since := time.Now().Add(-time.Minute)
	first := post(t, h, h.Place, card("op1.root", "Backup of web01"))
	post(t, h, h.Place, card("op2.root", "Backup of web02"))
	find := func(key string, since time.Time) []chat.MessageRef {
		refs, err := h.Chat.Find(context.Background(), h.Place, key, since)
		if err != nil {
			t.Fatalf("find: %v", err)
		}
		return refs
	}
	if got := find("op1.root", since); !slices.Equal(got, []chat.MessageRef{first}) {
		t.Errorf("found %v, want %v", got, first)
	}
	edit(t, h, first, card("op1.root", "Backup of web01, 50 %"))
	if got := find("op1.root", since); !slices.Equal(got, []chat.MessageRef{first}) {
		t.Errorf("found %v after an edit, want %v", got, first)
	}
	if got := find("op3.root", since); len(got) > 0 {
		t.Errorf("found %v for a key that does not exist", got)
	}
	if got := find("op1.root", time.Now().Add(time.Hour)); len(got) > 0 {
		t.Errorf("found %v that is older than asked for", got)
	}
}

func caseFindInThread(t testing.TB, h Harness) {
	root := post(t, h, h.Place, card("op1.root", "Backup of web01"))
	place, err := h.Chat.OpenThread(context.Background(), root, "web01")
	if err != nil {
		t.Fatal(err)
	}
	ref := post(t, h, place, card("op1.card", "Card of web01"))
	refs, err := h.Chat.Find(context.Background(), place, "op1.card", time.Now().Add(-time.Minute))
	if err != nil || !slices.Equal(refs, []chat.MessageRef{ref}) {
		t.Errorf("found %v, %v; want %v", refs, err, ref)
	}
}

func caseDelete(t testing.TB, h Harness) {
	ref := post(t, h, h.Place, card("op1.root", "Backup of web01"))
	if err := h.Chat.Delete(context.Background(), ref); err != nil {
		t.Fatal(err)
	}
	if left := showing(h.Seen(t), "Backup of web01"); len(left) > 0 {
		t.Error("it still stands there")
	}
	if err := h.Chat.Delete(context.Background(), ref); kindOf(t, err) != chat.FaultMessageGone {
		t.Errorf("deleted twice: %v", err)
	}
}

func caseButtons(t testing.TB, h Harness) {
	c := card("op1.card", "Backup of web01")
	c.Buttons = []chat.Button{
		{Action: "abort", ID: "abcdefghij", Label: "Abort", Style: chat.StyleDanger, Confirm: &chat.Confirm{Title: "Abort?", Text: "Really", Yes: "Abort", No: "Back"}},
		{Action: "snooze", ID: "abcdefghij", Arg: "4h", Label: "Snooze"},
	}
	ref := post(t, h, h.Place, c)
	got := one(t, h, "Backup of web01").Buttons
	if len(got) != len(c.Buttons) {
		t.Fatalf("%d buttons, want %d", len(got), len(c.Buttons))
	}
	for i, b := range got {
		if w := c.Buttons[i]; b.Action != w.Action || b.ID != w.ID || b.Arg != w.Arg {
			t.Errorf("button %d brings back %q %q %q, want %q %q %q", i, b.Action, b.ID, b.Arg, w.Action, w.ID, w.Arg)
		}
	}
	c.Buttons = nil
	edit(t, h, ref, c)
	if got := one(t, h, "Backup of web01").Buttons; len(got) > 0 {
		t.Errorf("%d buttons are left after an edit without any", len(got))
	}
}

func caseMention(t testing.TB, h Harness) {
	c := card("op1.done", "Backup of web01 succeeded")
	c.Mention = &h.Actor
	c.Lines = []chat.Text{chat.T("asked for by ", chat.Actor{Platform: h.Actor.Platform, Team: h.Actor.Team, User: "U0OTHER", Name: "other"})}
	post(t, h, h.Place, c)
	if got := one(t, h, "Backup of web01 succeeded").Pings; !slices.Equal(got, []string{h.Actor.User}) {
		t.Errorf("notified %v, want %s alone", got, h.Actor.User)
	}
}
