package deliver

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"vmbackup-bot/bot/chat"
)

// The bot's only words that do not come from package card: the first stands on a message that may be a copy, the second
// in the place of one that the platform refuses in every form.
const (
	wordsMayRepeat = "This may repeat an earlier message."
	wordsRefused   = "A message could not be shown here; ask for the status to see where things stand."
)

var errOld = errors.New("the platform answered with the message that is gone")

// titleLimit is a thread's title in characters; platforms cut further.
const titleLimit = 100

// threadTries is how often a thread is tried to be opened before its messages go to the channel itself: about a minute.
const threadTries = 6

// begin records that a call is about to leave. An attempt that is open already stays as it is: the copy that may exist is
// as old as the first.
func (d *Deliverer) begin(ctx context.Context, m Message) (time.Time, bool) {
	if !m.Attempt.IsZero() && !m.standing() {
		return m.Attempt, true
	}
	now := d.now()
	if err := d.outbox.Attempt(ctx, m.Key, m.Version, now); err != nil {
		d.trouble(err)
		return now, false
	}
	return now, true
}

// post posts a message for the first time, again after a loss, or anew for one that is gone.
func (d *Deliverer) post(ctx context.Context, l *link, m Message, s step) {
	began, ok := d.begin(ctx, m)
	if !ok {
		return
	}
	c := m.Card
	c.Key = m.Key
	c.Broadcast = c.Broadcast && s.to.Thread != ""
	if s.hunt != nil && s.hunt.blind {
		c.Lines = append(slices.Clip(c.Lines), chat.T(wordsMayRepeat))
	}
	ref, f := d.doPost(ctx, l, s.to, c)
	if f != nil && f.Kind == chat.FaultBadCard && c.Plain {
		d.refused(l, m, f)
		if !l.await(ctx, d, s.call, s.to, 0) {
			return
		}
		ref, f = d.doPost(ctx, l, s.to, bare(c))
	}
	if f != nil {
		if f.Kind == chat.FaultLost {
			l.lost(m, began)
		}
		d.fault(ctx, l, m, s, f)
		return
	}
	if m.Gone && ref == m.Ref { // the platform took it for a repeat of the message that is gone; it forgets that
		d.retry(ctx, m, s, &chat.Fault{Kind: chat.FaultRetry, Err: errOld})
		return
	}
	version, recheck := m.Version, time.Time{}
	switch h := s.hunt; {
	case h == nil:
	case s.safe: // the platform may have answered with the message of the first attempt
		version = min(version, h.version)
	case !h.blind:
		recheck = d.now().Add(d.recheck)
		l.repeated(m.Key, h)
	}
	d.done(ctx, l, m, version, ref, recheck)
}

// edit brings a standing message to its newest form.
func (d *Deliverer) edit(ctx context.Context, l *link, m Message, s step) {
	if _, ok := d.begin(ctx, m); !ok {
		return
	}
	c := m.Card
	c.Key = m.Key
	f := d.doEdit(ctx, l, m.Ref, c)
	if f != nil && f.Kind == chat.FaultBadCard && c.Plain {
		d.refused(l, m, f)
		if !l.await(ctx, d, s.call, s.to, s.age) {
			return
		}
		f = d.doEdit(ctx, l, m.Ref, bare(c))
	}
	if f != nil {
		d.fault(ctx, l, m, s, f)
		return
	}
	recheck := time.Time{}
	if m.Recheck { // not yet due, or this would be a look for twins
		recheck = m.Posted.Add(d.recheck)
	}
	d.done(ctx, l, m, m.Version, m.Ref, recheck)
}

// openThread opens the thread below the message above m; m is due again with it. Where that is not possible the thread's
// messages go to the channel itself, for good.
func (d *Deliverer) openThread(ctx context.Context, l *link, m Message, s step) {
	title := m.Card.Title.Plain(time.UTC)
	if title == "" {
		title = m.Card.Summary.Plain(time.UTC)
	}
	place, f := d.doThread(ctx, l, m.UnderRef, chat.Cut(chat.OneLine(title), titleLimit))
	if f != nil {
		switch f.Kind {
		case chat.FaultFatal, chat.FaultThrottled:
			d.fault(ctx, l, m, s, f)
			return
		case chat.FaultLost, chat.FaultRetry:
			if m.Fails < threadTries {
				d.fault(ctx, l, m, s, &chat.Fault{Kind: chat.FaultRetry, After: f.After, Err: f})
				return
			}
		}
		l.failed(f, d.now())
		if d.said.first("thread "+s.to.String()+f.Need, d.now(), repeatLog) {
			d.log.Warn("no thread can be opened; its messages go to the channel", "place", s.to, "fault", f)
		}
		place = m.UnderRef.Place
	}
	d.write(ctx, func(ctx context.Context) error { return d.outbox.Opened(ctx, m.Under, place) })
}

// done records that version stands at ref.
func (d *Deliverer) done(ctx context.Context, l *link, m Message, version int, ref chat.MessageRef, recheck time.Time) {
	l.alive()
	if d.write(ctx, func(ctx context.Context) error { return d.outbox.Done(ctx, m.Key, version, ref, recheck) }) {
		l.settled(m.Key, version >= m.Version)
	}
}

// refused logs that a platform takes a message in none of its forms.
func (d *Deliverer) refused(l *link, m Message, f *chat.Fault) {
	d.log.Error("a message was refused even as plain text; one sentence is sent instead", "platform", l.name, "key", m.Key, "fault", f)
}

// bare is what is left of a card that was refused in every form.
func bare(c chat.Card) chat.Card {
	return chat.Card{Key: c.Key, Summary: chat.T(wordsRefused), Mention: c.Mention, Broadcast: c.Broadcast, Plain: true}
}

func (d *Deliverer) doPost(ctx context.Context, l *link, to chat.Place, c chat.Card) (chat.MessageRef, *chat.Fault) {
	var ref chat.MessageRef
	f := d.call(ctx, func(ctx context.Context) (err error) {
		ref, err = l.chat.Post(ctx, to, c)
		return err
	})
	return ref, f
}

func (d *Deliverer) doEdit(ctx context.Context, l *link, ref chat.MessageRef, c chat.Card) *chat.Fault {
	return d.call(ctx, func(ctx context.Context) error { return l.chat.Edit(ctx, ref, c) })
}

func (d *Deliverer) doThread(ctx context.Context, l *link, root chat.MessageRef, title string) (chat.Place, *chat.Fault) {
	var place chat.Place
	f := d.call(ctx, func(ctx context.Context) (err error) {
		place, err = l.chat.OpenThread(ctx, root, title)
		return err
	})
	return place, f
}

// call bounds a call. A panic while a message is rendered must not end the bot, and it would come again with every try:
// it counts as a card that cannot be shown.
func (d *Deliverer) call(ctx context.Context, do func(context.Context) error) (f *chat.Fault) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			d.log.Error("panic in a platform's adapter", "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			f = &chat.Fault{Kind: chat.FaultBadCard, Err: fmt.Errorf("panic of type %T", p)}
		}
	}()
	return chat.AsFault(do(ctx))
}
