// Package store keeps what must outlive the process, and is the only place that speaks SQL: claims, operations, the outbox,
// the VM list as last seen, and the audit log. It is one SQLite file.
//
// A commit is durable when the method returns (write-ahead log, synchronous FULL). There is one writer, so every method
// that writes is one short transaction and sees the newest state; readers do not wait for it.
//
// An operation changes only through Apply and ApplyAll: the event is applied, the new state, its audit lines and its
// messages as they look now are stored in one commit, and then Wake is called. Messages are kept in their newest form
// with a version; how far delivery has come stands beside (package deliver says what the rules are).
//
// The audit log is append-only (triggers refuse anything else) and chained: each line's hash covers the line before.
package store
