package discord

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"vmbackup-bot/adapters/intake"
	"vmbackup-bot/adapters/payload"
	"vmbackup-bot/bot/chat"
)

// desk takes interactions in. It belongs to one Run and outlives the sessions in it.
type desk struct {
	*intake.Desk
	a *Adapter

	mu    sync.Mutex
	taken map[string]*taking // by interaction
}

// taking is the first answer to one interaction. Discord takes one, and a session that is resumed may bring an interaction
// again: a second answer of ours would be taken for that of another process.
type taking struct {
	once sync.Once
	err  error
}

func (a *Adapter) newDesk(ctx context.Context, h chat.Handler) *desk {
	return &desk{Desk: intake.New(ctx, h, a.log), a: a, taken: map[string]*taking{}}
}

// take hands an interaction to a goroutine of its own, and returns at once. One that cannot be taken is not answered, so
// that Discord tells the person.
func (d *desk) take(event json.RawMessage) {
	at := time.Now()
	d.Take(func(ctx context.Context) {
		n, err := payload.Read(event)
		if err != nil {
			d.a.log.Warn("an interaction could not be read", "error", err)
			return
		}
		r, w, ok := d.a.decode(n, at)
		if !ok {
			return
		}
		answer := &answer{a: d.a, r: r, to: w, taking: d.first(w.id)}
		d.Serve(ctx, r, answer)
		answer.finish(ctx)
	})
}

// first is the first answer to an interaction, given or not.
func (d *desk) first(id string) *taking {
	d.mu.Lock()
	defer d.mu.Unlock()
	t, ok := d.taken[id]
	if !ok {
		t = &taking{}
		put(d.taken, id, t)
	}
	return t
}
