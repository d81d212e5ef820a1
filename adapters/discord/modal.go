package discord

import (
	"cmp"
	"strings"
	"unicode/utf8"

	"github.com/bwmarrin/discordgo"

	"vmbackup-bot/bot/chat"
)

// modal draws a form, which comes back with customID. It is nil where no question of it can be asked.
//
// The library knows lines of text alone, so a question with choices names them, and what is typed is checked when it
// comes back. Questions beyond what Discord takes are left out.
func (r renderer) modal(f chat.Form, customID string) *discordgo.InteractionResponseData {
	d := &discordgo.InteractionResponseData{
		CustomID: customID,
		Title:    cmp.Or(word(f.Title, maxModalTitle), word(f.Submit, maxModalTitle), ellipsis),
	}
	seen := map[string]bool{"": true}
	for _, in := range f.Inputs {
		if seen[in.Name] || units(in.Name) > maxCustomID || !utf8.ValidString(in.Name) {
			continue // its value could not come back
		}
		if len(d.Components) == maxModalInputs {
			break
		}
		seen[in.Name] = true
		d.Components = append(d.Components, discordgo.ActionsRow{Components: []discordgo.MessageComponent{question(in)}})
	}
	if customID == "" || units(customID) > maxCustomID || len(d.Components) == 0 {
		return nil
	}
	return d
}

// question draws one input.
func question(in chat.Input) discordgo.TextInput {
	return discordgo.TextInput{
		CustomID:    in.Name,
		Label:       cmp.Or(word(in.Label, maxInputLabel), word(in.Name, maxInputLabel), ellipsis),
		Style:       discordgo.TextInputShort,
		Placeholder: placeholder(in),
		Value:       word(in.Initial, maxInputValue),
		Required:    !in.Optional,
	}
}

// placeholder is what a reader sees in an empty field: the values that may be typed, else the hint.
func placeholder(in chat.Input) string {
	var values []string
	for _, c := range in.Choices {
		if v := word(c.Value, maxInputPlaceholder); v != "" {
			values = append(values, v)
		}
	}
	return cmp.Or(word(strings.Join(values, ", "), maxInputPlaceholder), word(in.Hint, maxInputPlaceholder))
}
