package discord

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/gorilla/websocket"

	"vmbackup-bot/adapters/network"
)

// callLimit bounds a whole request, its answer's body included; it outlasts a Discord that is slow for a moment, since a
// post whose answer is not awaited has to be looked for.
const (
	callLimit      = 25 * time.Second
	handshakeLimit = 30 * time.Second
)

// newHTTPClient makes the client of all requests, the library's too. There is no Timeout, since it would hide whether the
// request had left; the wire has a limit of its own.
func newHTTPClient(w *wire) *http.Client {
	return &http.Client{Transport: w, CheckRedirect: network.NoRedirect}
}

// openWebsocket opens a link. The library minds the end of ctx only until a connection is there, so a handshake that is not
// answered is cut off here.
func (a *Adapter) openWebsocket(ctx context.Context, address string) (*websocket.Conn, *http.Response, error) {
	over := func() bool { return true }
	d := network.Dialer(a.o.Dial, a.hear, func(c net.Conn) {
		over = context.AfterFunc(ctx, func() { _ = c.Close() }) // it may be closed already
	})
	d.HandshakeTimeout = handshakeLimit
	conn, resp, err := d.DialContext(ctx, address, http.Header{"User-Agent": {agent}})
	over()
	return conn, resp, err
}
