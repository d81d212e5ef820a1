package cli

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vmbackup-bot/adapters/slack"
	"vmbackup-bot/adapters/slack/slacktest"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/chat/chattest"
)

// slackStage is the Slack adapter in a fake workspace, behind pipes.
type slackStage struct {
	*slacktest.Server
	lines   *chattest.Pipes
	web     *http.Server
	serving sync.WaitGroup
	adapter *slack.Adapter
}

// answerWait is how long people wait for an answer: longer than any of the bot's own waits for an answer.
const answerWait = 2 * time.Second

func newSlackStage(*world) stage { return startSlack(slacktest.Options{}) }

func startSlack(o slacktest.Options) *slackStage {
	s := &slackStage{Server: slacktest.New(o), lines: chattest.NewPipes()}
	s.web = &http.Server{Handler: s.Handler(), ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
	s.serving.Go(func() { _ = s.web.Serve(s.lines) })
	return s
}

func (s *slackStage) platforms(a *app) map[string]platform {
	if s.adapter != nil {
		s.adapter.Close()
	}
	s.adapter = a.joinSlack(slack.Options{
		BotToken: s.BotToken(), AppToken: s.AppToken(), APIURL: "http://slack.test/api/", Dial: s.lines.Dial,
	})
	return map[string]platform{slack.Name: s.adapter}
}

func (s *slackStage) wait(t *testing.T) {
	t.Helper()
	for range 120 {
		<-time.After(time.Second)
		synctest.Wait()
		if s.adapter.Health().OK {
			return
		}
	}
	t.Fatalf("the adapter is not well: %+v", s.adapter.Health())
}

// slackUser is the account of somebody whom the scenarios name.
func slackUser(who string) string { return "U0" + strings.ToUpper(who) }

func (s *slackStage) say(w *world, who, text string) string {
	w.t.Helper()
	return s.answerTo(w, func() string { return s.Command(slacktest.Command{User: slackUser(who), Text: text}) })
}

func (s *slackStage) press(w *world, who string, on chattest.Message, b chat.Button) string {
	w.t.Helper()
	return s.answerTo(w, func() string {
		return s.Press(slacktest.Press{User: slackUser(who), Channel: on.Ref.Channel, TS: on.Ref.ID, ActionID: actionID(b), Value: b.ID})
	})
}

func actionID(b chat.Button) string {
	if b.Arg != "" {
		return b.Action + "." + b.Arg
	}
	return b.Action
}

// answerTo is what people are told, and the forms that open, after they did something.
func (s *slackStage) answerTo(w *world, do func() string) string {
	w.t.Helper()
	told, opened := len(s.Ephemerals()), len(s.Views())
	envelope := do()
	if envelope == "" {
		w.t.Fatalf("nobody can do that: %v\n%s", s.Mistakes(), s.transcript())
	}
	w.pass(answerWait)
	if _, ok := s.Acked(envelope); !ok {
		w.t.Errorf("not acknowledged:\n%s", s.transcript())
	}
	var out []string
	for _, e := range s.Ephemerals()[told:] {
		out = append(out, s.Read(e.Text, e.Blocks))
	}
	for _, v := range s.Views()[opened:] {
		out = append(out, string(v.JSON))
	}
	return strings.Join(out, "\n")
}

// Messages are the workspace's, as the scenarios read them.
func (s *slackStage) Messages() []chattest.Message {
	var out []chattest.Message
	for _, m := range s.All() {
		c := chattest.Message{
			Ref: chat.MessageRef{Place: chat.Place{Platform: slack.Name, Team: "T0TEAM", Channel: m.Channel, Thread: m.ThreadTS}, ID: m.TS},
			Key: m.Key, Deleted: m.Deleted,
		}
		for _, f := range m.Forms {
			c.Forms = append(c.Forms, chattest.Shown{Raw: raw(s.Read(f.Text, f.Blocks)), Buttons: slackButtons(f.Blocks)})
		}
		out = append(out, c)
	}
	return out
}

// raw is what people read, in the syntax of the fake chat.
func raw(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}

// slackButtons are the buttons of a message, with what a press brings back.
func slackButtons(blocks json.RawMessage) []chat.Button {
	var list []struct {
		Elements []struct {
			Type     string `json:"type"`
			ActionID string `json:"action_id"`
			Value    string `json:"value"`
		} `json:"elements"`
	}
	if json.Unmarshal(blocks, &list) != nil {
		return nil
	}
	var out []chat.Button
	for _, b := range list {
		for _, e := range b.Elements {
			if e.Type == "button" {
				action, arg, _ := strings.Cut(e.ActionID, ".")
				out = append(out, chat.Button{Action: action, ID: e.Value, Arg: arg})
			}
		}
	}
	return out
}

func (s *slackStage) transcript() string {
	var b strings.Builder
	for _, m := range s.Messages() {
		for i, f := range m.Forms {
			fmt.Fprintf(&b, "%s #%d (%s) deleted=%v: %s\n", m.Key, i, m.Ref.Place, m.Deleted, f.Text())
		}
	}
	for _, e := range s.Ephemerals() {
		fmt.Fprintf(&b, "private to %s by %s: %s\n", e.User, e.Via, s.Read(e.Text, e.Blocks))
	}
	return b.String()
}

func (s *slackStage) rename(text string) string { return slackNames().Replace(text) }

func (s *slackStage) secrets() []string {
	return []string{s.BotToken(), s.AppToken(), "/respond/", "ticket="}
}

func (s *slackStage) close() {
	s.Close()
	s.adapter.Close()
	_ = s.web.Close()
	s.serving.Wait()
}

// forge posts a message once more as it stands, and returns its ts.
func (s *slackStage) forge(t *testing.T, m slacktest.Message) string {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DialContext: s.lines.Dial}}
	defer client.CloseIdleConnections()
	form := url.Values{
		"token": {s.BotToken()}, "channel": {m.Channel}, "thread_ts": {m.ThreadTS}, "text": {m.Text}, "blocks": {string(m.Blocks)},
	}
	res, err := client.PostForm("http://slack.test/api/chat.postMessage", form)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var got struct {
		OK bool   `json:"ok"`
		TS string `json:"ts"`
	}
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil || !got.OK {
		t.Fatalf("forge: %+v, %v", got, err)
	}
	return got.TS
}
