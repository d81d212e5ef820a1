// Package simulator is a VM Backup server to run against: the REST API with its habits, and no virtual machine behind it.
//
// The model: a [Server] holds VMs, their reports, the sessions and the operations. Nothing runs in the background. Every
// request first moves the state on to what the server's clock shows, so an operation that should have ended has ended,
// an idle session is gone and a late report is there. The clock is time.Now, scaled by [Options].Speed, and therefore
// follows testing/synctest. All names, lengths, sizes and GUIDs follow from [Options].Seed, but for the TLS key.
//
// The wire types are the package's own: client and simulator share nothing, so they cannot share a mistake. Where the
// real server's behaviour is not known the likeliest is the default and the others are switches in [Settings]; texts and
// phase names are invented.
//
// Tests script it with methods (faults.go, plans.go), and programs by JSON at [AdminPath], which answers on loopback only.
// The log never holds a session token or a password.
package simulator
