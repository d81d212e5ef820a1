package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"

	"vmbackup-bot/adapters/network"
	"vmbackup-bot/bot/chat"
)

const (
	// responseUses is how often a response_url may be used, and responseFor how long (reference: interactivity/handling,
	// "Message responses").
	responseUses = 5
	responseFor  = 30 * time.Minute
	// answerWithin bounds one try to answer privately.
	answerWithin = 10 * time.Second
	// choicesBytes keeps an acknowledgement with choices below the 20 480 bytes that Slack takes in one frame.
	choicesBytes = 18 * 1024
	// mostSaid is how much of an answer to an answer is read.
	mostSaid = 4096
)

// The methods of private answers.
const (
	methodEphemeral = "chat.postEphemeral"
	methodView      = "views.open"
)

// answer is chat.Answer for one request.
type answer struct {
	a    *Adapter
	r    chat.Request
	hook hooks
	used atomic.Int32 // of the response_url
	// envelope is what is acknowledged by ack.
	envelope string
	ack      ackFunc
}

// Private is chat.Answer: by the request's own response_url, which works where the bot may not post, then by an ephemeral
// message, then in the direct conversation. What a public message says as well is not repeated.
func (w *answer) Private(ctx context.Context, c chat.Card) error {
	if c.Echo {
		return nil
	}
	err := w.respond(ctx, w.a.renderer().card(c))
	if err == nil {
		return nil
	}
	again := w.legibly(ctx, c, w.ephemeral)
	if again == nil {
		return nil
	}
	last := w.legibly(ctx, c, w.direct)
	if last == nil {
		return nil
	}
	return errors.Join(err, again, last)
}

// legibly sends a card, and as plain text what Slack refuses: nobody is met by silence.
func (w *answer) legibly(ctx context.Context, c chat.Card, send func(context.Context, []slack.MsgOption) error) error {
	opts, err := w.a.draw(c)
	if err != nil {
		return err
	}
	err = send(ctx, opts)
	f := chat.AsFault(err)
	if f == nil || f.Kind != chat.FaultBadCard || c.Plain {
		return err
	}
	w.a.log.Error("a private card was refused; it is sent again as plain text", "fault", f)
	c.Plain = true
	if opts, err = w.a.draw(c); err != nil {
		return err
	}
	return send(ctx, opts)
}

var errUsedUp = errors.New("the request's response address is used up")

// response is what a response_url takes.
type response struct {
	Type    string        `json:"response_type"`
	Replace bool          `json:"replace_original"`
	Thread  string        `json:"thread_ts,omitempty"`
	Text    string        `json:"text"`
	Blocks  []slack.Block `json:"blocks,omitempty"`
}

// respond answers by the response_url. Slack gives no reason when it is over.
func (w *answer) respond(ctx context.Context, m message) error {
	if w.hook.response == "" || time.Since(w.r.At) > responseFor || w.used.Add(1) > responseUses {
		return errUsedUp
	}
	body, err := json.Marshal(response{Type: "ephemeral", Thread: w.r.Place.Thread, Text: m.text, Blocks: m.blocks})
	if err != nil {
		return fmt.Errorf("write an answer: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.hook.response, bytes.NewReader(body))
	if err != nil {
		return errors.New("the request's response address is not one") // it is as good as a secret
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	res, err := w.a.http.Do(req)
	if err != nil {
		return fmt.Errorf("answer by the response address: %w", network.WithoutURL(err))
	}
	defer res.Body.Close()
	said, err := io.ReadAll(io.LimitReader(res.Body, mostSaid))
	if err != nil {
		return fmt.Errorf("answer by the response address: %w", network.WithoutURL(err))
	}
	var no struct {
		OK    *bool  `json:"ok"`
		Error string `json:"error"`
	}
	// The answer is "ok", or JSON, or nothing that matters.
	if json.Unmarshal(said, &no) == nil && no.OK != nil && !*no.OK {
		return fmt.Errorf("answer by the response address: %q", no.Error)
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("answer by the response address: HTTP %d", res.StatusCode)
	}
	return nil
}

func (w *answer) ephemeral(ctx context.Context, opts []slack.MsgOption) error {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	if w.r.Place.Thread != "" {
		opts = append(slices.Clip(opts), slack.MsgOptionTS(w.r.Place.Thread))
	}
	return w.a.call(ctx, methodEphemeral, func(ctx context.Context) error {
		_, err := w.a.api.PostEphemeralContext(ctx, w.r.Place.Channel, w.r.Actor.User, opts...)
		return err
	})
}

// direct answers in the conversation between the person and the bot.
func (w *answer) direct(ctx context.Context, opts []slack.MsgOption) error {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	return w.a.call(ctx, methodPost, func(ctx context.Context) error {
		_, _, err := w.a.api.PostMessageContext(ctx, w.r.Actor.User, opts...)
		return err
	})
}

// Form is chat.Answer. Slack takes it within three seconds of the request.
func (w *answer) Form(ctx context.Context, f chat.Form) error {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	meta := formMeta{Action: f.Action, ID: f.ID, Place: w.r.Place}
	return w.a.call(ctx, methodView, func(ctx context.Context) error {
		_, err := w.a.api.OpenViewContext(ctx, w.hook.trigger, w.a.renderer().view(f, meta.String()))
		return err
	})
}

// offered is what acknowledges a request for suggestions. The library leaves an empty list out, which Slack takes for no
// answer.
type offered struct {
	Options []*slack.OptionBlockObject `json:"options"`
}

// suggestions are choices as an acknowledgement brings them, as many as fit.
func suggestions(all []chat.Choice) offered {
	list, _ := choices(all)
	res := offered{Options: []*slack.OptionBlockObject{}}
	size := 0
	for _, o := range list {
		b, err := json.Marshal(o)
		if err != nil {
			continue
		}
		if size += len(b); size > choicesBytes {
			break
		}
		res.Options = append(res.Options, o)
	}
	return res
}
