// Package console is the chat on a terminal, or on two pipes: an adapter like any other, whose platform is this process.
//
// What was posted is kept in a board in memory, the place in which the bot's messages stand. A message has a short name,
// m1, m2 and so on in the order of posting, private ones p1, p2 and so on; the id that the bot stores carries a word of
// this very process as well, so that a message of an earlier one is never taken for one of ours: it is gone.
//
// In the plain form every change is one line, written as a whole, and every line read is done with before the next one is
// read: its request is claimed, handled, and what came of it stands on the board. So a script reads like a conversation and
// runs the same each time. On a terminal the live form draws the board anew with each change instead.
//
// A form asks its questions one by one, and the next lines are the answers; /cancel leaves it unsent.
//
// At the end of input the console waits until every operation has had its final word.
package console
