// Package card turns operations, lists and refusals into [chat.Card] values. It is the only place for words: whoever wants
// to know what people read, and when, finds all of it here.
//
// [Style.Operation] draws the messages of one operation as they should stand now: a root line, a card below it and, at the
// end, one reply. The three are drawn anew after every change, and a message whose drawing did not change needs no edit.
// So the root line speaks only of what it is edited for (recorded, accepted, over), and the reply keeps saying what it said
// first even when an unknown outcome is found out later; that is what a fourth message is for.
//
// A final word stands exactly once in each message, and in none before it has fallen: a card that is not final uses none of
// those words, in whatever letter case. Therefore the summary heads a final card, which has no title beside it.
//
// Everything here is pure. No clock is read; times are those of the operation, or are handed in. Text from outside (names,
// notes, the server's sentences) is cut to the limits in foreign.go and stands in a span of its own.
package card
