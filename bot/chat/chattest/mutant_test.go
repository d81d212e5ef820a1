package chattest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/deliver"
)

// broken is a Chat some of whose calls are replaced.
type broken struct {
	*Client
	post   func(context.Context, chat.Place, chat.Card) (chat.MessageRef, error)
	edit   func(context.Context, chat.MessageRef, chat.Card) error
	find   func(context.Context, chat.Place, string, time.Time) ([]chat.MessageRef, error)
	thread func(context.Context, chat.MessageRef, string) (chat.Place, error)
}

func (b *broken) Post(ctx context.Context, to chat.Place, c chat.Card) (chat.MessageRef, error) {
	if b.post != nil {
		return b.post(ctx, to, c)
	}
	return b.Client.Post(ctx, to, c)
}

func (b *broken) Edit(ctx context.Context, m chat.MessageRef, c chat.Card) error {
	if b.edit != nil {
		return b.edit(ctx, m, c)
	}
	return b.Client.Edit(ctx, m, c)
}

func (b *broken) Find(ctx context.Context, to chat.Place, key string, since time.Time) ([]chat.MessageRef, error) {
	if b.find != nil {
		return b.find(ctx, to, key, since)
	}
	return b.Client.Find(ctx, to, key, since)
}

func (b *broken) OpenThread(ctx context.Context, m chat.MessageRef, title string) (chat.Place, error) {
	if b.thread != nil {
		return b.thread(ctx, m, title)
	}
	return b.Client.OpenThread(ctx, m, title)
}

var _ deliver.Chat = (*broken)(nil)

// faulty reports every fault as another one.
func faulty(b *broken, as func(*chat.Fault) error) {
	b.post = func(ctx context.Context, to chat.Place, c chat.Card) (chat.MessageRef, error) {
		ref, err := b.Client.Post(ctx, to, c)
		if f := chat.AsFault(err); f != nil {
			return ref, as(f)
		}
		return ref, nil
	}
	b.edit = func(ctx context.Context, m chat.MessageRef, c chat.Card) error {
		if f := chat.AsFault(b.Client.Edit(ctx, m, c)); f != nil {
			return as(f)
		}
		return nil
	}
}

// adapter is an Adapter whose handler is tampered with.
type adapter struct {
	*Client
	tamper func(chat.Handler) chat.Handler
}

func (a *adapter) Run(ctx context.Context, h chat.Handler) error {
	return a.Client.Run(ctx, a.tamper(h))
}

// twisted is a Handler some of whose parts are replaced.
type twisted struct {
	chat.Handler
	claim  func(context.Context, chat.Request) (chat.Ack, map[string]string, error)
	handle func(context.Context, chat.Request, chat.Answer)
}

func (w twisted) Claim(ctx context.Context, r chat.Request) (chat.Ack, map[string]string, error) {
	if w.claim != nil {
		return w.claim(ctx, r)
	}
	return w.Handler.Claim(ctx, r)
}

func (w twisted) Handle(ctx context.Context, r chat.Request, a chat.Answer) {
	if w.handle != nil {
		w.handle(ctx, r, a)
		return
	}
	w.Handler.Handle(ctx, r, a)
}

// aloud answers in public what should be private.
type aloud struct {
	chat.Answer
	say func(chat.Card)
}

func (a aloud) Private(_ context.Context, c chat.Card) error {
	a.say(c)
	return nil
}

func same(s string) string { return s }

// mutants are adapters that get one thing wrong, and the case that has to notice.
func mutants() []struct {
	name, noticed string
	spoil         func(p *peer, h *Harness, b *broken)
} {
	type spoil = func(p *peer, h *Harness, b *broken)
	render := func(r renderer) spoil { return func(p *peer, _ *Harness, _ *broken) { p.client.render = r.render } }
	tamper := func(f func(h *Harness, in chat.Handler) chat.Handler) spoil {
		return func(p *peer, h *Harness, _ *broken) {
			h.Adapter = &adapter{p.client, func(in chat.Handler) chat.Handler { return f(h, in) }}
		}
	}
	fault := func(as func(*chat.Fault) error) spoil { return func(_ *peer, _ *Harness, b *broken) { faulty(b, as) } }
	kind := func(k chat.FaultKind) spoil {
		return fault(func(f *chat.Fault) error { return &chat.Fault{Kind: k, After: f.After, Need: f.Need} })
	}
	return []struct {
		name, noticed string
		spoil         spoil
	}{
		{"does not escape", "hostile name/everyone in Slack", render(renderer{chat.Cut, chat.OneLine, same})},
		{"does not escape edits", "hostile names in an edit", render(renderer{chat.Cut, chat.OneLine, same})},
		{"does not escape private answers", "hostile names in a private answer", render(renderer{chat.Cut, chat.OneLine, same})},
		{"escapes twice", "hostile name/entities", render(renderer{chat.Cut, chat.OneLine, func(s string) string { return escapeRaw(escapeRaw(s)) }})},
		{"does not cut", "over-long text", render(renderer{func(s string, _ int) string { return s }, chat.OneLine, escapeRaw})},
		{"cuts within a character", "hostile name/300 characters", render(renderer{func(s string, n int) string { return s[:min(len(s), n)] + "\xc3" }, same, escapeRaw})},
		{"lets names break lines", "hostile name/a line break", render(renderer{chat.Cut, same, escapeRaw})},
		{"lets names turn the text", "hostile name/right to left", render(renderer{chat.Cut, func(s string) string { return strings.Join(strings.Fields(s), " ") }, escapeRaw})},
		{"cuts after escaping, to nothing", "hostile name/a link", render(renderer{func(s string, _ int) string { return chat.Cut(s, 6) }, chat.OneLine, escapeRaw})},
		{"keeps its buttons", "buttons on and off", func(p *peer, _ *Harness, _ *broken) {
			var had []chat.Button
			p.client.render = func(c chat.Card) Shown {
				if len(c.Buttons) > 0 {
					had = c.Buttons
				}
				c.Buttons = had
				return Render(c)
			}
		}},
		{"posts instead of editing", "edit", func(_ *peer, _ *Harness, b *broken) {
			b.edit = func(ctx context.Context, m chat.MessageRef, c chat.Card) error {
				_, err := b.Client.Post(ctx, m.Place, c)
				return err
			}
		}},
		{"opens a new thread each time", "thread", func(_ *peer, _ *Harness, b *broken) {
			b.thread = func(ctx context.Context, m chat.MessageRef, _ string) (chat.Place, error) { return m.Place, nil }
		}},
		{"finds everything", "find", func(p *peer, _ *Harness, b *broken) {
			b.find = func(context.Context, chat.Place, string, time.Time) (refs []chat.MessageRef, err error) {
				for _, m := range p.Messages() {
					refs = append(refs, m.Ref)
				}
				return refs, nil
			}
		}},
		{"finds nothing", "lost answer", func(_ *peer, _ *Harness, b *broken) {
			b.find = func(context.Context, chat.Place, string, time.Time) ([]chat.MessageRef, error) { return nil, nil }
		}},
		{"takes a lost answer for none", "lost answer", kind(chat.FaultRetry)},
		{"drops what was throttled", "throttled", kind(chat.FaultPlaceGone)},
		{"does not say for how long", "throttled", fault(func(f *chat.Fault) error { return &chat.Fault{Kind: f.Kind} })},
		{"does not know that a message is gone", "lost message", kind(chat.FaultRetry)},
		{"does not know that a place is gone", "place gone", kind(chat.FaultRetry)},
		{"does not say what is needed", "forbidden", fault(func(f *chat.Fault) error { return &chat.Fault{Kind: f.Kind} })},
		{"does not return faults", "failing", fault(func(f *chat.Fault) error { return errors.New(f.Error()) })},
		{"prints its URL", "secret not leaked when cut off", func(p *peer, _ *Harness, b *broken) {
			faulty(b, func(f *chat.Fault) error {
				return &chat.Fault{Kind: f.Kind, Err: fmt.Errorf("POST %s: %w", p.URL, f)}
			})
		}},
		{"logs its URL", "secret not leaked", func(p *peer, _ *Harness, b *broken) {
			b.edit = func(ctx context.Context, m chat.MessageRef, c chat.Card) error {
				p.client.log.Debug("edit", "url", p.URL)
				return b.Client.Edit(ctx, m, c)
			}
		}},
		{"mentions everybody that it names", "mention", func(p *peer, _ *Harness, _ *broken) {
			p.client.render = func(c chat.Card) Shown {
				s := Render(c)
				s.Raw += "<@U0OTHER>"
				return s
			}
		}},
		{"handles repeats", "duplicate delivery", tamper(func(_ *Harness, in chat.Handler) chat.Handler {
			return twisted{Handler: in, claim: func(ctx context.Context, r chat.Request) (chat.Ack, map[string]string, error) {
				_, _, err := in.Claim(ctx, r)
				return chat.AckHandle, nil, err
			}}
		})},
		{"handles what was not claimed", "claim refused", tamper(func(_ *Harness, in chat.Handler) chat.Handler {
			return twisted{Handler: in, claim: func(context.Context, chat.Request) (chat.Ack, map[string]string, error) {
				return chat.AckHandle, nil, nil
			}}
		})},
		{"says private things aloud", "private answer", tamper(func(h *Harness, in chat.Handler) chat.Handler {
			return twisted{Handler: in, handle: func(ctx context.Context, r chat.Request, a chat.Answer) {
				in.Handle(ctx, r, aloud{a, func(c chat.Card) { _, _ = h.Chat.Post(ctx, h.Place, c) }})
			}}
		})},
		{"forgets what was pressed", "press", tamper(func(_ *Harness, in chat.Handler) chat.Handler {
			return twisted{Handler: in, handle: func(ctx context.Context, r chat.Request, a chat.Answer) {
				r.On = chat.MessageRef{}
				in.Handle(ctx, r, a)
			}}
		})},
		{"handles one at a time", "slow handling", tamper(func(_ *Harness, in chat.Handler) chat.Handler {
			var one sync.Mutex
			return twisted{Handler: in, handle: func(ctx context.Context, r chat.Request, a chat.Answer) {
				one.Lock()
				defer one.Unlock()
				in.Handle(ctx, r, a)
			}}
		})},
		{"does not come back", "reconnect", func(p *peer, h *Harness, _ *broken) {
			h.Trouble = func(testing.TB, Trouble, chat.MessageRef) { p.Close() }
		}},
	}
}

// TestSuiteNoticesMutants proves that the suite can fail, and at what.
func TestSuiteNoticesMutants(t *testing.T) {
	for _, m := range mutants() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			i := slices.IndexFunc(suite(), func(c suiteCase) bool { return c.name == m.noticed })
			if i < 0 {
				t.Fatalf("no case %q", m.noticed)
			}
			v := judge(t, suite()[i], func(t testing.TB) Harness {
				p := newPeer(t, Options{})
				h := p.harness()
				h.Patience = 1500 * time.Millisecond
				b := &broken{Client: p.client}
				h.Chat = b
				m.spoil(p, &h, b)
				return h
			})
			if !v.failed {
				t.Errorf("the case %q did not notice", m.noticed)
			}
			t.Logf("noticed: %.200q", slices.Concat(v.why, []string{""})[0])
		})
	}
}

// TestSuiteSkipsWithAReason proves that what a platform lacks is skipped.
func TestSuiteSkipsWithAReason(t *testing.T) {
	for _, c := range suite() {
		if len(c.needs)+len(c.troubles) == 0 {
			continue
		}
		lacks := map[string]string{}
		for _, a := range c.needs {
			lacks[string(a)] = "not there"
		}
		for _, w := range c.troubles {
			lacks[string(w)] = "cannot be made"
		}
		if v := judge(t, c, func(testing.TB) Harness { return Harness{Lacks: lacks} }); !v.skipped || v.failed {
			t.Errorf("%s was not skipped", c.name)
		}
	}
}
