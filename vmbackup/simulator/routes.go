package simulator

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// route is what can be done at one endpoint, by HTTP method.
type route map[string]action

// action is one call of the API. Arguments are path segments; trailing ones may be left out down to min.
type action struct {
	token         bool // the first segment is a session token, not counted in the rest
	min, max      int
	vm, operation int    // which argument is the VM's ref or the OperationGuid, from 1; 0 for none
	key           string // the payload that is null on failure
	do            func(*Server, *request) reply
}

// request is one call on its way.
type request struct {
	endpoint string
	segments []string
	act      action
	token    string
	args     []string
	body     []byte
	fault    *Fault
	now      time.Time
	made     string // OperationGuid of the operation that it started
}

// endpoints is the whole API. What has no known path (restore, seed to disk, sandbox restore, verification) is left out.
func (s *Server) endpoints() map[string]route {
	get := func(a action) route { a.token = true; return route{http.MethodGet: a} }
	post := func(a action) route { a.token = true; return route{http.MethodPost: a} }
	// An item can be listed, assigned and taken away under the same path.
	items := func(key string, list, assign func(*Server, *request) reply, maximum int) route {
		change := action{token: true, min: 2, max: 2, vm: 1, do: assign}
		take := change
		take.do = (*Server).unassign
		return route{
			http.MethodGet:  {token: true, min: 1, max: maximum, vm: 1, key: key, do: list},
			http.MethodPost: change, http.MethodDelete: take,
		}
	}
	end := route{http.MethodPost: {max: 1, key: "ClosedSessions", do: (*Server).endSession}}
	if s.opt.Settings.EndByGet {
		end[http.MethodGet] = end[http.MethodPost]
	}
	return map[string]route{
		"protocol/version":          {http.MethodGet: {do: (*Server).protocolVersion}},
		"sessions/start":            {http.MethodPost: {key: "Data", do: (*Server).startSession}},
		"sessions/end":              end,
		"vms/list":                  get(action{max: 1, key: "VirtualMachines", do: (*Server).listVMs}),
		"vms/rediscover":            post(action{do: (*Server).rediscover}),
		"vms/enable-configuration":  post(action{min: 2, max: 2, key: "Data", do: (*Server).enable}),
		"vms/altaro-ref":            get(action{min: 1, max: 1, key: identification, do: (*Server).identifyByUUID}),
		"vms/hypervisor-uuid":       get(action{min: 1, max: 1, vm: 1, key: identification, do: (*Server).identifyByRef}),
		"vms/settings":              get(action{min: 1, max: 1, vm: 1, key: "VirtualMachineSettings", do: (*Server).vmSettings}),
		"backuplocations":           get(action{max: 2, key: "BackupLocations", do: (*Server).listLocations}),
		"vms/backuplocations":       items("BackupLocations", (*Server).listVMLocations, (*Server).assignLocation, 3),
		"schedules":                 get(action{max: 2, key: "BackupSchedules", do: (*Server).listSchedules}),
		"vms/schedules":             items("BackupSchedules", (*Server).listVMSchedules, (*Server).assignSchedule, 1),
		"instructions/take-backup":  post(action{min: 1, max: 1, vm: 1, key: "Data", do: (*Server).takeBackup}),
		"activity/operation-status": get(action{max: 1, operation: 1, key: "Statuses", do: (*Server).statuses}),
		"instructions/take-offsitecopy": post(action{
			min: 1, max: 1, vm: 1, key: "Data", do: (*Server).takeOffsiteCopy,
		}),
		"instructions/abort-operation": post(action{min: 1, max: 1, operation: 1, do: (*Server).abort}),
		"reports/backup":               get(action{min: 1, max: 5, vm: 1, key: "BackupReports", do: (*Server).backupReports}),
		"reports/restore":              get(action{min: 1, max: 5, vm: 1, key: "RestoreReports", do: (*Server).restoreReports}),
		// Path and key of the offsite reports are a guess by analogy: only their existence is documented.
		"reports/offsitecopy":                  get(action{min: 1, max: 5, vm: 1, key: "OffsiteCopyReports", do: (*Server).offsiteReports}),
		"restore-options/available-versions":   get(action{min: 2, max: 2, vm: 1, key: restoreDetails, do: (*Server).restoreVersions}),
		"restore-options/available-hosts":      get(action{key: "Hosts", do: (*Server).restoreHosts}),
		"restore-options/available-datastores": get(action{min: 1, max: 1, key: "Datastores", do: (*Server).restoreDatastores}),
	}
}

// route finds the endpoint of a path: its first two segments, or its first. It returns no route for an unknown one.
func (s *Server) route(r *http.Request) (*request, route) {
	rest, ok := strings.CutPrefix(r.URL.Path, s.ver.base+"/")
	if !ok {
		return nil, nil
	}
	parts := strings.Split(rest, "/")
	for n := min(2, len(parts)); n > 0; n-- {
		name := strings.Join(parts[:n], "/")
		if known, ok := s.routes[name]; ok {
			return &request{endpoint: name, segments: parts[n:]}, known
		}
	}
	return nil, nil
}

// fit lays the segments out as the action wants them. Empty ones at the end are as good as none.
func (q *request) fit(a action) bool {
	parts := q.segments
	for len(parts) > 0 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	if a.token {
		if len(parts) == 0 || parts[0] == "" {
			return false
		}
		q.token, parts = parts[0], parts[1:]
	}
	q.act, q.args = a, parts
	return len(parts) >= a.min && len(parts) <= a.max
}

// arg is the n-th argument from 1; empty when it was left out.
func (q *request) arg(n int) string {
	if n < 1 || n > len(q.args) {
		return ""
	}
	return q.args[n-1]
}

// guid is the n-th argument when it is a GUID, in small letters.
func (q *request) guid(n int) string {
	g, _ := canonical(q.arg(n))
	return g
}

// guids reports whether the arguments given are GUIDs.
func (q *request) guids(ns ...int) bool {
	for _, n := range ns {
		if q.guid(n) == "" {
			return false
		}
	}
	return true
}

// flags reads two trailing arguments that switch kinds of item on and off; both left out is both on.
func (q *request) flags(first int) (a, b, ok bool) {
	x, y := q.arg(first), q.arg(first+1)
	if x == "" && y == "" {
		return true, true, true
	}
	bit := func(t string) bool { return t == "" || t == "0" || t == "1" }
	return x == "1", y == "1", bit(x) && bit(y)
}

func allowed(methods route) []string {
	var names []string
	for m := range methods {
		names = append(names, m)
	}
	slices.Sort(names)
	return names
}

// malformed is the answer to a path whose arguments are not of the right form.
func malformed() reply { return page(http.StatusBadRequest, "The request is not valid.") }
