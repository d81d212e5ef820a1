package console

import "vmbackup-bot/bot/chat"

// Standing is a message as the board holds it.
type Standing struct {
	Name    string
	Ref     chat.MessageRef
	Buttons []chat.Button
	To      string
	Gone    bool
}

// Standing are all messages, for tests: what a button brings back cannot be read in a line.
func (c *Console) Standing() []Standing {
	all, _, _ := c.board.now()
	var out []Standing
	for _, m := range all {
		out = append(out, Standing{Name: m.name, Ref: m.ref, Buttons: m.card.Buttons, To: m.to.User, Gone: m.gone})
	}
	return out
}
