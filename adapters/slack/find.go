package slack

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"vmbackup-bot/bot/chat"
)

// A look into the history is bounded: what was posted within a minute or so stands on the first page of any channel.
const (
	pageSize = 200
	mostPage = 10
)

// Find is deliver.Chat. It knows the bot's messages by the key in their metadata, which the bot has to be allowed to read
// (channels:history, groups:history); otherwise the fault is Forbidden.
func (a *Adapter) Find(ctx context.Context, to chat.Place, key string, since time.Time) ([]chat.MessageRef, error) {
	channel := a.places.seenAs(to.Channel)
	found := map[string]bool{}
	cursor := ""
	for page := range mostPage {
		if page > 0 {
			if err := a.places.further[findMethod(to)].Wait(ctx); err != nil {
				return nil, &chat.Fault{Kind: chat.FaultRetry, Err: fmt.Errorf("%s: further pages: %w", findMethod(to), err)}
			}
		}
		messages, next, err := a.page(ctx, channel, to.Thread, cursor, since)
		if to.Thread != "" && hasCode(err, codeNoThread) {
			// The parent is gone, or too new for the history. A reply to one that is gone lands in the channel.
			if err := a.places.further[methodHistory].Wait(ctx); err != nil {
				return nil, &chat.Fault{Kind: chat.FaultRetry, Err: fmt.Errorf("%s: %w", methodHistory, err)}
			}
			return a.Find(ctx, to.Root(), key, since)
		}
		if err != nil {
			return nil, a.lookFault(to, err)
		}
		for i := range messages {
			if m := &messages[i].Msg; keyOf(m) == key && a.ours(m) && stands(m, to.Thread) {
				found[m.Timestamp] = true
			}
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	refs := make([]chat.MessageRef, 0, len(found))
	for ts := range found {
		ref := chat.MessageRef{Place: to, ID: ts}
		ref.Channel = channel
		refs = append(refs, ref)
	}
	slices.SortFunc(refs, func(x, y chat.MessageRef) int { return olderFirst(x.ID, y.ID) })
	return refs, nil
}

// page is one page of a thread or, without one, of a channel, and the cursor of the next; empty for none.
func (a *Adapter) page(ctx context.Context, channel, thread, cursor string, since time.Time) (messages []slack.Message, next string, err error) {
	oldest := fmt.Sprintf("%d.%06d", since.Unix(), since.Nanosecond()/int(time.Microsecond))
	if thread != "" {
		err = a.call(ctx, methodReplies, func(ctx context.Context) (err error) {
			messages, _, next, err = a.api.GetConversationRepliesContext(ctx, &slack.GetConversationRepliesParameters{
				ChannelID: channel, Timestamp: thread, Cursor: cursor, Oldest: oldest, Limit: pageSize,
				Inclusive: true, IncludeAllMetadata: true,
			})
			if err == nil && messages == nil { // the parent is always there
				return errEmpty
			}
			return err
		})
		return messages, next, err
	}
	err = a.call(ctx, methodHistory, func(ctx context.Context) error {
		r, err := a.api.GetConversationHistoryContext(ctx, &slack.GetConversationHistoryParameters{
			ChannelID: channel, Cursor: cursor, Oldest: oldest, Limit: pageSize, Inclusive: true, IncludeAllMetadata: true,
		})
		if err != nil {
			return err
		}
		if !r.Ok {
			return errEmpty
		}
		messages, next = r.Messages, r.ResponseMetaData.NextCursor
		return nil
	})
	return messages, next, err
}

// lookFault: a direct conversation that the bot cannot see is not gone. What was posted went to the person's own one with
// the bot, whose id is not known while the answer is lost.
func (a *Adapter) lookFault(to chat.Place, err error) error {
	if to.Direct && hasCode(err, codeNoChannel) {
		if _, ok := a.places.direct(to.Channel); ok {
			return &chat.Fault{Kind: chat.FaultForbidden, Need: "the history of that conversation", Err: err}
		}
	}
	return err
}

// keyOf is the key that a message bears; empty where there is none.
func keyOf(m *slack.Msg) string {
	if m.Metadata.EventType != metadataType {
		return ""
	}
	key, _ := m.Metadata.EventPayload[metadataKey].(string)
	return key
}

// ours reports whether the bot wrote a message: anybody's app may put the same key into its metadata. Before Slack said
// who the bot is, the key has to do.
func (a *Adapter) ours(m *slack.Msg) bool {
	id := a.identity()
	if id.Bot == "" && id.User == "" {
		return true
	}
	return (id.Bot != "" && m.BotID == id.Bot) || (id.User != "" && m.User == id.User)
}

// stands reports whether a message stands right there: a reply that was also shown in the channel stands in its thread,
// and a thread's parent does not.
func stands(m *slack.Msg, thread string) bool {
	if thread != "" {
		return m.Timestamp != thread
	}
	return m.ThreadTimestamp == "" || m.ThreadTimestamp == m.Timestamp
}

// olderFirst compares two timestamps of Slack: seconds, a dot and six digits.
func olderFirst(x, y string) int {
	return cmp.Or(timeOf(x).Compare(timeOf(y)), strings.Compare(x, y))
}
