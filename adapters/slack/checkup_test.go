package slack_test

import (
	"encoding/json"
	"testing"

	"vmbackup-bot/adapters/slack"
	"vmbackup-bot/adapters/slack/slacktest"
	"vmbackup-bot/bot/chat"
)

func TestCheckup(t *testing.T) {
	t.Parallel()
	t.Run("all well", func(t *testing.T) {
		t.Parallel()
		p := newPeer(t, slacktest.Options{}, nil)
		p.AddChannel(slacktest.Channel{ID: "C0ELSEWHERE", Name: "elsewhere"})
		p.AddChannel(slacktest.Channel{ID: "C0OLD", Name: "old", Member: true, Archived: true})
		c := p.adapter.Checkup(t.Context(), []string{"C0BACKUPS", "C0ELSEWHERE", "C0OLD", "C0NONE"}, true)
		if c.Err != nil || c.Identity.User != slacktest.BotUser || len(c.Lacking) > 0 || c.SocketErr != nil || c.Connections != 1 || c.OtherApp {
			t.Errorf("%+v", c)
		}
		in, out, old, none := c.Channels[0], c.Channels[1], c.Channels[2], c.Channels[3]
		if !in.Member || in.Name != "backups" || out.Member || out.Err != nil || !old.Archived {
			t.Errorf("%+v", c.Channels)
		}
		if f := chat.AsFault(none.Err); f == nil || f.Kind != chat.FaultPlaceGone {
			t.Errorf("%+v", none)
		}
	})
	t.Run("scopes are missing", func(t *testing.T) {
		t.Parallel()
		p := newPeer(t, slacktest.Options{Scopes: []string{"commands", "chat:write"}}, nil)
		c := p.adapter.Checkup(t.Context(), nil, false)
		if len(c.Lacking) != len(slack.Scopes())-2 || c.Connections != 0 {
			t.Errorf("%+v", c)
		}
	})
	t.Run("refused tokens", func(t *testing.T) {
		t.Parallel()
		p := newPeer(t, slacktest.Options{}, nil)
		p.SetAppToken("invalid_auth")
		if c := p.adapter.Checkup(t.Context(), nil, true); c.Err != nil || c.SocketErr == nil {
			t.Errorf("%+v", c)
		}
		p.SetToken("token_revoked")
		if f := chat.AsFault(p.adapter.Checkup(t.Context(), nil, true).Err); f == nil || f.Kind != chat.FaultFatal {
			t.Errorf("%+v", f)
		}
	})
	t.Run("a bot beside it", func(t *testing.T) {
		t.Parallel()
		p := newPeer(t, slacktest.Options{}, nil)
		p.SetConnections(2)
		if c := p.adapter.Checkup(t.Context(), nil, true); c.Connections != 2 {
			t.Errorf("%+v", c)
		}
	})
}

// TestAnswerInTheAckHasItsList: a list of nothing is a list, and not no answer.
func TestAnswerInTheAckHasItsList(t *testing.T) {
	t.Parallel()
	inBubble(t, slacktest.Options{}, nil, func(b *bubble) {
		b.pass(1e9)
		view := b.Show("U0ALICE", suggestView)
		id := b.Suggest(slacktest.Suggest{ViewID: view, BlockID: "vm", ActionID: "vm", Value: ""})
		b.pass(1e9)
		ack, ok := b.Acked(id)
		var list struct {
			Options *[]json.RawMessage `json:"options"`
		}
		if !ok || json.Unmarshal(ack.Payload, &list) != nil || list.Options == nil {
			t.Errorf("acknowledged with %s", ack.Payload)
		}
	})
}
