package discord

import (
	"context"
	"errors"
	"net/http"

	"vmbackup-bot/bot/chat"
)

const (
	// maxThreadName is a thread's name (resources/channel, start thread from message).
	maxThreadName = 100
	// archiveAfter is how long a thread is shown after its last message, in minutes: a week, the longest there is (same
	// place). An edit does not count as activity.
	archiveAfter = 10080
)

// namelessThread is what a thread is called whose title has nothing to be seen.
const namelessThread = "…"

// OpenThread is deliver.Chat. A thread below a message has the message's id, so that one which is there already is known.
// Threads have no threads of their own, and direct messages none at all: there the place is the root's.
func (a *Adapter) OpenThread(ctx context.Context, root chat.MessageRef, title string) (chat.Place, error) {
	p := root.Place
	if p.Thread != "" || p.Direct {
		return p, nil
	}
	name := cut(chat.OneLine(title), maxThreadName)
	if !visible(name) {
		name = namelessThread
	}
	in := struct {
		Name    string `json:"name"`
		Archive int    `json:"auto_archive_duration"`
	}{name, archiveAfter}
	var out struct {
		ID string `json:"id"`
	}
	do := act{name: actThread, channel: p.Channel, guild: p.Team, need: permThreads.name()}
	err := a.call(ctx, do, http.MethodPost, join("channels", p.Channel, "messages", root.ID, "threads"), in, &out)
	switch {
	case codeOf(err) == codeThreadExists:
		out.ID = root.ID
	case err != nil:
		return chat.Place{}, err
	case out.ID == "":
		return chat.Place{}, &chat.Fault{Kind: chat.FaultLost, Err: errEmpty}
	}
	p.Thread = out.ID
	return p, nil
}

// awake does something in a thread and, where that is archived, once more after it was opened again. A thread that stays
// shut is locked, and the fault Frozen.
func (a *Adapter) awake(ctx context.Context, p chat.Place, do func() error) error {
	err := do()
	if codeOf(err) != codeArchived || p.Thread == "" {
		return err
	}
	if err := a.unarchive(ctx, p); err != nil {
		return err
	}
	return do()
}

// unarchive opens an archived thread again.
func (a *Adapter) unarchive(ctx context.Context, p chat.Place) error {
	in := struct {
		Archived bool `json:"archived"`
	}{}
	do := act{name: actUnlock, channel: p.Thread, guild: p.Team, need: permManageThreads.name()}
	err := a.call(ctx, do, http.MethodPatch, join("channels", p.Thread), in, nil)
	f, ok := errors.AsType[*chat.Fault](err)
	if ok && (f.Kind == chat.FaultForbidden || codeOf(err) == codeThreadsFull) {
		// New messages may still be possible; a post finds out.
		return &chat.Fault{Kind: chat.FaultFrozen, Need: f.Need, Err: f.Err}
	}
	return err
}
