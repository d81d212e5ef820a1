package slack

import (
	"time"

	"golang.org/x/time/rate"

	"vmbackup-bot/bot/chat"
)

// The methods that are called, which are also the names of their limits.
const (
	methodPost    = "chat.postMessage"
	methodEdit    = "chat.update"
	methodDelete  = "chat.delete"
	methodHistory = "conversations.history"
	methodReplies = "conversations.replies"
	methodChannel = "conversations.info"
	methodGroup   = "usergroups.users.list"
	methodUser    = "users.info"
	methodAuth    = "auth.test"
)

// Slack counts per method and workspace in windows of one minute (docs.slack.dev: Rate limits). Whatever the minute begins
// with, a limit of Burst and one more each Every lets Burst + 60 s / Every calls pass in it, and that is kept below what
// is published, with a little left for calls that the network delays into the next window.
const (
	// Tier 3 is 50 calls a minute: 8 + 60/1.5 = 48.
	tier3Every = 1500 * time.Millisecond
	tier3Burst = 8
	// Posts are limited to one a second in each channel.
	channelEvery = time.Second
	channelBurst = 1
	// Posts in the whole workspace are limited too, to "several hundred" a minute: 5 + 60/0.25 = 245.
	workspaceEvery = 250 * time.Millisecond
	workspaceBurst = 5
	// Looks into the history share tier 3 between first pages, which the deliverer counts, and further ones, which are
	// counted here: 5 + 60/2 = 35, and 2 + 60/5 = 14, 49 together.
	findEvery    = 2 * time.Second
	findBurst    = 5
	furtherEvery = 5 * time.Second
	furtherBurst = 2
)

// Budgets is deliver.Pacer.
func (a *Adapter) Budgets(c chat.Call, to chat.Place, _ time.Duration) []chat.Budget {
	switch c {
	case chat.CallPost:
		return []chat.Budget{
			{Name: methodPost + " " + to.Channel, Every: channelEvery, Burst: channelBurst},
			{Name: methodPost, Every: workspaceEvery, Burst: workspaceBurst},
		}
	case chat.CallEdit:
		return []chat.Budget{{Name: methodEdit, Every: tier3Every, Burst: tier3Burst}}
	case chat.CallDelete:
		return []chat.Budget{{Name: methodDelete, Every: tier3Every, Burst: tier3Burst}}
	case chat.CallFind:
		return []chat.Budget{{Name: findMethod(to), Every: findEvery, Burst: findBurst}}
	default: // a thread is opened by posting in it
		return nil
	}
}

// SafeRepeat is deliver.Pacer: Slack has no key that makes a repeated post safe.
func (a *Adapter) SafeRepeat() time.Duration { return 0 }

// findMethod is the method that lists the messages of a place.
func findMethod(to chat.Place) string {
	if to.Thread != "" {
		return methodReplies
	}
	return methodHistory
}

// further counts the further pages of looks, per method.
func further() *rate.Limiter { return rate.NewLimiter(rate.Every(furtherEvery), furtherBurst) }
