package discord

import (
	"encoding/json"
	"regexp"
	"slices"
	"testing"

	"github.com/bwmarrin/discordgo"
)

func TestDefinition(t *testing.T) {
	golden(t, "command", definition("vmbackup", false))
	if c := definition("vmbackup", true); c.Contexts != nil || c.DefaultMemberPermissions != nil {
		t.Errorf("a guild's command: %+v", c)
	}
	// The names that bot/input.go reads; another one would be dropped in silence.
	known := []string{"verb_name", "vm", "operation", "target", "glob", "n", "time", "since", "note", "reason"}
	size := 0
	walk(definition("vmbackup", false).Options, func(o *discordgo.ApplicationCommandOption, parent bool) {
		size += len(o.Name) + len(o.Description)
		if !regexp.MustCompile(`^[a-z0-9_-]{1,32}$`).MatchString(o.Name) || o.Description == "" || len(o.Description) > 100 {
			t.Errorf("%q: %q", o.Name, o.Description)
		}
		if !parent && !slices.Contains(known, o.Name) {
			t.Errorf("the bot does not read %q", o.Name)
		}
		if o.Autocomplete && len(o.Choices) > 0 || len(o.Choices) > 25 || len(o.Options) > 25 {
			t.Errorf("%q has choices as well", o.Name)
		}
		if o.Type == discordgo.ApplicationCommandOptionString && len(o.Choices) == 0 && (o.MaxLength < 100 || o.MaxLength > 6000) {
			t.Errorf("%q may be %d long", o.Name, o.MaxLength)
		}
		if !slices.IsSortedFunc(o.Options, func(x, y *discordgo.ApplicationCommandOption) int {
			return map[bool]int{true: 0, false: 1}[x.Required] - map[bool]int{true: 0, false: 1}[y.Required]
		}) {
			t.Errorf("%q has required options behind others", o.Name)
		}
	})
	if size > 8000 {
		t.Errorf("%d characters", size)
	}
}

func walk(all []*discordgo.ApplicationCommandOption, visit func(o *discordgo.ApplicationCommandOption, parent bool)) {
	for _, o := range all {
		visit(o, o.Type == discordgo.ApplicationCommandOptionSubCommand)
		walk(o.Options, visit)
	}
}

// registered is a command as Discord gives it back: through JSON, with what Discord adds and leaves out.
func registered(t *testing.T, guild bool) *discordgo.ApplicationCommand {
	t.Helper()
	b, err := json.Marshal(definition("vmbackup", guild))
	if err != nil {
		t.Fatal(err)
	}
	var c discordgo.ApplicationCommand
	if err := json.Unmarshal(b, &c); err != nil {
		t.Fatal(err)
	}
	no := false
	c.ID, c.ApplicationID, c.Version, c.NSFW = "1", "2", "3", &no
	c.IntegrationTypes = &[]discordgo.ApplicationIntegrationType{0}
	if c.Contexts != nil {
		slices.Reverse(*c.Contexts)
	}
	walk(c.Options, func(o *discordgo.ApplicationCommandOption, _ bool) {
		if o.Options == nil {
			o.Options = []*discordgo.ApplicationCommandOption{}
		}
	})
	return &c
}

func TestSameCommand(t *testing.T) {
	for _, guild := range []bool{false, true} {
		if !sameCommand(registered(t, guild), definition("vmbackup", guild)) {
			t.Errorf("what was registered is another command (guild %v)", guild)
		}
	}
	if sameCommand(nil, definition("x", true)) || !sameCommand(nil, nil) {
		t.Error("nothing is registered")
	}
	everyone := int64(0)
	for name, change := range map[string]func(c *discordgo.ApplicationCommand){
		"name":        func(c *discordgo.ApplicationCommand) { c.Name = "backup" },
		"type":        func(c *discordgo.ApplicationCommand) { c.Type = discordgo.UserApplicationCommand },
		"about":       func(c *discordgo.ApplicationCommand) { c.Description = "x" },
		"permissions": func(c *discordgo.ApplicationCommand) { c.DefaultMemberPermissions = &everyone },
		"contexts":    func(c *discordgo.ApplicationCommand) { *c.Contexts = append(*c.Contexts, 2) },
		"no contexts": func(c *discordgo.ApplicationCommand) { c.Contexts = nil },
		"one more":    func(c *discordgo.ApplicationCommand) { c.Options = append(c.Options, c.Options[0]) },
		"order":       func(c *discordgo.ApplicationCommand) { slices.Reverse(c.Options) },
		"required":    func(c *discordgo.ApplicationCommand) { c.Options[0].Options[0].Required = false },
		"completion":  func(c *discordgo.ApplicationCommand) { c.Options[0].Options[0].Autocomplete = false },
		"length":      func(c *discordgo.ApplicationCommand) { c.Options[0].Options[1].MaxLength++ },
		"least":       func(c *discordgo.ApplicationCommand) { c.Options[4].Options[1].MinValue = nil },
		"most":        func(c *discordgo.ApplicationCommand) { c.Options[4].Options[1].MaxValue++ },
		"choice":      func(c *discordgo.ApplicationCommand) { c.Options[6].Options[0].Choices[0].Value = "x" },
		"nothing":     func(c *discordgo.ApplicationCommand) { c.Options[0] = nil },
	} {
		c := registered(t, false)
		if change(c); sameCommand(c, definition("vmbackup", false)) {
			t.Errorf("another %s goes unseen", name)
		}
	}
}
