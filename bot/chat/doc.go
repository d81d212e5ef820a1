// Package chat holds the words that the bot and the platform adapters share, and nothing that acts.
//
// Inwards an adapter turns whatever its platform sends into a [Request] and hands it to a [Handler]: Claim before the
// platform is told that the request arrived, Handle after it. Outwards the bot speaks in a [Card], a neutral picture of one
// message, and an adapter renders it: it cuts to the platform's limits, then escapes, and knows no words of its own.
//
// Everything in a Card is data. Text that came from outside (VM names, notes, server errors, display names) stands in a
// [Span] as it came, and can neither format nor ping anything; a mention exists only as a Span that names an [Actor].
//
// What a platform answers to a post or an edit is a [Fault]: it says what happened to the message, not what was on the
// wire. What a person is told when a request cannot be met is an [Error]: kind, sentence, next step.
package chat
