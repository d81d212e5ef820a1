package discord

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"vmbackup-bot/bot/chat"
)

func TestChoices(t *testing.T) {
	long := strings.Repeat("ä", 200)
	got := choices([]chat.Choice{
		{Label: "web01 · HV01", Value: "web01"},
		{Label: "again", Value: "web01"},
		{Label: "too long", Value: long},
		{Label: long, Value: "a"},
		{Label: long, Value: "b"},
		{Label: "", Value: "bare"},
		{Label: "none"},
		{Label: "blank", Value: " "},
		{Label: "x\ny", Value: "c"},
		{Label: "broken", Value: "\xff"},
		{Label: long, Value: "a "},
	})
	var lines []string
	for _, c := range got {
		lines = append(lines, fmt.Sprintf("%v=%s", c.Value, c.Name))
	}
	a := strings.Repeat("ä", 99) + "…"
	want := []string{
		"web01=web01 · HV01", "a=" + a, "b=" + strings.Repeat("ä", 95) + "… · b", "bare=bare", "c=x y", "a =" + strings.Repeat("ä", 95) + "… · a",
	}
	if strings.Join(lines, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	if none := choices(nil); none == nil || len(none) > 0 {
		t.Errorf("%v out of nothing", none)
	}
}

// Whatever the bot offers, Discord takes it, and what is chosen comes back as it was.
func TestAnyChoices(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []chat.Choice
		offered := map[string]bool{}
		label := rapid.OneOf(rapid.SampledFrom([]string{"same", strings.Repeat("x", 120)}), foreign())
		for range rapid.IntRange(0, 40).Draw(t, "n") {
			c := chat.Choice{Label: label.Draw(t, "label"), Value: rapid.OneOf(rapid.StringN(1, 3, -1), foreign()).Draw(t, "value")}
			all = append(all, c)
			offered[c.Value] = true
		}
		out := choices(all)
		if len(out) > 25 {
			t.Fatalf("%d choices", len(out))
		}
		w := walker{tester: t}
		values, names := map[string]bool{}, map[string]bool{}
		for _, c := range out {
			v := c.Value.(string)
			w.length("name", c.Name, 1, 100)
			if values[v] || names[c.Name] || !offered[v] || v == "" || utf8.RuneCountInString(v) > 100 {
				t.Fatalf("%q=%q", v, c.Name)
			}
			values[v], names[c.Name] = true, true
		}
	})
}
