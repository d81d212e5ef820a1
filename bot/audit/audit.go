// Package audit is one line of the audit log: who did what, where, to which VM, by which rule, and what came of it.
package audit

import (
	"time"

	"vmbackup-bot/bot/chat"
)

// Entry is one line. Empty members mean that the line is not about such a thing.
type Entry struct {
	// At is by our clock; the store fills it in where it is zero.
	At time.Time
	// Site is the VM Backup server's name.
	Site  string
	Actor chat.Actor
	Place chat.Place
	// Verb is the contract's word for what was asked.
	Verb string
	// VM, Host and VMRef name the machine.
	VM, Host, VMRef string
	// Operation is the bot's own id; GUID VM Backup's.
	Operation, GUID string
	// Rule is the grant that allowed it.
	Rule string
	// Outcome is one word or two: "recorded", "denied", "succeeded". Detail says more, and may be foreign text.
	Outcome, Detail string
}
