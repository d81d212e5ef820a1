// Package watch is the bot's side of one VM Backup server: the goroutine that looks at it, and the one that sends it
// instructions and aborts. There is one [Watcher] per server, and it does nothing while there is nothing to do.
//
// A tick asks once for all running jobs, whatever their number, and only for a job that is missing there once more alone
// (at most three times in its life). Whatever a tick found out about all operations is applied in one commit. A look that
// failed means nothing: the operations stay as they are and say since when nobody could look.
//
// The pace follows the jobs: quick at first and near the expected end, slow in between. When the pause until the next
// tick is longer than a session may idle, the session is given back at once, so that an administrator can open the
// console between two looks.
//
// Sending is recorded before it happens (operation.Sent), and what came of it after (Taken, Refused, Unsent or AnswerLost).
// An instruction is never sent twice: only one that certainly did not reach the server goes back to waiting.
package watch
