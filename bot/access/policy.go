package access

import (
	"slices"
	"time"
)

// Policy is a policy file that was read and found good. It is never changed afterwards.
type Policy struct {
	// Version is the version of the file's form.
	Version int
	// Contact is whom to ask for rights; may be empty.
	Contact string
	// People maps a human's name to the accounts that are theirs.
	People map[string][]Who
	// Groups maps a group's name to its members.
	Groups map[string][]Who
	// Grants are the rules, in the order of the file.
	Grants []Grant
	// Approvals say which verbs need a second person.
	Approvals []Approval
	// Alerts is the pace of the watch over all VMs.
	Alerts Alerts
	// Routes say where failures are told.
	Routes []Route

	hash string
}

// Grant allows some accounts some verbs on some VMs.
type Grant struct {
	// Name is unique within the file.
	Name string
	// Who lists the accounts and groups.
	Who []Who
	// In lists the places; nil is every channel but no direct message.
	In []Where
	// VMs lists what it is about; Except what it is not about after all.
	VMs, Except []Selector
	// Can lists the verbs, with "all" already spelled out.
	Can []Verb
	// Limit bounds the starts for each VM; nil does not.
	Limit *Limit
}

// Limit is how many operations may be started on one VM in one period under one grant.
type Limit struct {
	// Count is at least one.
	Count int
	// Per is "day".
	Per string
}

// Approval makes verbs wait for a second person.
type Approval struct {
	Verbs []Verb
	// By lists who may approve.
	By []Who
	// In lists where it is asked; nil is where the operation was asked for.
	In []Where
	// Expires is how long the question stands; zero is the bot's default.
	Expires time.Duration
	// Mention lists who is notified, once.
	Mention []Who
	// BreakGlass lets the requester go on alone; nil does not.
	BreakGlass *BreakGlass
}

// BreakGlass lets some people go on without an approval after a wait.
type BreakGlass struct {
	By    []Who
	After time.Duration
}

// Overdue says when a VM without a backup is reported. The zero value is not set.
type Overdue struct {
	// Auto goes by the schedule.
	Auto bool
	// After is the time since the last success; zero with Auto.
	After time.Duration
}

// Alerts is the pace of the watch; zero values are the bot's defaults.
type Alerts struct {
	Every   time.Duration
	Overdue Overdue
	Repeat  time.Duration
}

// Route says where failures of some VMs are told.
type Route struct {
	VMs, Except []Selector
	// To lists channels; empty is the digest only.
	To []Where
	// Least is "warning" or "failed".
	Least string
	// Overdue replaces the one of Alerts.
	Overdue Overdue
	// Mention lists who is notified, by "warning", "failed" or "overdue".
	Mention map[string][]Who
	// Quiet holds alerts back; nil does not.
	Quiet *Quiet
	// Digest is the daily summary; nil is the bot's default.
	Digest *Digest
	// Continue goes on to the next route after this one.
	Continue bool
}

// Quiet is the part of the day in which nobody is disturbed; it may span midnight.
type Quiet struct {
	From, To Clock
	// Zone is nil for the bot's own.
	Zone *time.Location
}

// Digest is when a route's daily summary is posted.
type Digest struct {
	// Off leaves it out.
	Off bool
	// At is set where HasAt is; else the bot's default holds.
	At    Clock
	HasAt bool
	// Zone is nil for the bot's own.
	Zone *time.Location
	// BadOnly leaves it out on days when all is well.
	BadOnly bool
}

// Clock is a time of day.
type Clock struct{ Hour, Minute int }

// Hash is the SHA-256 of the file as it was read, in hex.
func (p *Policy) Hash() string { return p.hash }

// covered reports whether an approvals entry names v.
func (p *Policy) covered(v Verb) bool {
	for _, a := range p.Approvals {
		if slices.Contains(a.Verbs, v) {
			return true
		}
	}
	return false
}
