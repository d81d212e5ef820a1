// Package discord lets people talk to the bot from Discord, by one application command with subcommands, and buttons.
//
// Inwards a supervisor owns the gateway session and replaces it when it is dead; each interaction is decoded by the
// package's own rules, claimed, deferred, and only then handled, in a goroutine of its own. Nothing acts before our own
// deferral succeeded.
//
// Outwards it renders a chat.Card as one embed with buttons below it. Everything that others see is created and edited
// with the bot's token by channel and message id; the token of an interaction carries private answers alone and is never
// stored. One http.RoundTripper below the library reads what Discord answers before the library does, makes it a
// chat.Fault, and keeps the count of invalid requests.
//
// The facts it rests on (limits, error codes, traps of the library) stand beside the code that minds them.
package discord
