package discord

import (
	"net/http"
	"strings"
	"testing"

	"vmbackup-bot/adapters/discord/discordtest"
	"vmbackup-bot/bot/chat"
)

func TestOpenThread(t *testing.T) {
	a, s, _ := online(t, discordtest.Options{Unlimited: true})
	root, p := mustThread(t, a)
	if p.Thread != root.ID || p.Channel != discordtest.Backups || p.Team != discordtest.Guild {
		t.Errorf("%+v", p)
	}
	calls := s.Calls("threads")
	again, err := a.OpenThread(t.Context(), root, "web01")
	if err != nil || again != p || s.Calls("threads") != calls+1 {
		t.Errorf("%+v, %v", again, err)
	}
	inside := mustPost(t, a, p, note("op1.card", "Card"))
	deeper, err := a.OpenThread(t.Context(), inside, "web01")
	if err != nil || deeper != p || s.Calls("threads") != calls+1 {
		t.Errorf("%+v, %v", deeper, err)
	}
	direct := root
	direct.Direct = true
	if got, err := a.OpenThread(t.Context(), direct, "web01"); err != nil || got != direct.Place {
		t.Errorf("%+v, %v", got, err)
	}
	s.DeleteMessage(discordtest.Backups, root.ID)
	gone := root
	gone.ID = "1"
	_, err = a.OpenThread(t.Context(), gone, "web01")
	is(t, err, chat.FaultMessageGone)
}

func TestThreadNames(t *testing.T) {
	a, s, _ := online(t, discordtest.Options{Unlimited: true})
	for i, title := range []string{strings.Repeat("🖥", 80), " ", "\u200b\n", "web01\nHV01"} {
		root := mustPost(t, a, where(), note("op"+string(rune('1'+i))+".root", "Backup"))
		if _, err := a.OpenThread(t.Context(), root, title); err != nil {
			t.Errorf("%q: %v", title, err)
		}
	}
	if n := len(s.Threads()); n != 4 {
		t.Errorf("%d threads", n)
	}
}

func TestArchivedThread(t *testing.T) {
	a, s, _ := online(t, discordtest.Options{Unlimited: true})
	_, p := mustThread(t, a)
	ref := mustPost(t, a, p, note("op1.card", "Card, 10 %"))
	copied := mustPost(t, a, p, note("op1.copy", "Card, 10 %"))
	s.ArchiveThread(p.Thread)
	if err := a.Edit(t.Context(), ref, note("op1.card", "Card, 50 %")); err != nil {
		t.Fatal(err)
	}
	if n := s.Calls("PATCH /channels/{channel}"); n != 3 { // two edits and the opening
		t.Errorf("%d calls", n)
	}
	s.ArchiveThread(p.Thread)
	if err := a.Delete(t.Context(), copied); err != nil {
		t.Error(err)
	}
	s.ArchiveThread(p.Thread)
	mustPost(t, a, p, note("op1.end", "Over")) // opens it by itself
}

func TestShutThreads(t *testing.T) {
	for _, c := range []struct {
		what   string
		rights uint64
		shut   func(s *discordtest.Server, id string)
		post   chat.FaultKind
	}{
		{"locked", discordtest.AllPermissions &^ discordtest.Administrator &^ discordtest.ManageThreads, func(s *discordtest.Server, id string) { s.LockThread(id) }, chat.FaultPlaceGone},
		{"locked and archived", discordtest.AllPermissions &^ discordtest.Administrator &^ discordtest.ManageThreads, func(s *discordtest.Server, id string) { s.LockThread(id); s.ArchiveThread(id) }, chat.FaultPlaceGone},
		{"archived, none may be opened", discordtest.AllPermissions, func(s *discordtest.Server, id string) {
			s.ArchiveThread(id)
			s.Inject(discordtest.Rule{Method: http.MethodPatch, Path: "/channels/" + id, Code: 50083})
		}, ""},
		{"archived, too many are open", discordtest.AllPermissions, func(s *discordtest.Server, id string) {
			s.ArchiveThread(id)
			s.Inject(discordtest.Rule{Method: http.MethodPatch, Path: "/messages/", Code: 50083, Times: 1})
			s.Inject(discordtest.Rule{Method: http.MethodPatch, Path: "/channels/" + id, Code: 160006})
		}, ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			a, s, _ := online(t, discordtest.Options{Unlimited: true})
			_, p := mustThread(t, a)
			ref := mustPost(t, a, p, note("op1.card", "Card"))
			s.SetPermissions(discordtest.Backups, c.rights)
			c.shut(s, p.Thread)
			is(t, a.Edit(t.Context(), ref, note("op1.card", "Card, 50 %")), chat.FaultFrozen)
			_, err := a.Post(t.Context(), p, note("op1.end", "Over"))
			if f := chat.AsFault(err); (f == nil) != (c.post == "") || f != nil && f.Kind != c.post {
				t.Errorf("a post: %v", err)
			}
		})
	}
}

func TestUnarchivingMayFail(t *testing.T) {
	a, s, _ := online(t, discordtest.Options{Unlimited: true})
	_, p := mustThread(t, a)
	ref := mustPost(t, a, p, note("op1.card", "Card"))
	s.ArchiveThread(p.Thread)
	for _, c := range []struct {
		rule discordtest.Rule
		want chat.FaultKind
	}{
		{discordtest.Rule{Status: 502}, chat.FaultLost},
		{discordtest.Rule{Status: 429, RetryAfter: 1}, chat.FaultThrottled},
		{discordtest.Rule{Status: 404, Code: 10003}, chat.FaultPlaceGone},
	} {
		s.Inject(discordtest.Rule{Method: http.MethodPatch, Path: "/messages/", Code: 50083, Times: 1})
		c.rule.Method, c.rule.Path, c.rule.Times = http.MethodPatch, "/channels/"+p.Thread, 1
		s.Inject(c.rule)
		is(t, a.Edit(t.Context(), ref, note("op1.card", "Card, 50 %")), c.want)
	}
}
