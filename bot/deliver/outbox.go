package deliver

import (
	"context"
	"time"

	"vmbackup-bot/bot/chat"
)

// Message is one row of the outbox: what should stand in a place, and how far that has come.
type Message struct {
	// Key names the message for ever; Version grows with each new form of it.
	Key     string
	Version int
	Class   chat.Class
	// To is where it stands. For a message Under another one, To is that one's place, and the thread is Thread.
	To    chat.Place
	Under string
	// UnderRef is the message above, always set for a row that is due and has an Under; Thread is the thread opened
	// below it, zero until that has happened.
	UnderRef chat.MessageRef
	Thread   chat.Place
	Card     chat.Card
	// Ref is where it was posted; zero until a post was confirmed, and kept when the message is Gone. Posted is when that
	// was.
	Ref    chat.MessageRef
	Posted time.Time
	// Sent is the newest version known to stand at Ref; zero for none.
	Sent int
	// Attempt is when a call was begun whose end is not known; zero when none is open. AttemptVersion is what it carried.
	Attempt        time.Time
	AttemptVersion int
	// Fails counts the calls that failed in a row.
	Fails int
	// Recheck asks to look for a twin: the message was posted a second time because the first answer was lost.
	Recheck bool
	// Gone says that the posted message was deleted or can no longer be edited; only a final version is posted anew.
	Gone bool
}

// Outbox is what must be sent, kept by the store. Every method commits before it returns. The newest version of a key is
// the only one that is ever due; a version older than the newest confirms nothing about the newest.
type Outbox interface {
	// Due returns at most n messages that may be sent now, finals first, then first messages, then ongoing ones, oldest
	// first within each; and the earliest time at which another one becomes due (zero: none is waiting). A message under
	// another one is due only once that one is posted. A message's age is that of its oldest version that was not sent, so
	// that no message's progress starves another's. Messages that are Gone are left out until their newest version is
	// Final.
	Due(ctx context.Context, now time.Time, n int) ([]Message, time.Time, error)
	// Attempt records that a call is about to leave.
	Attempt(ctx context.Context, key string, version int, at time.Time) error
	// Done records that version now stands at ref, and closes the attempt. A recheck later than zero asks for a look for
	// twins then; zero ends an earlier wish for one. A ref other than the one before ends Gone.
	Done(ctx context.Context, key string, version int, ref chat.MessageRef, recheck time.Time) error
	// Opened records the thread that was opened below the message.
	Opened(ctx context.Context, key string, thread chat.Place) error
	// Fail records what became of a call and when to try again. MessageGone and Frozen mark the message Gone; BadCard
	// marks its card Plain; Lost leaves the attempt open; everything else closes it.
	Fail(ctx context.Context, key string, f *chat.Fault, next time.Time) error
	// Drop says that nothing will be sent for this key, or for messages under it, any more, and why.
	Drop(ctx context.Context, key string, f *chat.Fault) error
}

// Chat is one platform as the outbox needs it. Every error is a *chat.Fault.
type Chat interface {
	// Post posts the card in a channel or thread. The message carries the card's Key where it can be found again.
	Post(ctx context.Context, to chat.Place, c chat.Card) (chat.MessageRef, error)
	// Edit replaces the whole card; doing it twice is the same as once.
	Edit(ctx context.Context, m chat.MessageRef, c chat.Card) error
	// Find returns the bot's own messages with that key in a place, oldest first. It looks no further back than since.
	Find(ctx context.Context, to chat.Place, key string, since time.Time) ([]chat.MessageRef, error)
	// Delete removes one of the bot's own messages.
	Delete(ctx context.Context, m chat.MessageRef) error
	// OpenThread gives the place of the thread below root, and makes it where the platform needs that.
	OpenThread(ctx context.Context, root chat.MessageRef, title string) (chat.Place, error)
}

// Pacer is what a platform allows. The schedule is this package's.
type Pacer interface {
	// Budgets are the limits that a call counts against, the narrowest first; age is how old the message is that it edits.
	// It answers from memory. A throttle that names no budget pauses the first.
	Budgets(c chat.Call, to chat.Place, age time.Duration) []chat.Budget
	// SafeRepeat is how long after an attempt the very same post may be repeated without making a twin (an enforced
	// nonce); zero where the platform has no such thing.
	SafeRepeat() time.Duration
}
