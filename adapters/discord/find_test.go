package discord

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"vmbackup-bot/adapters/discord/discordtest"
	"vmbackup-bot/bot/chat"
)

func TestFind(t *testing.T) {
	a, s, _ := online(t, discordtest.Options{Unlimited: true})
	since := time.Now().Add(-time.Minute)
	ref := mustPost(t, a, where(), note("op1.root", "Backup of web01"))
	s.Say(discordtest.Backups, discordtest.Bob, "-# op1.root") // anybody can write a key
	plain := note("op2.root", "Backup of web02")
	plain.Plain = true
	second := mustPost(t, a, where(), plain)
	for _, c := range []struct {
		key   string
		since time.Time
		want  []chat.MessageRef
	}{
		{"op1.root", since, []chat.MessageRef{ref}},
		{"op1.root", time.Time{}, []chat.MessageRef{ref}},
		{"op2.root", since, []chat.MessageRef{second}},
		{"op3.root", since, []chat.MessageRef{}},
		{"op1.root", time.Now().Add(time.Hour), []chat.MessageRef{}},
	} {
		got, err := a.Find(t.Context(), where(), c.key, c.since)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, %v; want %v", c.key, got, err, c.want)
		}
	}
	if n := s.Calls("GET /users/@me"); n != 1 {
		t.Errorf("asked %d times who the bot is", n)
	}
}

func TestFindOnFurtherPages(t *testing.T) {
	a, s, _ := online(t, discordtest.Options{Unlimited: true})
	a.met(discordtest.BotUser)
	first := mustPost(t, a, where(), note("op1.root", "Backup of web01"))
	for i := range pageSize + 20 {
		s.Say(discordtest.Backups, discordtest.Bob, fmt.Sprintf("chatter %d", i))
	}
	a.copies.gone("op1.root") // so that a twin comes to be
	twin := mustPost(t, a, where(), note("op1.root", "Backup of web01"))
	got, err := a.Find(t.Context(), where(), "op1.root", time.Now().Add(-time.Minute))
	if err != nil || !slices.Equal(got, []chat.MessageRef{first, twin}) {
		t.Errorf("%v, %v", got, err)
	}
	if n := s.Calls("GET /channels/{channel}/messages"); n != 2 {
		t.Errorf("%d pages", n)
	}
}

func TestFindInAThread(t *testing.T) {
	a, _, _ := online(t, discordtest.Options{Unlimited: true})
	_, p := mustThread(t, a)
	ref := mustPost(t, a, p, note("op1.card", "Card"))
	got, err := a.Find(t.Context(), p, "op1.card", time.Now().Add(-time.Minute))
	if err != nil || !slices.Equal(got, []chat.MessageRef{ref}) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestFindWithoutHistory(t *testing.T) {
	a, s, _ := online(t, discordtest.Options{Unlimited: true})
	mustPost(t, a, where(), note("op1.root", "Backup of web01"))
	rights := discordtest.AllPermissions &^ discordtest.Administrator &^ discordtest.ReadMessageHistory
	s.SetPermissions(discordtest.Backups, rights)
	a.places.remember(discordtest.Backups, int64(rights))
	_, err := a.Find(t.Context(), where(), "op1.root", time.Now().Add(-time.Minute))
	if f := is(t, err, chat.FaultForbidden); f.Need != "Read Message History" {
		t.Errorf("needs %q", f.Need)
	}
}

func TestFindFaults(t *testing.T) {
	a, s, _ := online(t, discordtest.Options{Unlimited: true})
	look := func() error {
		_, err := a.Find(t.Context(), where(), "op1.root", time.Now())
		return err
	}
	s.Inject(discordtest.Rule{Path: "/users/@me", Times: 1, Status: 500})
	is(t, look(), chat.FaultLost)
	s.Inject(discordtest.Rule{Path: "/messages", Times: 1, Garbage: true})
	is(t, look(), chat.FaultLost)
	s.RemoveChannel(discordtest.Backups)
	is(t, look(), chat.FaultPlaceGone)
}

func TestFindAnswers(t *testing.T) {
	for body, want := range map[string]chat.FaultKind{
		`null`:           chat.FaultLost,
		`{}`:             chat.FaultLost,
		`[{"id":"x"}]`:   chat.FaultLost,
		`[{"id":"true}]`: chat.FaultLost,
	} {
		a := against(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, body)
		})
		a.met("1")
		_, err := a.Find(t.Context(), where(), "op1.root", time.Now())
		is(t, err, want)
	}
}

func TestTimeOfIDs(t *testing.T) {
	at, ok := timeOf("175928847299117063") // the example in Discord's reference
	if want := time.Date(2016, 4, 30, 11, 18, 25, 796_000_000, time.UTC); !ok || !at.Equal(want) {
		t.Errorf("%s, %v", at, ok)
	}
	if _, ok := timeOf("-1"); ok {
		t.Error("a negative id")
	}
}
