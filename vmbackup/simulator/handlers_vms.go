package simulator

import (
	"slices"
	"time"
)

const identification = "VirtualMachineIdentificationDetails"

// date adds a date to an object, or what [Settings].MissingDates says when there is none.
func (s *Server) date(o object, name string, t time.Time) object {
	switch {
	case !t.IsZero():
		return append(o, member{name, s.clock.stamp(t)})
	case s.opt.Settings.MissingDates == DatesEmpty:
		return append(o, member{name, ""})
	case s.opt.Settings.MissingDates == DatesAbsent:
		return o
	}
	return append(o, member{name, nil})
}

// listVMs gives all virtual machines; those that are not set up for backup only on request.
func (s *Server) listVMs(q *request) reply {
	only := q.arg(1)
	if only != "" && only != "0" && only != "1" {
		return malformed()
	}
	list := []object{}
	for _, m := range s.machines {
		if m.Undiscovered || only == "1" && m.Ref == "" {
			continue
		}
		list = append(list, s.vmEntry(m, q.now))
	}
	return succeed(member{"VirtualMachines", list})
}

func (s *Server) vmEntry(m *machine, now time.Time) object {
	o := object{
		{"AltaroVirtualMachineRef", s.guidOut(m.Ref)},
		{"VirtualMachineName", m.Name},
		{"HostName", m.Host},
		{"HypervisorVirtualMachineUuid", s.guidOut(m.uuid)},
		{"AltaroHypervisorRef", s.guidOut(m.hypRef)},
		{"Configured", m.Ref != ""},
	}
	o = s.lastRun(o, "LastBackup", m.newest(Backup, now))
	o = s.lastRun(o, "LastOffsiteCopy", m.newest(OffsiteCopy, now))
	var backup, offsite time.Time
	if m.Ref != "" && m.schedules[s.schedules[0].id] {
		shown := now.Add(s.clock.shownOffset())
		h, minute := m.firstRun()
		backup = s.next(shown, h, minute)
		h, minute = m.offsiteRun()
		offsite = s.next(shown, h, minute)
	}
	o = s.date(o, "NextBackupTime", backup)
	return s.date(o, "NextOffsiteCopyTime", offsite)
}

// newest is the report that the VM list shows, nil for none.
func (m *machine) newest(k Kind, now time.Time) *report {
	var best *report
	for i := range m.reports[k] {
		r := &m.reports[k][i]
		if !r.visible.After(now) && (best == nil || r.start.After(best.start)) {
			best = r
		}
	}
	return best
}

// lastRun adds the five members of a VM's last run.
func (s *Server) lastRun(o object, prefix string, r *report) object {
	if r == nil {
		var none any = 0
		if s.opt.Settings.NullNumbers {
			none = nil
		}
		o = s.date(o, prefix+"Time", time.Time{})
		return append(o, member{prefix + "Duration", none}, member{prefix + "Result", nil},
			member{prefix + "TransferSizeUncompressed", none}, member{prefix + "TransferSizeCompressed", none})
	}
	o = s.date(o, prefix+"Time", s.stampTime(r))
	return append(o, member{prefix + "Duration", seconds(r)}, member{prefix + "Result", r.result},
		member{prefix + "TransferSizeUncompressed", r.plain}, member{prefix + "TransferSizeCompressed", r.compressed})
}

// stampTime is the moment that a report is dated by.
func (s *Server) stampTime(r *report) time.Time {
	if s.opt.Settings.StampEnd {
		return r.end.Add(r.offset)
	}
	return r.start.Add(r.offset)
}

func seconds(r *report) int64 { return int64(r.end.Sub(r.start) / time.Second) }

// rediscover finds the virtual machines that were not discovered yet.
func (s *Server) rediscover(*request) reply {
	for _, m := range s.machines {
		m.Undiscovered = false
	}
	return succeed()
}

// enable sets a discovered virtual machine up for backup.
func (s *Server) enable(q *request) reply {
	if !q.guids(1, 2) {
		return malformed()
	}
	m := s.byUUID(q.arg(1))
	switch {
	case m == nil || m.hypRef != q.guid(2):
		return s.refuse(unknownVM, q.act.key)
	case m.Ref != "":
		return s.refuse(alreadySetUp, q.act.key)
	}
	m.Ref, m.Unconfigured = s.newRef(m.uuid), false
	return succeed(member{"Data", s.guidOut(m.Ref)})
}

func (s *Server) identifyByUUID(q *request) reply { return s.identify(q, s.byUUID(q.arg(1))) }
func (s *Server) identifyByRef(q *request) reply  { return s.identify(q, s.byRef(q.arg(1))) }

func (s *Server) identify(q *request, m *machine) reply {
	switch {
	case !q.guids(1):
		return malformed()
	case m == nil:
		return s.refuse(unknownVM, q.act.key)
	}
	return succeed(member{identification, s.details(object{
		{"AltaroVirtualMachineRef", s.guidOut(m.Ref)}, {"HypervisorVirtualMachineUuid", s.guidOut(m.uuid)},
	})})
}

// vmSettings has invented members: only its name is known.
func (s *Server) vmSettings(q *request) reply {
	m, no := s.machineOf(q)
	if m == nil {
		return no
	}
	return succeed(member{"VirtualMachineSettings", s.details(object{
		{"AltaroVirtualMachineRef", s.guidOut(m.Ref)}, {"CompressionEnabled", true}, {"EncryptionEnabled", false},
	})})
}

// machineOf is the VM that the first argument names; nil with the answer to give when there is none.
func (s *Server) machineOf(q *request) (*machine, reply) {
	if !q.guids(1) {
		return nil, malformed()
	}
	if m := s.byRef(q.arg(1)); m != nil {
		return m, reply{}
	}
	return nil, s.refuse(unknownVM, q.act.key)
}

// hosts are the hypervisors, in the order in which the VMs name them.
func (s *Server) hosts() []string {
	var names []string
	for _, m := range s.machines {
		if !slices.Contains(names, m.Host) {
			names = append(names, m.Host)
		}
	}
	return names
}
