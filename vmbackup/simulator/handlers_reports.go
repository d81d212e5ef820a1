package simulator

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

func (s *Server) backupReports(q *request) reply  { return s.reports(q, Backup, "BackupReports") }
func (s *Server) restoreReports(q *request) reply { return s.reports(q, Restore, "RestoreReports") }
func (s *Server) offsiteReports(q *request) reply {
	return s.reports(q, OffsiteCopy, "OffsiteCopyReports")
}

// reports answers with the newest report, or what the tail of the path asks for: filter, how many, from and to.
func (s *Server) reports(q *request, k Kind, key string) reply {
	m, no := s.machineOf(q)
	if m == nil {
		return no
	}
	wanted, count, ok := s.tail(q)
	if !ok {
		return malformed()
	}
	var found []*report
	for i := range m.reports[k] {
		if r := &m.reports[k][i]; !r.visible.After(q.now) && wanted(r) {
			found = append(found, r)
		}
	}
	slices.SortStableFunc(found, func(a, b *report) int { return cmp.Compare(b.start.UnixNano(), a.start.UnixNano()) })
	found = found[:min(count, len(found))]
	if s.opt.Settings.OldestFirst {
		slices.Reverse(found)
	}
	list := []object{}
	for _, r := range found {
		list = append(list, s.reportEntry(r, k))
	}
	return succeed(member{key, list})
}

func (s *Server) reportEntry(r *report, k Kind) object {
	var text any
	if r.err != "" {
		text = r.err
	}
	o := object{
		{"DateTime", s.clock.stamp(s.stampTime(r))},
		{"Duration", seconds(r)},
		{"Result", r.result},
		{"Location", r.location},
		{"Error", text},
	}
	if k == Restore {
		return append(o, member{"RestoreAsName", r.restoreAs})
	}
	return append(o, member{"TransferSizeUncompressed", r.plain}, member{"TransferSizeCompressed", r.compressed})
}

// good reports whether the filter "successful" takes a result. Where warnings fall is not known; they left a backup.
func good(result string) bool { return result == "Success" || result == "Warning" }

// tail reads the optional end of a report's path.
func (s *Server) tail(q *request) (wanted func(*report) bool, count int, ok bool) {
	filter := q.arg(2)
	switch filter {
	case "", "0", "1", "2":
	default:
		return nil, 0, false
	}
	count = 1
	if t := q.arg(3); t != "" {
		n, err := strconv.Atoi(t)
		if err != nil || n < 0 {
			return nil, 0, false
		}
		count = n
	}
	from, to, ok := s.span(q.arg(4), q.arg(5))
	if !ok {
		return nil, 0, false
	}
	return func(r *report) bool {
		at := s.clock.stamp(s.stampTime(r))
		if from != "" && (at < from || at > to) {
			return false
		}
		return filter == "" || filter == "0" || good(r.result) == (filter == "1")
	}, count, true
}

// span is a range of stamps, which compare as text; a day stands for all of itself.
func (s *Server) span(first, last string) (from, to string, ok bool) {
	if first == "" && last == "" {
		return "", "", true
	}
	from, okFrom := edge(first, "-00-00-00")
	to, okTo := edge(last, "-23-59-59")
	return from, to, okFrom && okTo
}

func edge(text, rest string) (string, bool) {
	if _, err := time.Parse(time.DateOnly, text); err == nil {
		return text + rest, true
	}
	_, err := time.Parse(stampLayout, text)
	return text, err == nil
}
