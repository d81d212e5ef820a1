// Package bot is the chain that every request goes through, whatever its platform:
//
//	claim → ack → identify → resolve → authorise → place → record → act → answer
//
// [Bot.Claim] stores the delivery ids before the platform is told that the request arrived; [Bot.Handle] does the rest
// after it. A command, a button, a completion and a form ask the same access for the same right.
//
// The bot records and answers; it sends nothing itself. A wish is written down with its audit line and its first messages
// in one commit, the watcher is woken, and what people see from then on follows from the store. An answer to one person
// is private and best effort; everything else is a message that is kept until it is delivered.
//
// Nothing is acted upon that is ambiguous, and no VM that the caller may not see is ever confirmed to exist.
package bot
