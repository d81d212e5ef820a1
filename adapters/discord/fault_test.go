package discord

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"

	"vmbackup-bot/bot/chat"
)

func post() act { return act{name: actPost, channel: "42", guild: "700", need: permSend.name()} }

func edit() act { return act{name: actEdit, channel: "42", guild: "700", need: permSend.name()} }

// refusalCase is one answer and the fault that it makes.
type refusalCase struct {
	what   string
	act    act
	status int
	body   string
	want   chat.FaultKind
	need   string
	budget string
	after  time.Duration
	says   string
}

func TestRefusals(t *testing.T) {
	for _, c := range []refusalCase{
		{what: "message deleted", act: edit(), status: 404, body: `{"code":10008,"message":"Unknown Message"}`, want: chat.FaultMessageGone},
		{what: "of another author", act: edit(), status: 403, body: `{"code":50005}`, want: chat.FaultMessageGone},
		{what: "system message", act: edit(), status: 403, body: `{"code":50021}`, want: chat.FaultMessageGone},
		{what: "channel deleted", act: post(), status: 404, body: `{"code":10003}`, want: chat.FaultPlaceGone},
		{what: "guild gone", act: post(), status: 404, body: `{"code":10004}`, want: chat.FaultPlaceGone},
		{what: "no text channel", act: post(), status: 400, body: `{"code":50008}`, want: chat.FaultPlaceGone},
		{what: "no threads there", act: act{name: actThread}, status: 400, body: `{"code":50024}`, want: chat.FaultPlaceGone},
		{what: "too many threads", act: act{name: actThread}, status: 400, body: `{"code":160006}`, want: chat.FaultPlaceGone},
		{what: "cannot see", act: edit(), status: 403, body: `{"code":50001}`, want: chat.FaultForbidden, need: "View Channel"},
		{what: "cannot send", act: post(), status: 403, body: `{"code":50013}`, want: chat.FaultForbidden, need: "Send Messages"},
		{what: "cannot open threads", act: act{name: actThread, need: permThreads.name()}, status: 403, body: `{"code":50013}`, want: chat.FaultForbidden, need: "Create Public Threads"},
		{what: "a permission of no name", act: act{name: actDelete}, status: 403, body: `{"code":50013}`, want: chat.FaultForbidden, need: "a permission (delete)"},
		{what: "no history", act: post(), status: 403, body: `{"code":160002}`, want: chat.FaultForbidden, need: "Read Message History"},
		{what: "no direct message", act: post(), status: 403, body: `{"code":50007}`, want: chat.FaultForbidden, need: "direct messages to that person"},
		{what: "AutoMod", act: post(), status: 400, body: `{"code":200000}`, want: chat.FaultForbidden, need: "an exemption from AutoMod"},
		{what: "some other right", act: post(), status: 403, body: `{"code":99999}`, want: chat.FaultForbidden, need: "the right to do this (code 99999)"},
		{what: "archived, edited", act: edit(), status: 400, body: `{"code":50083}`, want: chat.FaultFrozen},
		{what: "locked, edited", act: edit(), status: 400, body: `{"code":160005}`, want: chat.FaultFrozen},
		{what: "locked, posted", act: post(), status: 400, body: `{"code":160005}`, want: chat.FaultPlaceGone},
		{what: "a bad form", act: post(), status: 400, body: `{"code":50035,"message":"Invalid Form Body","errors":{"embeds":{"0":{"title":{"_errors":[{"code":"BASE_TYPE_MAX_LENGTH","message":"Must be 256 or fewer in length."}]}}}}}`, want: chat.FaultBadCard, says: "embeds.0.title BASE_TYPE_MAX_LENGTH: Must be 256"},
		{what: "no JSON", act: post(), status: 400, body: `{"code":50109}`, want: chat.FaultBadCard},
		{what: "empty", act: post(), status: 400, body: `{"code":50006}`, want: chat.FaultBadCard},
		{what: "too large", act: post(), status: 413, body: `{"code":40005}`, want: chat.FaultBadCard},
		{what: "harmful link", act: post(), status: 400, body: `{"code":240000}`, want: chat.FaultBadCard},
		{what: "a wrong token", act: post(), status: 401, body: `{"code":0,"message":"401: Unauthorized"}`, want: chat.FaultFatal},
		{what: "a wrong token by code", act: post(), status: 403, body: `{"code":50014}`, want: chat.FaultFatal},
		{what: "an interaction's token", act: act{name: actInteract}, status: 401, body: `{"code":50027}`, want: chat.FaultPlaceGone},
		{what: "an interaction's token, no code", act: act{name: actInteract}, status: 401, body: `{}`, want: chat.FaultPlaceGone},
		{what: "an interaction that is over", act: act{name: actInteract}, status: 404, body: `{"code":10062}`, want: chat.FaultPlaceGone},
		{what: "an interaction not there yet", act: act{name: actInteract}, status: 404, body: `{"code":10015}`, want: chat.FaultRetry},
		{what: "answered already", act: act{name: actInteract}, status: 400, body: `{"code":40060}`, want: chat.FaultLost},
		{what: "switched off", act: post(), status: 403, body: `{"code":40006}`, want: chat.FaultRetry, after: offWait},
		{what: "unknown code", act: post(), status: 400, body: `{"code":77}`, want: chat.FaultRetry},
		{what: "no such route", act: post(), status: 404, body: `{"code":0}`, want: chat.FaultRetry},
		{what: "broken", act: post(), status: 500, body: `{"code":0}`, want: chat.FaultLost},
		{what: "bad gateway", act: post(), status: 502, body: `<html>`, want: chat.FaultLost},
		{what: "unavailable", act: post(), status: 503, body: ``, want: chat.FaultLost},
		{what: "gateway time-out", act: post(), status: 504, body: ``, want: chat.FaultLost},
		{what: "request time-out", act: post(), status: 408, body: `{}`, want: chat.FaultLost},
		{what: "a redirect", act: post(), status: 302, body: ``, want: chat.FaultLost},
		{what: "somebody's page", act: post(), status: 404, body: `<html>/interactions/1/ToKeN/callback`, want: chat.FaultRetry},
	} {
		c.check(t)
	}
}

func TestThrottles(t *testing.T) {
	for _, c := range []refusalCase{
		{what: "the route's limit", act: post(), status: 429, body: `{"retry_after":1.25,"global":false}`, want: chat.FaultThrottled, budget: "post 42", after: 1250 * time.Millisecond},
		{what: "old messages", act: edit(), status: 429, body: `{"code":30046,"retry_after":4}`, want: chat.FaultThrottled, budget: "old 42", after: 4 * time.Second},
		{what: "slow mode", act: post(), status: 429, body: `{"code":20016,"retry_after":30}`, want: chat.FaultThrottled, budget: "post 42", after: 30 * time.Second},
		{what: "the channel's writes", act: edit(), status: 429, body: `{"code":20028,"retry_after":2}`, want: chat.FaultThrottled, budget: "edit 42", after: 2 * time.Second},
		{what: "the guild's writes", act: edit(), status: 429, body: `{"code":20029,"retry_after":2}`, want: chat.FaultThrottled, budget: "guild 700", after: 2 * time.Second},
		{what: "the global limit", act: edit(), status: 429, body: `{"retry_after":0.5,"global":true}`, want: chat.FaultThrottled, budget: "global", after: 500 * time.Millisecond},
		{what: "a limit without a wait", act: edit(), status: 429, body: `{}`, want: chat.FaultThrottled, budget: "edit 42", after: defaultWait},
		{what: "a limit told by another status", act: edit(), status: 400, body: `{"code":40062}`, want: chat.FaultThrottled, budget: "edit 42", after: defaultWait},
		{what: "new commands in a day", act: act{name: actCommands}, status: 400, body: `{"code":30034}`, want: chat.FaultThrottled, budget: "commands", after: time.Hour},
	} {
		c.check(t)
	}
}

func (c refusalCase) check(t *testing.T) {
	t.Run(c.what, func(t *testing.T) {
		resp := said(c.status, c.body)
		defer resp.Body.Close()
		if strings.HasPrefix(c.body, "<") {
			resp.Header.Set("Content-Type", "text/html")
		}
		f := faultOf(c.act, readAnswer(resp, []byte(c.body), true))
		if f.Kind != c.want || f.Need != c.need || f.Budget != c.budget || f.After != c.after {
			t.Errorf("%s, needs %q, limit %q, after %s: %v", f.Kind, f.Need, f.Budget, f.After, f)
		}
		if said := f.Error(); !strings.Contains(said, c.act.name) || !strings.Contains(said, c.says) || strings.Contains(said, "ToKeN") {
			t.Error(said)
		}
	})
}

func TestHeadersOfRefusals(t *testing.T) {
	const page = `<html>error code: 1015</html>`
	for _, c := range []struct {
		what    string
		status  int
		body    string
		headers []string
		budget  string
		after   time.Duration
	}{
		{"global by header", 429, `{}`, []string{"X-RateLimit-Global", "true", "Retry-After", "3"}, "global", 3 * time.Second},
		{"global by scope", 429, `{}`, []string{"X-RateLimit-Scope", "global", "Retry-After", "3"}, "global", 3 * time.Second},
		{"shared", 429, `{}`, []string{"X-RateLimit-Scope", "shared", "Retry-After", "3"}, "edit 42", 3 * time.Second},
		{"reset only", 429, `{}`, []string{"X-RateLimit-Reset-After", "1.5"}, "edit 42", 1500 * time.Millisecond},
		{"the body is finer", 429, `{"retry_after":0.3}`, []string{"Retry-After", "1"}, "edit 42", 300 * time.Millisecond},
		{"nonsense", 429, `{}`, []string{"Retry-After", "soon"}, "edit 42", defaultWait},
		{"not a number", 429, `{}`, []string{"Retry-After", "NaN"}, "edit 42", defaultWait},
		{"in the past", 429, `{}`, []string{"Retry-After", "Mon, 02 Jan 2006 15:04:05 GMT"}, "edit 42", defaultWait},
		{"a year", 429, `{"retry_after":3e7}`, nil, "edit 42", longestWait},
		{"Cloudflare", 429, page, []string{"Content-Type", "text/html", "Retry-After", "3600"}, "global", time.Hour},
		{"Cloudflare without a wait", 429, page, []string{"Content-Type", "text/html"}, "global", banWait},
		{"a filter", 403, page, []string{"Content-Type", "text/html"}, "global", doorWait},
	} {
		t.Run(c.what, func(t *testing.T) {
			resp := said(c.status, c.body, c.headers...)
			defer resp.Body.Close()
			f := faultOf(edit(), readAnswer(resp, []byte(c.body), true))
			if f.Kind != chat.FaultThrottled || f.Budget != c.budget || f.After != c.after {
				t.Errorf("%s, limit %q, after %s: %v", f.Kind, f.Budget, f.After, f)
			}
		})
	}
}

func TestLibraryErrors(t *testing.T) {
	const token = "aW50ZXJhY3Rpb24"
	r, err := http.NewRequest(http.MethodPost, "https://discord.com/api/v9/interactions/1/"+token+"/callback", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bot "+secretToken)
	body := `{"code":10062,"message":"Unknown interaction"}`
	resp := said(404, body)
	defer resp.Body.Close()
	rest := &discordgo.RESTError{Request: r, Response: resp, ResponseBody: []byte(body)}
	f := faultOf(act{name: actInteract}, fmt.Errorf("answering: %w", rest))
	if f.Kind != chat.FaultPlaceGone || codeOf(f) != codeUnknownInteraction {
		t.Errorf("%v", f)
	}
	for err := error(f); err != nil; err = errors.Unwrap(err) {
		if s := fmt.Sprintf("%v %+v", err, err); strings.Contains(s, token) || strings.Contains(s, secretToken) {
			t.Errorf("a token is in %q", s)
		}
	}
	if !strings.Contains(f.Error(), "/interactions/1/…/callback") {
		t.Errorf("%v", f)
	}
	cut := &url.Error{Op: "Post", URL: r.URL.String(), Err: &transportError{err: errors.New("connection reset"), sent: true}}
	if f := faultOf(act{name: actInteract}, cut); f.Kind != chat.FaultLost || strings.Contains(f.Error(), token) {
		t.Errorf("%v", f)
	}
	if f := faultOf(act{name: actInteract}, discordgo.ErrJSONUnmarshal); f.Kind != chat.FaultLost {
		t.Errorf("%v", f)
	}
	if faultOf(post(), nil) != nil || codeOf(nil) != 0 || answerOf(errors.New("x")) != nil {
		t.Error("a fault out of nothing")
	}
}

func TestTransportFaults(t *testing.T) {
	for _, c := range []struct {
		what string
		dial func(ctx context.Context, network, addr string) (net.Conn, error)
		do   http.HandlerFunc
		want chat.FaultKind
	}{
		{what: "no way to Discord", want: chat.FaultRetry, dial: func(context.Context, string, string) (net.Conn, error) {
			return nil, errors.New("no route to host")
		}},
		{what: "given up while dialling", want: chat.FaultRetry, dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}},
		{what: "no answer", want: chat.FaultLost, do: func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // only then the server notices that the client is gone
			<-r.Context().Done()
		}},
		{what: "cut off", want: chat.FaultLost, do: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
		{what: "cut off in the answer", want: chat.FaultLost, do: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, `{"id":`)
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}},
		{what: "a refusal cut off", want: chat.FaultRetry, do: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"code":100`)
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}},
		{what: "garbage", want: chat.FaultLost, do: func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }},
		{what: "nothing", want: chat.FaultLost, do: func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") }},
		{what: "a portal", want: chat.FaultLost, do: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=UTF-8")
			fmt.Fprint(w, "<html>sign in")
		}},
	} {
		t.Run(c.what, func(t *testing.T) {
			a := against(t, c.do)
			if c.dial != nil {
				a = New(Options{Token: secretToken, APIURL: "http://discord.test/api/", Dial: c.dial})
			}
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			_, err := a.Post(ctx, where(), note("op1.root", "Hello"))
			is(t, err, c.want)
		})
	}
}
