package bot

import (
	"context"
	"strconv"
	"time"

	"vmbackup-bot/bot/audit"
	"vmbackup-bot/bot/card"
	"vmbackup-bot/bot/chat"
)

// interruptedGrace is how long a platform is given to deliver a request again that an earlier process took and never
// finished. After that the person is told, and a repeat does nothing: what was told must stay true.
const interruptedGrace = 30 * time.Second

// TellInterrupted tells the people whose requests were taken by an earlier process and came to nothing. It waits for
// redeliveries first; grace zero means 30 seconds. It returns when all were told, or ctx ends.
func (b *Bot) TellInterrupted(ctx context.Context, grace time.Duration) error {
	if grace <= 0 {
		grace = interruptedGrace
	}
	start := time.Now()
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return nil
	case <-timer.C:
	}
	claims, err := b.o.Claims.Interrupted(ctx, start)
	if err != nil {
		return err
	}
	for _, c := range claims {
		key := "claim." + strconv.FormatInt(c.ID, 36)
		told := card.Interrupted(chat.Cut(chat.OneLine(c.Text), longestShown))
		told.Key, told.Mention = key, &c.Actor
		d := chat.Draft{Key: key, To: c.Place, Class: chat.Final, Card: told}
		line := audit.Entry{
			Site: b.o.Site, Actor: c.Actor, Place: c.Place, Verb: "interrupted", Outcome: "not started", Detail: c.Text,
		}
		if err := b.o.Claims.TellInterrupted(ctx, c, d, line); err != nil {
			return err
		}
	}
	return nil
}
