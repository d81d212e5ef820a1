package chattest

import (
	"cmp"
	"context"
	"slices"
	"testing"
	"time"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/deliver"
)

// Ability is something that a platform may or may not have, or that its harness can bring about.
type Ability string

// The abilities. A case that needs one which the harness lacks is skipped with the harness's reason.
const (
	// Threads are conversations below a message.
	Threads Ability = "threads"
	// Buttons can be pressed.
	Buttons Ability = "buttons"
	// Forms can be opened.
	Forms Ability = "forms"
	// Completion asks for suggestions while somebody types.
	Completion Ability = "completion"
	// Mentions notify people.
	Mentions Ability = "mentions"
	// Keys let Find find a message again.
	Keys Ability = "keys"
	// Deletion lets the bot delete its own messages.
	Deletion Ability = "deletion"
	// Repeats means that the platform may deliver a request twice.
	Repeats Ability = "repeated delivery"
	// Concurrent means that a request is handled while another one still is.
	Concurrent Ability = "concurrent handling"
)

// Trouble is something that goes wrong on the platform.
type Trouble string

// The troubles. A case whose trouble the harness cannot make is skipped with its reason, which it gives under the same
// name in Lacks.
const (
	// TroubleThrottled refuses the next post for now, and says for how long (at most a second).
	TroubleThrottled Trouble = "throttled"
	// TroubleFailing refuses the next post with a fault of the platform's own, before anything happened.
	TroubleFailing Trouble = "failing"
	// TroubleLostAnswer lets the next post happen and loses its answer.
	TroubleLostAnswer Trouble = "lost answer"
	// TroubleDeleted deletes the message, as a person would.
	TroubleDeleted Trouble = "deleted message"
	// TroublePlaceGone takes the harness's place away, for good.
	TroublePlaceGone Trouble = "place gone"
	// TroubleForbidden takes the bot's permission to post away, for good.
	TroubleForbidden Trouble = "forbidden"
	// TroubleLink cuts the link on which requests come in; the platform takes a new one at once.
	TroubleLink Trouble = "cut link"
	// TroubleFatal makes the platform refuse the bot's credentials, for good.
	TroubleFatal Trouble = "fatal"
)

// Seen is one message as people see it now.
type Seen struct {
	Ref chat.MessageRef
	// Text is what a person reads, from top to bottom, without the platform's syntax. Lines end with "\n".
	Text string
	// Buttons are those that can be pressed, with what a press brings back.
	Buttons []chat.Button
	// Pings are the ids of those who were notified by this message, by its post or by any edit; "everyone" for a
	// channel.
	Pings []string
	// To is who alone sees it; empty for everybody in the place.
	To string
}

// Harness is one adapter and the platform that it is connected to, made new for each case.
type Harness struct {
	// Adapter, Chat and Pacer are what is tested, often one and the same value. The suite runs the adapter.
	Adapter chat.Adapter
	Chat    deliver.Chat
	Pacer   deliver.Pacer
	// Place is a channel in which the bot may post, Actor somebody in it.
	Place chat.Place
	Actor chat.Actor
	// Secrets may not show up anywhere; Log is what the adapter has logged so far, at the most talkative level.
	Secrets []string
	Log     func() string
	// Lacks says what is left out, by Ability or Trouble, and why.
	Lacks map[string]string
	// Send brings a request in as the platform would: a Command, a Press, a Submit or a Suggest. The harness sets what
	// the platform sets (deliveries, time). With again it is delivered twice, with ids as the platform gives them.
	Send func(t testing.TB, r chat.Request, again bool)
	// Seen are the messages that stand in the place and in its threads, oldest first; Privates what was shown to single
	// people.
	Seen     func(t testing.TB) []Seen
	Privates func(t testing.TB) []Seen
	// Forms are the titles of the forms that were opened, Choices the labels of the last completion.
	Forms   func(t testing.TB) []string
	Choices func(t testing.TB) []string
	// Trouble makes trouble; the message is the one that TroubleDeleted deletes.
	Trouble func(t testing.TB, what Trouble, m chat.MessageRef)
	// Patience is how long the suite waits for what must happen, spent only by what fails; zero for 10 s.
	Patience time.Duration
}

func (h Harness) patience() time.Duration { return cmp.Or(h.Patience, defaultPatience) }

// suiteCase is one thing that every adapter has to get right.
type suiteCase struct {
	name     string
	needs    []Ability
	troubles []Trouble
	run      func(t testing.TB, h Harness)
}

// Run runs the whole suite against an adapter. Each case gets a harness of its own from build, which registers its
// clean-up with the t it is given. The suite runs in real time, over whatever transport the harness uses.
func Run(t *testing.T, build func(t testing.TB) Harness) {
	for _, c := range suite() {
		t.Run(c.name, func(t *testing.T) {
			h := build(t)
			c.check(t, h)
		})
	}
}

func suite() []suiteCase {
	return slices.Concat(messageCases(), textCases(), requestCases(), troubleCases(), secretCases())
}

// check runs a case, or skips it with the harness's reason.
func (c suiteCase) check(t testing.TB, h Harness) {
	t.Helper()
	for _, a := range c.needs {
		if why, ok := h.Lacks[string(a)]; ok {
			t.Skipf("no %s: %s", a, why)
		}
	}
	for _, what := range c.troubles {
		if why, ok := h.Lacks[string(what)]; ok {
			t.Skipf("no %s: %s", what, why)
		}
	}
	c.run(t, h)
}

// defaultPatience is long enough for a busy machine.
const defaultPatience = 10 * time.Second

// look is how often the suite looks.
const look = 5 * time.Millisecond

// eventually waits until ok.
func eventually(t testing.TB, h Harness, what string, ok func() bool) {
	t.Helper()
	if !within(h.patience(), ok) {
		t.Fatalf("still not so after %v: %s", h.patience(), what)
	}
}

// never checks that ok does not come true for a short while.
func never(t testing.TB, what string, ok func() bool) {
	t.Helper()
	if within(100*time.Millisecond, ok) {
		t.Errorf("should not be so: %s", what)
	}
}

func within(d time.Duration, ok func() bool) bool {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	tick := time.NewTicker(look)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
	return true
}
