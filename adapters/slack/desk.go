package slack

import (
	"context"

	"github.com/slack-go/slack"

	"vmbackup-bot/adapters/intake"
	"vmbackup-bot/bot/chat"
)

// ackFunc acknowledges an envelope, with a payload where there is something to say at once.
type ackFunc func(envelope string, payload any) error

// desk takes envelopes in. It belongs to one Run and outlives the sessions in it.
type desk struct {
	*intake.Desk
	a *Adapter
}

// take hands an envelope to a goroutine of its own, and returns at once. One that cannot be taken is not acknowledged, so
// that Slack tells the person and delivers it again.
func (d *desk) take(e envelope, ack ackFunc) {
	d.Take(func(ctx context.Context) {
		r, hook, ok := d.a.decode(e)
		if !ok {
			d.decline(e.ID, ack)
			return
		}
		w := &answer{a: d.a, r: r, hook: hook, envelope: e.ID, ack: ack}
		if hook.stray {
			d.redirect(ctx, w)
			return
		}
		d.Serve(ctx, r, w)
	})
}

// redirect tells whoever typed another command of the app which one is the bot's.
func (d *desk) redirect(ctx context.Context, w *answer) {
	w.acknowledge(nil)
	c := chat.Card{
		Summary: chat.T("This bot answers to ", chat.Code(d.a.o.Command), "; nothing was done."), Tone: chat.ToneWarn,
	}
	if err := w.Private(ctx, c); err != nil {
		d.a.log.Warn("the person could not be told", "error", err)
	}
}

// decline acknowledges what the bot has no use for, lest Slack deliver it again.
func (d *desk) decline(id string, ack ackFunc) {
	if err := ack(id, nil); err != nil {
		d.a.log.Warn("an envelope could not be acknowledged", "error", err)
	}
}

// Ack is intake.Waiter. That it cannot be sent is no reason not to go on: Slack then delivers again what is claimed already.
func (w *answer) Ack(_ context.Context, invalid map[string]string) error {
	var payload any
	if invalid != nil {
		payload = slack.NewErrorsViewSubmissionResponse(invalid)
	}
	w.acknowledge(payload)
	return nil
}

// Choices is intake.Waiter.
func (w *answer) Choices(_ context.Context, all []chat.Choice) error {
	w.acknowledge(suggestions(all))
	return nil
}

func (w *answer) acknowledge(payload any) {
	if err := w.ack(w.envelope, payload); err != nil {
		w.a.log.Warn("an envelope could not be acknowledged", "error", err)
	}
}
