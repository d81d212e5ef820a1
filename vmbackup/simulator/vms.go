package simulator

import (
	"fmt"
	"strings"
	"time"
)

// VM is a virtual machine of the server. Only Name and Host must be given.
type VM struct {
	// Name is what people call it; not unique.
	Name string
	// Host is the hypervisor it runs on.
	Host string
	// Ref is its AltaroVirtualMachineRef; empty follows from the seed, name and host.
	Ref string
	// Unconfigured means not set up for backup: it has no ref until vms/enable-configuration.
	Unconfigured bool
	// Undiscovered keeps it out of the list until vms/rediscover.
	Undiscovered bool
	// NeverBackedUp leaves it without any report.
	NeverBackedUp bool
	// Unscheduled leaves it without a next time.
	Unscheduled bool
	// Length is how long a run takes; zero is 3 to 8 minutes by the seed.
	Length time.Duration
	// Size is what a run transfers, uncompressed, in bytes; zero is 2 to 40 GiB by the seed.
	Size int64
	// LastResult and LastOffsite are how the newest runs before the start ended; empty is Success.
	LastResult, LastOffsite string
}

// DefaultVMs are the virtual machines of the demo: plain ones, two of one name, and names that try their readers.
func DefaultVMs(uint64) []VM {
	return []VM{
		{Name: "web01", Host: "HV01"},
		{Name: "web02", Host: "HV01"},
		{Name: "app01", Host: "HV01"},
		{Name: "app01", Host: "HV02"},
		{Name: "sql01", Host: "HV02"},
		{Name: "db-files", Host: "HV02", LastResult: "Warning"},
		{Name: "File Server, Halle 3", Host: "HV02", LastOffsite: "BASEBACKUPCONTROLLER_18"},
		{Name: "Jürgens-PC", Host: "HV01"},
		{Name: "mail 📮 relay", Host: "HV01"},
		{Name: "<!channel>", Host: "HV02"},
		{Name: "`rm -rf` *test*", Host: "HV02", LastResult: "Failed"},
		{Name: "  padded  name ", Host: "HV02"},
		{Name: "srv-" + strings.Repeat("very-long-name-", 5) + "x", Host: "HV01"},
		{Name: "new-build", Host: "HV01", NeverBackedUp: true},
		{Name: "web-template", Host: "HV01", Unscheduled: true},
		{Name: "old-xp", Host: "HV02", Unconfigured: true},
	}
}

// machine is a VM with its state.
type machine struct {
	VM
	index     int
	uuid      string // HypervisorVirtualMachineUuid
	hypRef    string // AltaroHypervisorRef
	runs      int    // operations so far, for the seed
	reports   map[Kind][]report
	locations map[string]bool
	schedules map[string]bool
}

// report is what a run left behind. It exists from its end, and can be read from visible on.
type report struct {
	start, end, visible time.Time
	offset              time.Duration // of the server's clock when the run started
	result, err         string
	location            string
	compressed, plain   int64
	restoreAs           string
}

func (s *Server) newMachine(index int, v VM) (*machine, error) {
	if v.Name == "" || v.Host == "" {
		return nil, fmt.Errorf("virtual machine %d has no name or no host", index+1)
	}
	uuid := s.draw.guid("vm-uuid", v.Host, v.Name, index)
	switch {
	case v.Unconfigured:
		v.Ref = ""
	case v.Ref == "":
		v.Ref = s.newRef(uuid)
	}
	if v.Ref != "" {
		ref, ok := canonical(v.Ref)
		if !ok {
			return nil, fmt.Errorf("virtual machine %q: ref %q is not a GUID", v.Name, v.Ref)
		}
		v.Ref = ref
	}
	m := &machine{
		VM: v, index: index, uuid: uuid, hypRef: s.hostRef(v.Host),
		reports:   map[Kind][]report{},
		locations: map[string]bool{}, schedules: map[string]bool{},
	}
	if m.Length == 0 {
		m.Length = time.Duration(s.draw.between(180, 480, "length", uuid)) * time.Second
	}
	if m.Size == 0 {
		m.Size = s.draw.between(2<<30, 40<<30, "size", uuid)
	}
	return m, nil
}

func (s *Server) newRef(uuid string) string  { return s.draw.guid("vm-ref", uuid) }
func (s *Server) hostRef(host string) string { return s.draw.guid("host", strings.ToUpper(host)) }

func (m *machine) is(host, name string) bool {
	return strings.EqualFold(m.Name, name) && (host == "" || strings.EqualFold(m.Host, host))
}

// The daily runs begin at one o'clock, ten minutes apart, and each offsite copy three hours after its backup.
func (m *machine) firstRun() (h, minute int)   { return clockTime(60 + 10*m.index) }
func (m *machine) offsiteRun() (h, minute int) { return clockTime(60 + 10*m.index + 180) }

func clockTime(minutes int) (h, minute int) { return minutes / 60 % 24, minutes % 60 }

// at is the scheduled time of day on the day of t, days later.
func (s *Server) at(t time.Time, h, minute, days int) time.Time {
	y, mo, d := t.In(s.clock.loc).Date()
	return time.Date(y, mo, d+days, h, minute, 0, 0, s.clock.loc)
}

// next is when a daily run is due after t.
func (s *Server) next(t time.Time, h, minute int) time.Time {
	if due := s.at(t, h, minute, 0); due.After(t) {
		return due
	}
	return s.at(t, h, minute, 1)
}

// historyDays is how many daily runs a VM has behind it when the server starts.
const historyDays = 3

// remember gives a VM the runs that it had before the server started.
func (s *Server) remember(m *machine, now time.Time) {
	if m.Ref == "" || m.NeverBackedUp {
		return
	}
	h, minute := m.firstRun()
	oh, om := m.offsiteRun()
	for day := historyDays; day >= 1; day-- {
		for _, k := range []Kind{Backup, OffsiteCopy} {
			start, result := s.at(s.next(now, h, minute), h, minute, -day), m.LastResult
			if k == OffsiteCopy {
				start, result = s.at(s.next(now, oh, om), oh, om, -day), m.LastOffsite
			}
			if day > 1 || result == "" {
				result = "Success"
			}
			took := m.Length * time.Duration(s.draw.between(90, 110, "history", m.uuid, k, day)) / 100
			if start.Add(took).After(now) {
				continue
			}
			plain, compressed := s.sizes(m, day, 100)
			m.reports[k] = append(m.reports[k], report{
				start: start, end: start.Add(took), visible: start.Add(took),
				result: result, err: errorText(k, result), location: s.pathFor(k), plain: plain, compressed: compressed,
			})
		}
	}
}

// sizes are what a run of m transfers up to percent.
func (s *Server) sizes(m *machine, run, percent int) (plain, compressed int64) {
	plain = m.Size / 100 * s.draw.between(80, 120, "transfer", m.uuid, run) / 100 * int64(percent)
	return plain, plain / 100 * s.draw.between(35, 60, "ratio", m.uuid, run)
}
