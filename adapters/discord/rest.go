package discord

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"vmbackup-bot/adapters/network"
	"vmbackup-bot/bot/chat"
)

// What a request is for, as errors and limits name it.
const (
	actPost     = "post"
	actEdit     = "edit"
	actDelete   = "delete"
	actFind     = "find"
	actThread   = "open thread"
	actUnlock   = "unarchive thread"
	actMember   = "look up member"
	actChannel  = "look up channel"
	actMe       = "look up the bot"
	actInteract = "answer"
	actCommands = "commands"
	actGateway  = "look up the gateway"
)

// pathMe is the bot itself.
const pathMe = "users/@me"

// Waits between the tries to confirm that Discord refuses the token.
const (
	firstDoubt  = time.Second
	secondDoubt = 2 * time.Second
)

// errEmpty is an answer that refuses nothing and holds nothing. It may be anybody's.
var errEmpty = errors.New("an answer without content")

// act says what a request is for, so that its fault can say what was hit and what is missing.
type act struct {
	name string
	// channel is the channel or thread in the request's path; empty for none.
	channel string
	// need is the permission that it takes; guild the guild whose limit it may hit.
	need, guild string
}

// limit is the limit that an act counts against.
func (c act) limit() string {
	if c.channel == "" {
		return c.name
	}
	return c.name + " " + c.channel
}

// call makes one request and decodes its answer into out, where that is not nil. The error is a *chat.Fault; a fatal one
// was confirmed.
//
// Messages go this way and not through the library: it queues all edits and deletes of a channel behind each other,
// sleeps out limits without minding the context, knows no nonce, and makes an error of a message that stands when it
// does not know one of its parts. The deliverer keeps the limits.
func (a *Adapter) call(ctx context.Context, c act, method, path string, in, out any) error {
	err := a.once(ctx, method, path, in, out)
	if err == nil {
		return nil
	}
	return a.confirmFatal(ctx, faultOf(c, err))
}

// once is one request. Its errors are of all kinds.
func (a *Adapter) once(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return &chat.Fault{Kind: chat.FaultBadCard, Err: fmt.Errorf("encoding a request: %w", err)}
		}
		body = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, method, a.o.APIURL+apiVersion+path, body)
	if err != nil {
		return &transportError{err: fmt.Errorf("the address of the API: %w", network.WithoutURL(err))}
	}
	r.Header.Set("Authorization", "Bot "+a.o.Token)
	if in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := a.http.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body) // from memory, by the wire
	if err != nil {
		return &transportError{err: err, sent: true}
	}
	if resp.StatusCode >= http.StatusBadRequest {
		e := readAnswer(resp, text, true)
		e.route = route(method, path)
		return e
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(text, out); err != nil {
		return &transportError{err: fmt.Errorf("%s: an answer that is not Discord's: %w", route(method, path), err), sent: true}
	}
	return nil
}

// confirmFatal lets a fault that ends the link stand only when Discord refuses the token three times more. Other faults
// are returned as they are.
func (a *Adapter) confirmFatal(ctx context.Context, f *chat.Fault) *chat.Fault {
	if f.Kind != chat.FaultFatal {
		return f
	}
	for _, wait := range []time.Duration{0, firstDoubt, secondDoubt} {
		if !pause(ctx, wait) {
			return &chat.Fault{Kind: chat.FaultRetry, Err: fmt.Errorf("refused, not confirmed: %w", f)}
		}
		err := a.once(ctx, http.MethodGet, pathMe, nil, nil)
		if err == nil {
			return &chat.Fault{Kind: chat.FaultRetry, Err: fmt.Errorf("refused once: %w", f)}
		}
		if again := faultOf(act{name: actMe}, err); again.Kind != chat.FaultFatal {
			return &chat.Fault{Kind: chat.FaultRetry, After: again.After, Err: fmt.Errorf("refused, not confirmed: %w", f)}
		}
	}
	return f
}

// pause waits; false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// join makes a path of its parts, none of which can become two.
func join(parts ...string) string {
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return strings.Join(parts, "/")
}
