package discord

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/bwmarrin/discordgo"
	"pgregory.net/rapid"

	"vmbackup-bot/bot/chat"
)

func menu() chat.Form {
	return chat.Form{
		Action: "menu", ID: "abcdefgh27", Title: "VM Backup · demo " + strings.Repeat("x", 60), Submit: "Run",
		Inputs: []chat.Input{
			{Name: "command", Label: "Command", Choices: []chat.Choice{{Label: "backup: back up a VM now", Value: "backup"}, {Label: "vms", Value: "vms"}}},
			{Name: "target", Label: "VM or operation", Initial: "web01", Optional: true, Complete: true},
			{Name: "note", Label: "Note, pattern or number", Hint: "A note for backup,\na pattern such as web* for vms.", Optional: true},
		},
	}
}

func TestModal(t *testing.T) {
	golden(t, "modal", (renderer{}).modal(menu(), "menu:abcdefgh27"))
	for _, f := range []chat.Form{{}, {Title: "x", Inputs: []chat.Input{{Label: "no name"}}}} {
		if d := (renderer{}).modal(f, "menu:"); d != nil {
			t.Errorf("a form without a question: %+v", d)
		}
	}
}

// Whatever a form asks, Discord takes it.
func TestAnyForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := chat.Form{Title: foreign().Draw(t, "title"), Submit: foreign().Draw(t, "submit")}
		for range rapid.SampledFrom([]int{0, 1, 3, 20}).Draw(t, "inputs") {
			in := chat.Input{
				Name: rapid.StringN(0, 8, 20).Draw(t, "name"), Label: foreign().Draw(t, "label"), Hint: foreign().Draw(t, "hint"),
				Initial: foreign().Draw(t, "initial"), Optional: rapid.Bool().Draw(t, "optional"),
			}
			for range rapid.SampledFrom([]int{0, 0, 2}).Draw(t, "choices") {
				in.Choices = append(in.Choices, chat.Choice{Label: foreign().Draw(t, "choice"), Value: foreign().Draw(t, "value")})
			}
			f.Inputs = append(f.Inputs, in)
		}
		if d := (renderer{}).modal(f, "menu:op"); d != nil {
			checkModal(t, d)
		}
	})
}

func checkModal(t tester, d *discordgo.InteractionResponseData) {
	t.Helper()
	w := walker{tester: t}
	w.length("title", d.Title, 1, 45)
	if len(d.Components) == 0 || len(d.Components) > 5 {
		t.Errorf("%d inputs", len(d.Components))
	}
	seen := map[string]bool{}
	for _, row := range d.Components {
		in := row.(discordgo.ActionsRow).Components[0].(discordgo.TextInput)
		w.length("label", in.Label, 1, 45)
		w.length("placeholder", in.Placeholder, 0, 100)
		w.length("value", in.Value, 0, 4000)
		if n := utf8.RuneCountInString(in.CustomID); n == 0 || n > 100 || seen[in.CustomID] {
			t.Errorf("the id %q", in.CustomID)
		}
		seen[in.CustomID] = true
	}
}
