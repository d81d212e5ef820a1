// Package chattest is the chat platform that exists only in tests, and the suite that every adapter runs.
//
// [Fake] behaves like a platform: it keeps channels, threads and each message with all its forms, counts calls against its
// limits, and gets into whatever trouble a test asks for. [Server] is the same platform over HTTP on loopback, so that it
// outlives a bot's process that is killed, and [Client] is the adapter for it. [Outbox] is the outbox in memory.
//
// [Run] is the conformance suite. An adapter's test builds a [Harness]: how to bring a request in as the platform would,
// what people see, and how to make trouble. The suite asks only what a person in the channel could tell, so it says nothing
// about how an adapter is made. What a platform cannot do is declared in the harness, with the reason, and skipped.
package chattest
