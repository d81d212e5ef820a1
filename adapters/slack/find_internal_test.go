package slack

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"vmbackup-bot/bot/chat"
)

// told is a message as the history shows it.
func told(ts, thread, bot, key string) string {
	return fmt.Sprintf(`{"ts":%q,"thread_ts":%q,"bot_id":%q,"metadata":{"event_type":"vmbackup_bot","event_payload":{"key":%q}}}`, ts, thread, bot, key)
}

func ids(refs []chat.MessageRef) []string {
	var list []string
	for _, r := range refs {
		list = append(list, r.ID)
	}
	return list
}

func TestFind(t *testing.T) {
	w := newWeb(t)
	w.know(t)
	w.on(methodHistory, `{"ok":true,"messages":[`+strings.Join([]string{
		told("10.000002", "", "B1", "k1"),
		told("9.000001", "", "B1", "k1"),
		told("9.000002", "", "B1", "other"),
		told("9.000003", "", "BELSE", "k1"),           // another app's
		told("9.000004", "7.000001", "B1", "k1"),      // a reply shown in the channel
		told("9.000005", "9.000005", "B1", "k1"),      // a root with replies
		`{"ts":"9.000006","user":"UBOT","text":"k1"}`, // without metadata
		`{"ts":"9.000007","user":"UBOT","metadata":{"event_type":"vmbackup_bot","event_payload":{"key":"k1"}}}`,
		`{"ts":"9.000008","bot_id":"B1","metadata":{"event_type":"else","event_payload":{"key":"k1"}}}`,
		`{"ts":"9.000009","bot_id":"B1","metadata":{"event_type":"vmbackup_bot","event_payload":{"key":1}}}`,
	}, ",")+`]}`)
	refs, err := w.Find(t.Context(), webPlace(), "k1", time.Unix(8, 5000))
	if d := cmp.Diff([]string{"9.000001", "9.000005", "9.000007", "10.000002"}, ids(refs)); d != "" || err != nil {
		t.Errorf("%v %s", err, d)
	}
	for _, r := range refs {
		if r.Place != webPlace() {
			t.Errorf("at %v", r.Place)
		}
	}
	for name, want := range map[string]string{"channel": "C1", "oldest": "8.000005", "inclusive": "1", "include_all_metadata": "1", "limit": "200"} {
		if got := w.form().Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
}

func TestFindInThread(t *testing.T) {
	w := newWeb(t)
	w.know(t)
	w.on(methodReplies, `{"ok":true,"messages":[`+told("7.000001", "7.000001", "B1", "k1")+`,`+told("9.000004", "7.000001", "B1", "k1")+`]}`)
	thread := webPlace()
	thread.Thread = "7.000001"
	refs, err := w.Find(t.Context(), thread, "k1", time.Unix(8, 0))
	if d := cmp.Diff([]chat.MessageRef{{Place: thread, ID: "9.000004"}}, refs); d != "" || err != nil {
		t.Errorf("%v %s", err, d)
	}
	for name, want := range map[string]string{"ts": "7.000001", "oldest": "8.000000", "include_all_metadata": "1"} {
		if got := w.form().Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
}

func TestFindRefused(t *testing.T) {
	w := newWeb(t)
	w.on(methodHistory, `{"ok":false,"error":"missing_scope","needed":"channels:history"}`, `{}`, refused("ratelimited"))
	_, err := w.Find(t.Context(), webPlace(), "k1", time.Unix(8, 0))
	if f := wantFault(t, err, chat.FaultForbidden); f.Need != "channels:history" {
		t.Errorf("needs %q", f.Need)
	}
	_, err = w.Find(t.Context(), webPlace(), "k1", time.Unix(8, 0))
	wantFault(t, err, chat.FaultLost) // never "nothing there"
	_, err = w.Find(t.Context(), webPlace(), "k1", time.Unix(8, 0))
	if f := wantFault(t, err, chat.FaultThrottled); f.Budget != methodHistory {
		t.Errorf("budget %q", f.Budget)
	}
	w.on(methodReplies, refused("thread_not_found"))
	w.on(methodHistory, `{"ok":true,"messages":[`+told("9.000001", "", "B1", "k1")+`]}`)
	thread := webPlace()
	thread.Thread = "7.000001"
	refs, err := w.Find(t.Context(), thread, "k1", time.Unix(8, 0))
	if err != nil || len(refs) != 1 || refs[0].Thread != "" { // a reply without a parent stands in the channel
		t.Errorf("found %v, %v", refs, err)
	}
}

// TestFindPages: at most ten, and further ones at the pace that is left for them.
func TestFindPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pages := 0
		a, stop := onPipes(t, func(_ string, n int) string {
			pages++
			return `{"ok":true,"messages":[` + told(fmt.Sprintf("9.%06d", n), "", "B1", "k1") + `],"response_metadata":{"next_cursor":"more"}}`
		})
		defer stop()
		began := time.Now()
		refs, err := a.Find(t.Context(), webPlace(), "k1", time.Unix(8, 0))
		if err != nil || len(refs) != mostPage || pages != mostPage {
			t.Errorf("%d messages of %d pages, %v", len(refs), pages, err)
		}
		if took := time.Since(began); took != 35*time.Second { // two at once, then one each five seconds
			t.Errorf("took %s", took)
		}
	})
}

func TestFindSecondPage(t *testing.T) {
	w := newWeb(t)
	w.do(methodHistory, func(f url.Values, rw http.ResponseWriter) {
		if f.Get("cursor") == "" {
			fmt.Fprint(rw, `{"ok":true,"messages":[`+told("9.000002", "", "B1", "k1")+`],"response_metadata":{"next_cursor":"c2"}}`)
			return
		}
		fmt.Fprint(rw, `{"ok":true,"messages":[`+told("9.000001", "", "B1", "k1")+`,`+told("9.000002", "", "B1", "k1")+`]}`)
	})
	refs, err := w.Find(t.Context(), webPlace(), "k1", time.Unix(8, 0))
	if d := cmp.Diff([]string{"9.000001", "9.000002"}, ids(refs)); d != "" || err != nil {
		t.Errorf("%v %s", err, d)
	}
}
