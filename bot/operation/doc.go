// Package operation is the life of one operation, from the wish to the last word. It is pure: [Operation.Apply] takes an
// [Event] and returns the operation as it is then; it reads no clock, no network and no store.
//
//	waiting ─► sending ─► accepted ─► running ─► ended ─► succeeded | warning | failed | aborted
//	   │          │ │         └──────────────────►│└────► unknown ──(late report, once)──► those four
//	   ▼          │ └─► lost ──(a new report matches)──┘
//	not started   └──► rejected          lost ──(30 min without evidence)──► unknown
//
// Accepted is not done: an outcome comes from a report that was not there before the instruction was sent and that is not
// older than its start (see match.go), or, failing that, from the result that the server showed when the job ended; else
// it is unknown, which is a state that people can see and never a guess.
//
// An abort is a field beside the state, because it can be asked for in almost all of them and decides in none.
package operation
