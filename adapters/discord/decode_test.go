package discord

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vmbackup-bot/adapters/payload"
	"vmbackup-bot/bot/chat"
)

func TestDecode(t *testing.T) {
	const head = `{"id":"9","token":"tok","application_id":"1","guild_id":"7","channel_id":"88","app_permissions":"1024",
		"channel":{"id":"88","type":11,"parent_id":"42"},"member":{"nick":null,"roles":[],"user":{"id":"3","username":"ann"}},`
	a := New(Options{Guild: "7"})
	read := func(s string) (chat.Request, handle, bool) {
		n, err := payload.Read([]byte(s))
		if err != nil {
			t.Fatal(err)
		}
		return a.decode(n, time.Unix(1, 0))
	}
	r, w, ok := read(head + `"type":4,"data":{"name":"vmbackup","options":[{"name":"report","type":1,"options":[
		{"name":"vm","type":3,"value":"we","focused":true},{"name":"n","type":4,"value":"9007199254740993"},{"name":"x","value":true}]}]}}`)
	if !ok || r.Kind != chat.Suggest || fmt.Sprint(r.Options) != "map[n:9007199254740993 verb:report vm:we x:true]" || w.token != "tok" {
		t.Errorf("%+v", r)
	}
	if r.Place.Channel != "42" || r.Place.Thread != "88" || r.Actor.Roles == nil || r.Actor.Name != "ann" || r.Actor.Team != "7" {
		t.Errorf("%+v", r)
	}
	if !a.places.told("88") || !a.places.lacks("88", permSendInThreads) {
		t.Error("what the bot may do there is not remembered")
	}
	r, w, ok = read(head + `"type":3,"data":{"custom_id":"snooze:abc:4h","component_type":2},"message":{"id":"1000000000000000000","flags":64,
		"content":"","embeds":[{"footer":{"text":"Site · op1.card"}}],"components":[{"type":99}]}}`)
	if !ok || r.Action != "snooze" || r.ID != "abc" || r.Arg != "4h" || r.OnKey != "op1.card" || !w.private || r.Confirmed {
		t.Errorf("%+v %+v", r, w.private)
	}
	if want := time.UnixMilli(1000000000000000000>>22 + snowflakeEpoch); !r.OnPosted.Equal(want) || want.Year() != 2022 {
		t.Errorf("posted at %v", r.OnPosted)
	}
	r, _, ok = read(head + `"type":5,"data":{"custom_id":"menu:abc","components":[
		{"type":1,"components":[{"type":4,"custom_id":"note","value":"n"}]},{"type":18,"component":{"type":3,"custom_id":"command","values":["status"]}}]}}`)
	if !ok || r.Kind != chat.Submit || r.Action != "menu" || r.ID != "abc" || fmt.Sprint(r.Fields) != "map[command:status note:n]" {
		t.Errorf("%+v", r)
	}
}

// A form whose values need mending is answered at once, to the person alone, and with nothing else.
func TestMendingAForm(t *testing.T) {
	var bodies []string
	a := offline(func(r *http.Request) (*http.Response, error) {
		b, _ := io.ReadAll(r.Body)
		bodies = append(bodies, string(b))
		return said(204, ""), nil
	})
	r := chat.Request{Kind: chat.Submit, At: time.Now(), Place: where()}
	w := &answer{a: a, r: r, to: handle{id: "9", token: "tok", app: "1"}, taking: &taking{}}
	if err := w.Ack(t.Context(), map[string]string{"target": "There is no *web99*."}); err != nil {
		t.Fatal(err)
	}
	w.finish(t.Context())
	if len(bodies) != 1 {
		t.Fatalf("%q", bodies)
	}
	var got struct {
		Type int
		Data struct {
			Flags    int
			Embeds   json.RawMessage
			Mentions struct{ Parse []string } `json:"allowed_mentions"`
		}
	}
	if err := json.Unmarshal([]byte(bodies[0]), &got); err != nil {
		t.Fatal(err)
	}
	if got.Type != 4 || got.Data.Flags != 64 || got.Data.Mentions.Parse == nil || !strings.Contains(string(got.Data.Embeds), "target") {
		t.Errorf("%s", bodies[0])
	}
}

// A person whose request may stand as deferred, although nothing was done, is told so.
func TestUnsureDeferral(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls []string
		a := offline(func(r *http.Request) (*http.Response, error) {
			calls = append(calls, r.Method)
			if r.Method == http.MethodPost {
				httptrace.ContextClientTrace(r.Context()).GotConn(httptrace.GotConnInfo{})
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			return said(200, "{}"), nil
		})
		r := chat.Request{Kind: chat.Command, At: time.Now(), Place: where()}
		w := &answer{a: a, r: r, to: handle{id: "9", token: "tok", app: "1"}, taking: &taking{}}
		if err := w.Ack(t.Context(), nil); err == nil {
			t.Error("no error")
		}
		if d := time.Since(r.At); d > ackWithin {
			t.Errorf("given up after %s", d)
		}
		w.finish(t.Context())
		if got := fmt.Sprint(calls); got != "[POST POST POST PATCH]" {
			t.Error(got)
		}
	})
}

// The last sessions of a day are left alone: with the thousandth Discord resets the token.
func TestLastSessionsOfADay(t *testing.T) {
	left := 100
	a := offline(func(*http.Request) (*http.Response, error) {
		return said(200, fmt.Sprintf(`{"url":"wss://gateway.test","session_start_limit":{"total":1000,"remaining":%d,"reset_after":7200000}}`, left)), nil
	})
	s, i := &gatewaySession{}, &identifies{}
	_, err := a.address(t.Context(), s, i)
	if f := is(t, err, chat.FaultThrottled); f.After != identifyAsk {
		t.Errorf("%+v", f)
	}
	left = 101
	if got, err := a.address(t.Context(), s, i); err != nil || got != "wss://gateway.test/?v=10&encoding=json" {
		t.Errorf("%s, %v", got, err)
	}
	s.id, left = "session", 0 // taking one up again is free
	if _, err := a.address(t.Context(), s, i); err != nil {
		t.Error(err)
	}
}

// The token leaves for no gateway that is less safe than the API.
func TestGatewayAddress(t *testing.T) {
	a := New(Options{})
	for address, ok := range map[string]bool{
		"wss://gateway.discord.gg": true, "ws://gateway.discord.gg": false, "https://gateway.discord.gg": false, "": false, "wss://": false,
	} {
		if _, err := a.spoken(address); (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
	}
	if _, err := New(Options{APIURL: "http://127.0.0.1:1/api/"}).spoken("ws://127.0.0.1:2"); err != nil {
		t.Error(err)
	}
}
