package discord

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/bwmarrin/discordgo"

	"vmbackup-bot/bot/chat"
)

const (
	// tokenFor is how long the token of an interaction can be used (interactions/receiving-and-responding, followup
	// messages).
	tokenFor = 15 * time.Minute
	// answerWithin bounds one try to answer privately.
	answerWithin = 10 * time.Second
	// longestThrottle is the longest wait for a limit that an answer bears.
	longestThrottle = 10 * time.Second
)

var (
	errOver   = errors.New("the interaction is over: Discord takes answers for fifteen minutes")
	errNoForm = errors.New("no form here: Discord takes one as the first answer alone, and that was the deferral")
)

// answer is chat.Answer and intake.Waiter for one interaction.
type answer struct {
	a      *Adapter
	r      chat.Request
	to     handle
	taking *taking
	// deferred says that our deferral stands and shows the person that something is on its way; unsure that it may.
	deferred, unsure bool

	mu   sync.Mutex // one private answer at a time: one that overtakes the first would fill the deferral
	said bool       // the deferral, or the pressed private message, holds an answer
}

// whisper is a message that one person sees.
type whisper struct {
	message
	Flags int `json:"flags"`
}

// Private is chat.Answer. The first answer takes the place of the deferral, so that even what a public message says as well
// is shown; a press on a private answer of ours is answered in that very message. Further ones are messages of their own.
func (w *answer) Private(ctx context.Context, c chat.Card) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c.Mention = nil // whoever it is for is looking at it
	err := w.say(ctx, c)
	if f := chat.AsFault(err); f != nil && f.Kind == chat.FaultBadCard && !c.Plain {
		c.Plain = true
		err = w.say(ctx, c)
	}
	if err != nil {
		w.a.log.Warn("a private answer could not be shown", "interaction", w.to.id, "error", err)
	}
	return err
}

func (w *answer) say(ctx context.Context, c chat.Card) error {
	m, err := w.a.draw(w.r.Place, c)
	if err != nil {
		return err
	}
	if time.Since(w.r.At) > tokenFor {
		return errOver
	}
	if !w.said {
		err = w.patiently(ctx, true, func(ctx context.Context) error { return w.original(ctx, http.MethodPatch, m) })
		if err == nil || codeOf(err) != codeUnknownMessage {
			w.said = err == nil
			return err
		}
		w.said = true // the person dismissed it
	}
	return w.patiently(ctx, false, func(ctx context.Context) error {
		path := join("webhooks", w.to.app, w.to.token)
		return w.a.call(ctx, act{name: actInteract}, http.MethodPost, path, whisper{m, flagEphemeral}, nil)
	})
}

// original acts on the first answer.
func (w *answer) original(ctx context.Context, method string, in any) error {
	path := join("webhooks", w.to.app, w.to.token, "messages") + "/@original"
	return w.a.call(ctx, act{name: actInteract}, method, path, in, nil)
}

// patiently tries three times: Discord denies a deferral for a moment after it took it. What may have happened is done
// again only where that changes nothing.
func (w *answer) patiently(ctx context.Context, again bool, do func(context.Context) error) error {
	for _, wait := range []time.Duration{time.Second, 2 * time.Second, 0} {
		within, cancel := context.WithTimeout(ctx, answerWithin)
		err := do(within)
		cancel()
		f := chat.AsFault(err)
		if f == nil {
			return nil
		}
		repeat := f.Kind == chat.FaultRetry || f.Kind == chat.FaultLost && again ||
			f.Kind == chat.FaultThrottled && f.After <= longestThrottle
		if !repeat || wait == 0 || !pause(ctx, max(wait, f.After)) {
			return err
		}
	}
	return nil // the last wait is none
}

// Form is chat.Answer. Discord takes a form as the first answer alone, and nothing is handled before our deferral, which is
// that answer, has been taken.
func (w *answer) Form(context.Context, chat.Form) error { return errNoForm }

// finish ends an interaction that was handled: a deferral that nothing came of would go on saying that something is on its
// way, and one of which it is not known whether it stands, too.
func (w *answer) finish(ctx context.Context) {
	w.mu.Lock()
	defer w.mu.Unlock()
	within, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	var err error
	switch {
	case w.said:
	case w.unsure:
		m, bad := w.a.draw(w.r.Place, tooSlow())
		if bad != nil {
			return
		}
		_ = w.original(within, http.MethodPatch, m) // best effort: most likely there is nothing to edit
	case w.deferred:
		err = w.patiently(ctx, true, func(ctx context.Context) error { return w.original(ctx, http.MethodDelete, nil) })
	}
	if err != nil && codeOf(err) != codeUnknownMessage {
		w.a.log.Warn("a deferral without an answer could not be taken back", "interaction", w.to.id, "error", err)
	}
}

func tooSlow() chat.Card {
	return chat.Card{
		Summary: chat.T("Discord did not confirm in time that it took your request, so nothing was started."),
		Tone:    chat.ToneWarn, Lines: []chat.Text{chat.T("Ask again.")},
	}
}

// mending says what is wrong with the values of a form.
func mending(invalid map[string]string) chat.Card {
	c := chat.Card{Summary: chat.T("Some of it cannot be taken as it is, so nothing was started."), Tone: chat.ToneWarn}
	for _, name := range slices.Sorted(maps.Keys(invalid)) {
		c.Lines = append(c.Lines, chat.T(chat.Strong(name), ": ", invalid[name]))
	}
	return c
}

// suggestions are choices as an answer brings them. Discord takes none at all where the field is left out.
type suggestions struct {
	Choices []*discordgo.ApplicationCommandOptionChoice `json:"choices,omitempty"`
}
