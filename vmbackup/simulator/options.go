package simulator

import (
	"fmt"
	"time"
)

// The server's habits where [Settings] leave them at zero.
const (
	// DefaultIdleExpiry is how long a session may rest: clients in the field report about five minutes.
	DefaultIdleExpiry = 5 * time.Minute
	// DefaultLinger is how long an ended operation stays in the status list: "a short time" by the vendor's text.
	DefaultLinger = 10 * time.Second
)

// Options say what server to be. The zero value is a 9.1 server with the default VMs on the machine's own clock.
type Options struct {
	// Version is "8", "9.0" or "9.1" and decides on base path and agent port; empty is "9.1".
	Version string
	// Seed decides on every GUID, length, size and generated credential.
	Seed uint64
	// Speed is how many times faster than real time the server's clock runs; zero is 1.
	Speed float64
	// Start is what the server's clock shows at first; the zero time is now.
	Start time.Time
	// Location is the zone of the server's zone-less stamps; nil is time.Local.
	Location *time.Location
	// Username, Password and Domain are the accepted credentials; each that is empty follows from the seed ("." for
	// Domain, which also accepts "", "localhost" and any case).
	Username, Password, Domain string
	// HTTP serves without TLS, as early builds did.
	HTTP bool
	// Settings are the habits that are not known for sure.
	Settings Settings
	// VMs are the server's virtual machines; nil is [DefaultVMs].
	VMs []VM
	// OnCall is called before a request is processed, OnAnswer after it was and before the answer is written. Both are
	// called without any lock held and may block; either may be nil.
	OnCall, OnAnswer func(Call)
}

// Settings switch between behaviours that public material leaves open. The zero value is the likeliest server.
type Settings struct {
	// ManyTokens lets any number of sessions be open; otherwise there is one seat.
	ManyTokens bool
	// ConsoleOpen starts with the management console connected: see [Server.SetConsoleOpen].
	ConsoleOpen bool
	// SeatFreeDelay is how long the seat stays taken after a session ended.
	SeatFreeDelay time.Duration
	// IdleExpiry drops a session unused for that long; zero is [DefaultIdleExpiry], negative never.
	IdleExpiry time.Duration
	// Linger is how long an ended operation stays in the status list; zero is [DefaultLinger], negative not at all.
	Linger time.Duration
	// VisibleAfter is how long a new operation is missing in the status list.
	VisibleAfter time.Duration
	// NumericErrorCode sends ErrorCode as a number.
	NumericErrorCode bool
	// MissingDates is how a date that does not exist is sent.
	MissingDates MissingDates
	// NullNumbers sends null for lengths and sizes of a VM without backup; otherwise 0.
	NullNumbers bool
	// OldestFirst turns the order of reports round.
	OldestFirst bool
	// StampEnd makes DateTime and Last…Time the end of the run; otherwise its start.
	StampEnd bool
	// OtherJobID makes JobId differ from the OperationGuid.
	OtherJobID bool
	// RefuseSecondStart refuses an instruction for a VM that has a running operation; otherwise it is accepted and its
	// operation fails after a moment.
	RefuseSecondStart bool
	// DataObject sends Data of an instruction as an object with OperationGuid.
	DataObject bool
	// EndByGet allows GET on sessions/end.
	EndByGet bool
	// Fractions sends percentages with a fraction.
	Fractions bool
	// UpperCaseGUIDs sends every GUID in capitals.
	UpperCaseGUIDs bool
	// DetailsArray sends the details members (identification, settings, restore versions) as arrays of one.
	DetailsArray bool
	// LateDST makes the server change between summer and winter time that much too late, so that it writes stamps that
	// its zone skips.
	LateDST time.Duration
}

// MissingDates is how the server sends a date that it does not have.
type MissingDates int

// The forms that clients have to live with.
const (
	DatesNull MissingDates = iota
	DatesEmpty
	DatesAbsent
)

// version is what differs between the product's versions.
type version struct {
	base     string // path of the API
	agent    string // ServerPort that sessions/start expects
	protocol string // answer of protocol/version; invented
}

func versionOf(name string) (version, error) {
	switch name {
	case "8":
		return version{base: "/api", agent: "35107", protocol: "8.21"}, nil
	case "9.0":
		return version{base: "/api", agent: "36014", protocol: "9.0"}, nil
	case "9.1", "":
		return version{base: "/api/rest", agent: "36014", protocol: "9.1"}, nil
	}
	return version{}, fmt.Errorf("version %q is none of 8, 9.0, 9.1", name)
}

// orDefault reads a duration of [Settings]: zero is the default, negative is -1.
func orDefault(d, def time.Duration) time.Duration {
	switch {
	case d == 0:
		return def
	case d < 0:
		return -1
	}
	return d
}
