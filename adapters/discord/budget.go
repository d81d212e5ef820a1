package discord

import (
	"cmp"
	"time"

	"golang.org/x/time/rate"

	"vmbackup-bot/bot/chat"
)

// Discord publishes no numbers for routes, and asks to follow its headers; those come too late, since a limit that was
// exceeded counts as an invalid request. What is kept here is what people report and measure. A limit of Burst and one
// more each Every lets Burst + window / Every calls pass in any window, and that stays below the number.
const (
	// 5 in 5 s for each channel and method: 2 + 5/1.7 < 5.
	routeEvery = 1700 * time.Millisecond
	routeBurst = 2
	// Edits of messages over an hour old: 3 in 20 s for each channel, where 3 in 6 s is reported too: 1 + 20/7 < 4.
	oldEvery = 7 * time.Second
	oldBurst = 1
	// oldAge is an hour but for what the clocks may differ.
	oldAge = time.Hour - time.Minute
	// 50 in a second for the whole bot (topics/rate-limits, global rate limit): 5 + 1/0.025 = 45, the rest being left to
	// look-ups of people and places.
	globalEvery = 25 * time.Millisecond
	globalBurst = 5
	// Looks share the 5 in 5 s between first pages, which the deliverer counts, and further ones, which are counted here
	// for all channels together: 1 + 5/3 and 1 + 5/3.
	findEvery    = 3 * time.Second
	findBurst    = 1
	furtherEvery = 3 * time.Second
	furtherBurst = 1
	// repeatFor is how long the same post may be repeated: Discord remembers a nonce for "a few minutes"
	// (resources/message, create message).
	repeatFor = time.Minute
)

// Budgets is deliver.Pacer. A limit whose Every is zero is there to be paused only.
func (a *Adapter) Budgets(c chat.Call, to chat.Place, age time.Duration) []chat.Budget {
	global := chat.Budget{Name: budgetGlobal, Every: globalEvery, Burst: globalBurst}
	route := func(name string) chat.Budget {
		return chat.Budget{Name: act{name: name, channel: target(to)}.limit(), Every: routeEvery, Burst: routeBurst}
	}
	var list []chat.Budget
	switch c {
	case chat.CallPost:
		list = append(list, route(actPost))
	case chat.CallEdit:
		if age >= oldAge {
			list = append(list, chat.Budget{Name: oldEdits(target(to)), Every: oldEvery, Burst: oldBurst})
		}
		list = append(list, route(actEdit))
	case chat.CallDelete:
		list = append(list, route(actDelete))
	case chat.CallFind:
		return []chat.Budget{
			{Name: act{name: actFind, channel: target(to)}.limit(), Every: findEvery, Burst: findBurst}, global,
		}
	case chat.CallThread:
		list = append(list, chat.Budget{
			Name: act{name: actThread, channel: to.Channel}.limit(), Every: routeEvery, Burst: routeBurst,
		})
	}
	if to.Team != "" {
		list = append(list, chat.Budget{Name: guildWrites(to.Team)})
	}
	return append(list, global)
}

// SafeRepeat is deliver.Pacer: every post bears a nonce that Discord enforces.
func (a *Adapter) SafeRepeat() time.Duration { return repeatFor }

// target is the channel in whose name Discord keeps the messages of a place: a thread is a channel of its own.
func target(p chat.Place) string { return cmp.Or(p.Thread, p.Channel) }

// oldEdits is the limit of edits to old messages in a channel, guildWrites that of everything written in a guild.
func oldEdits(channel string) string  { return "old " + channel }
func guildWrites(guild string) string { return "guild " + guild }

// further counts the further pages of looks.
func further() *rate.Limiter { return rate.NewLimiter(rate.Every(furtherEvery), furtherBurst) }
