package console

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"vmbackup-bot/bot/chat"
)

// maxForms is how many replaced forms of a message are kept for "/wait", the newest ones. A card changes every other
// second at most, and a wait looks after each change; it is behind by a few at the very most.
const maxForms = 64

// message is one message as it stands now.
type message struct {
	// name is what people call it: m3, or p3 where only one person sees it.
	name string
	ref  chat.MessageRef
	card chat.Card
	// text is what it shows, lines separated by "\n".
	text   string
	posted time.Time
	// to is who alone sees it; zero for everybody.
	to   chat.Actor
	gone bool
	// known are all buttons that it ever carried, each in its last form: somebody may press one that has just gone.
	known []chat.Button
	// forms are its newest forms, the present one last.
	forms []form
}

// form is what a message showed from one change of the board on.
type form struct {
	change int
	text   string
}

func (m *message) isPrivate() bool { return !m.to.IsZero() }

// button is the button of an action that m carries, or ever carried; an empty arg takes the first that there is.
func (m *message) button(action, arg string, ever bool) (chat.Button, bool) {
	all := m.card.Buttons
	if ever {
		all = m.known
	}
	i := slices.IndexFunc(all, func(b chat.Button) bool { return b.Action == action && (arg == "" || b.Arg == arg) })
	if i < 0 {
		return chat.Button{}, false
	}
	return all[i], true
}

// remember keeps the buttons.
func (m *message) remember() {
	for _, n := range m.card.Buttons {
		i := slices.IndexFunc(m.known, func(k chat.Button) bool { return k.Action == n.Action && k.Arg == n.Arg })
		if i < 0 {
			m.known = append(m.known, n)
			continue
		}
		m.known[i] = n
	}
}

// board holds all messages of this process.
type board struct {
	place chat.Place
	nonce string
	// command is what begins a command.
	command string
	zone    *time.Location
	// write takes one line of the plain form; nil where nothing is written.
	write func(line string) error

	mu              sync.Mutex
	messages        []*message // in the order of posting
	posts, privates int
	changes         int
	news            chan struct{} // closed at the next change
	broken          func(error)
}

func newBoard(place chat.Place, nonce, command string, zone *time.Location) *board {
	return &board{place: place, nonce: nonce, command: command, zone: zone, news: make(chan struct{})}
}

// onBroken sets what is told when the output cannot be written.
func (b *board) onBroken(f func(error)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.broken = f
}

// now are all messages as they stand, how many changes that took, and a channel that is closed at the next one.
func (b *board) now() ([]message, int, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make([]message, 0, len(b.messages))
	for _, m := range b.messages {
		c := *m
		c.known, c.forms = slices.Clone(m.known), slices.Clone(m.forms)
		all = append(all, c)
	}
	return all, b.changes, b.news
}

// post adds a message.
func (b *board) post(to chat.Place, c chat.Card) (chat.MessageRef, error) {
	c = spelled(c, b.command)
	text := render(c, b.zone)
	b.mu.Lock()
	defer b.mu.Unlock()
	if to.Platform != b.place.Platform || to.Channel != b.place.Channel {
		return chat.MessageRef{}, &chat.Fault{Kind: chat.FaultPlaceGone, Err: fmt.Errorf("the console has no place %s", to)}
	}
	if to.Thread != "" && b.find(to.Thread) == nil {
		return chat.MessageRef{}, &chat.Fault{Kind: chat.FaultMessageGone, Err: fmt.Errorf("no thread %s", to.Thread)}
	}
	b.posts++
	m := &message{name: fmt.Sprintf("m%d", b.posts), card: c, text: text, posted: time.Now()}
	m.ref = chat.MessageRef{Place: to, ID: m.name + "-" + b.nonce}
	b.messages = append(b.messages, m)
	return m.ref, b.tell(m, "new")
}

// edit replaces a message. A form that looks like the one before is not written again.
func (b *board) edit(ref chat.MessageRef, c chat.Card) error {
	c = spelled(c, b.command)
	text := render(c, b.zone)
	b.mu.Lock()
	defer b.mu.Unlock()
	m := b.find(ref.ID)
	if m == nil || m.ref.Channel != ref.Channel {
		return gone(ref)
	}
	same := m.text == text
	m.card, m.text = c, text
	if same {
		m.remember()
		return nil
	}
	return b.tell(m, "edit")
}

// private shows a card to one person.
func (b *board) private(to chat.Actor, at chat.Place, c chat.Card) {
	c = spelled(c, b.command)
	text := render(c, b.zone)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.privates++
	m := &message{name: fmt.Sprintf("p%d", b.privates), card: c, text: text, posted: time.Now(), to: to}
	m.ref = chat.MessageRef{Place: at, ID: m.name}
	b.messages = append(b.messages, m)
	_ = b.tell(m, "private") // best effort; a broken output has been told
}

// remove takes a message away.
func (b *board) remove(ref chat.MessageRef) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := b.find(ref.ID)
	if m == nil {
		return gone(ref)
	}
	m.gone, m.text, m.card.Buttons = true, "(deleted)", nil
	return b.tell(m, "edit")
}

// standing are the references of the messages with a key in a place, oldest first.
func (b *board) standing(to chat.Place, key string, since time.Time) []chat.MessageRef {
	b.mu.Lock()
	defer b.mu.Unlock()
	var refs []chat.MessageRef
	for _, m := range b.messages {
		if !m.gone && !m.isPrivate() && m.card.Key == key && m.ref.Place == to && !m.posted.Before(since) {
			refs = append(refs, m.ref)
		}
	}
	return refs
}

// thread is the thread below a message.
func (b *board) thread(root chat.MessageRef) (chat.Place, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := b.find(root.ID)
	if m == nil {
		return chat.Place{}, gone(root)
	}
	p := m.ref.Place
	if p.Thread == "" { // threads have no threads
		p.Thread = m.ref.ID
	}
	return p, nil
}

// find is a public message that stands. The caller holds the lock.
func (b *board) find(id string) *message {
	for _, m := range b.messages {
		if m.ref.ID == id && !m.gone && !m.isPrivate() {
			return m
		}
	}
	return nil
}

// tell writes what has changed and wakes whoever waits for it. The caller holds the lock: lines stand in the order of
// what happened.
func (b *board) tell(m *message, what string) error {
	m.remember()
	b.changes++
	m.forms = append(m.forms, form{b.changes, m.text})
	m.forms = m.forms[max(0, len(m.forms)-maxForms):]
	close(b.news)
	b.news = make(chan struct{})
	if b.write == nil {
		return nil
	}
	line := m.name + " " + what + " " + placeName(m.ref.Place) + " " + strings.ReplaceAll(m.text, "\n", `\n`) + "\n"
	if err := b.write(line); err != nil {
		if b.broken != nil {
			b.broken(err)
		}
		return &chat.Fault{Kind: chat.FaultFatal, Err: fmt.Errorf("%w: %w", errBroken, err)}
	}
	return nil
}

// placeName is a place as people see it: a thread by its root's name.
func placeName(p chat.Place) string {
	if p.Thread == "" {
		return p.Channel
	}
	name, _, _ := strings.Cut(p.Thread, "-")
	return p.Channel + "/" + name
}

func gone(ref chat.MessageRef) error {
	return &chat.Fault{Kind: chat.FaultMessageGone, Err: fmt.Errorf("no message %s", ref.ID)}
}
