package console

import (
	"context"
	"strings"
	"unicode"

	"vmbackup-bot/bot/chat"
)

// deed is what one line comes to; nil for nothing that is left to do.
type deed func(ctx context.Context, h chat.Handler) error

// typed is what a line asks for. An empty line and one that begins with "#" ask for nothing.
func (c *Console) typed(text string) deed {
	if c.answering() {
		return c.answered(text)
	}
	// A pipe of Windows PowerShell begins with a byte order mark.
	text = strings.TrimSpace(strings.TrimPrefix(text, "\ufeff"))
	word, rest := text, ""
	if i := strings.IndexFunc(text, unicode.IsSpace); i >= 0 {
		word, rest = text[:i], strings.TrimSpace(text[i:])
	}
	switch {
	case text == "" || strings.HasPrefix(text, "#"):
		return nil
	case word == c.opts.Command:
		r := c.request(chat.Command)
		r.Text = rest
		return c.asks(r)
	case word == "/as":
		c.as(rest)
		return nil
	case word == "/wait":
		return func(ctx context.Context, _ chat.Handler) error { return c.wait(ctx, rest) }
	case word == "/press":
		return c.press(strings.Fields(rest))
	}
	c.remark("A command begins with ", chat.Code(c.opts.Command), ", for example ", chat.Code(c.opts.Command+" help"), ".")
	return nil
}

// asks brings a request to the bot and waits until what came of it can be seen.
func (c *Console) asks(r chat.Request) deed {
	return func(ctx context.Context, h chat.Handler) error {
		c.bring(ctx, h, r)
		return c.settle(ctx)
	}
}

// as changes who types.
func (c *Console) as(name string) {
	if c.opts.Switch == nil {
		c.remark(chat.Code("/as"), " is for the demo; here you are ", c.who(), ".")
		return
	}
	if name == "" {
		c.remark("Write ", chat.Code("/as NAME"), "; now you are ", c.who(), ".")
		return
	}
	a, err := c.opts.Switch(name)
	if err != nil {
		c.remark("You stay ", c.who(), ": ", err, ".")
		return
	}
	c.mu.Lock()
	c.actor = a
	c.mu.Unlock()
	c.remark("You are ", a, " now.")
}
