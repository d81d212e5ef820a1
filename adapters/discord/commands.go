package discord

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/bwmarrin/discordgo"
)

// definition is the one command, with what people can do as its subcommands. The names of the options are those that the
// bot reads. A guild's command has no contexts; a global one is offered in guilds and in conversations with the bot, and
// nowhere else. It asks for no permission of Discord's: the policy decides, and says why.
func definition(name string, guild bool) *discordgo.ApplicationCommand {
	vm := completed("vm", "Name, name@host or id", true)
	c := &discordgo.ApplicationCommand{
		Type: discordgo.ChatApplicationCommand, Name: name, Description: "Back up VMs, and see how they stand",
		Options: []*discordgo.ApplicationCommandOption{
			subcommand("backup", "Back up a VM now", vm, typed("note", "Shown on the card", maxTypedNote)),
			subcommand("abort", "Stop a running backup, or call off one that waits",
				completed("operation", "VM or operation", true)),
			subcommand("status", "What is running, or how a VM stands", completed("target", "VM or operation", false)),
			subcommand("vms", "Your VMs and their last backups", typed("glob", "A pattern such as web*", maxTyped)),
			subcommand("report", "The last runs of a VM", vm, runs()),
			subcommand("whoami", "Your ids, and what to put into the policy file"),
			subcommand("why", "Which rule lets you, or does not", verb(), vm),
			subcommand("help", "All commands, or one", typed("verb_name", "A command", maxTyped)),
		},
	}
	if !guild {
		c.Contexts = &[]discordgo.InteractionContextType{discordgo.InteractionContextGuild, discordgo.InteractionContextBotDM}
		// Only whole guilds: a person who takes the command along would have it everywhere.
		c.IntegrationTypes = &[]discordgo.ApplicationIntegrationType{discordgo.ApplicationIntegrationGuildInstall}
	}
	return c
}

func subcommand(name, about string, options ...*discordgo.ApplicationCommandOption) *discordgo.ApplicationCommandOption {
	return &discordgo.ApplicationCommandOption{
		Type: discordgo.ApplicationCommandOptionSubCommand, Name: name, Description: about, Options: options,
	}
}

// typed is a line of text that may be left out.
func typed(name, about string, longest int) *discordgo.ApplicationCommandOption {
	return &discordgo.ApplicationCommandOption{
		Type: discordgo.ApplicationCommandOptionString, Name: name, Description: about, MaxLength: longest,
	}
}

// completed is a line of text for which the bot is asked while somebody types.
func completed(name, about string, required bool) *discordgo.ApplicationCommandOption {
	o := typed(name, about, maxTyped)
	o.Autocomplete, o.Required = true, required
	return o
}

func runs() *discordgo.ApplicationCommandOption {
	least := 1.0
	return &discordgo.ApplicationCommandOption{
		Type: discordgo.ApplicationCommandOptionInteger, Name: "n", Description: "How many runs",
		MinValue: &least, MaxValue: maxRuns,
	}
}

// verb is one of the words of the policy file.
func verb() *discordgo.ApplicationCommandOption {
	o := &discordgo.ApplicationCommandOption{
		Type: discordgo.ApplicationCommandOptionString, Name: "verb_name", Description: "What you want to do", Required: true,
	}
	for _, v := range []string{
		"status", "backup", "offsite", "restore", "restore-over", "seed-to-disk", "sandbox-restore", "verify", "abort",
		"abort-any", "force", "snooze", "pause", "approve", "audit",
	} {
		o.Choices = append(o.Choices, &discordgo.ApplicationCommandOptionChoice{Name: v, Value: v})
	}
	return o
}

// sameCommand reports whether what is registered is what is wanted, so that nothing is written in vain: Discord counts
// creations, and a global command takes its time. What Discord adds of its own accord does not count.
func sameCommand(have, want *discordgo.ApplicationCommand) bool {
	if have == nil || want == nil {
		return have == want
	}
	return cmp.Or(have.Type, discordgo.ChatApplicationCommand) == cmp.Or(want.Type, discordgo.ChatApplicationCommand) &&
		have.Name == want.Name && have.Description == want.Description &&
		same(have.DefaultMemberPermissions, want.DefaultMemberPermissions) && orZero(have.NSFW) == orZero(want.NSFW) &&
		sameContexts(have.Contexts, want.Contexts) && slices.EqualFunc(have.Options, want.Options, sameOption)
}

// sameContexts takes any order; what no contexts are wanted for may have what Discord likes.
func sameContexts(have, want *[]discordgo.InteractionContextType) bool {
	if want == nil {
		return true
	}
	return slices.Equal(slices.Sorted(slices.Values(orZero(have))), slices.Sorted(slices.Values(*want)))
}

func sameOption(have, want *discordgo.ApplicationCommandOption) bool {
	if have == nil || want == nil {
		return have == want
	}
	return have.Type == want.Type && have.Name == want.Name && have.Description == want.Description &&
		have.Required == want.Required && have.Autocomplete == want.Autocomplete &&
		same(have.MinValue, want.MinValue) && have.MaxValue == want.MaxValue &&
		same(have.MinLength, want.MinLength) && have.MaxLength == want.MaxLength &&
		slices.EqualFunc(have.Choices, want.Choices, sameChoice) && slices.EqualFunc(have.Options, want.Options, sameOption)
}

// sameChoice compares values as they are written: a number may come back as another type.
func sameChoice(have, want *discordgo.ApplicationCommandOptionChoice) bool {
	if have == nil || want == nil {
		return have == want
	}
	return have.Name == want.Name && fmt.Sprint(have.Value) == fmt.Sprint(want.Value)
}

// same compares what may be left out.
func same[T comparable](x, y *T) bool {
	if x == nil || y == nil {
		return x == y
	}
	return *x == *y
}

func orZero[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
