package slacktest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
	"go.uber.org/goleak"

	"vmbackup-bot/adapters/slack/slacktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is far more than anything here takes on a slow machine.
const patience = 30 * time.Second

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	end := time.NewTimer(patience)
	defer end.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-end.C:
			t.Fatalf("waited in vain for: %s", what)
		}
	}
}

// start serves a workspace and returns a client for it that leaves no connection behind.
func start(t *testing.T, o slacktest.Options) (*slacktest.Server, *slack.Client, string) {
	t.Helper()
	s, url := slacktest.Start(t, o)
	web := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(web.CloseIdleConnections)
	return s, client(s, url, web), url
}

func client(s *slacktest.Server, url string, web *http.Client) *slack.Client {
	return slack.New(s.BotToken(), slack.OptionAppLevelToken(s.AppToken()), slack.OptionAPIURL(url), slack.OptionHTTPClient(web))
}

// connect runs a client of Socket Mode until the test ends; handle gets everything but hello and the like.
func connect(t *testing.T, api *slack.Client, handle func(*socketmode.Client, socketmode.Event)) *socketmode.Client {
	t.Helper()
	c := socketmode.New(api)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{}, 2)
	go func() {
		_ = c.RunContext(ctx)
		ended <- struct{}{}
	}()
	go func() {
		defer func() { ended <- struct{}{} }()
		for {
			select {
			case <-ctx.Done():
				return
			case e := <-c.Events:
				if e.Request != nil && e.Request.EnvelopeID != "" {
					handle(c, e)
				}
			}
		}
	}()
	t.Cleanup(func() {
		stop()
		<-ended
		<-ended
	})
	return c
}

// ack acknowledges everything with nothing.
func ack(c *socketmode.Client, e socketmode.Event) { _ = c.Ack(*e.Request) }

// refusal is what an error says besides its code.
type refusal struct {
	Needed, Provided string
	Messages         []string
}

func wantError(t *testing.T, err error, code string) refusal {
	t.Helper()
	got, ok := err.(slack.SlackErrorResponse) //nolint:errorlint // the client hands out exactly this
	if !ok || got.Err != code {
		t.Fatalf("got %v, want %s", err, code)
	}
	return refusal{Needed: got.Needed, Provided: got.Provided, Messages: got.ResponseMetadata.Messages}
}

func raw(t *testing.T, v any) json.RawMessage {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func plain(text string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, text, false, false)
}

func mrkdwn(text string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.MarkdownType, text, false, false)
}

func section(text string) slack.Block { return slack.NewSectionBlock(mrkdwn(text), nil, nil) }

func button(action, value, label string) *slack.ButtonBlockElement {
	return slack.NewButtonBlockElement(action, value, plain(label))
}
