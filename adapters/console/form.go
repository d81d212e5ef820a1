package console

import (
	"strings"

	"vmbackup-bot/bot/chat"
)

// giveUp is the line that leaves a form unsent.
const giveUp = "/cancel"

// openForm is a form whose questions are being answered.
type openForm struct {
	form   chat.Form
	values map[string]string
	// left are the questions that are still open, in their order.
	left []chat.Input
}

// ask opens a form; one that is open already is given up. A form without questions is not one.
func (c *Console) ask(f chat.Form) {
	if len(f.Inputs) == 0 {
		return
	}
	c.remark(f.Title)
	c.open(&openForm{form: f, values: make(map[string]string), left: f.Inputs})
}

func (c *Console) open(f *openForm) {
	c.mu.Lock()
	c.form = f
	c.mu.Unlock()
	c.question(f.left[0])
}

func (c *Console) answering() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.form != nil
}

// question asks for one value.
func (c *Console) question(in chat.Input) {
	t := chat.T(in.Label, "?")
	if in.Hint != "" {
		t = chat.T(t, " ", in.Hint)
	}
	if in.Initial != "" {
		t = chat.T(t, " [", in.Initial, "]")
	} else if in.Optional {
		t = chat.T(t, " (may be left empty)")
	}
	var lines []chat.Text
	for _, ch := range in.Choices {
		if strings.HasPrefix(ch.Label, ch.Value) { // the label says already what to type
			lines = append(lines, chat.T(ch.Label))
			continue
		}
		lines = append(lines, chat.T(ch.Value, ": ", ch.Label))
	}
	c.board.private(c.who(), c.place, chat.Card{Summary: t, Lines: lines})
}

// answered takes a line as the answer to the question that is open; the last one sends the form. An empty line is the
// initial value, and no answer where there is none and one is needed.
func (c *Console) answered(text string) deed {
	if text = strings.TrimSpace(text); text == giveUp {
		c.leave()
		return nil
	}
	c.mu.Lock()
	f := c.form
	in := f.left[0]
	if text == "" {
		text = in.Initial
	}
	if text != "" || in.Optional {
		f.values[in.Name] = text
		f.left = f.left[1:]
	}
	if len(f.left) > 0 {
		c.mu.Unlock()
		c.question(f.left[0])
		return nil
	}
	c.form, c.last = nil, f
	c.mu.Unlock()
	r := c.request(chat.Submit)
	r.Action, r.ID, r.Fields = f.form.Action, f.form.ID, f.values
	return c.asks(r)
}

// leave gives the open form up; nothing of it is sent.
func (c *Console) leave() {
	c.mu.Lock()
	c.form = nil
	c.mu.Unlock()
	c.remark("Left; nothing was sent.")
}

// mend asks the questions again whose answers were refused.
func (c *Console) mend(r chat.Request, invalid map[string]string) {
	c.mu.Lock()
	f := c.last
	c.mu.Unlock()
	if f == nil || f.form.ID != r.ID || f.form.Action != r.Action {
		return
	}
	again := &openForm{form: f.form, values: f.values}
	for _, in := range f.form.Inputs {
		if why, ok := invalid[in.Name]; ok {
			c.remark(in.Label, ": ", why)
			again.left = append(again.left, in)
		}
	}
	if len(again.left) > 0 {
		c.remark(chat.Code(giveUp), " leaves it unsent.")
		c.open(again)
	}
}
