package deliver

import (
	"context"
	"time"

	"vmbackup-bot/bot/chat"
)

// fatalPause is how long nothing is sent to a platform that refuses us altogether.
const fatalPause = time.Minute

// repeatLog is how long one and the same standing trouble is not logged again.
const repeatLog = 24 * time.Hour

// fault decides what a refused call means for its message.
func (d *Deliverer) fault(ctx context.Context, l *link, m Message, s step, f *chat.Fault) {
	now := d.now()
	l.failed(f, now)
	if f.Kind != chat.FaultFatal && f.Kind != chat.FaultLost && f.Kind != chat.FaultRetry {
		l.alive()
	}
	switch f.Kind {
	case chat.FaultLost:
		d.lost(ctx, l, m, s, f)
	case chat.FaultThrottled:
		wait := f.After
		if wait <= 0 {
			wait = backoff(m.Key, m.Fails, capRetry)
		}
		l.throttle(f, s, now.Add(wait))
		d.fail(ctx, m, s, f, now.Add(wait))
	case chat.FaultMessageGone, chat.FaultFrozen:
		d.gone(ctx, l, m, s, f)
	case chat.FaultPlaceGone:
		d.placeGone(ctx, l, m, s, f)
	case chat.FaultForbidden:
		d.forbidden(ctx, l, m, s, f)
	case chat.FaultBadCard:
		d.badCard(ctx, l, m, s, f)
	case chat.FaultFatal:
		if l.stop(f, now.Add(fatalPause)) {
			d.log.Error("the platform refuses the bot; it is tried again every minute", "platform", l.name, "fault", f)
		}
		d.fail(ctx, m, s, f, now)
	default:
		d.retry(ctx, m, s, f)
	}
}

// fail records a fault. While a post is hunted for, nothing but its end may close the attempt: a restart has to find it.
func (d *Deliverer) fail(ctx context.Context, m Message, s step, f *chat.Fault, next time.Time) {
	if s.hunt != nil && f.Kind != chat.FaultLost {
		f = &chat.Fault{Kind: chat.FaultLost, Err: f}
	}
	d.write(ctx, func(ctx context.Context) error { return d.outbox.Fail(ctx, m.Key, f, next) })
}

func (d *Deliverer) retry(ctx context.Context, m Message, s step, f *chat.Fault) {
	wait := max(f.After, backoff(m.Key, m.Fails, capRetry))
	d.log.Warn("a call failed and is tried again", "place", s.to, "key", m.Key, "in", wait, "fault", f)
	d.fail(ctx, m, s, f, d.now().Add(wait))
}

// lost: a post is hunted for, at once for the first time; an edit is simply made again.
func (d *Deliverer) lost(ctx context.Context, l *link, m Message, s step, f *chat.Fault) {
	if s.kind != stepPost {
		d.retry(ctx, m, s, &chat.Fault{Kind: chat.FaultRetry, Err: f})
		return
	}
	next := d.now()
	if m.Fails > 0 {
		next = next.Add(backoff(m.Key, m.Fails, capRetry))
	}
	d.log.Warn("the answer to a post was lost; it is looked for", "platform", l.name, "place", s.to, "key", m.Key, "fault", f)
	d.write(ctx, func(ctx context.Context) error { return d.outbox.Fail(ctx, m.Key, f, next) })
}

// gone: the message that stood there cannot be edited any more. A final version is then due once more, as a new message.
func (d *Deliverer) gone(ctx context.Context, l *link, m Message, s step, f *chat.Fault) {
	if s.kind == stepEdit {
		d.log.Info("a message is gone or frozen", "place", s.to, "key", m.Key, "fault", f)
		d.fail(ctx, m, s, f, d.now())
		return
	}
	if d.toChannel(ctx, l, m, s, f) {
		return
	}
	d.retry(ctx, m, s, &chat.Fault{Kind: chat.FaultRetry, Err: f})
}

// placeGone: a thread that is gone is left for its channel; a channel that is gone takes its messages with it.
func (d *Deliverer) placeGone(ctx context.Context, l *link, m Message, s step, f *chat.Fault) {
	if d.toChannel(ctx, l, m, s, f) {
		return
	}
	if d.said.first("gone "+s.to.String(), d.now(), repeatLog) {
		d.log.Error("a place is gone; its messages are dropped", "place", s.to, "fault", f)
	}
	d.drop(ctx, l, m, f)
}

// toChannel sends what was meant for a thread to its channel from now on.
func (d *Deliverer) toChannel(ctx context.Context, l *link, m Message, s step, f *chat.Fault) bool {
	if m.Under == "" || s.to == m.UnderRef.Place {
		return false
	}
	if d.said.first("gone "+s.to.String(), d.now(), repeatLog) {
		d.log.Warn("a thread is gone; its final messages go to the channel", "place", s.to, "fault", f)
	}
	if !d.write(ctx, func(ctx context.Context) error { return d.outbox.Opened(ctx, m.Under, m.UnderRef.Place) }) {
		return true
	}
	as := &chat.Fault{Kind: chat.FaultRetry, Err: f}
	if m.standing() {
		as.Kind = chat.FaultMessageGone
	}
	l.forget(m.Key) // a copy that was lost there is gone as well
	d.write(ctx, func(ctx context.Context) error { return d.outbox.Fail(ctx, m.Key, as, d.now()) })
	return true
}

// forbidden: progress is not tried there for a while, everything else slowly.
func (d *Deliverer) forbidden(ctx context.Context, l *link, m Message, s step, f *chat.Fault) {
	now := d.now()
	if d.said.first("forbidden "+s.to.String()+" "+f.Need, now, repeatLog) {
		d.log.Error("the bot may not do this here", "place", s.to, "need", f.Need, "fault", f)
	}
	next := now.Add(max(f.After, backoff(m.Key, m.Fails+2, capForbidden)))
	l.mu.Lock()
	l.shut[s.to.String()] = now.Add(capForbidden)
	l.mu.Unlock()
	d.fail(ctx, m, s, f, next)
}

// badCard: first plain text is tried, then one sentence; when even that is refused there is nothing left to send.
func (d *Deliverer) badCard(ctx context.Context, l *link, m Message, s step, f *chat.Fault) {
	if m.Card.Plain {
		d.log.Error("a message was refused in every form and is dropped", "place", s.to, "key", m.Key, "fault", f)
		d.drop(ctx, l, m, f)
		return
	}
	d.log.Error("a card was refused; it is sent again as plain text", "place", s.to, "key", m.Key, "fault", f)
	d.write(ctx, func(ctx context.Context) error { return d.outbox.Fail(ctx, m.Key, f, d.now()) })
}

func (d *Deliverer) drop(ctx context.Context, l *link, m Message, f *chat.Fault) {
	if d.write(ctx, func(ctx context.Context) error { return d.outbox.Drop(ctx, m.Key, f) }) {
		l.settled(m.Key, true)
	}
}

// throttle holds back everything that counts against the limit that was hit.
func (l *link) throttle(f *chat.Fault, s step, until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.limits.pause(f.Budget, l.pacer.Budgets(s.call, s.to, s.age), until)
}

// forget ends the hunt for a message.
func (l *link) forget(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.hunts, key)
}
