package chattest

import (
	"errors"
	"time"

	"vmbackup-bot/bot/chat"
)

// The paths below the server's URL.
const (
	pathPost    = "/post"
	pathEdit    = "/edit"
	pathFind    = "/find"
	pathDelete  = "/delete"
	pathThread  = "/thread"
	pathNext    = "/next"
	pathAck     = "/ack"
	pathPrivate = "/private"
	pathForm    = "/form"
)

// wireCall is the body of every call to the server; each takes what it needs.
type wireCall struct {
	To    chat.Place      `json:"to,omitzero"`
	Ref   chat.MessageRef `json:"ref,omitzero"`
	Shown Shown           `json:"shown,omitzero"`
	Key   string          `json:"key,omitempty"`
	Since time.Time       `json:"since,omitzero"`
	Title string          `json:"title,omitempty"`
	// Session is one run of a client; Delivery what is acknowledged or answered.
	Session  string            `json:"session,omitempty"`
	Delivery string            `json:"delivery,omitempty"`
	Choices  []chat.Choice     `json:"choices,omitempty"`
	Invalid  map[string]string `json:"invalid,omitempty"`
	Form     *chat.Form        `json:"form,omitempty"`
}

// wireAnswer is the body of every answer.
type wireAnswer struct {
	Ref     chat.MessageRef   `json:"ref,omitzero"`
	Refs    []chat.MessageRef `json:"refs,omitempty"`
	Place   chat.Place        `json:"place,omitzero"`
	Fault   *wireFault        `json:"fault,omitempty"`
	Pending *wireRequest      `json:"pending,omitempty"`
}

// wireRequest is a request on its way to the bot.
type wireRequest struct {
	ID      string       `json:"id"`
	Request chat.Request `json:"request"`
}

type wireFault struct {
	Kind   chat.FaultKind `json:"kind"`
	After  time.Duration  `json:"after,omitempty"`
	Budget string         `json:"budget,omitempty"`
	Need   string         `json:"need,omitempty"`
	Text   string         `json:"text,omitempty"`
}

func toWire(err error) *wireFault {
	f := chat.AsFault(err)
	if f == nil {
		return nil
	}
	w := &wireFault{Kind: f.Kind, After: f.After, Budget: f.Budget, Need: f.Need}
	if f.Err != nil {
		w.Text = f.Err.Error()
	}
	return w
}

func (w *wireFault) fault() error {
	if w == nil {
		return nil
	}
	f := &chat.Fault{Kind: w.Kind, After: w.After, Budget: w.Budget, Need: w.Need}
	if w.Text != "" {
		f.Err = errors.New(w.Text)
	}
	return f
}
