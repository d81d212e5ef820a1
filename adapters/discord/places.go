package discord

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"vmbackup-bot/bot/chat"
)

const (
	// permissionsFor is how long it is believed what the bot may do in a channel. Each interaction there tells it anew.
	permissionsFor = 10 * time.Minute
	// canPostFor is how long it is believed that a channel is there. That it is not is never kept.
	canPostFor = 5 * time.Minute
	// canPostWithin bounds the question: a person is waiting, and not to know is no reason to refuse.
	canPostWithin = 2 * time.Second
	// textFor is how long messages are text in a channel that showed no embed.
	textFor = 10 * time.Minute
	// mostPlaces bounds each memory; one that is full begins anew.
	mostPlaces = 4096
)

// permission is one bit of what may be done in a channel (topics/permissions, bitwise permission flags).
type permission int64

const (
	permAdministrator permission = 1 << 3
	permView          permission = 1 << 10
	permSend          permission = 1 << 11
	permEmbed         permission = 1 << 14
	permHistory       permission = 1 << 16
	permManageThreads permission = 1 << 34
	permThreads       permission = 1 << 35
	permSendInThreads permission = 1 << 38
)

// name is what Discord's settings call a permission.
func (p permission) name() string {
	switch p {
	case permView:
		return "View Channel"
	case permSend:
		return "Send Messages"
	case permEmbed:
		return "Embed Links"
	case permHistory:
		return "Read Message History"
	case permManageThreads:
		return "Manage Threads"
	case permThreads:
		return "Create Public Threads"
	case permSendInThreads:
		return "Send Messages in Threads"
	}
	return "Administrator"
}

// places is what is known of channels and threads, by id.
type places struct {
	further *rate.Limiter // for further pages of looks

	mu    sync.Mutex
	perms map[string]known
	open  map[string]time.Time // channels that are there, and until when that is believed
	text  map[string]time.Time // channels that show no embeds
	shut  time.Time            // Discord asked not to be asked before
}

// known is what the bot may do in a channel, and until when that is believed.
type known struct {
	bits  permission
	until time.Time
}

func newPlaces() *places {
	return &places{
		further: further(),
		perms:   map[string]known{},
		open:    map[string]time.Time{},
		text:    map[string]time.Time{},
	}
}

// remember takes in what an interaction says of the bot's permissions in its channel or thread; zero says nothing.
func (p *places) remember(channel string, bits int64) {
	if channel == "" || bits == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	k := known{permission(bits), time.Now().Add(permissionsFor)}
	put(p.perms, channel, k)
	if k.has(permEmbed) {
		delete(p.text, channel)
	}
}

func (k known) has(want permission) bool { return k.bits&permAdministrator != 0 || k.bits&want != 0 }

// lacks reports whether it is known that the bot does not have a permission in a channel.
func (p *places) lacks(channel string, want permission) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	k, ok := p.perms[channel]
	return ok && time.Now().Before(k.until) && !k.has(want)
}

// told reports whether it is known what the bot may do in a channel.
func (p *places) told(channel string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Now().Before(p.perms[channel].until)
}

// embedless reports whether a channel shows no embeds of the bot's.
func (p *places) embedless(channel string) bool {
	if p.lacks(channel, permEmbed) {
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Now().Before(p.text[channel])
}

// noEmbeds notes that a channel showed no embed, and reports whether that is news.
func (p *places) noEmbeds(channel string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, was := p.text[channel]
	put(p.text, channel, time.Now().Add(textFor))
	return !was
}

// settled reports whether there is no need to ask about a channel.
func (p *places) settled(channel string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return now.Before(p.open[channel]) || now.Before(p.shut)
}

func (p *places) opened(channel string, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	put(p.open, channel, now.Add(canPostFor))
}

func (p *places) wait(until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shut = until
}

func put[V any](m map[string]V, key string, v V) {
	if len(m) >= mostPlaces {
		clear(m)
	}
	m[key] = v
}

// CanPost returns a *chat.Error when it is certain that the bot cannot post in a place and follow it up, fit to be told
// before anything is started. What it may do comes from the newest interaction there. What is not known within two seconds
// is no reason to refuse; known is false then.
func (a *Adapter) CanPost(ctx context.Context, p chat.Place) (known bool, err error) {
	channel := target(p)
	if p.Direct || channel == "" {
		return false, nil
	}
	if missing := a.missing(p); len(missing) > 0 {
		return false, mayNot(missing, nil)
	}
	now := time.Now()
	if a.places.told(channel) || a.places.settled(channel, now) {
		return true, nil
	}
	ctx, cancel := context.WithTimeout(ctx, canPostWithin)
	defer cancel()
	err = a.call(ctx, act{name: actChannel, channel: channel}, http.MethodGet, join("channels", channel), nil, nil)
	switch f := chat.AsFault(err); {
	case f == nil:
		a.places.opened(channel, now)
		return true, nil
	case f.Kind == chat.FaultThrottled:
		a.places.wait(now.Add(f.After))
	case codeOf(err) == codeUnknownChannel:
		return false, &chat.Error{
			Kind: chat.Unavailable,
			Say:  chat.T("Discord knows no such channel any more, so the bot cannot post here. Nothing was started."),
			Hint: chat.T("Ask in another channel."),
			Err:  err,
		}
	case codeOf(err) == codeMissingAccess:
		return false, mayNot([]permission{permView}, err)
	}
	return false, nil
}

// missing are the permissions without which nothing can be posted in a place, as far as they are known to be missing. An
// embed that is not permitted is left out by Discord without a word.
func (a *Adapter) missing(p chat.Place) []permission {
	needs := []permission{permView, permSend, permThreads, permSendInThreads, permEmbed}
	if p.Thread != "" {
		needs = []permission{permView, permSendInThreads, permEmbed}
	}
	var missing []permission
	for _, want := range needs {
		if a.places.lacks(target(p), want) {
			missing = append(missing, want)
		}
	}
	return missing
}

// mayNot says which permissions the bot does not have.
func mayNot(missing []permission, cause error) error {
	names := make([]string, len(missing))
	for i, p := range missing {
		names[i] = p.name()
	}
	what := "the permission "
	if len(names) > 1 {
		what = "the permissions "
	}
	return &chat.Error{
		Kind: chat.Unavailable,
		Say: chat.T("The bot cannot post here: it does not have ", what, chat.Strong(strings.Join(names, ", ")),
			" in this channel. Nothing was started."),
		Hint: chat.T("Have somebody who manages the server give them to the bot's role in the channel's settings, then ask again."),
		Err:  cause,
	}
}
