package console

import (
	"context"
	"errors"
	"fmt"
	"io"

	"vmbackup-bot/bot/chat"
)

// plain reads line after line; each is done with before the next one is read. At the end of input it waits for the final
// words.
func (c *Console) plain(ctx context.Context, h chat.Handler) error {
	in := newReader(c.opts.In)
	defer in.close()
	for {
		text, err := in.next(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, io.EOF):
			return c.drain(ctx)
		case errors.Is(err, errLongLine):
			c.remark(fmt.Sprintf("A line may have %d bytes at most; this one was left out.", maxLine))
			continue
		case err != nil:
			return fmt.Errorf("read the console's input: %w", err)
		}
		c.heard()
		if do := c.typed(text); do != nil {
			if err := do(ctx, h); err != nil {
				return err
			}
		}
	}
}
