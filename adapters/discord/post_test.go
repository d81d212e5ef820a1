package discord

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"vmbackup-bot/adapters/discord/discordtest"
	"vmbackup-bot/bot/chat"
)

func mustPost(t *testing.T, a *Adapter, to chat.Place, c chat.Card) chat.MessageRef {
	t.Helper()
	ref, err := a.Post(t.Context(), to, c)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func mustThread(t *testing.T, a *Adapter) (chat.MessageRef, chat.Place) {
	t.Helper()
	root := mustPost(t, a, where(), note("op1.root", "Backup of web01"))
	p, err := a.OpenThread(t.Context(), root, "web01")
	if err != nil {
		t.Fatal(err)
	}
	return root, p
}

func TestPostEditDelete(t *testing.T) {
	a, s, _ := online(t, discordtest.Options{Unlimited: true})
	c := note("op1.root", "Backup of <@400000000000000001> @everyone")
	c.Buttons = []chat.Button{{Action: "abort", ID: "op1", Label: "Abort"}}
	ref := mustPost(t, a, where(), c)
	if err := a.Edit(t.Context(), ref, note("op1.root", "Done")); err != nil {
		t.Fatal(err)
	}
	m := s.Messages()[0]
	if m.ID != ref.ID || m.Key != "op1.root" || len(m.Pings) != 0 || string(m.Components) != "[]" ||
		!strings.Contains(s.Read(m.Content, m.Embeds), "Done") {
		t.Errorf("%+v", m)
	}
	if err := a.Delete(t.Context(), ref); err != nil || !s.Messages()[0].Deleted {
		t.Errorf("%v, %+v", err, s.Messages()[0])
	}
	is(t, a.Edit(t.Context(), ref, note("op1.root", "Done")), chat.FaultMessageGone)
	is(t, a.Delete(t.Context(), ref), chat.FaultMessageGone)
	s.RemoveChannel(discordtest.Backups)
	_, err := a.Post(t.Context(), where(), c)
	is(t, err, chat.FaultPlaceGone)
}

func TestOnePersonIsNotified(t *testing.T) {
	a, s, _ := online(t, discordtest.Options{})
	c := note("op1.end", "Backup is over")
	c.Mention = &chat.Actor{Platform: Name, User: discordtest.Bob, Name: "bob"}
	mustPost(t, a, where(), c)
	if got := s.Messages()[0].Pings; !slices.Equal(got, []string{discordtest.Bob}) {
		t.Errorf("notified %v", got)
	}
}

func TestRepeatedPost(t *testing.T) {
	a, s, _ := online(t, discordtest.Options{Unlimited: true})
	s.Inject(discordtest.Rule{Method: http.MethodPost, Times: 1, Status: 502, Stored: true})
	c := note("op1.root", "Backup of web01")
	_, err := a.Post(t.Context(), where(), c)
	is(t, err, chat.FaultLost)
	ref := mustPost(t, a, where(), c)
	if all := s.Messages(); len(all) != 1 || all[0].ID != ref.ID {
		t.Errorf("%d messages", len(all))
	}
	other := mustPost(t, a, where(), note("op2.root", "Backup of web02"))
	none := mustPost(t, a, where(), note("", "Hello"))
	again := mustPost(t, a, where(), note("", "Hello"))
	if other.ID == ref.ID || none.ID == again.ID {
		t.Error("different messages count as one")
	}
}

func TestNonces(t *testing.T) {
	c := newCopies()
	first := c.nonce("op1.root", "42")
	if first != c.nonce("op1.root", "42") || len(first) > maxNonce {
		t.Errorf("%q", first)
	}
	elsewhere := c.nonce("op1.root", "88")
	c.gone("op1.root")
	anew := c.nonce("op1.root", "42")
	if first == elsewhere || first == anew || anew == elsewhere || first == c.nonce("op2.root", "42") {
		t.Error("different posts share a nonce")
	}
	c.gone("") // names no message
	if c.nonce("", "42") != newCopies().nonce("", "42") {
		t.Error("a message without a key was counted")
	}
}

// Discord answers the nonce of a message that was deleted with that message.
func TestPostAfterADeletedMessage(t *testing.T) {
	var nonces []string
	a := against(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.Method == http.MethodPatch {
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"code":10008}`)
			return
		}
		var in message
		if err := json.NewDecoder(r.Body).Decode(&struct {
			Nonce *string `json:"nonce"`
		}{&in.Nonce}); err != nil {
			t.Error(err)
		}
		nonces = append(nonces, in.Nonce)
		fmt.Fprint(w, `{"id":"5","embeds":[{}]}`)
	})
	c := note("op1.end", "Backup is over")
	ref := mustPost(t, a, where(), c)
	is(t, a.Edit(t.Context(), ref, c), chat.FaultMessageGone)
	mustPost(t, a, where(), c)
	if len(nonces) != 2 || nonces[0] == nonces[1] {
		t.Errorf("nonces %q", nonces)
	}
}

func TestBlankCards(t *testing.T) {
	a := New(Options{})
	_, err := a.Post(t.Context(), where(), note("op1.root", " \u200b"))
	is(t, err, chat.FaultBadCard)
	is(t, a.Edit(t.Context(), chat.MessageRef{Place: where(), ID: "1"}, chat.Card{}), chat.FaultBadCard)
}

func TestPermissionsAreNamed(t *testing.T) {
	a, s, _ := online(t, discordtest.Options{Unlimited: true})
	root, thread := mustThread(t, a)
	loose := mustPost(t, a, where(), note("op2.root", "Backup of web02"))
	for _, c := range []struct {
		without uint64
		do      func() error
		need    string
	}{
		{discordtest.ViewChannel, func() error { return a.Edit(t.Context(), root, note("op1.root", "x")) }, "View Channel"},
		{discordtest.SendMessages, func() error { _, err := a.Post(t.Context(), where(), note("a", "x")); return err }, "Send Messages"},
		{discordtest.SendMessagesInThreads, func() error { _, err := a.Post(t.Context(), thread, note("b", "x")); return err }, "Send Messages in Threads"},
		{discordtest.CreatePublicThreads, func() error { _, err := a.OpenThread(t.Context(), loose, "x"); return err }, "Create Public Threads"},
	} {
		s.SetPermissions(discordtest.Backups, discordtest.AllPermissions&^discordtest.Administrator&^c.without)
		if f := is(t, c.do(), chat.FaultForbidden); f.Need != c.need {
			t.Errorf("needs %q, want %q", f.Need, c.need)
		}
	}
}

// Without the permission Discord leaves embeds out and says nothing.
func TestWithoutEmbeds(t *testing.T) {
	a, s, log := online(t, discordtest.Options{Unlimited: true})
	s.SetPermissions(discordtest.Backups, discordtest.AllPermissions&^discordtest.Administrator&^discordtest.EmbedLinks)
	c := note("op1.root", "Backup of web01")
	c.Buttons = []chat.Button{{Action: "abort", ID: "op1", Label: "Abort"}}
	ref := mustPost(t, a, where(), c)
	m := s.Messages()[0]
	if !strings.Contains(m.Content, "Backup of web01") || m.Key != "op1.root" || !strings.Contains(string(m.Components), "Abort") {
		t.Errorf("%+v", m)
	}
	calls := s.Calls("PATCH")
	if err := a.Edit(t.Context(), ref, note("op1.root", "Done")); err != nil || s.Calls("PATCH") != calls+1 {
		t.Errorf("%v, %d calls", err, s.Calls("PATCH")-calls)
	}
	if !strings.Contains(s.Messages()[0].Content, "Done") {
		t.Errorf("%+v", s.Messages()[0])
	}
	if n := strings.Count(log.String(), "Embed Links"); n != 1 {
		t.Errorf("told %d times", n)
	}
	s.SetPermissions(discordtest.Backups, discordtest.AllPermissions)
	a.places.remember(discordtest.Backups, int64(discordtest.AllPermissions))
	if err := a.Edit(t.Context(), ref, note("op1.root", "Over")); err != nil {
		t.Fatal(err)
	}
	if m := s.Messages()[0]; m.Content != "" || !strings.Contains(string(m.Embeds), "Over") {
		t.Errorf("still text: %+v", m)
	}
}
