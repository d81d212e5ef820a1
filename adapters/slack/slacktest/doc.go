// Package slacktest is a fake Slack for tests: the Web API, Socket Mode links and response URLs behind one http.Handler,
// and a workspace of channels, people, messages and modals that tests act in and look at.
//
// It is meant to be as strict as the real one: limits are answered with 429, sizes with invalid_blocks and a pointer,
// trigger ids die after three seconds, envelopes that nobody acknowledged come again. It has its own wire types and knows
// neither the adapter nor its client library, so that a mistake in those cannot hide in a mistake here.
//
// A Server opens no listener. Start puts one on loopback; in a testing/synctest bubble the Handler is served over net.Pipe.
// Every wait is a timer, and Close joins every goroutine.
//
// People act with Command, Press, Suggest and Submit. Each returns an envelope id at once, and the envelope leaves as soon as
// a link is open. What a person could not do (press a button that is not there) returns "" and is listed by Mistakes.
package slacktest
