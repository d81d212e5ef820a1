package discord

import (
	"bytes"
	"encoding/json"
	"os"
	"strconv"
	"testing"

	"github.com/bwmarrin/discordgo"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"vmbackup-bot/bot/chat"
)

// openAPI compiles schemas of Discord's own description of its API, github.com/discord/discord-api-spec. The file is too
// large to be kept here; DISCORD_OPENAPI says where it is.
func openAPI(t *testing.T) func(name string) *jsonschema.Schema {
	t.Helper()
	path := os.Getenv("DISCORD_OPENAPI")
	if path == "" {
		t.Skip("DISCORD_OPENAPI names no file")
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	const url = "https://discord.example/openapi.json"
	c := jsonschema.NewCompiler()
	if err := c.AddResource(url, doc); err != nil {
		t.Fatal(err)
	}
	return func(name string) *jsonschema.Schema {
		s, err := c.Compile(url + "#/components/schemas/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

// valid holds v, as it goes over the wire, against a schema.
func valid(t tester, s *jsonschema.Schema, v any) {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("%v", err)
	}
	var back any
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatalf("%v", err)
	}
	if err := s.Validate(back); err != nil {
		t.Errorf("%v\n%s", err, b)
	}
}

func TestOpenAPI(t *testing.T) {
	schema := openAPI(t)
	create, edit := schema("MessageCreateRequest"), schema("MessageEditRequestPartial")
	for name, drafts := range examples[[]chat.Draft](t, "operation") {
		t.Run(name, func(t *testing.T) {
			for _, d := range drafts {
				valid(t, create, leaving(t, drawer().card(d.Card)))
			}
		})
	}
	t.Run("any card", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			out := leaving(t, drawer().card(anyCard().Draw(t, "card")))
			valid(t, create, out)
			valid(t, edit, out)
		})
	})
	t.Run("command", func(t *testing.T) {
		s := schema("ApplicationCommandCreateRequest")
		for _, guild := range []bool{false, true} {
			valid(t, s, definition("vmbackup", guild))
		}
	})
	t.Run("completions", func(t *testing.T) {
		var all []chat.Choice
		for i := range 40 {
			all = append(all, chat.Choice{Label: "web", Value: strconv.Itoa(i)})
		}
		valid(t, schema("ApplicationCommandAutocompleteCallbackRequest"), discordgo.InteractionResponse{
			Type: discordgo.InteractionApplicationCommandAutocompleteResult,
			Data: &discordgo.InteractionResponseData{Choices: choices(all)},
		})
	})
}
