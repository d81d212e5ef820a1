// Package deliver brings what the store's outbox holds to the platforms, and is the only place that posts and edits.
//
// The outbox holds, by key, the newest form of every message that should stand somewhere. A [Deliverer] asks it what is
// due, starts what the platform's limits allow, most urgent first, and records how each call ended. One pass starts steps
// of exactly one call each (a post, an edit, a look into the history, the opening of a thread); the end of a call, a
// [Deliverer.Wake] or the clock starts the next pass, which reads the outbox afresh. So what leaves is always the newest
// form, and what was superseded while it travelled is simply due again.
//
// Three invariants hold whatever happens: an attempt is in the outbox before its call leaves; there is never more than one
// call for a key; and a post whose end is unknown, be it for a lost answer or for a crash, is looked for before it is
// repeated. A final version stays due until it stands or its place is gone; progress may be left out.
//
// What a platform answered is a [chat.Fault], and only its kind decides what happens next. Faults are logged as they come:
// that they hold no secret is the adapters' promise.
package deliver
