package slacktest

import (
	"net/http"
	"strconv"
	"strings"
)

// write sends an answer, or cuts the connection off.
func (s *Server) write(w http.ResponseWriter, a answer) {
	if a.cut {
		cutOff(w)
		return
	}
	s.mu.Lock()
	scopes := strings.Join(s.trouble.scopes, ",")
	s.mu.Unlock()
	h := w.Header()
	h.Set("X-Oauth-Scopes", scopes)
	if len(a.scopes) > 0 {
		h.Set("X-Accepted-Oauth-Scopes", strings.Join(a.scopes, ","))
	}
	if a.retry > 0 {
		h.Set("Retry-After", strconv.Itoa(a.retry))
	}
	status := a.status
	if status == 0 {
		status = http.StatusOK
	}
	if a.garbage {
		h.Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		_, _ = w.Write([]byte("<!DOCTYPE html><html><head><title>Sign in to the network</title></head><body></body></html>\n"))
		return
	}
	if len(a.warnings) > 0 {
		a.body["warning"] = strings.Join(a.warnings, ",")
		a.body["response_metadata"] = object{"warnings": a.warnings}
	}
	h.Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	if a.body == nil {
		a.body = object{"ok": false, "error": "internal_error"}
	}
	_, _ = w.Write(encode(a.body)) // the client may be gone
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
