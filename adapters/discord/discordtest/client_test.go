package discordtest_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"

	"vmbackup-bot/adapters/discord/discordtest"
)

// toFake sends a library's calls for Discord to the fake, in the version that it speaks.
type toFake struct {
	host string
	next *http.Transport
}

func (f toFake) RoundTrip(req *http.Request) (*http.Response, error) {
	out := req.Clone(req.Context())
	out.URL.Scheme, out.URL.Host, out.Host = "http", f.host, f.host
	out.URL.Path = strings.Replace(req.URL.Path, "/api/v9/", "/api/v10/", 1)
	return f.next.RoundTrip(out)
}

// library returns a client of the usual library that talks to the fake.
func (r *rig) library() *discordgo.Session {
	r.t.Helper()
	s, err := discordgo.New("Bot " + r.fake.BotToken())
	if err != nil {
		r.t.Fatal(err)
	}
	api, err := url.Parse(r.api)
	if err != nil {
		r.t.Fatal(err)
	}
	next := &http.Transport{}
	r.t.Cleanup(next.CloseIdleConnections)
	s.Client = &http.Client{Transport: toFake{api.Host, next}}
	s.Identify.Intents = discordgo.IntentGuilds
	return s
}

// TestLibrary checks the fake with a client that others wrote: it must find nothing odd.
func TestLibrary(t *testing.T) {
	r := start(t, discordtest.Options{})
	s := r.library()
	ready, guild := make(chan *discordgo.Ready, 1), make(chan *discordgo.GuildCreate, 1)
	got := make(chan *discordgo.InteractionCreate, 1)
	s.AddHandler(func(_ *discordgo.Session, e *discordgo.Ready) { ready <- e })
	s.AddHandler(func(_ *discordgo.Session, e *discordgo.GuildCreate) { guild <- e })
	s.AddHandler(func(_ *discordgo.Session, e *discordgo.InteractionCreate) { got <- e })
	var wanted []*discordgo.ApplicationCommand
	if err := json.Unmarshal([]byte(definition), &wanted); err != nil {
		t.Fatal(err)
	}
	made, err := s.ApplicationCommandBulkOverwrite(discordtest.App, discordtest.Guild, wanted)
	if err != nil || len(made) != 1 || made[0].ID == "" || len(made[0].Options) != 2 {
		t.Fatalf("registered %+v %v", made, err)
	}
	if err = s.Open(); err != nil {
		t.Fatal(err)
	}
	if e := <-ready; e.Application.ID != discordtest.App || e.User.ID != discordtest.BotUser {
		t.Errorf("READY %+v", e)
	}
	if e := <-guild; len(e.Channels) != 1 || e.Channels[0].Name != "backups" {
		t.Errorf("GUILD_CREATE %+v", e.Guild)
	}
	id := r.fake.Command(discordtest.Command{User: discordtest.Alice, Options: backup("web01")})
	e := <-got
	if e.ID != id || e.Member.User.Username != "alice" || e.ApplicationCommandData().Options[0].Options[0].StringValue() != "web01" {
		t.Errorf("got %+v", e.Interaction)
	}
	err = s.InteractionRespond(e.Interaction, &discordgo.InteractionResponse{
		Type: discordgo.InteractionResponseDeferredChannelMessageWithSource,
		Data: &discordgo.InteractionResponseData{Flags: discordgo.MessageFlagsEphemeral},
	})
	if err != nil {
		t.Fatal(err)
	}
	text := "done"
	m, err := s.InteractionResponseEdit(e.Interaction, &discordgo.WebhookEdit{Content: &text})
	if err != nil || m.Content != text || m.ID != r.fake.Privates()[0].ID {
		t.Errorf("edited %+v %v", m, err)
	}
	r.libraryMessages(s)
	r.shut(s)
	eventually(t, "the session is over", func() bool { return r.fake.Sessions() == 0 })
}

// libraryMessages lets the library make, change, thread and list messages.
func (r *rig) libraryMessages(s *discordgo.Session) {
	r.t.Helper()
	m, err := s.ChannelMessageSendComplex(discordtest.Backups, &discordgo.MessageSend{
		Content: "root", Embeds: []*discordgo.MessageEmbed{{Title: "t", Color: 1}},
		AllowedMentions: &discordgo.MessageAllowedMentions{Parse: []discordgo.AllowedMentionType{}},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	if m, err = s.ChannelMessageEdit(discordtest.Backups, m.ID, "changed"); err != nil || m.EditedTimestamp == nil || len(m.Embeds) != 1 {
		r.t.Errorf("edited %+v %v", m, err)
	}
	th, err := s.MessageThreadStart(discordtest.Backups, m.ID, "op", 60)
	if err != nil || th.ID != m.ID || !th.IsThread() || th.ThreadMetadata.AutoArchiveDuration != 60 {
		r.t.Errorf("thread %+v %v", th, err)
	}
	archived := true
	if th, err = s.ChannelEditComplex(th.ID, &discordgo.ChannelEdit{Archived: &archived}); err != nil || !th.ThreadMetadata.Archived {
		r.t.Errorf("archived %+v %v", th, err)
	}
	all, err := s.ChannelMessages(discordtest.Backups, 10, "", "", "")
	if err != nil || len(all) != 1 || all[0].Thread == nil {
		r.t.Errorf("listed %+v %v", all, err)
	}
	if member, err := s.GuildMember(discordtest.Guild, discordtest.Bob); err != nil || member.User.Username != "bob" {
		r.t.Errorf("member %+v %v", member, err)
	}
}

// TestLibraryResumes lets the library lose its link and take the session up again.
func TestLibraryResumes(t *testing.T) {
	r := start(t, discordtest.Options{Unlimited: true})
	s := r.library()
	resumed := make(chan struct{}, 1)
	s.AddHandler(func(*discordgo.Session, *discordgo.Resumed) { resumed <- struct{}{} })
	if err := s.Open(); err != nil {
		t.Fatal(err)
	}
	r.beating()
	r.fake.CloseGateway(4000)
	<-resumed
	if r.fake.Resumes() != 1 || r.fake.Identifies() != 1 {
		t.Errorf("%d resumes, %d identifies", r.fake.Resumes(), r.fake.Identifies())
	}
	r.shut(s)
}

// beating waits for a heartbeat. If the library is stopped before its first one, it takes that for a failure and comes back.
func (r *rig) beating() {
	r.t.Helper()
	eventually(r.t, "there was a heartbeat", func() bool { return r.fake.Heartbeats() > 0 })
}

func (r *rig) shut(s *discordgo.Session) {
	r.t.Helper()
	r.beating()
	if err := s.Close(); err != nil {
		r.t.Error(err)
	}
}

// eventually waits until ok.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	limit := time.NewTimer(20 * time.Second)
	defer limit.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-limit.C:
			t.Fatalf("still not so: %s", what)
		case <-tick.C:
		}
	}
}
