package slack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vmbackup-bot/bot/chat"
)

func TestRefusals(t *testing.T) {
	w := newWeb(t)
	for code, want := range map[string]chat.FaultKind{
		"message_not_found": chat.FaultMessageGone, "cant_update_message": chat.FaultMessageGone,
		"edit_window_closed": chat.FaultFrozen,
		"is_inactive":        chat.FaultPlaceGone, "is_archived": chat.FaultPlaceGone,
		"channel_not_found": chat.FaultPlaceGone, "channel_is_archived": chat.FaultPlaceGone, "thread_not_found": chat.FaultPlaceGone,
		"not_in_channel": chat.FaultForbidden, "restricted_action": chat.FaultForbidden,
		"restricted_action_read_only_channel": chat.FaultForbidden, "restricted_action_thread_only_channel": chat.FaultForbidden,
		"restricted_action_non_threadable_channel": chat.FaultForbidden, "restricted_action_thread_locked": chat.FaultForbidden,
		"missing_scope": chat.FaultForbidden, "no_permission": chat.FaultForbidden, "user_not_in_channel": chat.FaultForbidden,
		"accesslimited": chat.FaultForbidden, "ekm_access_denied": chat.FaultForbidden, "cant_delete_message": chat.FaultForbidden,
		"invalid_blocks": chat.FaultBadCard, "invalid_blocks_format": chat.FaultBadCard, "msg_blocks_too_long": chat.FaultBadCard,
		"msg_blocks_too_many": chat.FaultBadCard, "msg_too_long": chat.FaultBadCard, "no_text": chat.FaultBadCard,
		"invalid_metadata_format": chat.FaultBadCard, "invalid_metadata_schema": chat.FaultBadCard, "block_mismatch": chat.FaultBadCard,
		"ratelimited": chat.FaultThrottled, "rate_limited": chat.FaultThrottled, "message_limit_exceeded": chat.FaultThrottled,
		"org_login_required": chat.FaultRetry, "team_added_to_org": chat.FaultRetry, "something_new": chat.FaultRetry,
		"fatal_error": chat.FaultLost, "internal_error": chat.FaultLost, "service_unavailable": chat.FaultLost,
		"request_timeout": chat.FaultLost,
		// Tokens: what auth.test takes was refused once only.
		"token_revoked": chat.FaultRetry, "account_inactive": chat.FaultRetry, "invalid_auth": chat.FaultRetry,
		"not_authed": chat.FaultRetry, "token_expired": chat.FaultRetry, "not_allowed_token_type": chat.FaultForbidden,
	} {
		w.on(methodPost, refused(code))
		_, err := w.Post(t.Context(), webPlace(), webCard())
		f := wantFault(t, err, want)
		if !strings.Contains(f.Error(), code) {
			t.Errorf("%v does not say %s", err, code)
		}
		if f.Kind == chat.FaultForbidden && f.Need == "" {
			t.Errorf("%s: nothing is said to be missing", code)
		}
		if f.Kind == chat.FaultThrottled && (f.Budget != methodPost || f.After < defaultWait) {
			t.Errorf("%s: %s, %q", code, f.After, f.Budget)
		}
	}
}

func TestWhatIsMissing(t *testing.T) {
	w := newWeb(t)
	w.on(methodPost, `{"ok":false,"error":"missing_scope","needed":"chat:write","provided":"commands"}`)
	_, err := w.Post(t.Context(), webPlace(), webCard())
	if f := wantFault(t, err, chat.FaultForbidden); f.Need != "chat:write" {
		t.Errorf("needs %q", f.Need)
	}
	w.on(methodPost, `{"ok":false,"error":"invalid_blocks","response_metadata":{"messages":["[ERROR] too long [json-pointer:/blocks/3/text]"]}}`)
	_, err = w.Post(t.Context(), webPlace(), webCard())
	if f := wantFault(t, err, chat.FaultBadCard); !strings.Contains(f.Error(), "/blocks/3/text") {
		t.Errorf("%v", err)
	}
}

func TestStatuses(t *testing.T) {
	in := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	w := newWeb(t)
	for name, c := range map[string]struct {
		status      int
		retry, body string
		kind        chat.FaultKind
		least, most time.Duration
	}{
		"seconds":           {status: 429, retry: "7", kind: chat.FaultThrottled, least: 7 * time.Second, most: 7 * time.Second},
		"fraction":          {status: 429, retry: "1.5", kind: chat.FaultThrottled, least: 2 * time.Second, most: 2 * time.Second},
		"date":              {status: 429, retry: in(time.Minute), kind: chat.FaultThrottled, least: 30 * time.Second, most: time.Minute},
		"past date":         {status: 429, retry: in(-time.Minute), kind: chat.FaultThrottled, least: defaultWait, most: defaultWait},
		"none":              {status: 429, kind: chat.FaultThrottled, least: defaultWait, most: defaultWait},
		"word":              {status: 429, retry: "soon", kind: chat.FaultThrottled, least: defaultWait, most: defaultWait},
		"not a number":      {status: 429, retry: "NaN", kind: chat.FaultThrottled, least: defaultWait, most: defaultWait},
		"zero":              {status: 429, retry: "0", kind: chat.FaultThrottled, least: defaultWait, most: defaultWait},
		"negative":          {status: 429, retry: "-3", kind: chat.FaultThrottled, least: defaultWait, most: defaultWait},
		"for ever":          {status: 429, retry: "99999999999999999999", kind: chat.FaultThrottled, least: longestWait, most: longestWait},
		"broken":            {status: 500, kind: chat.FaultLost},
		"gateway":           {status: 502, body: "<html>", kind: chat.FaultLost},
		"time-out":          {status: 408, kind: chat.FaultLost},
		"redirect":          {status: 302, kind: chat.FaultLost},
		"proxy":             {status: 407, kind: chat.FaultRetry},
		"forbidden":         {status: 403, body: "<html>", kind: chat.FaultRetry},
		"page":              {status: 200, body: "<html>sign in</html>", kind: chat.FaultLost},
		"empty":             {status: 200, kind: chat.FaultLost},
		"nothing in it":     {status: 200, body: "{}", kind: chat.FaultLost},
		"ok without a post": {status: 200, body: `{"ok":true}`, kind: chat.FaultLost},
		"cut short":         {status: 200, body: `{"ok":true,"ts":"1.0`, kind: chat.FaultLost},
		"not ok, no reason": {status: 200, body: `{"ok":false}`, kind: chat.FaultLost},
		"odd types":         {status: 200, body: `{"ok":"yes","ts":5}`, kind: chat.FaultLost},
	} {
		t.Run(name, func(t *testing.T) {
			w.do(methodPost, func(_ url.Values, rw http.ResponseWriter) {
				if c.retry != "" {
					rw.Header().Set("Retry-After", c.retry)
				}
				rw.Header().Set("Location", "http://elsewhere.test/%zz?"+testToken)
				rw.WriteHeader(c.status)
				fmt.Fprint(rw, c.body)
			})
			_, err := w.Post(t.Context(), webPlace(), webCard())
			if f := wantFault(t, err, c.kind); f.After < c.least || f.After > c.most {
				t.Errorf("wait %s", f.After)
			}
		})
	}
}

func TestWhatNeverLeft(t *testing.T) {
	refuse := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	for name, c := range map[string]struct {
		dial func(context.Context, string, string) (net.Conn, error)
		kind chat.FaultKind
	}{
		"refused":  {func(context.Context, string, string) (net.Conn, error) { return nil, refuse }, chat.FaultRetry},
		"no error": {func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no such host") }, chat.FaultRetry},
		"cut": {func(context.Context, string, string) (net.Conn, error) {
			here, there := net.Pipe()
			there.Close()
			return here, nil
		}, chat.FaultLost},
	} {
		t.Run(name, func(t *testing.T) {
			a := newWebOn(c.dial)
			_, err := a.Post(t.Context(), webPlace(), webCard())
			wantFault(t, err, c.kind)
			err = a.Edit(t.Context(), chat.MessageRef{Place: webPlace(), ID: "1.0"}, webCard())
			wantFault(t, err, c.kind)
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := newWeb(t)
	_, err := w.Post(ctx, webPlace(), webCard())
	wantFault(t, err, chat.FaultRetry)
	if w.called(methodPost) != 0 {
		t.Error("it was sent")
	}
}

func TestTLSErrorIsNotSent(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	srv.StartTLS()
	defer srv.Close()
	a := New(Options{BotToken: testToken, APIURL: srv.URL + "/api/"})
	defer a.http.CloseIdleConnections()
	_, err := a.Post(t.Context(), webPlace(), webCard())
	wantFault(t, err, chat.FaultRetry)
}

func TestSlowAnswerIsLost(t *testing.T) {
	w := newWeb(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	over := make(chan struct{})
	w.do(methodPost, func(url.Values, http.ResponseWriter) { cancel(); <-over })
	_, err := w.Post(ctx, webPlace(), webCard())
	close(over)
	wantFault(t, err, chat.FaultLost)
}

// TestFatalIsConfirmed: three tries, a second and two apart, and any doubt keeps the link.
func TestFatalIsConfirmed(t *testing.T) {
	good := `{"ok":true,"team_id":"T1","user_id":"UBOT"}`
	bad := refused("invalid_auth")
	for name, c := range map[string]struct {
		answers []string
		kind    chat.FaultKind
		took    time.Duration
	}{
		"for good":    {[]string{bad, bad, bad}, chat.FaultFatal, 3 * time.Second},
		"at once":     {[]string{good}, chat.FaultRetry, 0},
		"after all":   {[]string{bad, bad, good}, chat.FaultRetry, 3 * time.Second},
		"unreachable": {[]string{bad, ""}, chat.FaultRetry, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, stop := onPipes(t, func(method string, n int) string {
					if method == methodAuth {
						return c.answers[n]
					}
					return bad
				})
				defer stop()
				began := time.Now()
				_, err := a.Post(t.Context(), webPlace(), webCard())
				wantFault(t, err, c.kind)
				if took := time.Since(began); took != c.took {
					t.Errorf("took %s", took)
				}
			})
		})
	}
}
