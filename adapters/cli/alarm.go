package cli

import (
	"context"
	"strconv"
	"time"

	"vmbackup-bot/bot/card"
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

// lostWithin is how long the last word of a lost platform may take: it may be the last one of the bot.
const lostWithin = 3 * time.Second

// lost tells the people who run the bot that a platform is lost. Where only its link is, it may still be told there.
func (a *app) lost(ctx context.Context, platform string, err error) {
	a.alarm(ctx, card.PlatformLost(platform, a.p.Site, err.Error()))
	ctx, cancel := context.WithTimeout(ctx, lostWithin)
	defer cancel()
	if err := a.deliverer.Settled(ctx); err != nil {
		a.p.Logger.Warn("whether that was told is not known", "error", err)
	}
}
