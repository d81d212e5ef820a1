package slack

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"vmbackup-bot/bot/chat"
)

// blockMark begins the block_id of every block of buttons.
const blockMark = "k|"

// actionID is what a pressed button brings back beside its value: the action, and the variant behind a dot.
func actionID(b chat.Button) string {
	if b.Arg == "" {
		return b.Action
	}
	return b.Action + "." + b.Arg
}

// blockKey reads the key of the message that a pressed button stood on, which may be empty; false where the block is none
// of a card's.
func blockKey(blockID string) (key string, ok bool) {
	rest, ok := strings.CutPrefix(blockID, blockMark)
	if !ok {
		return "", false
	}
	// From the end, so that a key may hold anything.
	for range 2 {
		i := strings.LastIndexByte(rest, '|')
		if i < 0 {
			return "", false
		}
		rest = rest[:i]
	}
	return rest, true
}

// sign gives the blocks of buttons their ids: the key, for knowing the message again, and a hash of all that leaves,
// since Slack wants a new id for each form of a message.
func sign(m message, key string) {
	if !utf8.ValidString(key) || units(key) > chat.MaxKey {
		key = "" // a part of a key would be another message's
	}
	form, err := json.Marshal(m.blocks)
	if err != nil {
		form = nil // the blocks are strings and cannot fail; the text alone would do
	}
	sum := sha256.Sum256(append([]byte(m.text), form...))
	n := 0
	for _, b := range m.blocks {
		if a, ok := b.(*slack.ActionBlock); ok {
			n++
			a.BlockID = blockMark + key + "|" + strconv.Itoa(n) + "|" + hex.EncodeToString(sum[:6])
		}
	}
}

// actions draws buttons and menu, and says how many did not fit. A block never holds two buttons of one action_id.
func actions(c chat.Card) (parts []part, left int) {
	buttons, size := c.Buttons, 0
	if c.Menu != nil && c.Key != "" {
		buttons = append(slices.Clip(buttons), *c.Menu)
	}
	var block *slack.ActionBlock
	var seen map[string]bool
	for _, b := range buttons {
		e := button(b)
		if e == nil {
			continue
		}
		if size += weight(e); size > maxPressed {
			left++
			continue
		}
		if block == nil || seen[e.ActionID] || len(seen) == maxButtons {
			if len(parts) == maxActions {
				left++
				continue
			}
			block, seen = slack.NewActionBlock(""), map[string]bool{}
			parts = append(parts, part{block: block})
		}
		seen[e.ActionID] = true
		block.Elements.ElementSet = append(block.Elements.ElementSet, e)
		parts[len(parts)-1].size += weight(e)
	}
	return parts, left
}

// button is nil for one that could not bring back what it stands for.
func button(b chat.Button) *slack.ButtonBlockElement {
	id := actionID(b)
	if !visible(b.Action) || b.ID != "" && !visible(b.ID) || units(id) > maxActionID || units(b.ID) > maxButtonValue || !utf8.ValidString(id+b.ID) {
		return nil
	}
	label := cmp.Or(word(b.Label, maxButtonText), word(b.Action, maxButtonText), ellipsis)
	e := slack.NewButtonBlockElement(id, b.ID, plainText(label))
	switch b.Style {
	case chat.StylePrimary:
		e.Style = slack.StylePrimary
	case chat.StyleDanger:
		e.Style = slack.StyleDanger
	case chat.StyleDefault:
	}
	if q := b.Confirm; q != nil {
		e.Confirm = slack.NewConfirmationBlockObject(
			plainText(cmp.Or(word(q.Title, maxConfirmTitle), label)),
			plainText(cmp.Or(word(q.Text, maxConfirmText), word(q.Title, maxConfirmText), label)),
			plainText(cmp.Or(word(q.Yes, maxConfirmButton), word(label, maxConfirmButton))),
			plainText(cmp.Or(word(q.No, maxConfirmButton), "No")),
		)
		e.Confirm.Style = e.Style
	}
	return e
}

// weight is all text of a button.
func weight(e *slack.ButtonBlockElement) int {
	n := units(e.Text.Text + e.Value + e.ActionID)
	if q := e.Confirm; q != nil {
		n += units(q.Title.Text + q.Text.Text + q.Confirm.Text + q.Deny.Text)
	}
	return n
}

// word is text for where Slack formats nothing; empty where nothing of it can be seen.
func word(s string, limit int) string {
	s = cut(chat.OneLine(s), limit)
	if !visible(s) {
		return ""
	}
	return s
}

func plainText(s string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, s, false, false)
}
