// Package discordtest is a fake Discord for tests: the REST API (version 10) and the gateway behind one http.Handler, and a
// guild of channels, threads and people that tests act in and look at.
//
// It is meant to be as strict as the real one: sizes and shapes are refused with 400 and the path of the error, limits are
// answered with 429, a first answer to an interaction is taken for three seconds and its token for fifteen minutes, a session
// can be resumed and gets what it missed. It has its own wire types and knows neither the adapter nor its client library, so
// that a mistake in those cannot hide in a mistake here.
//
// A Server opens no listener. Start puts one on loopback; in a testing/synctest bubble the Handler is served over net.Pipe.
// A bubble's clock starts before Discord's first snowflake, so ids only tell the time once it has passed 2015. Every wait is a
// timer, and Close joins every goroutine.
//
// People act with Command, Press, Submit and Autocomplete. Each returns an interaction's id at once. What a person could not
// do (press a button that is not there, name an option that is not registered) returns "" and is listed by Mistakes.
package discordtest
