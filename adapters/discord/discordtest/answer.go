package discordtest

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// answer is what a route says. The zero value is 200 with an empty object.
type answer struct {
	status  int
	body    any
	header  map[string]string
	html    string
	cut     bool
	uncount bool // an invalid answer that does not count: scope "shared"
}

func ok(body any) *answer { return &answer{status: http.StatusOK, body: body} }

func noContent() *answer { return &answer{status: http.StatusNoContent} }

// refuse is an error with Discord's own code.
func refuse(status, code int, message string) *answer {
	return &answer{status: status, body: object{"message": message, "code": code}}
}

// limited is a 429 of one of the published limits. The scope is user, global or shared.
func limited(wait time.Duration, scope string) *answer {
	seconds := math.Max(0.001, math.Ceil(wait.Seconds()*1000)/1000)
	global := scope == "global"
	a := &answer{status: http.StatusTooManyRequests, uncount: scope == "shared", body: object{
		"message": "You are being rate limited.", "retry_after": seconds, "global": global,
	}}
	a.set("Retry-After", strconv.Itoa(int(math.Ceil(seconds))))
	a.set("X-RateLimit-Scope", scope)
	if global {
		a.set("X-RateLimit-Global", "true")
	}
	return a
}

// cloudflare is the page with which Cloudflare turns an address away.
func cloudflare(retryAfter time.Duration) *answer {
	a := &answer{status: http.StatusTooManyRequests, html: "<!DOCTYPE html>\n<html><head><title>Access denied | discord.com used " +
		"Cloudflare to restrict access</title></head><body><h1>Error 1015</h1><p>You are being rate limited</p>" +
		"<p>error code: 1015</p></body></html>\n"}
	a.set("Retry-After", strconv.Itoa(int(math.Ceil(retryAfter.Seconds()))))
	a.set("Server", "cloudflare")
	return a
}

// portal is what a captive portal between the bot and Discord says.
func portal(status int) *answer {
	return &answer{status: status, html: "<!DOCTYPE html><html><head><title>Sign in to the network</title></head><body></body></html>\n"}
}

func (a *answer) set(name, value string) {
	if a.header == nil {
		a.header = make(map[string]string)
	}
	a.header[name] = value
}

// write sends an answer, or cuts the connection off.
func (a *answer) write(w http.ResponseWriter) {
	if a.cut {
		cutOff(w)
		return
	}
	for name, value := range a.header {
		w.Header().Set(name, value)
	}
	switch {
	case a.html != "":
		w.Header().Set("Content-Type", "text/html; charset=UTF-8")
		w.WriteHeader(a.status)
		_, _ = w.Write([]byte(a.html)) // the client may be gone
	case a.status == http.StatusNoContent:
		w.WriteHeader(a.status)
	default:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(a.status)
		_, _ = w.Write(encode(a.body)) // the client may be gone
	}
}

// cutOff closes the connection without an answer.
func cutOff(w http.ResponseWriter) {
	if h, able := w.(http.Hijacker); able {
		if conn, _, err := h.Hijack(); err == nil {
			conn.Close()
			return
		}
	}
	panic(http.ErrAbortHandler)
}

// problems collects what is wrong with a body, by the path in which Discord nests it.
type problems struct{ root object }

// add notes a problem at a path such as embeds.0.title; an empty path is the body itself.
func (p *problems) add(path, code, format string, args ...any) {
	if p.root == nil {
		p.root = object{}
	}
	at := p.root
	for key := range strings.SplitSeq(path, ".") {
		if key == "" {
			break
		}
		next, there := at[key].(object)
		if !there {
			next = object{}
			at[key] = next
		}
		at = next
	}
	list, _ := at["_errors"].([]object)
	at["_errors"] = append(list, object{"code": code, "message": fmt.Sprintf(format, args...)})
}

// answer is the refusal, or nil when nothing was wrong.
func (p *problems) answer() *answer {
	if p.root == nil {
		return nil
	}
	return &answer{status: http.StatusBadRequest, body: object{
		"message": "Invalid Form Body", "code": 50035, "errors": p.root,
	}}
}

// invalidForm is the refusal for a single problem.
func invalidForm(path, code, message string) *answer {
	var p problems
	p.add(path, code, "%s", message)
	return p.answer()
}
