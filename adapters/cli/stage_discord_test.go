package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vmbackup-bot/adapters/discord"
	"vmbackup-bot/adapters/discord/discordtest"
	"vmbackup-bot/bot/access"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/chat/chattest"
)

// discordStage is the Discord adapter in a fake guild, behind pipes.
type discordStage struct {
	*discordtest.Server
	lines   *chattest.Pipes
	web     *http.Server
	serving sync.WaitGroup
	adapter *discord.Adapter
	mu      sync.Mutex
	words   map[string]string // what was read already
}

// read is what people read; each form is looked at many times.
func (s *discordStage) read(content string, embeds json.RawMessage) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := content + "\x00" + string(embeds)
	text, ok := s.words[key]
	if !ok {
		if s.words == nil {
			s.words = make(map[string]string)
		}
		text = s.Read(content, embeds)
		s.words[key] = text
	}
	return text
}

func newDiscordStage(*world) stage { return startDiscord(discordtest.Options{}) }

func startDiscord(o discordtest.Options) *discordStage {
	// Snowflakes begin with 2015, the clock of a bubble with 2000.
	if time.Now().Year() < 2015 {
		<-time.After(time.Until(time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC)))
	}
	s := &discordStage{Server: discordtest.New(o), lines: chattest.NewPipes()}
	s.web = &http.Server{Handler: s.Handler(), ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
	s.serving.Go(func() { _ = s.web.Serve(s.lines) })
	return s
}

func (s *discordStage) platforms(a *app) map[string]platform {
	if s.adapter != nil {
		s.adapter.Close()
	}
	s.adapter = a.joinDiscord(discord.Options{
		Token: s.BotToken(), Guild: discordtest.Guild, APIURL: "http://discord.test/api/", Dial: s.lines.Dial,
	})
	return map[string]platform{discord.Name: s.adapter}
}

func (s *discordStage) wait(t *testing.T) {
	t.Helper()
	for range 120 {
		<-time.After(time.Second)
		synctest.Wait()
		if s.adapter.Health().OK && len(s.Commands()) > len("[]") {
			return
		}
	}
	t.Fatalf("the adapter is not well: %+v", s.adapter.Health())
}

// discordUser is the account of somebody whom the scenarios name.
func discordUser(who string) string {
	return map[string]string{"alice": discordtest.Alice, "bob": discordtest.Bob, "carol": discordtest.Carol}[who]
}

// discordOptions is a typed command as a person fills it in on Discord; false for one that cannot be.
func discordOptions(text string) (map[string]string, bool) {
	verb, what, _ := strings.Cut(strings.TrimSpace(text), " ")
	verb, what = strings.ToLower(verb), strings.TrimSpace(what)
	o := map[string]string{"verb": verb}
	put := func(names ...string) bool {
		for i, name := range names {
			var v string
			if v, what, _ = strings.Cut(what, " "); i == len(names)-1 && what != "" {
				v += " " + what
			}
			if v != "" {
				o[name] = v
			}
		}
		return true
	}
	switch verb {
	case "backup":
		return o, what != "" && put("vm", "note")
	case "report":
		_, n, _ := strings.Cut(what, " ")
		_, err := strconv.Atoi(cmp.Or(n, "1"))
		return o, what != "" && err == nil && put("vm", "n") // the client takes numbers alone
	case "abort":
		return o, what != "" && put("operation")
	case "status":
		return o, put("target")
	case "vms":
		return o, put("glob")
	case "why": // the verb is chosen from a list
		verb, _, _ := strings.Cut(what, " ")
		_, err := access.ParseVerb(verb)
		return o, err == nil && strings.Contains(what, " ") && put("verb_name", "vm")
	case "help":
		return o, put("verb_name")
	case "whoami":
		return o, true
	}
	return nil, false
}

func (s *discordStage) say(w *world, who, text string) string {
	w.t.Helper()
	options, ok := discordOptions(text)
	if !ok {
		return cannotBeTyped
	}
	return s.answerTo(w, func() string { return s.Command(discordtest.Command{User: discordUser(who), Options: options}) })
}

// cannotBeTyped is what a scenario hears where the platform's own client would not have let a command be sent.
const cannotBeTyped = "cannot be typed"

func (s *discordStage) press(w *world, who string, on chattest.Message, b chat.Button) string {
	w.t.Helper()
	custom := b.Action + ":" + b.ID
	if b.Arg != "" {
		custom += ":" + b.Arg
	}
	channel := on.Ref.Channel
	if on.Ref.Thread != "" {
		channel = on.Ref.Thread
	}
	told := s.answerTo(w, func() string {
		return s.Press(discordtest.Press{User: discordUser(who), Channel: channel, Message: on.Ref.ID, CustomID: custom})
	})
	if b.Action != "abort" || !strings.Contains(told, "Really abort") {
		return told
	}
	// Discord cannot ask back: the bot asks back privately.
	for _, p := range slices.Backward(s.Privates()) {
		for _, c := range discordButtons(p.Components) {
			if c.Action == "abort_confirm" && p.User == discordUser(who) {
				return s.answerTo(w, func() string {
					return s.Press(discordtest.Press{User: discordUser(who), Channel: channel, Message: p.ID, Private: true, CustomID: c.Action + ":" + c.ID + ":" + c.Arg})
				})
			}
		}
	}
	w.t.Fatalf("no question was asked:\n%s", s.transcript())
	return ""
}

// answerTo is what people are told after they did something.
func (s *discordStage) answerTo(w *world, do func() string) string {
	w.t.Helper()
	before := s.private()
	if do() == "" {
		w.t.Fatalf("nobody can do that: %v\n%s", s.Mistakes(), s.transcript())
	}
	w.pass(answerWait)
	var out []string
	for id, text := range s.private() {
		if text != before[id] {
			out = append(out, text)
		}
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

// private is what single people see, by message.
func (s *discordStage) private() map[string]string {
	out := make(map[string]string)
	for i, p := range s.Privates() {
		out[fmt.Sprint(i)] = s.read(p.Content, p.Embeds)
	}
	return out
}

// Messages are the guild's, as the scenarios read them.
func (s *discordStage) Messages() []chattest.Message {
	var out []chattest.Message
	for _, m := range s.Server.Messages() {
		place := chat.Place{Platform: discord.Name, Team: discordtest.Guild, Channel: m.Channel}
		if m.Parent != "" {
			place.Channel, place.Thread = m.Parent, m.Channel
		}
		c := chattest.Message{Ref: chat.MessageRef{Place: place, ID: m.ID}, Key: m.Key, Deleted: m.Deleted}
		for _, f := range m.Forms {
			c.Forms = append(c.Forms, chattest.Shown{Raw: raw(s.read(f.Content, f.Embeds)), Buttons: discordButtons(f.Components)})
		}
		out = append(out, c)
	}
	return out
}

// discordButtons are the buttons of a message, with what a press brings back.
func discordButtons(components json.RawMessage) []chat.Button {
	var rows []struct {
		Components []struct {
			Type     int    `json:"type"`
			CustomID string `json:"custom_id"`
		} `json:"components"`
	}
	if json.Unmarshal(components, &rows) != nil {
		return nil
	}
	var out []chat.Button
	for _, r := range rows {
		for _, c := range r.Components {
			parts := strings.SplitN(c.CustomID, ":", 3)
			if c.Type != 2 || len(parts) < 2 {
				continue
			}
			b := chat.Button{Action: parts[0], ID: parts[1]}
			if len(parts) > 2 {
				b.Arg = parts[2]
			}
			out = append(out, b)
		}
	}
	return out
}

func (s *discordStage) transcript() string {
	var b strings.Builder
	for _, m := range s.Messages() {
		for i, f := range m.Forms {
			fmt.Fprintf(&b, "%s #%d (%s) deleted=%v: %s\n", m.Key, i, m.Ref.Place, m.Deleted, f.Text())
		}
	}
	for _, p := range s.Privates() {
		fmt.Fprintf(&b, "private to %s: %s\n", p.User, s.read(p.Content, p.Embeds))
	}
	return b.String()
}

// discordNames turns the names of the fake chat into those of the fake guild.
func discordNames() *strings.Replacer {
	return strings.NewReplacer(
		"fake:alice", "discord:"+discordtest.Alice, "fake:bob", "discord:"+discordtest.Bob, "fake:carol", "discord:"+discordtest.Carol,
		"fake:backups", "discord:"+discordtest.Backups,
	)
}

func (s *discordStage) rename(text string) string { return discordNames().Replace(text) }
func (s *discordStage) secrets() []string         { return []string{s.BotToken()} }

func (s *discordStage) close() {
	s.Close()
	s.adapter.Close()
	_ = s.web.Close()
	s.serving.Wait()
}
