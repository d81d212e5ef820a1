package slacktest

import (
	"bufio"
	"encoding/binary"
	"net"
	"net/http"
	"sync"
)

// frameConn is a link's connection. It counts the WebSocket frames that each message took, which the library does not tell,
// and stops handing over what comes in while the server is silent.
type frameConn struct {
	net.Conn
	hush   func(gone <-chan struct{}) // waits while the server is silent
	once   sync.Once
	closed chan struct{}

	// The rest is used by the reading goroutine alone.
	header []byte // of the frame that is coming in
	skip   uint64 // bytes of its payload still to come
	frames int    // of the message that is coming in
	counts []int  // of whole messages that were not taken yet
}

// Close closes the connection and wakes whoever waits for that.
func (c *frameConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// drop closes the connection of a link that ends either way.
func (c *frameConn) drop() { _ = c.Close() }

// Read reads and counts frames on the way.
func (c *frameConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.scan(p[:n])
		c.hush(c.closed)
	}
	return n, err
}

// scan follows the stream from header to header.
func (c *frameConn) scan(p []byte) {
	for len(p) > 0 {
		if c.skip > 0 {
			n := min(c.skip, uint64(len(p)))
			p, c.skip = p[n:], c.skip-n
			continue
		}
		c.header, p = append(c.header, p[0]), p[1:]
		if size, whole := headerSize(c.header); whole && len(c.header) == size {
			c.count()
			c.header = c.header[:0]
		}
	}
}

// headerSize is the size of a header in bytes; whole is false when too little of it is there to tell.
func headerSize(h []byte) (size int, whole bool) {
	if len(h) < 2 {
		return 0, false
	}
	size = 2
	switch h[1] & 0x7f {
	case 126:
		size += 2
	case 127:
		size += 8
	}
	if h[1]&0x80 != 0 {
		size += 4 // the mask
	}
	return size, true
}

func (c *frameConn) count() {
	h := c.header
	switch n := h[1] & 0x7f; n {
	case 126:
		c.skip = uint64(binary.BigEndian.Uint16(h[2:]))
	case 127:
		c.skip = binary.BigEndian.Uint64(h[2:])
	default:
		c.skip = uint64(n)
	}
	if h[0]&0x08 != 0 {
		return // control frames may stand between the parts of a message
	}
	c.frames++
	if h[0]&0x80 != 0 {
		c.counts, c.frames = append(c.counts, c.frames), 0
	}
}

// taken returns how many frames the message took that was just read.
func (c *frameConn) taken() int {
	if len(c.counts) == 0 {
		return 0
	}
	n := c.counts[0]
	c.counts = c.counts[1:]
	return n
}

// hijacker puts a frameConn around the connection that the WebSocket library takes over.
type hijacker struct {
	http.ResponseWriter
	conn *frameConn
}

// Hijack takes the connection over.
func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := h.ResponseWriter.(http.Hijacker).Hijack()
	if err != nil {
		return nil, nil, err
	}
	h.conn.Conn = conn
	return h.conn, rw, nil
}
