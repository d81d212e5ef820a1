package simulator_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vmbackup-bot/vmbackup/simulator"
)

func TestLoginForms(t *testing.T) {
	for name, c := range map[string]struct {
		change map[string]any
		refuse string
	}{
		"as it is":      {},
		"port a number": {change: map[string]any{"ServerPort": 36014}},
		"small address": {change: map[string]any{"ServerAddress": "localhost"}},
		"extra member":  {change: map[string]any{"ExporterPort": 9769}},
		"localhost":     {change: map[string]any{"Domain": "localhost"}},
		"no domain":     {change: map[string]any{"Domain": ""}},
		"user's case":   {change: map[string]any{"Username": "ADMINISTRATOR"}},
		"REST port":     {change: map[string]any{"ServerPort": "36013"}, refuse: "could not be reached"},
		"no port":       {change: map[string]any{"ServerPort": true}, refuse: "could not be reached"},
		"other address": {change: map[string]any{"ServerAddress": "hv01"}, refuse: "could not be reached"},
		"password":      {change: map[string]any{"Password": "Secret"}, refuse: "not correct"},
		"no password":   {change: map[string]any{"Password": nil}, refuse: "not correct"},
		"other domain":  {change: map[string]any{"Domain": "CORP"}, refuse: "not correct"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, simulator.Options{Username: "Administrator", Password: "secret"})
			body := credentials(b.srv)
			maps.Copy(body, c.change)
			a := b.loginAs(body)
			if c.refuse != "" {
				b.refused(a, c.refuse)
				want(t, "sessions", b.srv.Sessions(), 0)
				return
			}
			b.ok(a)
			want(t, "sessions", b.srv.Sessions(), 1)
			b.list(b.get("/vms/list/{tok}"), "VirtualMachines")
		})
	}
}

func TestMemberNamesOfTheLoginAreCaseExact(t *testing.T) {
	b := newBench(t, simulator.Options{})
	body := credentials(b.srv)
	body["password"] = body["Password"]
	delete(body, "Password")
	b.refused(b.loginAs(body), "not correct")
}

func TestDomainOfADirectory(t *testing.T) {
	b := newBench(t, simulator.Options{Domain: "CORP"})
	body := credentials(b.srv)
	body["Domain"] = "."
	b.refused(b.loginAs(body), "not correct")
	body["Domain"] = "corp"
	b.ok(b.loginAs(body))
}

func TestOneSeat(t *testing.T) {
	b := opened(t, simulator.Options{})
	first := b.token
	body := b.refused(b.login(), "AnotherConsoleIsRegistered")
	want(t, "details", body["ErrorAdditionalDetails"], any("AnotherConsoleIsRegistered"))
	closed := b.list(b.post("/sessions/end/"+strings.ToUpper(first)), "ClosedSessions")
	want(t, "closed", closed[0]["SessionToken"], any(first))
	refused := b.refused(b.post("/sessions/end/"+first), "Invalid Token")
	want(t, "closed sessions on failure", refused["ClosedSessions"], nil)
	b.refused(b.get("/vms/list/{tok}"), "Invalid Token")
	b.ok(b.login())
	if b.token == first {
		t.Error("a token was given twice")
	}
}

func TestManyTokensAndEndAll(t *testing.T) {
	b := opened(t, simulator.Options{Settings: simulator.Settings{ManyTokens: true}})
	b.ok(b.login())
	want(t, "sessions", b.srv.Sessions(), 2)
	want(t, "closed", len(b.list(b.post("/sessions/end"), "ClosedSessions")), 2)
	want(t, "closed again", len(b.list(b.post("/sessions/end"), "ClosedSessions")), 0)
	b.ok(b.login())
	b.srv.EndAllSessions()
	b.refused(b.get("/vms/list/{tok}"), "Invalid Token")
	var seen bool
	for _, c := range b.srv.Log() {
		seen = seen || c.Outcome == "by another program"
	}
	want(t, "logged", seen, true)
}

func TestEndByGetIsASwitch(t *testing.T) {
	b := opened(t, simulator.Options{Settings: simulator.Settings{EndByGet: true}})
	want(t, "closed", len(b.list(b.get("/sessions/end"), "ClosedSessions")), 1)
}

func TestConsoleHoldsTheSeat(t *testing.T) {
	b := newBench(t, simulator.Options{Settings: simulator.Settings{ConsoleOpen: true, ManyTokens: true}})
	b.refused(b.login(), "AnotherConsoleIsRegistered")
	b.srv.SetConsoleOpen(false)
	b.ok(b.login())
	b.srv.SetConsoleOpen(true)
	b.list(b.get("/vms/list/{tok}"), "VirtualMachines")
	b.srv.ExpireSessions()
	b.refused(b.get("/vms/list/{tok}"), "Invalid Token")
	b.refused(b.login(), "AnotherConsoleIsRegistered")
}

func TestIdleExpiry(t *testing.T) {
	for name, c := range map[string]struct {
		idle, rest time.Duration
		speed      float64
		gone       bool
	}{
		"default, in time": {rest: 5*time.Minute - time.Second},
		"default, over":    {rest: 5 * time.Minute, gone: true},
		"own, over":        {idle: time.Minute, rest: time.Minute, gone: true},
		"never":            {idle: -1, rest: 500 * time.Hour},
		"fast clock":       {rest: 3 * time.Second, speed: 100, gone: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := opened(t, simulator.Options{Speed: c.speed, Settings: simulator.Settings{IdleExpiry: c.idle}})
				for range 3 {
					stays(c.rest)
					if c.gone {
						b.refused(b.get("/vms/list/{tok}"), "Invalid Token")
						want(t, "sessions", b.srv.Sessions(), 0)
						b.ok(b.login()) // the seat is free at once
						return
					}
					b.ok(b.get("/vms/list/{tok}")) // use keeps it alive
				}
			})
		})
	}
}

func TestSeatIsFreedLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := opened(t, simulator.Options{Settings: simulator.Settings{SeatFreeDelay: 30 * time.Second}})
		b.ok(b.post("/sessions/end/{tok}"))
		stays(29 * time.Second)
		b.refused(b.login(), "AnotherConsoleIsRegistered")
		stays(time.Second)
		b.ok(b.login())
	})
}

func TestErrorCodeTypes(t *testing.T) {
	for _, numeric := range []bool{false, true} {
		b := newBench(t, simulator.Options{Settings: simulator.Settings{NumericErrorCode: numeric}})
		body := b.refused(b.get("/vms/list/e65aedeb-a0e7-440c-8309-1cc0bcd920db"), "Invalid Token")
		_, isNumber := body["ErrorCode"].(float64)
		want(t, "number", isNumber, numeric)
		list, there := body["VirtualMachines"]
		if !there || list != nil {
			t.Errorf("the payload of a failure is %v", list)
		}
		b.refused(b.get("/vms/list/not-a-guid"), "Invalid Token")
	}
}

func TestNoSecretInTheLog(t *testing.T) {
	b := opened(t, simulator.Options{})
	b.backup(b.srv.Ref("web01"))
	b.get("/nonsense/{tok}")
	b.get("/vms/nonsense/{tok}")
	b.ok(b.post("/sessions/end/{tok}"))
	log, err := json.Marshal(b.srv.Log())
	if err != nil {
		t.Fatal(err)
	}
	state := b.get("!" + simulator.AdminPath)
	want(t, "state", state.status, http.StatusOK)
	for i, secret := range []string{b.token, b.srv.Password()} {
		if strings.Contains(strings.ToLower(string(log)+state.text), strings.ToLower(secret)) {
			t.Error("a secret stands in the log: number " + strconv.Itoa(i))
		}
	}
}
