package deliver

import (
	"context"
	"slices"
	"time"

	"vmbackup-bot/bot/chat"
)

// lookBack is how much earlier than the attempt a look begins: the platform's clock is not ours.
const lookBack = time.Minute

// lookTries bounds looks that fail, about a minute; then the history counts as closed to us. No message at all is never
// the outcome.
const lookTries = 6

// look searches for a post whose end is unknown: twice, some seconds apart, since a platform's history may lag.
func (d *Deliverer) look(ctx context.Context, l *link, m Message, s step) {
	h := s.hunt
	refs, f := d.doFind(ctx, l, s.to, m.Key, h.first.Add(-lookBack))
	if f != nil {
		d.lookFailed(ctx, l, m, s, f)
		return
	}
	refs = slices.DeleteFunc(refs, func(r chat.MessageRef) bool { return !h.not.IsZero() && r == h.not })
	if len(refs) > 0 {
		d.adopt(ctx, l, m, h, refs)
		return
	}
	if h.looks++; h.looks < 2 {
		d.fail(ctx, m, s, &chat.Fault{Kind: chat.FaultLost}, d.now().Add(d.lookAgain))
	}
}

// lookFailed: a look that may work later is repeated; one that never will is given up, and the message is posted with a
// line that says it may be a copy.
func (d *Deliverer) lookFailed(ctx context.Context, l *link, m Message, s step, f *chat.Fault) {
	switch f.Kind {
	case chat.FaultThrottled, chat.FaultFatal, chat.FaultPlaceGone:
		d.fault(ctx, l, m, s, f)
		return
	case chat.FaultLost, chat.FaultRetry:
		if s.hunt.tries++; s.hunt.tries < lookTries {
			d.retry(ctx, m, s, &chat.Fault{Kind: chat.FaultRetry, After: f.After, Err: f})
			return
		}
	}
	l.failed(f, d.now())
	if d.said.first("history "+s.to.String(), d.now(), repeatLog) {
		d.log.Warn("the history cannot be read; a message whose answer was lost is posted again", "place", s.to, "fault", f)
	}
	s.hunt.blind = true
	// From now on a copy may stand there that nothing will ever find; the outbox has to know that.
	d.fail(ctx, m, s, &chat.Fault{Kind: chat.FaultLost, Err: f}, d.now())
}

// adopt takes the oldest copy for the message, and removes the others.
func (d *Deliverer) adopt(ctx context.Context, l *link, m Message, h *hunt, refs []chat.MessageRef) {
	d.log.Info("a message whose answer was lost was found", "place", m.place(), "key", m.Key, "copies", len(refs))
	recheck := time.Time{}
	if !d.remove(ctx, l, refs[1:]) {
		recheck = d.now().Add(d.recheck)
		l.repeated(m.Key, h)
	}
	d.done(ctx, l, m, min(h.version, m.Version), refs[0], recheck)
}

// twins removes copies of a message that was posted twice because the first answer was lost.
func (d *Deliverer) twins(ctx context.Context, l *link, m Message, s step) {
	h := l.repeat(m)
	refs, f := d.doFind(ctx, l, s.to, m.Key, h.first.Add(-lookBack))
	if f != nil {
		switch f.Kind {
		case chat.FaultThrottled, chat.FaultFatal:
			d.fault(ctx, l, m, s, f)
			return
		case chat.FaultLost, chat.FaultRetry:
			if m.Fails < lookTries {
				d.retry(ctx, m, s, &chat.Fault{Kind: chat.FaultRetry, After: f.After, Err: f})
				return
			}
		}
		l.failed(f, d.now())
		refs = nil
	}
	refs = slices.DeleteFunc(refs, func(r chat.MessageRef) bool { return r == m.Ref || (!h.not.IsZero() && r == h.not) })
	if !d.remove(ctx, l, refs) && m.Fails < lookTries {
		d.fail(ctx, m, s, &chat.Fault{Kind: chat.FaultRetry}, d.now().Add(backoff(m.Key, m.Fails, capRetry)))
		return
	}
	d.done(ctx, l, m, m.Sent, m.Ref, time.Time{})
	l.mu.Lock()
	delete(l.posted, m.Key)
	l.mu.Unlock()
}

// remove deletes copies; false when one of them has to be tried again.
func (d *Deliverer) remove(ctx context.Context, l *link, refs []chat.MessageRef) bool {
	all := true
	for _, ref := range refs {
		if !l.await(ctx, d, chat.CallDelete, ref.Place, 0) {
			return false
		}
		f := d.call(ctx, func(ctx context.Context) error { return l.chat.Delete(ctx, ref) })
		if f == nil || f.Kind == chat.FaultMessageGone || f.Kind == chat.FaultPlaceGone {
			continue
		}
		l.failed(f, d.now())
		switch f.Kind {
		case chat.FaultLost, chat.FaultRetry:
			all = false
		case chat.FaultThrottled:
			l.throttle(f, step{call: chat.CallDelete, to: ref.Place}, d.now().Add(max(f.After, firstWait)))
			all = false
		default:
			d.log.Warn("a copy of a message could not be removed", "place", ref.Place, "fault", f)
		}
	}
	return all
}

func (d *Deliverer) doFind(ctx context.Context, l *link, to chat.Place, key string, since time.Time) ([]chat.MessageRef, *chat.Fault) {
	var refs []chat.MessageRef
	f := d.call(ctx, func(ctx context.Context) (err error) {
		refs, err = l.chat.Find(ctx, to, key, since)
		return err
	})
	return refs, f
}

// repeated remembers since when copies of a message may exist.
func (l *link) repeated(key string, h *hunt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.posted[key] = h
}

// repeat is what repeated remembered. After a restart only the post that was confirmed is known; what came shortly before
// it is looked at as well.
func (l *link) repeat(m Message) hunt {
	l.mu.Lock()
	defer l.mu.Unlock()
	if h := l.posted[m.Key]; h != nil {
		return *h
	}
	return hunt{first: m.Posted.Add(-lookBack)}
}
