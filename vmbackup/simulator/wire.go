package simulator

import (
	"bytes"
	"encoding/json"
	"html"
	"net/http"
	"strings"
)

// object is a JSON object that keeps its order, so that an answer reads like the product's.
type object []member

type member struct {
	name  string
	value any
}

// MarshalJSON writes the members in order.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		for j, v := range []any{m.name, m.value} {
			text, err := encode(v)
			if err != nil {
				return nil, err
			}
			if j > 0 {
				b.WriteByte(':')
			}
			b.Write(text)
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// encode leaves <, > and & alone, as .NET does.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// reply is an answer that is not written yet.
type reply struct {
	status  int
	kind    string // content type
	allow   string
	body    []byte
	outcome string // for the log
	cut     bool   // close the connection, after half of the body when there is one
}

const (
	jsonType = "application/json; charset=utf-8"
	htmlType = "text/html; charset=us-ascii"
)

// failure is a way in which the product says no. Only the texts "Invalid Token" and "AnotherConsoleIsRegistered" are
// known; the rest is invented.
type failure struct {
	code             string
	number           int
	message, details string
}

var (
	invalidToken  = failure{code: "SESSION_002", number: 2, message: "Invalid Token"}
	seatTaken     = failure{code: "SESSION_005", number: 5, message: "The session could not be started.", details: "AnotherConsoleIsRegistered"}
	badLogin      = failure{code: "SESSION_003", number: 3, message: "The user name or password is not correct, or the user is not an administrator of this machine."}
	badAgent      = failure{code: "SESSION_004", number: 4, message: "The VM Backup service could not be reached at the given address and port."}
	unknownVM     = failure{code: "VM_001", number: 101, message: "The virtual machine was not found."}
	alreadySetUp  = failure{code: "VM_002", number: 102, message: "The virtual machine is already configured."}
	vmBusy        = failure{code: "INSTRUCTION_003", number: 203, message: "Another operation is running for this virtual machine."}
	notRunning    = failure{code: "INSTRUCTION_004", number: 204, message: "The operation is not running."}
	unknownItem   = failure{code: "CONFIG_001", number: 301, message: "The item was not found."}
	scriptedAway  = failure{code: "INSTRUCTION_001", number: 201, message: "The instruction could not be processed."}
	unknownHostID = failure{code: "HOST_001", number: 401, message: "The host was not found."}
)

// envelope writes the four members that every answer has, and the payload beside them.
func envelope(success bool, code, message, details any, payload ...member) reply {
	o := object{{"Success", success}, {"ErrorCode", code}, {"ErrorMessage", message}, {"ErrorAdditionalDetails", details}}
	body, err := encode(append(o, payload...))
	if err != nil {
		return page(http.StatusInternalServerError, "")
	}
	return reply{status: http.StatusOK, kind: jsonType, body: body, outcome: "ok"}
}

func succeed(payload ...member) reply { return envelope(true, nil, nil, nil, payload...) }

// refuse answers Success:false by HTTP 200; key is the payload member that is null then, empty for none.
func (s *Server) refuse(f failure, key string) reply {
	var code, details any = f.code, nil
	if s.opt.Settings.NumericErrorCode {
		code = f.number
	}
	if f.details != "" {
		details = f.details
	}
	var payload []member
	if key != "" {
		payload = append(payload, member{key, nil})
	}
	r := envelope(false, code, f.message, details, payload...)
	r.outcome = "refused: " + f.message
	if f.details != "" {
		r.outcome += " " + f.details
	}
	return r
}

// page is an error of the HTTP layer, which knows no JSON.
func page(status int, text string) reply {
	title := http.StatusText(status)
	if text == "" {
		text = "HTTP Error " + http.StatusText(status) + "."
	}
	var b strings.Builder
	b.WriteString("<!DOCTYPE HTML>\r\n<HTML><HEAD><TITLE>" + html.EscapeString(title) + "</TITLE></HEAD>\r\n")
	b.WriteString("<BODY><h2>" + html.EscapeString(title) + "</h2>\r\n<hr><p>" + html.EscapeString(text) + "</p>\r\n</BODY></HTML>\r\n")
	return reply{status: status, kind: htmlType, body: []byte(b.String()), outcome: "http " + title}
}

// invalidHost is what a request for another host name gets before the product sees it.
func invalidHost() reply {
	r := page(http.StatusBadRequest, "HTTP Error 400. The request hostname is invalid.")
	r.outcome = "invalid host name"
	return r
}

func (s *Server) guidOut(g string) any {
	if g == "" {
		return nil
	}
	if s.opt.Settings.UpperCaseGUIDs {
		return strings.ToUpper(g)
	}
	return g
}

// details is one object, or an array of it by [Settings].DetailsArray.
func (s *Server) details(o object) any {
	if s.opt.Settings.DetailsArray {
		return []object{o}
	}
	return o
}
