package discord

import (
	"cmp"
	"strconv"
	"unicode/utf8"

	"github.com/bwmarrin/discordgo"

	"vmbackup-bot/bot/chat"
)

// maxTold is how much of a value is put behind a label that another choice has already.
const maxTold = 40

// choices are the completions that Discord takes, the first that come. A value that could not come back whole is left out,
// and no two have one value or one label.
func choices(all []chat.Choice) []*discordgo.ApplicationCommandOptionChoice {
	out := []*discordgo.ApplicationCommandOptionChoice{}
	values, labels := map[string]bool{}, map[string]bool{}
	for _, c := range all {
		if len(out) == maxChoices {
			break
		}
		if values[c.Value] || units(c.Value) > maxChoice || !visible(c.Value) || !utf8.ValidString(c.Value) {
			continue
		}
		label := unique(c, labels)
		values[c.Value], labels[label] = true, true
		out = append(out, &discordgo.ApplicationCommandOptionChoice{Name: label, Value: c.Value})
	}
	return out
}

// unique is a label that no other choice has: with the value behind it where the label alone is taken, and with a number
// where even that is.
func unique(c chat.Choice, taken map[string]bool) string {
	base := cmp.Or(word(c.Label, maxChoice), word(c.Value, maxChoice), ellipsis)
	label := base
	for n := 1; taken[label]; n++ {
		tail := " · " + word(c.Value, maxTold)
		if n > 1 {
			tail = " · " + strconv.Itoa(n)
		}
		label = cut(base, maxChoice-units(tail)) + tail
	}
	return label
}
