package slack

import (
	"testing"
	"time"

	"vmbackup-bot/bot/chat"
)

// TestBudgets: no minute, wherever it begins, may see more calls than Slack publishes.
func TestBudgets(t *testing.T) {
	a := New(Options{BotToken: testToken})
	thread := webPlace()
	thread.Thread = "1.0"
	for name, c := range map[string]struct {
		call  chat.Call
		to    chat.Place
		names []string
		most  []int
	}{
		"post":    {chat.CallPost, webPlace(), []string{"chat.postMessage C1", methodPost}, []int{61, 300}},
		"edit":    {chat.CallEdit, webPlace(), []string{methodEdit}, []int{50}},
		"delete":  {chat.CallDelete, webPlace(), []string{methodDelete}, []int{50}},
		"history": {chat.CallFind, webPlace(), []string{methodHistory}, []int{50 - furtherBurst - int(time.Minute/furtherEvery)}},
		"replies": {chat.CallFind, thread, []string{methodReplies}, []int{50 - furtherBurst - int(time.Minute/furtherEvery)}},
		"thread":  {chat.CallThread, webPlace(), nil, nil},
	} {
		list := a.Budgets(c.call, c.to, 0)
		if len(list) != len(c.names) {
			t.Errorf("%s: %v", name, list)
			continue
		}
		for i, b := range list {
			if b.Name != c.names[i] || b.Burst+int(time.Minute/b.Every) > c.most[i] {
				t.Errorf("%s: %+v, at most %d", name, b, c.most[i])
			}
		}
	}
	if a.SafeRepeat() != 0 {
		t.Error("Slack has no safe repeat")
	}
}
