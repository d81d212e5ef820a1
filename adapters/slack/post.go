package slack

import (
	"context"
	"time"

	"github.com/slack-go/slack"

	"vmbackup-bot/bot/chat"
)

// metadataType names the bot's own metadata; its payload holds a message's key. Everybody in the workspace can read it.
const (
	metadataType = "vmbackup_bot"
	metadataKey  = "key"
)

// Post is deliver.Chat. The place that it returns is where the message really stands: a reply whose thread is gone lands in
// the channel, and one into a conversation that the bot cannot see goes to the person's own conversation with the bot.
func (a *Adapter) Post(ctx context.Context, to chat.Place, c chat.Card) (chat.MessageRef, error) {
	opts, err := a.draw(c)
	if err != nil {
		return chat.MessageRef{}, err
	}
	opts = append(opts, slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl())
	if to.Thread != "" {
		opts = append(opts, slack.MsgOptionTS(to.Thread))
		if c.Broadcast {
			opts = append(opts, slack.MsgOptionBroadcast())
		}
	}
	ref, err := a.post(ctx, to, to.Channel, opts)
	if err == nil {
		return ref, nil
	}
	if to.Direct && hasCode(err, codeNoChannel) {
		if user, ok := a.places.direct(to.Channel); ok {
			if ref, err = a.post(ctx, to, user, opts); err == nil {
				a.places.moved(to.Channel, ref.Channel)
				return ref, nil
			}
		}
	}
	a.places.doubt(to.Channel)
	return chat.MessageRef{}, err
}

// post posts to a channel or, given a user's id, to that user's conversation with the bot.
func (a *Adapter) post(ctx context.Context, to chat.Place, channel string, opts []slack.MsgOption) (chat.MessageRef, error) {
	ref := chat.MessageRef{Place: to}
	err := a.call(ctx, methodPost, func(ctx context.Context) error {
		where, ts, m, err := a.api.PostMessageWithResponseContext(ctx, channel, opts...)
		if err != nil {
			return err
		}
		if ts == "" {
			return errEmpty
		}
		ref.ID = ts
		if where != "" {
			ref.Channel = where
		}
		if m.Timestamp != "" { // the answer shows the message
			ref.Thread = m.ThreadTimestamp
			if ref.Thread == ts {
				ref.Thread = ""
			}
		}
		return nil
	})
	if err != nil {
		return chat.MessageRef{}, err
	}
	return ref, nil
}

// Edit is deliver.Chat. Everything is sent again: Slack keeps or drops what is left out by rules that have changed before.
func (a *Adapter) Edit(ctx context.Context, m chat.MessageRef, c chat.Card) error {
	opts, err := a.draw(c)
	if err != nil {
		return err
	}
	return a.call(ctx, methodEdit, func(ctx context.Context) error {
		_, ts, _, err := a.api.UpdateMessageContext(ctx, m.Channel, m.ID, opts...)
		if err == nil && ts == "" {
			return errEmpty
		}
		return err
	})
}

// Delete is deliver.Chat.
func (a *Adapter) Delete(ctx context.Context, m chat.MessageRef) error {
	return a.call(ctx, methodDelete, func(ctx context.Context) error {
		_, ts, err := a.api.DeleteMessageContext(ctx, m.Channel, m.ID)
		if err == nil && ts == "" {
			return errEmpty
		}
		return err
	})
}

// OpenThread is deliver.Chat. It makes no call: a thread is named by the message above it, and is there once somebody
// replies. Replies have no threads of their own.
func (a *Adapter) OpenThread(_ context.Context, root chat.MessageRef, _ string) (chat.Place, error) {
	p := root.Place
	if p.Thread == "" {
		p.Thread = root.ID
	}
	return p, nil
}

// draw is a card as the options of a post or an edit.
func (a *Adapter) draw(c chat.Card) ([]slack.MsgOption, error) {
	if wordless(c.Summary) && wordless(c.Title) {
		return nil, &chat.Fault{Kind: chat.FaultBadCard, Err: errBlank}
	}
	opts := a.renderer().card(c).options()
	if c.Key != "" {
		opts = append(opts, slack.MsgOptionMetadata(slack.SlackMetadata{
			EventType: metadataType, EventPayload: map[string]any{metadataKey: c.Key},
		}))
	}
	return opts, nil
}

func wordless(t chat.Text) bool { return !visible(t.Plain(time.UTC)) }

// renderer draws for the bot's workspace.
func (a *Adapter) renderer() renderer {
	return renderer{workspace: a.identity().URL, command: a.o.Command}
}

// options are a message as it is sent. Nothing is made out of the text by Slack but what the rendering wrote there.
func (m message) options() []slack.MsgOption {
	return []slack.MsgOption{
		slack.MsgOptionText(m.text, false),
		slack.MsgOptionBlocks(m.blocks...), // none clears those that stand there
		slack.MsgOptionParse(false),
		slack.MsgOptionLinkNames(false),
	}
}
