package discord

import (
	"slices"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/deliver"
)

var (
	_ deliver.Chat  = (*Adapter)(nil)
	_ deliver.Pacer = (*Adapter)(nil)
)

func TestBudgets(t *testing.T) {
	a := New(Options{})
	channel := chat.Place{Platform: Name, Team: "700", Channel: "42"}
	thread := channel
	thread.Thread = "88"
	for _, c := range []struct {
		call chat.Call
		to   chat.Place
		age  time.Duration
		want []string
	}{
		{chat.CallPost, channel, 0, []string{"post 42", "guild 700", "global"}},
		{chat.CallPost, thread, 0, []string{"post 88", "guild 700", "global"}},
		{chat.CallEdit, thread, 58 * time.Minute, []string{"edit 88", "guild 700", "global"}},
		{chat.CallEdit, thread, 59 * time.Minute, []string{"old 88", "edit 88", "guild 700", "global"}},
		{chat.CallDelete, channel, 2 * time.Hour, []string{"delete 42", "guild 700", "global"}},
		{chat.CallThread, channel, 0, []string{"open thread 42", "guild 700", "global"}},
		{chat.CallFind, thread, 0, []string{"find 88", "global"}},
		{chat.CallPost, chat.Place{Channel: "42"}, 0, []string{"post 42", "global"}},
	} {
		var names []string
		for _, b := range a.Budgets(c.call, c.to, c.age) {
			names = append(names, b.Name)
		}
		if !slices.Equal(names, c.want) {
			t.Errorf("%d in %s: %v, want %v", c.call, c.to, names, c.want)
		}
	}
	if a.SafeRepeat() != time.Minute {
		t.Error(a.SafeRepeat())
	}
}

// Whenever the windows of Discord begin, no more calls than it allows fall into one.
func TestBudgetsFit(t *testing.T) {
	for _, c := range []struct {
		what   string
		every  []time.Duration
		burst  []int
		limit  int
		window time.Duration
	}{
		{"a route", []time.Duration{routeEvery}, []int{routeBurst}, 5, 5 * time.Second},
		{"old messages", []time.Duration{oldEvery}, []int{oldBurst}, 3, 20 * time.Second},
		{"looks", []time.Duration{findEvery, furtherEvery}, []int{findBurst, furtherBurst}, 5, 5 * time.Second},
		{"everything", []time.Duration{globalEvery}, []int{globalBurst}, 50, time.Second},
	} {
		calls := 0
		for i := range c.every {
			l := rate.NewLimiter(rate.Every(c.every[i]), c.burst[i])
			start := time.Unix(0, 0)
			for at := time.Duration(0); at < c.window; at += time.Millisecond {
				for l.AllowN(start.Add(at), 1) {
					calls++
				}
			}
		}
		if calls > c.limit {
			t.Errorf("%s: %d calls in %s, %d are allowed", c.what, calls, c.window, c.limit)
		}
	}
}
