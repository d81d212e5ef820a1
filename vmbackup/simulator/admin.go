package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strings"
	"time"
)

// AdminPath is where a program scripts the server: GET shows its state, POST takes one [Order] as application/json. It
// answers to loopback addresses only, by any of loopback's names, needs no session, and is no part of the product's API.
// While the server is down new connections do not reach it either.
const AdminPath = "/simulator/faults"

// Order is one thing to do. Durations are like "90s". VM is a name, name@host, or ref.
//
//	{"do":"console","on":true}                       the management console is open
//	{"do":"expire"}                                  all sessions are gone
//	{"do":"end-all"}                                 another program ended all sessions
//	{"do":"fault","endpoint":"instructions/take-backup","kind":"cut","times":1,"processed":true,"delay":"2s"}
//	{"do":"plan","vm":"web01","result":"Failed","error":"…","length":"1m","hang":true,"instant":true,
//	 "report_late":"2m","report_never":true,"previous_report":true,"ignore_abort":true}   without vm: every operation
//	{"do":"start","vm":"web01","kind":"Backup","by":"schedule"}
//	{"do":"finish","operation":"<OperationGuid>"}
//	{"do":"down","for":"30s"}
//	{"do":"clock","offset":"-7m"}
//	{"do":"advance","for":"10m"}
//	{"do":"clear"}
type Order struct {
	Do        string   `json:"do"`
	On        bool     `json:"on"`
	Endpoint  string   `json:"endpoint"`
	Kind      string   `json:"kind"`
	Times     int      `json:"times"`
	Processed bool     `json:"processed"`
	Delay     Duration `json:"delay"`
	Message   string   `json:"message"`
	VM        string   `json:"vm"`
	By        Origin   `json:"by"`
	Operation string   `json:"operation"`
	For       Duration `json:"for"`
	Offset    Duration `json:"offset"`

	Result         string   `json:"result"`
	Error          string   `json:"error"`
	StatusWord     string   `json:"status_word"`
	Length         Duration `json:"length"`
	Hang           bool     `json:"hang"`
	Instant        bool     `json:"instant"`
	VisibleAfter   Duration `json:"visible_after"`
	ReportLate     Duration `json:"report_late"`
	ReportNever    bool     `json:"report_never"`
	PreviousReport bool     `json:"previous_report"`
	IgnoreAbort    bool     `json:"ignore_abort"`
	AbortResult    string   `json:"abort_result"`
}

// Duration is a time.Duration in JSON.
type Duration time.Duration

// UnmarshalText reads "90s".
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	*d = Duration(v)
	return err
}

func (o Order) plan() Plan {
	return Plan{
		Kind: Kind(o.Kind), Result: o.Result, Error: o.Error, StatusWord: o.StatusWord, Length: time.Duration(o.Length),
		Hang: o.Hang, Instant: o.Instant, VisibleAfter: time.Duration(o.VisibleAfter),
		ReportLate: time.Duration(o.ReportLate), ReportNever: o.ReportNever, PreviousReport: o.PreviousReport,
		IgnoreAbort: o.IgnoreAbort, AbortResult: o.AbortResult,
	}
}

// Obey does what an order says. It returns an OperationGuid when it started something.
func (s *Server) Obey(o Order) (string, error) {
	switch o.Do {
	case "console":
		s.SetConsoleOpen(o.On)
	case "expire":
		s.ExpireSessions()
	case "end-all":
		s.EndAllSessions()
	case "fault":
		return "", s.Inject(Fault{
			Endpoint: o.Endpoint, Kind: FaultKind(o.Kind), Times: o.Times, Processed: o.Processed,
			Delay: time.Duration(o.Delay), Message: o.Message,
		})
	case "plan":
		if o.VM == "" {
			s.PlanAll(o.plan())
			return "", nil
		}
		return "", s.PlanNext(s.Ref(o.VM), o.plan())
	case "start":
		return s.orderedStart(o)
	case "finish":
		return "", s.Finish(o.Operation)
	case "down":
		if o.For <= 0 {
			return "", errors.New("down needs a time, since nothing gets through to end it")
		}
		s.SetDown(time.Duration(o.For))
	case "clock":
		s.SetClockOffset(time.Duration(o.Offset))
	case "advance":
		s.Advance(time.Duration(o.For))
	case "clear":
		s.ClearFaults()
	default:
		return "", fmt.Errorf("nothing is called %q here", o.Do)
	}
	return "", nil
}

func (s *Server) orderedStart(o Order) (string, error) {
	ref := ""
	if o.VM != "" {
		if ref = s.Ref(o.VM); ref == "" {
			return "", fmt.Errorf("no one virtual machine is called %q", o.VM)
		}
	}
	if o.Kind == "" {
		o.Kind = string(Backup)
	}
	if o.By == "" {
		o.By = BySchedule
	}
	return s.Start(ref, Kind(o.Kind), o.By)
}

func (s *Server) admin(w http.ResponseWriter, r *http.Request) {
	if !fromLoopback(r) {
		write(w, page(http.StatusForbidden, "Only from this machine."))
		return
	}
	switch {
	case r.URL.Path != AdminPath:
		write(w, page(http.StatusNotFound, ""))
	case r.Method == http.MethodGet:
		write(w, s.state())
	case r.Method == http.MethodPost:
		write(w, s.obey(r))
	default:
		no := page(http.StatusMethodNotAllowed, "")
		no.allow = "GET, POST"
		write(w, no)
	}
}

// obey wants the content type that a web page cannot send across origins unasked.
func (s *Server) obey(r *http.Request) reply {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return page(http.StatusUnsupportedMediaType, "application/json is wanted.")
	}
	d := json.NewDecoder(io.LimitReader(r.Body, bodyLimit))
	d.DisallowUnknownFields()
	var o Order
	if err := d.Decode(&o); err != nil {
		return adminSays(http.StatusBadRequest, object{{"error", err.Error()}})
	}
	guid, err := s.Obey(o)
	if err != nil {
		return adminSays(http.StatusBadRequest, object{{"error", err.Error()}})
	}
	return adminSays(http.StatusOK, object{{"ok", true}, {"operation", guid}})
}

func (s *Server) state() reply {
	s.mu.Lock()
	console := s.console
	s.mu.Unlock()
	return adminSays(http.StatusOK, object{
		{"now", s.Now()}, {"console", console}, {"sessions", s.Sessions()}, {"operations", s.Operations()}, {"log", s.Log()},
	})
}

func adminSays(status int, o object) reply {
	body, err := encode(o)
	if err != nil {
		return page(http.StatusInternalServerError, "")
	}
	return reply{status: status, kind: jsonType, body: body}
}

// fromLoopback wants a peer on this machine and a host name of this machine, so that no web page under another name gets
// here. A peer without an IP address is an in-process connection.
func fromLoopback(r *http.Request) bool {
	if peer, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		if ip := net.ParseIP(peer); ip != nil && !ip.IsLoopback() {
			return false
		}
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
