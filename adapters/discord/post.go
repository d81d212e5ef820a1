package discord

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/bwmarrin/discordgo"

	"vmbackup-bot/bot/chat"
)

// maxNonce is the longest nonce in characters (resources/message, create message).
const maxNonce = 25

// errBlank is a card without a word in it.
var errBlank = errors.New("a message without text")

// message is the body of a create or an edit. An edit says everything again: what is left out stays as it was, and who may
// be notified is forgotten.
type message struct {
	Content    string                            `json:"content"`
	Embeds     []*discordgo.MessageEmbed         `json:"embeds"`
	Components []discordgo.MessageComponent      `json:"components"`
	Mentions   *discordgo.MessageAllowedMentions `json:"allowed_mentions"`
	Nonce      string                            `json:"nonce,omitempty"`
	Enforce    bool                              `json:"enforce_nonce,omitempty"`
}

// posted is what is read of a message in an answer. The library's type refuses messages with parts that it does not know.
type posted struct {
	ID     string            `json:"id"`
	Embeds []json.RawMessage `json:"embeds"`
}

// Post is deliver.Chat. The nonce makes Discord answer a repeat with the first message. Discord has no way to show a
// thread's message in its channel too, so that Broadcast has no effect.
func (a *Adapter) Post(ctx context.Context, to chat.Place, c chat.Card) (chat.MessageRef, error) {
	m, err := a.draw(to, c)
	if err != nil {
		return chat.MessageRef{}, err
	}
	if c.Key != "" {
		m.Nonce, m.Enforce = a.copies.nonce(c.Key, target(to)), true
	}
	var p posted
	do := act{name: actPost, channel: target(to), guild: to.Team, need: permSend.name()}
	if to.Thread != "" {
		do.need = permSendInThreads.name()
	}
	err = a.call(ctx, do, http.MethodPost, join("channels", target(to), "messages"), m, &p)
	if err != nil {
		return chat.MessageRef{}, err
	}
	if p.ID == "" {
		return chat.MessageRef{}, &chat.Fault{Kind: chat.FaultLost, Err: errEmpty}
	}
	ref := chat.MessageRef{Place: to, ID: p.ID}
	if len(m.Embeds) > 0 && len(p.Embeds) == 0 {
		a.undrawn(ctx, ref, c)
	}
	return ref, nil
}

// Edit is deliver.Chat. In an archived thread nothing can be edited; the thread is opened again, which its members may do.
func (a *Adapter) Edit(ctx context.Context, ref chat.MessageRef, c chat.Card) error {
	m, err := a.draw(ref.Place, c)
	if err != nil {
		return err
	}
	var p posted
	err = a.awake(ctx, ref.Place, func() error { return a.edit(ctx, ref, m, &p) })
	switch f := chat.AsFault(err); {
	case f == nil:
	case f.Kind == chat.FaultMessageGone, f.Kind == chat.FaultFrozen:
		a.copies.gone(c.Key)
		return err
	default:
		return err
	}
	if len(m.Embeds) > 0 && len(p.Embeds) == 0 && p.ID != "" {
		a.undrawn(ctx, ref, c)
	}
	return nil
}

// edit is the request of an edit.
func (a *Adapter) edit(ctx context.Context, ref chat.MessageRef, m message, out *posted) error {
	do := act{name: actEdit, channel: target(ref.Place), guild: ref.Team, need: permSend.name()}
	if ref.Thread != "" {
		do.need = permSendInThreads.name()
	}
	return a.call(ctx, do, http.MethodPatch, join("channels", target(ref.Place), "messages", ref.ID), m, out)
}

// Delete is deliver.Chat.
func (a *Adapter) Delete(ctx context.Context, ref chat.MessageRef) error {
	do := act{name: actDelete, channel: target(ref.Place), guild: ref.Team, need: permView.name()}
	return a.awake(ctx, ref.Place, func() error {
		return a.call(ctx, do, http.MethodDelete, join("channels", target(ref.Place), "messages", ref.ID), nil, nil)
	})
}

// draw is a card as a body. Where embeds are not shown it is text, which keeps its buttons.
func (a *Adapter) draw(to chat.Place, c chat.Card) (message, error) {
	if !visible(c.Summary.Plain(time.UTC)) && !visible(c.Title.Plain(time.UTC)) {
		return message{}, &chat.Fault{Kind: chat.FaultBadCard, Err: errBlank}
	}
	r := a.renderer(to.Team)
	b := r.card(c)
	if len(b.Embeds) > 0 && a.places.embedless(target(to)) {
		text := c
		text.Plain = true
		buttons := b.Components
		b = r.card(text)
		b.Components = buttons
	}
	return message{Content: b.Content, Embeds: b.Embeds, Components: b.Components, Mentions: b.Mentions}, nil
}

// undrawn mends a message that Discord took without its embed, and so without a word: it says nothing of that, but shows
// in its answer what stands there. The message is sent again as text, and later ones are text at once.
func (a *Adapter) undrawn(ctx context.Context, ref chat.MessageRef, c chat.Card) {
	if a.places.noEmbeds(target(ref.Place)) {
		a.log.Error("the bot's messages are shown without their embeds; text is sent instead",
			"place", ref.Place, "need", permEmbed.name())
	}
	m, err := a.draw(ref.Place, c)
	if err == nil {
		err = a.edit(ctx, ref, m, nil)
	}
	if err != nil { // the next edit says it again
		a.log.Warn("a message without its embed could not be made text", "place", ref.Place, "fault", err)
	}
}

// copies knows which messages had to be given up, so that the one that takes their place is not taken for their repeat:
// Discord remembers the nonce of a message that is deleted.
type copies struct {
	mu    sync.Mutex
	given map[string]int // by key
}

func newCopies() *copies { return &copies{given: map[string]int{}} }

// gone notes that the message of a key was given up.
func (c *copies) gone(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if key != "" {
		put(c.given, key, c.given[key]+1)
	}
}

// nonce is what tells a post from others and not from its repeats: of its key, its channel, and how many before it were
// given up. Discord compares nonces of the same author, and does not say whether across channels.
func (c *copies) nonce(key, channel string) string {
	c.mu.Lock()
	n := c.given[key]
	c.mu.Unlock()
	sum := sha256.Sum256([]byte(key + "\n" + channel + "\n" + strconv.Itoa(n)))
	return base64.RawURLEncoding.EncodeToString(sum[:])[:maxNonce]
}
