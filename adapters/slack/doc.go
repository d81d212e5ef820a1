// Package slack lets people talk to the bot from a Slack workspace, by one slash command, buttons and forms.
//
// Inwards it speaks Socket Mode: a supervisor owns the link, and each envelope is decoded by the package's own rules
// (Slack's payloads vary more than the library allows), claimed, acknowledged, and only then handled, in a goroutine of
// its own. Nothing that a handler does can hold up the link.
//
// Outwards it renders a chat.Card as Block Kit blocks together with one sentence of text, cut to Slack's limits and then
// escaped, and turns Slack's answers into chat.Fault values. It knows no words of its own beyond what a link has to say
// about itself, and stores nothing.
//
// The facts it rests on (limits, error codes, traps of the library) stand beside the code that minds them.
package slack
