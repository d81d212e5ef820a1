package console

import (
	"slices"
	"strings"

	"vmbackup-bot/bot/chat"
)

// newest is what "/press" calls the newest message that has the button.
const newest = "last"

// press is "/press REF ACTION [ARG]".
func (c *Console) press(words []string) deed {
	if len(words) < 2 {
		c.remark("Write ", chat.Code("/press REF ACTION"), ", with the REF of a message, or ", chat.Code(newest), ".")
		return nil
	}
	name, action, arg := words[0], words[1], strings.Join(words[2:], " ")
	m, b, ok := c.pressed(name, action, arg)
	switch {
	case ok:
		return c.presses(m, b)
	case name == newest:
		c.remark("No message has a button ", chat.Code(action), ".")
	default:
		c.remark("There is no message ", chat.Code(name), " with a button ", chat.Code(action), ".")
	}
	return nil
}

// presses is the press of a button. The console never asks back, so Confirmed stays false.
func (c *Console) presses(m message, b chat.Button) deed {
	r := c.request(chat.Press)
	r.Action, r.ID, r.Arg, r.On, r.Place = b.Action, b.ID, b.Arg, m.ref, m.ref.Place
	return c.asks(r)
}

// pressed finds the button: of a message that carries it now, else of one that once did, since a press may come late. A
// private message can be pressed by its reader alone.
func (c *Console) pressed(name, action, arg string) (message, chat.Button, bool) {
	all, _, _ := c.board.now()
	who := c.who()
	for _, ever := range []bool{false, true} {
		for _, m := range slices.Backward(all) {
			if m.gone || m.isPrivate() && !m.to.Same(who) || name != newest && name != m.name {
				continue
			}
			if b, ok := m.button(action, arg, ever); ok {
				return m, b, true
			}
		}
	}
	return message{}, chat.Button{}, false
}
