package console

import (
	"context"
	"time"

	"vmbackup-bot/bot/chat"
)

// Post shows a new message. A thread or a channel that this process does not know is gone.
func (c *Console) Post(ctx context.Context, to chat.Place, card chat.Card) (chat.MessageRef, error) {
	if err := usable(ctx, card); err != nil {
		return chat.MessageRef{}, err
	}
	return c.board.post(to, card)
}

// Edit replaces a message of this process; any other is gone.
func (c *Console) Edit(ctx context.Context, m chat.MessageRef, card chat.Card) error {
	if err := usable(ctx, card); err != nil {
		return err
	}
	return c.board.edit(m, card)
}

// Find returns the messages of this process with that key in a place, oldest first.
func (c *Console) Find(_ context.Context, to chat.Place, key string, since time.Time) ([]chat.MessageRef, error) {
	return c.board.standing(to, key, since), nil
}

// Delete takes a message away; its name is not used again.
func (c *Console) Delete(_ context.Context, m chat.MessageRef) error { return c.board.remove(m) }

// OpenThread gives the thread below a message; a console needs nothing to open it.
func (c *Console) OpenThread(_ context.Context, root chat.MessageRef, _ string) (chat.Place, error) {
	return c.board.thread(root)
}

// Budgets are none: the console has no limits.
func (c *Console) Budgets(chat.Call, chat.Place, time.Duration) []chat.Budget { return nil }

// SafeRepeat is zero: the console posts twice what it is told twice.
func (c *Console) SafeRepeat() time.Duration { return 0 }

// usable refuses a call that is over already and a card that says nothing.
func usable(ctx context.Context, card chat.Card) error {
	if err := ctx.Err(); err != nil {
		return &chat.Fault{Kind: chat.FaultRetry, Err: err}
	}
	if line(card.Summary.Plain(time.UTC), maxText) == "" {
		return &chat.Fault{Kind: chat.FaultBadCard, Err: errEmpty}
	}
	return nil
}
