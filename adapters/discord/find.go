package discord

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/bwmarrin/discordgo"

	"vmbackup-bot/bot/chat"
)

// A look into the history is bounded: what was posted a minute ago stands on the first page of all but the busiest
// channels.
const (
	pageSize = 100 // the most there is (resources/message, get channel messages)
	mostPage = 10
)

// discordEpoch is the first millisecond of 2015, from which the time in an id is counted (reference, snowflakes).
const discordEpoch = 1420070400000

// errNoHistory is an empty answer that may stand for a refusal.
var errNoHistory = errors.New("discord shows no messages there")

// listed is what is read of a message in a list.
type listed struct {
	ID     string `json:"id"`
	Author struct {
		ID string `json:"id"`
	} `json:"author"`
	Content string                    `json:"content"`
	Embeds  []*discordgo.MessageEmbed `json:"embeds"`
}

// Find is deliver.Chat. It knows the bot's messages by the key in their small print. Without the permission to read the
// history Discord answers with no messages instead of a refusal; where that is known the fault is Forbidden.
func (a *Adapter) Find(ctx context.Context, to chat.Place, key string, since time.Time) ([]chat.MessageRef, error) {
	me, err := a.me(ctx)
	if err != nil {
		return nil, err
	}
	do := act{name: actFind, channel: target(to), guild: to.Team, need: permHistory.name()}
	refs := []chat.MessageRef{}
	path := fmt.Sprintf("%s?limit=%d", join("channels", target(to), "messages"), pageSize)
	before := ""
	for page := range mostPage {
		at := path
		if page > 0 {
			at += "&before=" + before
			if err := a.places.further.Wait(ctx); err != nil {
				return nil, &chat.Fault{Kind: chat.FaultRetry, Err: fmt.Errorf("%s: further pages: %w", actFind, err)}
			}
		}
		var list []listed
		if err := a.call(ctx, do, http.MethodGet, at, nil, &list); err != nil {
			return nil, err
		}
		if list == nil { // null, which is no list
			return nil, &chat.Fault{Kind: chat.FaultLost, Err: errEmpty}
		}
		if page == 0 && len(list) == 0 && a.places.lacks(target(to), permHistory) {
			return nil, &chat.Fault{Kind: chat.FaultForbidden, Need: permHistory.name(), Err: errNoHistory}
		}
		old := false
		for _, m := range list {
			switch at, ok := timeOf(m.ID); {
			case !ok:
				return nil, &chat.Fault{Kind: chat.FaultLost, Err: errEmpty}
			case at.Before(since):
				old = true
			case m.Author.ID == me && keyIn(m.Content, m.Embeds) == key:
				refs = append(refs, chat.MessageRef{Place: to, ID: m.ID})
			}
			before = m.ID
		}
		if old || len(list) < pageSize {
			break
		}
	}
	slices.Reverse(refs) // the pages come newest first
	return refs, nil
}

// timeOf is when an id was made, by Discord's clock.
func timeOf(id string) (time.Time, bool) {
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(n>>22) + discordEpoch), true
}
