package cli

import (
	"context"
	"strconv"
	"time"

	"vmbackup-bot/bot/chat"
)

// alarm sends a card to ALERT_CHANNEL, wherever that is on a platform that the bot is on. It goes through the outbox like
// every message, so that a platform that is away for a while hears of it later.
func (a *app) alarm(ctx context.Context, c chat.Card) {
	key, told := "alarm."+strconv.FormatInt(time.Now().UnixMicro(), 36), false
	for i, place := range a.p.Alerts {
		if _, on := a.platforms[place.Platform]; !on {
			continue
		}
		d := chat.Draft{Key: key + "." + strconv.Itoa(i), To: place, Class: chat.Final, Card: c}
		if err := a.store.Enqueue(context.WithoutCancel(ctx), a.p.Site, d); err != nil {
			a.p.Logger.Error("an alarm could not be stored", "place", place.String(), "error", err)
			continue
		}
		told = true
	}
	if !told {
		a.p.Logger.Warn("nobody was told: ALERT_CHANNEL names no channel that the bot can reach", "alarm", c.Summary.Plain(time.UTC))
	}
}
