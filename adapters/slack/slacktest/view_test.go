package slacktest_test

import (
	"strings"
	"testing"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"vmbackup-bot/adapters/slack/slacktest"
)

// restore is a form with one input of each kind that the bot may use.
func restore() slack.ModalViewRequest {
	name := slack.NewPlainTextInputBlockElement(plain("name"), "name")
	name.MaxLength = 10
	one := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plain("host"), "host",
		slack.NewOptionBlockObject("HV01", plain("Host 1"), nil), slack.NewOptionBlockObject("HV02", plain("Host 2"), nil))
	vm := slack.NewOptionsSelectBlockElement(slack.OptTypeExternal, plain("vm"), "vm")
	least := 1
	vm.MinQueryLength = &least
	note := slack.NewInputBlock("note", plain("Note"), nil, slack.NewPlainTextInputBlockElement(nil, "note"))
	note.Optional = true
	return slack.ModalViewRequest{
		Type: slack.VTModal, Title: plain("Restore"), Submit: plain("Restore"), CallbackID: "restore", PrivateMetadata: "op1",
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			slack.NewInputBlock("name", plain("Name"), nil, name), slack.NewInputBlock("host", plain("Host"), nil, one),
			slack.NewInputBlock("vm", plain("VM"), nil, vm), note,
		}},
	}
}

// answering acknowledges with what a test puts into the channel, or with nothing.
func answering(got *log, answers chan any) func(*socketmode.Client, socketmode.Event) {
	return func(c *socketmode.Client, e socketmode.Event) {
		got.add(e)
		select {
		case a := <-answers:
			_ = c.Ack(*e.Request, a)
		default:
			_ = c.Ack(*e.Request)
		}
	}
}

func TestViewFromCommandToSubmission(t *testing.T) {
	s, api, _ := start(t, slacktest.Options{})
	var got log
	answers := make(chan any, 1)
	connect(t, api, answering(&got, answers))
	id := s.Command(slacktest.Command{User: "U0BOB", Text: "restore"})
	eventually(t, "the command", func() bool { _, ok := s.Acked(id); return ok })
	trigger := got.all()[0].Data.(slack.SlashCommand).TriggerID
	opened, err := api.OpenViewContext(t.Context(), trigger, restore())
	if err != nil {
		t.Fatal(err)
	}
	_, err = api.OpenViewContext(t.Context(), trigger, restore())
	wantError(t, err, "exchanged_trigger_id")
	_, err = api.OpenViewContext(t.Context(), "1.2.3", restore())
	wantError(t, err, "invalid_trigger_id")

	view := opened.ID
	answers <- slack.OptionsResponse{Options: []*slack.OptionBlockObject{slack.NewOptionBlockObject("ref1", plain("web01"), nil)}}
	typed := s.Suggest(slacktest.Suggest{ViewID: view, ActionID: "vm", Value: "w"})
	i := next(t, s, &got, typed)
	if i.Type != slack.InteractionTypeBlockSuggestion || i.Value != "w" || i.ActionID != "vm" || i.View.ID != view {
		t.Fatalf("got %+v", i)
	}
	if o, ok := s.Options(typed); !ok || len(o) != 1 || o[0] != (slacktest.Option{Text: "web01", Value: "ref1"}) {
		t.Fatal(o, ok)
	}
	for _, wrong := range []map[string]string{
		{"name": "n", "host": "HV01"},
		{"name": "n", "host": "HV09", "vm": "ref1"},
		{"name": "n", "host": "HV01", "vm": "ref9"},
		{"name": "longer than ten", "host": "HV01", "vm": "ref1"},
		{"name": "n", "host": "HV01", "vm": "ref1", "else": "x"},
	} {
		if s.Submit(slacktest.Submit{ViewID: view, Values: wrong}) != "" {
			t.Fatalf("submitted %v", wrong)
		}
	}
	values := map[string]string{"name": "web02", "host": "HV02", "vm": "ref1"}
	answers <- slack.NewErrorsViewSubmissionResponse(map[string]string{"name": "taken"})
	i = next(t, s, &got, s.Submit(slacktest.Submit{ViewID: view, Values: values}))
	state := i.View.State.Values
	if i.Type != slack.InteractionTypeViewSubmission || i.User.ID != "U0BOB" || i.View.PrivateMetadata != "op1" || i.View.CallbackID != "restore" ||
		state["name"]["name"].Value != "web02" || state["host"]["host"].SelectedOption.Value != "HV02" ||
		state["vm"]["vm"].SelectedOption.Text.Text != "web01" || state["note"]["note"].Value != "" {
		t.Fatalf("got %+v", i.View)
	}
	if v := s.Views()[0]; !v.Open || v.Errors["name"] != "taken" || v.User != "U0BOB" || v.Title != "Restore" {
		t.Fatalf("got %+v", v)
	}
	next(t, s, &got, s.Submit(slacktest.Submit{ViewID: view, Values: values}))
	if s.Views()[0].Open || s.Submit(slacktest.Submit{ViewID: view, Values: values}) != "" {
		t.Fatal("the view is still open")
	}
}

func TestViewsThatAreRefusedAndUpdated(t *testing.T) {
	s, api, _ := start(t, slacktest.Options{})
	var got log
	connect(t, api, answering(&got, nil))
	id := s.Command(slacktest.Command{})
	eventually(t, "the command", func() bool { _, ok := s.Acked(id); return ok })
	trigger := got.all()[0].Data.(slack.SlashCommand).TriggerID
	for pointer, spoil := range map[string]func(*slack.ModalViewRequest){
		"/view/title/text":       func(v *slack.ModalViewRequest) { v.Title = plain(strings.Repeat("x", 25)) },
		"/view/submit/text":      func(v *slack.ModalViewRequest) { v.Submit = plain(strings.Repeat("x", 25)) },
		"/view":                  func(v *slack.ModalViewRequest) { v.Submit = nil },
		"/view/private_metadata": func(v *slack.ModalViewRequest) { v.PrivateMetadata = strings.Repeat("x", 3001) },
		"/view/blocks": func(v *slack.ModalViewRequest) {
			for range 101 {
				v.Blocks.BlockSet = append(v.Blocks.BlockSet, slack.NewDividerBlock())
			}
		},
	} {
		v := restore()
		spoil(&v)
		_, err := api.OpenViewContext(t.Context(), trigger, v)
		e := wantError(t, err, "invalid_arguments")
		if m := e.Messages; len(m) != 1 || !strings.HasSuffix(m[0], "[json-pointer:"+pointer+"]") {
			t.Errorf("%s: got %q", pointer, m)
		}
	}
	// A refused view does not use the trigger up.
	opened, err := api.OpenViewContext(t.Context(), trigger, slack.ModalViewRequest{
		Type: slack.VTModal, Title: plain("Restore"), Blocks: slack.Blocks{BlockSet: []slack.Block{section("Loading")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := api.UpdateViewContext(t.Context(), restore(), "", opened.Hash, opened.ID); err != nil {
		t.Fatal(err)
	}
	_, err = api.UpdateViewContext(t.Context(), restore(), "", opened.Hash, opened.ID)
	wantError(t, err, "hash_conflict")
	_, err = api.UpdateViewContext(t.Context(), restore(), "", "", "V0")
	wantError(t, err, "not_found")
	if v := s.Views()[0]; v.Title != "Restore" || !v.Open {
		t.Fatalf("got %+v", v)
	}
}
