package chat

import (
	"context"
	"strings"
	"time"
)

// Actor is the person (or the console account) behind a request. IDs decide, Name is only a label.
type Actor struct {
	// Platform is "slack", "discord" or "console".
	Platform string `json:"platform"`
	// Team is the Slack workspace or the Discord guild; empty on the console.
	Team string `json:"team,omitempty"`
	// User is the platform's stable id of the person.
	User string `json:"user"`
	// Name is what people call them. It decides nothing and may be anything.
	Name string `json:"name,omitempty"`
	// Roles are Discord's role ids, as they came with the interaction; nil elsewhere.
	Roles []string `json:"roles,omitempty"`
}

// ID is the person as the policy file and the audit log write them: slack:T01/U02, discord:123, console:anna.
func (a Actor) ID() string {
	if a.Platform == "slack" && a.Team != "" {
		return a.Platform + ":" + a.Team + "/" + a.User
	}
	return a.Platform + ":" + a.User
}

// Label is the name where there is one, else the id.
func (a Actor) Label() string {
	if n := strings.TrimSpace(a.Name); n != "" {
		return n
	}
	return a.ID()
}

// Same reports whether both are the same account; names and roles do not count.
func (a Actor) Same(o Actor) bool {
	return a.Platform == o.Platform && a.Team == o.Team && a.User == o.User
}

// IsZero reports whether nobody is named.
func (a Actor) IsZero() bool { return a.Platform == "" && a.User == "" }

// Place is where messages stand: a channel, a thread in it, or a direct conversation.
type Place struct {
	Platform string `json:"platform"`
	Team     string `json:"team,omitempty"`
	// Channel is the channel's id; for a thread on Discord the parent's.
	Channel string `json:"channel"`
	// Thread is the thread's id within the channel; empty for the channel itself.
	Thread string `json:"thread,omitempty"`
	// Direct marks a conversation between one person and the bot.
	Direct bool `json:"direct,omitempty"`
}

// Root is the place without its thread: what policies speak of.
func (p Place) Root() Place { p.Thread = ""; return p }

// String is the place for logs and the audit log: platform:channel[/thread].
func (p Place) String() string {
	s := p.Platform + ":" + p.Channel
	if p.Thread != "" {
		s += "/" + p.Thread
	}
	return s
}

// MessageRef names one message that was posted. The zero value names none.
type MessageRef struct {
	Place
	// ID is the platform's id of the message within its channel or thread.
	ID string `json:"id"`
}

// IsZero reports whether no message is named.
func (m MessageRef) IsZero() bool { return m.ID == "" }

// Kind says what a person did.
type Kind string

// What a person can do.
const (
	// Command is a typed command; Text or Options carry it.
	Command Kind = "command"
	// Press is a button; Action, ID, Arg and On carry it.
	Press Kind = "press"
	// Submit is a form that was sent; Fields carry it.
	Submit Kind = "submit"
	// Suggest asks for completions of what is being typed.
	Suggest Kind = "suggest"
)

// Request is one thing that one person asked for, the same on every platform.
type Request struct {
	// Deliveries are all ids that mark a repeat of this request: a platform may deliver it more than once, under other
	// ids. At least one, each unique across platforms (the adapter prefixes its name).
	Deliveries []string
	Kind       Kind
	Actor      Actor
	Place      Place
	// At is when the adapter received it, by our clock.
	At time.Time
	// Text is the command as typed, without the slash command itself (Slack, console). Options are named values
	// (Discord): "verb" and the verb's own. One of the two is set for a Command.
	Text    string
	Options map[string]string
	// Action, ID and Arg are what the pressed button carried, or what the submitted form was opened for.
	Action, ID, Arg string
	// On is the message whose button was pressed.
	On MessageRef
	// OnKey is the key that the pressed message bears, and OnPosted when the platform says it was posted; empty and zero
	// where the platform does not tell. They prove nothing by themselves.
	OnKey    string
	OnPosted time.Time
	// Confirmed says that the platform itself asked back before it let the press through.
	Confirmed bool
	// Fields are the values of a submitted form, by name.
	Fields map[string]string
}

// Ack says what an adapter does with a request after its claim was stored.
type Ack int

// What a claim can come to.
const (
	// AckNone is the zero value: the claim failed, and the error says why. Nothing was started.
	AckNone Ack = iota
	// AckHandle means that the request is ours and new: acknowledge, then Handle.
	AckHandle
	// AckRepeat means that it was already taken: acknowledge, and do nothing more.
	AckRepeat
	// AckInvalid means that a form's fields need mending: show the returned messages, by field name.
	AckInvalid
)

// Handler is what the bot offers and the adapters call.
type Handler interface {
	// Claim stores the delivery ids before the platform is told anything. It makes no network call. The map holds
	// messages by field name when the Ack is AckInvalid. An error is fit to be shown by [AsError].
	Claim(ctx context.Context, r Request) (Ack, map[string]string, error)
	// Handle does what was asked. It runs after the acknowledgement, in a goroutine that the adapter owns and in which
	// the adapter recovers panics.
	Handle(ctx context.Context, r Request, a Answer)
	// Suggest completes what is being typed, from memory alone, and only with what the actor may see.
	Suggest(ctx context.Context, r Request) []Choice
}

// Answer reaches the person behind one request, privately. It is best effort, never stored and never public.
type Answer interface {
	// Private shows the card to the requester alone.
	Private(ctx context.Context, c Card) error
	// Form opens a form, where the platform can.
	Form(ctx context.Context, f Form) error
}

// Adapter is one platform. Run returns when ctx ends or when the platform is lost for good.
type Adapter interface {
	Run(ctx context.Context, h Handler) error
	Health() Health
}

// Health is what a link says of itself.
type Health struct {
	// OK is false when people cannot use the link now.
	OK bool
	// State is one word: "connecting", "connected", "stopped".
	State string
	// Heard is when the platform was last heard from; zero for never.
	Heard time.Time
	// Detail says what is wrong and what to do next; empty when OK.
	Detail string
}

// Claim is one delivered request, written down before it was acknowledged.
type Claim struct {
	ID         int64
	Deliveries []string
	Kind       Kind
	Actor      Actor
	Place      Place
	// Text is what was typed or pressed, for telling the person what was interrupted.
	Text string
	At   time.Time
}

// Standing is what a claim came to.
type Standing int

// The standings.
const (
	// ClaimNew is a request that was never seen.
	ClaimNew Standing = iota + 1
	// ClaimRepeat is one that is finished, or being handled by this very process.
	ClaimRepeat
	// ClaimTakenUp is one that an earlier process began and never finished: it is ours now.
	ClaimTakenUp
)
