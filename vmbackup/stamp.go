package vmbackup

import (
	"fmt"
	"strings"
	"time"
)

// stampLayout is the only date format that the API is known to use. It has no zone: it is the server's local time.
const stampLayout = "2006-01-02-15-04-05"

// Stamp is a date as VM Backup writes it: wall time of the server, without a zone. The zero value means absent.
//
// Where clocks are set back one wall time stands for two instants, and where they are set forward for none, so a Stamp is
// not turned into a time.Time once and for all: see [Stamp.Readings].
type Stamp struct {
	wall time.Time // the wall time, held as UTC
}

// ParseStamp reads the server's format; blank text is the zero Stamp.
func ParseStamp(text string) (Stamp, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return Stamp{}, nil
	}
	t, err := time.Parse(stampLayout, text)
	if err != nil {
		return Stamp{}, fmt.Errorf("date %q is not of the form yyyy-MM-dd-HH-mm-ss", text)
	}
	return Stamp{wall: t}, nil
}

// StampOf is the stamp that a server in loc would write for t.
func StampOf(t time.Time, loc *time.Location) Stamp {
	t = t.In(loc)
	return Stamp{wall: time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)}
}

// IsZero reports whether the server gave no date.
func (s Stamp) IsZero() bool { return s.wall.IsZero() }

// Readings are the instants that the stamp can stand for in loc, earliest first: one normally, two in the hour that
// clocks run through twice, and two around the hour that they skip (a server that was slow to change over writes such
// stamps). A zero Stamp has none.
func (s Stamp) Readings(loc *time.Location) []time.Time {
	if s.IsZero() {
		return nil
	}
	var out []time.Time
	// The offsets in force a day before and a day after cover every change between them.
	for _, near := range []time.Time{s.wall.Add(-24 * time.Hour), s.wall.Add(24 * time.Hour)} {
		_, offset := near.In(loc).Zone()
		t := s.wall.Add(-time.Duration(offset) * time.Second).In(loc)
		if len(out) == 0 || !t.Equal(out[0]) {
			out = append(out, t)
		}
	}
	if len(out) == 1 {
		return out
	}
	// Two candidates: keep those whose wall time is really the one written; where none is, the stamp lies in the gap.
	var exact []time.Time
	for _, t := range out {
		if StampOf(t, loc) == s {
			exact = append(exact, t)
		}
	}
	if len(exact) > 0 {
		out = exact
	}
	if len(out) == 2 && out[1].Before(out[0]) {
		out[0], out[1] = out[1], out[0]
	}
	return out
}

// In is the first reading, for showing to people; the zero time for a zero Stamp.
func (s Stamp) In(loc *time.Location) time.Time {
	if r := s.Readings(loc); len(r) > 0 {
		return r[0]
	}
	return time.Time{}
}

// Before orders stamps as written.
func (s Stamp) Before(o Stamp) bool { return s.wall.Before(o.wall) }

// String is the server's own form; empty when absent.
func (s Stamp) String() string {
	if s.IsZero() {
		return ""
	}
	return s.wall.Format(stampLayout)
}

// MarshalText is [Stamp.String].
func (s Stamp) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText is [ParseStamp].
func (s *Stamp) UnmarshalText(b []byte) error {
	p, err := ParseStamp(string(b))
	if err != nil {
		return err
	}
	*s = p
	return nil
}
