package chattest

import (
	"bytes"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vmbackup-bot/bot/chat"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// syncBuffer is a log that can be read while it is written.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// peer is a server and a client that is connected to it.
type peer struct {
	*Server
	client *Client
	log    *syncBuffer
	last   string
}

func newPeer(t testing.TB, o Options) *peer {
	s, err := StartServer(o)
	if err != nil {
		t.Fatal(err)
	}
	p := &peer{Server: s, log: &syncBuffer{}}
	p.client = NewClient(ClientOptions{URL: s.URL, Limits: o, Logger: slog.New(slog.NewTextHandler(p.log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	t.Cleanup(func() {
		p.Close()
		p.client.Close()
	})
	return p
}

// harness is the suite's view of the peer.
func (p *peer) harness() Harness {
	return Harness{
		Adapter: p.client, Chat: p.client, Pacer: p.client,
		Place:   chat.Place{Platform: "fake", Channel: "backups"},
		Actor:   chat.Actor{Platform: "fake", User: "U0ALICE", Name: "alice"},
		Secrets: []string{token},
		Log:     p.log.String,
		Send: func(_ testing.TB, r chat.Request, again bool) {
			p.last = p.Send(r)
			if again {
				p.Resend(p.last)
			}
		},
		Seen:     func(testing.TB) []Seen { return p.seen() },
		Privates: func(testing.TB) []Seen { return p.seenPrivately() },
		Forms: func(testing.TB) []string {
			var titles []string
			for _, f := range p.Forms() {
				titles = append(titles, f.Title)
			}
			return titles
		},
		Choices: func(testing.TB) []string {
			choices, _ := p.Outcome(p.last)
			var labels []string
			for _, c := range choices {
				labels = append(labels, c.Label)
			}
			return labels
		},
		Trouble: p.trouble,
	}
}

func (p *peer) seen() []Seen {
	var out []Seen
	for _, m := range p.Messages() {
		if m.Deleted {
			continue
		}
		s := Seen{Ref: m.Ref, Text: m.Now().Text(), Buttons: m.Now().Buttons}
		for _, f := range m.Forms {
			for _, who := range f.Pings() {
				if !slices.Contains(s.Pings, who) {
					s.Pings = append(s.Pings, who)
				}
			}
		}
		out = append(out, s)
	}
	return out
}

func (p *peer) seenPrivately() []Seen {
	var out []Seen
	for _, a := range p.Privates() {
		out = append(out, Seen{Text: a.Shown.Text(), Buttons: a.Shown.Buttons, Pings: a.Shown.Pings(), To: a.To.User})
	}
	return out
}

func (p *peer) trouble(t testing.TB, what Trouble, m chat.MessageRef) {
	next := func(times int, f chat.Fault, stored bool) {
		p.Inject(Rule{Call: chat.CallPost, Times: times, Fault: &f, Stored: stored})
	}
	switch what {
	case TroubleThrottled:
		next(1, chat.Fault{Kind: chat.FaultThrottled, After: 200 * time.Millisecond}, false)
	case TroubleFailing:
		next(1, chat.Fault{Kind: chat.FaultRetry}, false)
	case TroubleLostAnswer:
		next(1, *cutOff(), true)
	case TroubleDeleted:
		p.Remove(m)
	case TroublePlaceGone:
		p.Fake.Close(chat.Place{Platform: "fake", Channel: "backups"})
	case TroubleForbidden:
		next(0, chat.Fault{Kind: chat.FaultForbidden, Need: "membership"}, false)
	case TroubleLink:
		p.Disconnect()
	case TroubleFatal:
		next(0, chat.Fault{Kind: chat.FaultFatal}, false)
	default:
		t.Fatalf("unknown trouble %q", what)
	}
}

func TestConformance(t *testing.T) {
	Run(t, func(t testing.TB) Harness { return newPeer(t, Options{}).harness() })
}

func TestConformanceWithoutThreads(t *testing.T) {
	Run(t, func(t testing.TB) Harness {
		h := newPeer(t, Options{NoThreads: true, SafeRepeat: 500 * time.Millisecond}).harness()
		h.Lacks = map[string]string{string(Threads): "switched off", string(TroubleFatal): "not tried"}
		return h
	})
}
