package simulator

import "time"

const restoreDetails = "VirtualMachineRestoreDetails"

// location is a place where backups go.
type location struct {
	id, path string
	offsite  bool
}

// schedule is a plan by which backups or sandbox restores run; its name is invented.
type schedule struct {
	id, name string
	sandbox  bool
}

// pathFor is where runs of a kind go.
func (s *Server) pathFor(k Kind) string {
	if k == OffsiteCopy {
		return s.locations[2].path
	}
	return s.locations[0].path
}

func (s *Server) listLocations(q *request) reply {
	return s.locationList(q, 1, func(string) bool { return true })
}

func (s *Server) listVMLocations(q *request) reply {
	m, no := s.machineOf(q)
	if m == nil {
		return no
	}
	return s.locationList(q, 2, func(id string) bool { return m.locations[id] })
}

func (s *Server) locationList(q *request, first int, has func(id string) bool) reply {
	primary, offsite, ok := q.flags(first)
	if !ok {
		return malformed()
	}
	list := []object{}
	for _, l := range s.locations {
		if has(l.id) && (l.offsite && offsite || !l.offsite && primary) {
			list = append(list, object{{"BackupLocationId", s.guidOut(l.id)}, {"LocationPath", l.path}})
		}
	}
	return succeed(member{"BackupLocations", list})
}

// listSchedules puts both kinds into one array; where sandbox schedules really go is not known.
func (s *Server) listSchedules(q *request) reply {
	backup, sandbox, ok := q.flags(1)
	if !ok {
		return malformed()
	}
	return s.scheduleList(func(c schedule) bool { return c.sandbox && sandbox || !c.sandbox && backup })
}

func (s *Server) listVMSchedules(q *request) reply {
	m, no := s.machineOf(q)
	if m == nil {
		return no
	}
	return s.scheduleList(func(c schedule) bool { return m.schedules[c.id] })
}

func (s *Server) scheduleList(has func(schedule) bool) reply {
	list := []object{}
	for _, c := range s.schedules {
		if has(c) {
			list = append(list, object{{"ScheduleId", s.guidOut(c.id)}, {"Name", c.name}})
		}
	}
	return succeed(member{"BackupSchedules", list})
}

func (s *Server) assignLocation(q *request) reply { return s.assign(q, true) }
func (s *Server) assignSchedule(q *request) reply { return s.assign(q, true) }
func (s *Server) unassign(q *request) reply       { return s.assign(q, false) }

// assign gives a location or a schedule to a VM, or takes it away.
func (s *Server) assign(q *request, on bool) reply {
	m, no := s.machineOf(q)
	if m == nil {
		return no
	}
	id := q.guid(2)
	if id == "" {
		return malformed()
	}
	if q.endpoint == "vms/schedules" {
		for _, c := range s.schedules {
			if c.id == id {
				m.schedules[id] = on
				return succeed()
			}
		}
		return s.refuse(unknownItem, q.act.key)
	}
	if s.hasLocation(id) {
		m.locations[id] = on
		return succeed()
	}
	return s.refuse(unknownItem, q.act.key)
}

func (s *Server) hasLocation(id string) bool {
	for _, l := range s.locations {
		if l.id == id {
			return true
		}
	}
	return false
}

// restoreVersions lists the good runs that went to a location.
func (s *Server) restoreVersions(q *request) reply {
	m, no := s.machineOf(q)
	if m == nil {
		return no
	}
	id := q.guid(2)
	switch {
	case id == "":
		return malformed()
	case !s.hasLocation(id):
		return s.refuse(unknownItem, q.act.key)
	}
	versions := []string{}
	for _, l := range s.locations {
		if l.id != id || !m.locations[id] {
			continue
		}
		k := Backup
		if l.offsite {
			k = OffsiteCopy
		}
		versions = s.versions(m, k, q.now)
	}
	return succeed(member{restoreDetails, s.details(object{
		{"HostName", m.Host}, {"VirtualMachineName", m.Name}, {"Versions", versions},
	})})
}

func (s *Server) versions(m *machine, k Kind, now time.Time) []string {
	list := []string{}
	for i := range m.reports[k] {
		if r := &m.reports[k][i]; !r.visible.After(now) && good(r.result) {
			list = append(list, s.clock.stamp(r.start.Add(r.offset)))
		}
	}
	return list
}

// restoreHosts names the hosts' identifier as the VM list does, which is a guess.
func (s *Server) restoreHosts(*request) reply {
	list := []object{}
	for _, h := range s.hosts() {
		list = append(list, object{{"HostName", h}, {"AltaroHypervisorRef", s.guidOut(s.hostRef(h))}})
	}
	return succeed(member{"Hosts", list})
}

// restoreDatastores is a guess in all but its path.
func (s *Server) restoreDatastores(q *request) reply {
	if !q.guids(1) {
		return malformed()
	}
	for _, h := range s.hosts() {
		if s.hostRef(h) == q.guid(1) {
			return succeed(member{"Datastores", []object{{{"DatastoreName", `C:\ClusterStorage\Volume1`}}}})
		}
	}
	return s.refuse(unknownHostID, q.act.key)
}
