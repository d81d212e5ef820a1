package discord

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vmbackup-bot/adapters/discord/discordtest"
	"vmbackup-bot/bot/chat"
)

const allThatIsNeeded = permView | permSend | permEmbed | permHistory | permThreads | permSendInThreads

func TestCanPostByPermissions(t *testing.T) {
	channel := chat.Place{Platform: Name, Team: "700", Channel: "42"}
	thread := channel
	thread.Thread = "88"
	for _, c := range []struct {
		what string
		at   chat.Place
		has  permission
		says string
	}{
		{"all", channel, allThatIsNeeded, ""},
		{"an administrator", channel, permAdministrator, ""},
		{"not the history", channel, allThatIsNeeded &^ permHistory, ""},
		{"not view", channel, allThatIsNeeded &^ permView, "View Channel"},
		{"not send", channel, allThatIsNeeded &^ permSend, "Send Messages"},
		{"not threads", channel, allThatIsNeeded &^ permThreads, "Create Public Threads"},
		{"not in threads", channel, allThatIsNeeded &^ permSendInThreads, "Send Messages in Threads"},
		{"not embeds", channel, allThatIsNeeded &^ permEmbed, "Embed Links"},
		{"two", channel, allThatIsNeeded &^ permEmbed &^ permThreads, "Create Public Threads, Embed Links"},
		{"in a thread", thread, permView | permSendInThreads | permEmbed, ""},
		{"in a thread, not send", thread, allThatIsNeeded &^ permSendInThreads, "Send Messages in Threads"},
	} {
		t.Run(c.what, func(t *testing.T) {
			a := New(Options{})
			a.places.remember(target(c.at), int64(c.has))
			_, err := a.CanPost(t.Context(), c.at)
			if c.says == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			e, ok := errors.AsType[*chat.Error](err)
			if !ok || e.Kind != chat.Unavailable {
				t.Fatal(err)
			}
			if s := e.Say.Plain(time.UTC); !strings.Contains(s, c.says+" in this channel") || !strings.Contains(s, "Nothing was started.") {
				t.Error(s)
			}
		})
	}
}

func TestCanPostByAsking(t *testing.T) {
	a, s, _ := online(t, discordtest.Options{Unlimited: true})
	can := func(p chat.Place) error {
		_, err := a.CanPost(t.Context(), p)
		return err
	}
	for range 3 {
		if err := can(where()); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.Calls("GET /channels/{channel}"); n != 1 {
		t.Errorf("%d calls", n)
	}
	hidden, gone := where(), where()
	hidden.Channel, gone.Channel = "200000000000000009", "200000000000000008"
	s.AddChannel(discordtest.Channel{ID: hidden.Channel, Name: "hidden", Permissions: discordtest.SendMessages})
	for place, says := range map[chat.Place]string{hidden: "View Channel", gone: "no such channel"} {
		err := can(place)
		if e, ok := errors.AsType[*chat.Error](err); !ok || !strings.Contains(e.Say.Plain(time.UTC), says) ||
			!strings.Contains(e.Say.Plain(time.UTC), "Nothing was started.") {
			t.Errorf("%v, want %q", err, says)
		}
	}
	direct := gone
	direct.Direct = true
	if err := errors.Join(can(direct), can(chat.Place{})); err != nil {
		t.Error(err)
	}
	s.Inject(discordtest.Rule{Status: 500})
	if err := can(gone); err != nil {
		t.Errorf("what is not known refuses: %v", err)
	}
}

func TestCanPostDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls, throttled := 0, false
		a := offline(func(r *http.Request) (*http.Response, error) {
			if calls++; throttled {
				return said(429, `{"retry_after":60}`), nil
			}
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		begin := time.Now()
		if _, err := a.CanPost(t.Context(), where()); err != nil || time.Since(begin) != canPostWithin {
			t.Errorf("%v after %s", err, time.Since(begin))
		}
		throttled, calls = true, 0
		for range 3 {
			if _, err := a.CanPost(t.Context(), where()); err != nil {
				t.Error(err)
			}
		}
		if calls != 1 {
			t.Errorf("%d calls although Discord asked to wait", calls)
		}
	})
}

func TestPermissionsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlaces()
		p.remember("42", int64(permView))
		p.remember("42", 0) // says nothing
		p.remember("", int64(allThatIsNeeded))
		if !p.lacks("42", permSend) || p.lacks("42", permView) || p.lacks("43", permSend) {
			t.Error("remembered otherwise than told")
		}
		<-time.After(permissionsFor)
		if p.lacks("42", permSend) || p.told("42") {
			t.Error("still believed")
		}
		if !p.noEmbeds("42") || p.noEmbeds("42") || !p.embedless("42") {
			t.Error("news, and then none")
		}
		<-time.After(textFor)
		if p.embedless("42") {
			t.Error("text for ever")
		}
	})
}

func TestMemoriesAreBounded(t *testing.T) {
	p := newPlaces()
	for i := range 3 * mostPlaces {
		p.remember(string(rune('a'+i)), 1)
	}
	if n := len(p.perms); n > mostPlaces {
		t.Errorf("%d channels", n)
	}
}
