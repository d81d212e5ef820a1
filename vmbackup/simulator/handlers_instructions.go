package simulator

import "math"

func (s *Server) takeBackup(q *request) reply      { return s.instruct(q, Backup) }
func (s *Server) takeOffsiteCopy(q *request) reply { return s.instruct(q, OffsiteCopy) }

// instruct takes an instruction. That it was taken says nothing about how the operation will end.
func (s *Server) instruct(q *request, k Kind) reply {
	m, no := s.machineOf(q)
	if m == nil {
		return no
	}
	other := s.runningFor(m, q.now)
	if other != nil && s.opt.Settings.RefuseSecondStart {
		return s.refuse(vmBusy, q.act.key)
	}
	p := Plan{
		Result: "Failed", Length: secondStartLength,
		Error: "Another operation is running for this virtual machine (ALTERR_BASEBACKUPCONTROLLER_021)",
	}
	if other == nil {
		p = s.planFor(m.Ref, k)
	}
	j := s.begin(m, k, ByAPI, q.now, p)
	s.starts[m.Ref]++
	q.made = j.guid
	if s.opt.Settings.DataObject {
		return succeed(member{"Data", object{{"OperationGuid", s.guidOut(j.guid)}}})
	}
	return succeed(member{"Data", s.guidOut(j.guid)})
}

// abort ends a running operation; its report says so.
func (s *Server) abort(q *request) reply {
	if !q.guids(1) {
		return malformed()
	}
	j := s.byGUID(q.guid(1))
	if j == nil || j.ended(q.now) {
		return s.refuse(notRunning, q.act.key)
	}
	if !j.plan.IgnoreAbort {
		j.aborted, j.end = true, q.now
		s.settle(q.now)
	}
	return succeed()
}

// statuses shows what runs and what ended a moment ago. A GUID that is not among them is no error.
func (s *Server) statuses(q *request) reply {
	if q.arg(1) != "" && !q.guids(1) {
		return malformed()
	}
	want, list := q.guid(1), []object{}
	linger := orDefault(s.opt.Settings.Linger, DefaultLinger)
	for _, j := range s.jobs {
		if want != "" && j.guid != want || !j.listed(q.now, linger) {
			continue
		}
		var percent any = int(j.fraction(q.now))
		if s.opt.Settings.Fractions {
			percent = math.Round(j.fraction(q.now)*100) / 100
		}
		list = append(list, object{
			{"JobId", s.guidOut(j.jobID)},
			{"Operation", string(j.kind)},
			{"SubOperation", j.phase(q.now)},
			{"Percentage", percent},
			{"Status", j.status(q.now)},
		})
	}
	return succeed(member{"Statuses", list})
}
