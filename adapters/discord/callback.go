package discord

import (
	"context"
	"errors"
	"net/http"
	"time"

	"vmbackup-bot/bot/chat"
)

// Kinds of first answers (interactions/receiving-and-responding, interaction callback type).
const (
	callbackMessage        = 4
	callbackDeferred       = 5
	callbackDeferredUpdate = 6
	callbackChoices        = 8
)

const (
	// ackWithin is how long Discord takes the first answer (same page, responding to an interaction).
	ackWithin = 3 * time.Second
	// ackAgainWithin is until when a first answer without an answer of its own is sent again, ackTry how long all tries but
	// the last may take, and ackTries how many there are: connections that were cut while idle fail at once, one by one.
	ackAgainWithin = 2500 * time.Millisecond
	ackTry         = 1200 * time.Millisecond
	ackTries       = 4
	// ackPause is the least wait before the third try and the last.
	ackPause = 300 * time.Millisecond
)

var errElsewhereAnswered = errors.New("another process answered it")

// callback is the body of a first answer.
type callback struct {
	Type int `json:"type"`
	Data any `json:"data,omitempty"`
}

// Ack is intake.Waiter. Every request is deferred as an answer that the person alone sees. A press on such an answer is
// deferred without a sign, since its message is changed by what follows. Only when the deferral was taken may anything be
// done: another process with the same token may have taken the interaction.
func (w *answer) Ack(ctx context.Context, invalid map[string]string) error {
	switch {
	case invalid != nil:
		m, err := w.a.draw(w.r.Place, mending(invalid))
		if err != nil {
			return err
		}
		w.said = true
		return w.first(ctx, callback{Type: callbackMessage, Data: whisper{m, flagEphemeral}})
	case w.to.private && w.r.Kind == chat.Press:
		return w.first(ctx, callback{Type: callbackDeferredUpdate})
	}
	c := callback{Type: callbackDeferred, Data: struct {
		Flags int `json:"flags"`
	}{flagEphemeral}}
	return w.first(ctx, c)
}

// Choices is intake.Waiter.
func (w *answer) Choices(ctx context.Context, all []chat.Choice) error {
	return w.first(ctx, callback{Type: callbackChoices, Data: suggestions{choices(all)}})
}

// first gives the first answer, or learns what became of it when the interaction was delivered before.
func (w *answer) first(ctx context.Context, c callback) error {
	w.taking.once.Do(func() {
		lost, err := w.send(ctx, c)
		w.taking.err = err
		w.deferred = c.Type == callbackDeferred && err == nil
		w.unsure = (c.Type == callbackDeferred || c.Type == callbackDeferredUpdate) && err != nil && lost
	})
	return w.taking.err
}

// send sends the first answer, and again while there is time and it is not known whether it arrived: Discord takes one, and
// says of another that there is one. It reports whether one may stand although there is an error.
func (w *answer) send(ctx context.Context, c callback) (lost bool, err error) {
	for try := 1; ; try++ {
		end := w.r.At.Add(ackWithin)
		if try < ackTries && time.Until(end) > ackTry {
			end = time.Now().Add(ackTry)
		}
		within, cancel := context.WithDeadline(ctx, end)
		err = w.a.call(within, act{name: actInteract}, http.MethodPost, join("interactions", w.to.id, w.to.token, "callback"), c, nil)
		cancel()
		f := chat.AsFault(err)
		switch {
		case f == nil, codeOf(err) == codeAnswered && lost:
			return false, nil
		case codeOf(err) == codeAnswered:
			w.a.notAlone(ctx)
			return false, errElsewhereAnswered
		}
		lost = lost || f.Kind == chat.FaultLost
		again := f.Kind == chat.FaultLost || f.Kind == chat.FaultRetry || f.Kind == chat.FaultThrottled
		late := time.Now().Add(f.After).After(w.r.At.Add(ackAgainWithin))
		wait := f.After
		if try > 1 { // what fails at once twice needs a moment
			wait = max(wait, ackPause)
		}
		if !again || late || try == ackTries || !pause(ctx, wait) {
			return lost, err
		}
	}
}

// notAlone acts on another process that answers what people ask: which of the two is first is chance.
func (a *Adapter) notAlone(ctx context.Context) {
	if !a.state.noticed(time.Now()) {
		return
	}
	a.log.Error("another process uses the same bot token and answers what people ask; stop it, or give it a bot of its own")
	if a.o.Company != nil {
		a.o.Company(ctx, 1)
	}
}
