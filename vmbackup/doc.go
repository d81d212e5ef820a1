// Package vmbackup is a client for the REST API of VM Backup (Hornetsecurity, formerly Altaro), versions 8.x, 9.0.x and
// 9.1.x and later. It knows no chat, no storage and no bot.
//
// The server has one management seat, so a [Client] holds at most one session, shared by all callers, and gives it back
// when nobody needs it. Every answer is one envelope with Success and the payload beside it. The session token is part of
// every URL, so no call's URL ever reaches an error or a log line.
//
// An instruction that is accepted is not done: its answer only names the operation. Whether it worked is in the reports.
// Three errors of instructions matter to a caller: [ErrRejected] (nothing was started), [ErrNotSent] (nothing was
// started, may be repeated) and [ErrLost] (may have been started, must not be repeated).
package vmbackup
