package console

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
)

// maxLine is the longest line that is read, in bytes: several times what the platforms let people type.
const maxLine = 16 << 10

// errLongLine is why a line is refused.
var errLongLine = errors.New("the line is too long")

// reader reads lines, each only when it is asked for. Its goroutine may stay blocked in a read when everything else is
// over, since nobody can take a read back; it then ends with the input.
type reader struct {
	ask  chan struct{}
	got  chan typedLine
	quit chan struct{}
}

type typedLine struct {
	text string
	err  error
}

func newReader(in io.Reader) *reader {
	r := &reader{ask: make(chan struct{}), got: make(chan typedLine, 1), quit: make(chan struct{})}
	go r.run(bufio.NewReader(in))
	return r
}

func (r *reader) close() { close(r.quit) }

func (r *reader) run(in *bufio.Reader) {
	for {
		select {
		case <-r.ask:
		case <-r.quit:
			return
		}
		text, err := readLine(in)
		r.got <- typedLine{text, err} // there is room: one line is asked for at a time
		if err != nil && !errors.Is(err, errLongLine) {
			return
		}
	}
}

// next is the next line; io.EOF at the end of input.
func (r *reader) next(ctx context.Context) (string, error) {
	select {
	case r.ask <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	select {
	case l := <-r.got:
		return l.text, l.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// readLine reads one line; a last one without an end counts. Of a line that is too long nothing is returned.
func readLine(in *bufio.Reader) (string, error) {
	var b strings.Builder
	long := false
	for {
		part, more, err := in.ReadLine()
		switch {
		case errors.Is(err, io.EOF) && b.Len() > 0:
			return b.String(), nil
		case err != nil:
			return "", err
		}
		if long = long || b.Len()+len(part) > maxLine; !long {
			b.Write(part)
		}
		if more {
			continue
		}
		if long {
			return "", errLongLine
		}
		return strings.TrimPrefix(b.String(), "\ufeff"), nil
	}
}
