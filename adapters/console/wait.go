package console

import (
	"context"
	"strings"
	"time"

	"vmbackup-bot/bot/chat"
)

// maxWait bounds every "/wait": a script goes on some time, whatever happens.
const maxWait = 15 * time.Minute

// wait is "/wait DURATION" or "/wait WORD…".
func (c *Console) wait(ctx context.Context, what string) error {
	if what == "" {
		c.remark("Write ", chat.Code("/wait 10s"), ", or ", chat.Code("/wait WORD"), " for a word on the newest card.")
		return nil
	}
	limit, words := maxWait, strings.ToLower(what)
	if d, err := time.ParseDuration(what); err == nil {
		limit, words = min(d, maxWait), ""
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	if words != "" {
		return c.waitFor(ctx, words, timer.C)
	}
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return nil
}

// waitFor waits until the newest card shows the words. A form that has been replaced again before it was looked at counts
// as well.
func (c *Console) waitFor(ctx context.Context, words string, over <-chan time.Time) error {
	_, since, _ := c.board.now()
	for settled := false; ; {
		all, _, news := c.board.now()
		card := newestCard(all)
		last := len(card) == 0 || isOver(card)
		switch {
		case shows(card, words, since):
			return c.settle(ctx) // what came with it stands before the next line is read
		case settled && len(card) == 0:
			c.remark("There is no card to wait for ", chat.Code(words), " on.")
			return nil
		case settled && last:
			c.remark("The newest card does not show ", chat.Code(words), ", and will not change any more.")
			return nil
		case last: // what goes with the last word may still be on its way
			if err := c.settle(ctx); err != nil || ctx.Err() != nil {
				return err
			}
			settled = true
			continue
		}
		settled = false
		select {
		case <-news:
		case <-over:
			c.remark("Waited ", maxWait, " for ", chat.Code(words), " in vain.")
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// newestCard are the messages of the thread that was begun last: an operation's card and what follows it. A later reply
// in an older thread does not make that one the newest.
func newestCard(all []message) []message {
	var thread string
	threads := make(map[string][]message)
	for _, m := range all {
		t := m.ref.Thread
		if t == "" || m.isPrivate() || m.gone {
			continue
		}
		if threads[t] == nil {
			thread = t
		}
		threads[t] = append(threads[t], m)
	}
	return threads[thread]
}

// shows reports whether one of the messages shows the words, or has shown them since; case and line breaks do not matter.
func shows(card []message, words string, since int) bool {
	for _, m := range card {
		for i, f := range m.forms {
			present := i == len(m.forms)-1
			if (present || f.change > since) && strings.Contains(strings.ToLower(strings.ReplaceAll(f.text, "\n", " ")), words) {
				return true
			}
		}
	}
	return false
}

// isOver reports whether the last reply stands, the one that calls somebody.
func isOver(card []message) bool {
	for _, m := range card {
		if m.card.Mention != nil {
			return true
		}
	}
	return false
}
