package slack

import (
	"cmp"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"vmbackup-bot/bot/chat"
)

// formCallback marks the views that are forms of the bot's.
const formCallback = "form"

// view draws a form. What meta holds comes back with the submitted form; where it is longer than Slack keeps, nothing does.
func (r renderer) view(f chat.Form, meta string) slack.ModalViewRequest {
	title := cmp.Or(word(f.Title, maxSection), ellipsis)
	v := slack.ModalViewRequest{
		Type:       slack.VTModal,
		CallbackID: formCallback,
		Title:      plainText(cut(title, maxViewTitle)),
		Submit:     plainText(cmp.Or(word(f.Submit, maxViewTitle), "Submit")),
		Close:      plainText("Close"),
	}
	if units(meta) <= maxMetadata {
		v.PrivateMetadata = meta
	}
	v.Blocks.BlockSet = inputs(f.Inputs)
	if len(v.Blocks.BlockSet) == 0 || units(title) > maxViewTitle {
		v.Blocks.BlockSet = slices.Insert(v.Blocks.BlockSet, 0, slack.Block(slack.NewSectionBlock(plainText(title), nil, nil)))
	}
	return v
}

// inputs draws the questions, and leaves a block for the form's title.
func inputs(all []chat.Input) []slack.Block {
	blocks := []slack.Block{}
	seen := map[string]bool{}
	left := 0
	for _, in := range all {
		switch {
		case seen[in.Name] || !visible(in.Name) || units(in.Name) > maxActionID || !utf8.ValidString(in.Name):
			continue // its value could not come back
		case len(blocks) == maxViewBlocks-2: // the title, and what is missing
			left++
			continue
		}
		seen[in.Name] = true
		blocks = append(blocks, input(in))
	}
	if left > 0 {
		blocks = append(blocks, smallPrint(fmt.Sprintf("%s and %d more", ellipsis, left)).block)
	}
	return blocks
}

// input draws one question.
func input(in chat.Input) *slack.InputBlock {
	label := cmp.Or(word(in.Label, maxInputLabel), word(in.Name, maxInputLabel), ellipsis)
	hint := word(in.Hint, maxInputHint)
	var element slack.BlockElement
	switch options, missing := choices(in.Choices); {
	case len(options) > 0:
		if missing > 0 {
			note := fmt.Sprintf("%s and %d more that cannot be shown here", ellipsis, missing)
			if hint != "" {
				note = cut(hint, maxInputHint-units(note)-1) + " " + note
			}
			hint = note
		}
		element = pickList(in, options)
	case in.Complete:
		element = completed(in)
	default:
		line := slack.NewPlainTextInputBlockElement(nil, in.Name)
		line.InitialValue = word(in.Initial, maxLine)
		element = line
	}
	b := slack.NewInputBlock(in.Name, plainText(label), nil, element)
	if hint != "" {
		b.Hint = plainText(hint)
	}
	b.Optional = in.Optional
	return b
}

// choices are the options of a pick list, and how many could not become one: a value must come back whole.
func choices(all []chat.Choice) (options []*slack.OptionBlockObject, missing int) {
	seen := map[string]bool{}
	for _, c := range all {
		o := option(c)
		switch {
		case o == nil || len(options) == maxOptions:
			missing++
		case !seen[c.Value]:
			seen[c.Value] = true
			options = append(options, o)
		}
	}
	return options, missing
}

// option is nil where the value could not come back as it is.
func option(c chat.Choice) *slack.OptionBlockObject {
	if c.Value == "" || units(c.Value) > maxOption || !utf8.ValidString(c.Value) {
		return nil
	}
	label := cmp.Or(word(c.Label, maxOption), word(c.Value, maxOption), ellipsis)
	return slack.NewOptionBlockObject(c.Value, plainText(label), nil)
}

// pickList is a menu of known options.
func pickList(in chat.Input, options []*slack.OptionBlockObject) slack.BlockElement {
	e := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, nil, in.Name, options...)
	for _, o := range options {
		if o.Value == in.Initial {
			e.InitialOption = o
		}
	}
	return e
}

// completed is a menu that asks the bot while somebody types.
func completed(in chat.Input) slack.BlockElement {
	e := slack.NewOptionsSelectBlockElement(slack.OptTypeExternal, nil, in.Name)
	least := externalMin
	e.MinQueryLength = &least
	e.InitialOption = option(chat.Choice{Label: in.Initial, Value: in.Initial})
	return e
}
