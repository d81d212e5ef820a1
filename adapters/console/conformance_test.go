package console_test

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"vmbackup-bot/adapters/console"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/chat/chattest"
)

// lacks is what a console has not got.
var lacks = map[string]string{
	string(chattest.Repeats):           "a line is read once",
	string(chattest.Concurrent):        "each line is done with before the next one is read",
	string(chattest.Completion):        "nothing is completed on a pipe",
	string(chattest.TroubleThrottled):  "a console has no limits",
	string(chattest.TroubleFailing):    "a message stands, or the console ends",
	string(chattest.TroubleLostAnswer): "no answer travels",
	string(chattest.TroublePlaceGone):  "the one channel is always there",
	string(chattest.TroubleForbidden):  "there are no permissions",
	string(chattest.TroubleLink):       "input that ends does not come back",
	string(chattest.TroubleFatal):      "there are no credentials",
}

func TestConformance(t *testing.T) {
	chattest.Run(t, func(t testing.TB) chattest.Harness {
		in, pipe := io.Pipe()
		p := &peer{in: pipe, out: &buffer{}}
		log := &buffer{}
		p.Console = console.New(console.Options{
			In: in, Out: p.out, Actor: alice, Channel: "#backups", Command: "/vmbackup", Zone: time.UTC,
			Logger: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		})
		t.Cleanup(func() { _ = pipe.Close() })
		return chattest.Harness{
			Adapter: p, Chat: p, Pacer: p, Place: place, Actor: alice, Lacks: lacks, Log: log.String,
			Send:     p.send,
			Seen:     func(testing.TB) []chattest.Seen { return p.shown(false) },
			Privates: func(testing.TB) []chattest.Seen { return p.shown(true) },
			Forms: func(testing.TB) []string {
				var titles []string
				for _, s := range p.shown(true) {
					titles = append(titles, s.Text)
				}
				return titles
			},
			Trouble: func(t testing.TB, what chattest.Trouble, m chat.MessageRef) {
				if what != chattest.TroubleDeleted {
					t.Fatalf("no trouble %q", what)
				}
				if err := p.Delete(context.Background(), m); err != nil {
					t.Errorf("delete: %v", err)
				}
			},
		}
	})
}

// peer is a console and whoever types and reads there.
type peer struct {
	*console.Console
	in  io.Writer
	out *buffer
}

func (p *peer) send(t testing.TB, r chat.Request, _ bool) {
	var lines []string
	switch r.Kind {
	case chat.Command:
		lines = []string{"/vmbackup " + r.Text}
	case chat.Press:
		name, _, _ := strings.Cut(r.On.ID, "-")
		lines = []string{"/press " + name + " " + r.Action + " " + r.Arg}
	case chat.Submit:
		lines = []string{r.Fields["note"]}
	default:
		t.Fatalf("nobody can type %+v", r)
	}
	for _, l := range lines {
		if _, err := io.WriteString(p.in, l+"\n"); err != nil {
			t.Errorf("type: %v", err)
		}
	}
}

// shown are the messages as somebody reads them who follows the lines.
func (p *peer) shown(private bool) []chattest.Seen {
	texts, pings := make(map[string]string), make(map[string][]string)
	for _, l := range p.out.lines() {
		part := strings.SplitN(l, " ", 4)
		name, text := part[0], strings.ReplaceAll(part[3], `\n`, "\n")
		texts[name] = text
		if who, ok := strings.CutPrefix(text, "@"); ok {
			who, _, _ = strings.Cut(who, " ")
			pings[name] = append(pings[name], who)
		}
	}
	var out []chattest.Seen
	for _, s := range p.Standing() {
		if s.Gone || (s.To != "") != private || texts[s.Name] == "" {
			continue
		}
		out = append(out, chattest.Seen{Ref: s.Ref, Text: texts[s.Name], Buttons: s.Buttons, Pings: pings[s.Name], To: s.To})
	}
	return out
}
