package chattest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/deliver"
)

// callTime bounds one call to the server.
const callTime = 15 * time.Second

// ClientOptions are what a Client needs; only URL is required.
type ClientOptions struct {
	// URL is the server's.
	URL string
	// Limits are what the client tells deliver of the platform's; see Options. The server counts by its own.
	Limits Options
	// Logger is nil for none.
	Logger *slog.Logger
}

// Client is the adapter of the fake platform: chat.Adapter, deliver.Chat and deliver.Pacer.
type Client struct {
	url    string
	pacer  *Fake // only for its limits
	log    *slog.Logger
	http   *http.Client
	render func(chat.Card) Shown
	link   linkState
}

var (
	_ chat.Adapter  = (*Client)(nil)
	_ deliver.Chat  = (*Client)(nil)
	_ deliver.Pacer = (*Client)(nil)
)

// NewClient makes a client. It connects in Run; Close frees its connections.
func NewClient(o ClientOptions) *Client {
	log := o.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	c := &Client{
		url:    o.URL,
		pacer:  NewFake(o.Limits),
		log:    log,
		http:   &http.Client{Transport: &http.Transport{}},
		render: Render,
	}
	c.link.set(chat.Health{State: "connecting", Detail: "not connected yet"})
	return c
}

// Close frees the client's idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Post is deliver.Chat.
func (c *Client) Post(ctx context.Context, to chat.Place, card chat.Card) (chat.MessageRef, error) {
	a, err := c.call(ctx, pathPost, wireCall{To: to, Shown: c.render(card)})
	return a.Ref, err
}

// Edit is deliver.Chat.
func (c *Client) Edit(ctx context.Context, m chat.MessageRef, card chat.Card) error {
	_, err := c.call(ctx, pathEdit, wireCall{Ref: m, Shown: c.render(card)})
	return err
}

// Find is deliver.Chat.
func (c *Client) Find(ctx context.Context, to chat.Place, key string, since time.Time) ([]chat.MessageRef, error) {
	a, err := c.call(ctx, pathFind, wireCall{To: to, Key: key, Since: since})
	return a.Refs, err
}

// Delete is deliver.Chat.
func (c *Client) Delete(ctx context.Context, m chat.MessageRef) error {
	_, err := c.call(ctx, pathDelete, wireCall{Ref: m})
	return err
}

// OpenThread is deliver.Chat.
func (c *Client) OpenThread(ctx context.Context, root chat.MessageRef, title string) (chat.Place, error) {
	a, err := c.call(ctx, pathThread, wireCall{Ref: root, Title: title})
	return a.Place, err
}

// Budgets is deliver.Pacer.
func (c *Client) Budgets(call chat.Call, to chat.Place, age time.Duration) []chat.Budget {
	return c.pacer.Budgets(call, to, age)
}

// SafeRepeat is deliver.Pacer.
func (c *Client) SafeRepeat() time.Duration { return c.pacer.SafeRepeat() }

// call makes one call; its error is a *chat.Fault.
func (c *Client) call(ctx context.Context, path string, body wireCall) (wireAnswer, error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	b, err := json.Marshal(body)
	if err != nil {
		return wireAnswer{}, &chat.Fault{Kind: chat.FaultBadCard, Err: err}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+path, bytes.NewReader(b))
	if err != nil {
		return wireAnswer{}, &chat.Fault{Kind: chat.FaultFatal, Err: errors.New("the server's URL is not valid")}
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return wireAnswer{}, transportFault(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return wireAnswer{}, &chat.Fault{Kind: chat.FaultFatal, Err: fmt.Errorf("HTTP %d", resp.StatusCode)}
	}
	var a wireAnswer
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxBody)).Decode(&a); err != nil {
		return wireAnswer{}, &chat.Fault{Kind: chat.FaultLost, Err: err}
	}
	return a, a.Fault.fault()
}

// transportFault says what a failed exchange means. The URL, and the secret in it, stays out.
func transportFault(err error) *chat.Fault {
	kind := chat.FaultLost
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		kind = chat.FaultRetry // no byte left
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return &chat.Fault{Kind: kind, Err: err}
}
