package slack

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"vmbackup-bot/bot/chat"
)

func TestPost(t *testing.T) {
	w := newWeb(t)
	w.on(methodPost, `{"ok":true,"channel":"C1","ts":"5.000001","message":{"ts":"5.000001","thread_ts":"4.000001"}}`)
	thread := webPlace()
	thread.Thread = "4.000001"
	c := webCard()
	c.Broadcast = true
	ref, err := w.Post(t.Context(), thread, c)
	if want := (chat.MessageRef{Place: thread, ID: "5.000001"}); err != nil || ref != want {
		t.Fatalf("%+v, %v", ref, err)
	}
	form := w.form()
	for name, want := range map[string]string{
		"channel": "C1", "thread_ts": "4.000001", "reply_broadcast": "true", "parse": "none", "link_names": "false",
		"unfurl_links": "false", "unfurl_media": "false", "token": testToken,
		"metadata": `{"event_type":"vmbackup_bot","event_payload":{"key":"k1"}}`,
	} {
		if got := form[name]; len(got) != 1 || got[0] != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if len(form["text"]) != 1 || form.Get("text") == "" || !json.Valid([]byte(form.Get("blocks"))) {
		t.Errorf("text %q, blocks %q", form["text"], form.Get("blocks"))
	}
	if _, err := w.Post(t.Context(), webPlace(), c); err != nil {
		t.Fatal(err)
	}
	if form := w.form(); form.Has("thread_ts") || form.Has("reply_broadcast") {
		t.Errorf("a root is sent as %v", form)
	}
}

func TestPostBelowDeletedParent(t *testing.T) {
	w := newWeb(t)
	thread := webPlace()
	thread.Thread = "4.000001"
	for answer, want := range map[string]string{
		`{"ok":true,"channel":"C1","ts":"5.000001","message":{"ts":"5.000001"}}`:                        "",
		`{"ok":true,"channel":"C1","ts":"5.000001","message":{"ts":"5.000001","thread_ts":"5.000001"}}`: "",
		`{"ok":true,"channel":"C1","ts":"5.000001"}`:                                                    "4.000001",
	} {
		w.on(methodPost, answer)
		if ref, err := w.Post(t.Context(), thread, webCard()); err != nil || ref.Thread != want || ref.ID != "5.000001" {
			t.Errorf("%s: %+v, %v", answer, ref, err)
		}
	}
}

func TestPostWithoutWords(t *testing.T) {
	w := newWeb(t)
	for _, c := range []chat.Card{{}, {Key: "k"}, {Summary: chat.T(" \n\u200b")}} {
		_, err := w.Post(t.Context(), webPlace(), c)
		wantFault(t, err, chat.FaultBadCard)
		wantFault(t, w.Edit(t.Context(), chat.MessageRef{Place: webPlace(), ID: "1.0"}, c), chat.FaultBadCard)
	}
	if w.called(methodPost)+w.called(methodEdit) != 0 {
		t.Error("something was sent")
	}
}

// TestPostToUnseenConversation: a command typed between two people is answered where the bot can.
func TestPostToUnseenConversation(t *testing.T) {
	w := newWeb(t)
	w.do(methodPost, func(f url.Values, rw http.ResponseWriter) {
		if f.Get("channel") != "U1" {
			fmt.Fprint(rw, refused(codeNoChannel))
			return
		}
		fmt.Fprint(rw, `{"ok":true,"channel":"DBOT","ts":"5.000001","message":{"ts":"5.000001"}}`)
	})
	to := chat.Place{Platform: Name, Channel: "D1", Direct: true}
	_, err := w.Post(t.Context(), to, webCard())
	wantFault(t, err, chat.FaultPlaceGone)
	w.places.meet("D1", "U1")
	w.on(methodHistory, refused(codeNoChannel))
	_, err = w.Find(t.Context(), to, "k1", timeOf("1.0"))
	wantFault(t, err, chat.FaultForbidden)
	ref, err := w.Post(t.Context(), to, webCard())
	if err != nil || ref.Channel != "DBOT" || !ref.Direct {
		t.Errorf("%+v, %v", ref, err)
	}
	w.on(methodHistory, `{"ok":true,"messages":[]}`)
	if _, err := w.Find(t.Context(), to, "k1", timeOf("1.0")); err != nil || w.form().Get("channel") != "DBOT" {
		t.Errorf("looked for in %s, %v", w.form().Get("channel"), err)
	}
	// A channel that is no conversation stays gone, whoever was met.
	to.Direct = false
	_, err = w.Post(t.Context(), to, webCard())
	wantFault(t, err, chat.FaultPlaceGone)
}

func TestEdit(t *testing.T) {
	w := newWeb(t)
	w.on(methodEdit, `{"ok":true,"channel":"C1","ts":"5.000001","text":"x"}`)
	at := chat.MessageRef{Place: webPlace(), ID: "5.000001"}
	c := webCard()
	c.Plain = true
	if err := w.Edit(t.Context(), at, c); err != nil {
		t.Fatal(err)
	}
	form := w.form()
	for name, want := range map[string]string{
		"channel": "C1", "ts": "5.000001", "blocks": "[]", "parse": "none", "link_names": "false",
		"metadata": `{"event_type":"vmbackup_bot","event_payload":{"key":"k1"}}`,
	} {
		if got := form[name]; len(got) != 1 || got[0] != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	w.on(methodEdit, `{"ok":true}`)
	wantFault(t, w.Edit(t.Context(), at, c), chat.FaultLost)
	w.on(methodEdit, refused("ratelimited"))
	if f := wantFault(t, w.Edit(t.Context(), at, c), chat.FaultThrottled); f.Budget != methodEdit {
		t.Errorf("budget %q", f.Budget)
	}
}

func TestDelete(t *testing.T) {
	w := newWeb(t)
	at := chat.MessageRef{Place: webPlace(), ID: "5.000001"}
	w.on(methodDelete, `{"ok":true,"channel":"C1","ts":"5.000001"}`, refused("message_not_found"))
	if err := w.Delete(t.Context(), at); err != nil || w.form().Get("ts") != at.ID {
		t.Errorf("%v, %v", w.form(), err)
	}
	wantFault(t, w.Delete(t.Context(), at), chat.FaultMessageGone)
}

func TestOpenThread(t *testing.T) {
	w := newWeb(t)
	root := chat.MessageRef{Place: webPlace(), ID: "5.000001"}
	p, err := w.OpenThread(t.Context(), root, "title")
	if err != nil || p.Thread != root.ID || p.Root() != webPlace() {
		t.Errorf("%v, %v", p, err)
	}
	if again, err := w.OpenThread(t.Context(), chat.MessageRef{Place: p, ID: "6.0"}, ""); err != nil || again != p {
		t.Errorf("%v, %v", again, err)
	}
	if w.called(methodPost) != 0 {
		t.Error("a call was made")
	}
}
