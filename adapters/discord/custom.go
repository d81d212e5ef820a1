package discord

import (
	"cmp"
	"strings"
	"unicode/utf8"

	"github.com/bwmarrin/discordgo"

	"vmbackup-bot/bot/chat"
)

const (
	// keyMark stands between the small print of a footer and the key, smallMark before the key of a plain message.
	keyMark   = " · "
	smallMark = "-# "
)

// isKey reports whether a key can be read again as it was written, and means nothing else where it stands. A part of a
// longer one would be another message's.
func isKey(s string) bool {
	return s != "" && len(s) <= chat.MaxKey && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("._:/-", r)
	})
}

// keyIn is the key that a message bears: at the end of its footer, or in the last line of a plain one. It is empty where
// there is none. Whoever can write as the bot can write any key, so it proves nothing by itself.
func keyIn(content string, embeds []*discordgo.MessageEmbed) string {
	for _, e := range embeds {
		if e == nil || e.Footer == nil {
			continue
		}
		s := e.Footer.Text
		if i := strings.LastIndex(s, keyMark); i >= 0 {
			s = s[i+len(keyMark):]
		}
		if isKey(s) {
			return s
		}
	}
	if s, ok := strings.CutPrefix(content[strings.LastIndexByte(content, '\n')+1:], smallMark); ok && isKey(s) {
		return s
	}
	return ""
}

// customID is what a pressed button brings back: <action>:<id>, or <action>:<id>:<arg>. It is empty for a button that
// could not bring back what it stands for.
func customID(b chat.Button) string {
	s := b.Action + ":" + b.ID
	if b.Arg != "" {
		s += ":" + b.Arg
	}
	if b.Action == "" || strings.Contains(b.Action+b.ID, ":") || units(s) > maxCustomID || !utf8.ValidString(s) {
		return ""
	}
	return s
}

// readCustomID is the way back from customID. Anything at all may come in.
func readCustomID(s string) (action, id, arg string) {
	action, s, _ = strings.Cut(s, ":")
	id, arg, _ = strings.Cut(s, ":")
	return action, id, arg
}

// buttonRows draws buttons, and says how many found no room. Where the platform would ask back, the bot does so itself:
// Discord has no such dialog.
func buttonRows(buttons []chat.Button) (rows []discordgo.MessageComponent, left int) {
	rows = []discordgo.MessageComponent{}
	seen := map[string]bool{"": true}
	var row []discordgo.MessageComponent
	for _, b := range buttons {
		id := customID(b)
		if seen[id] {
			continue // Discord refuses the whole message for an id that comes twice
		}
		seen[id] = true
		if len(rows) == maxRows {
			left++
			continue
		}
		if row = append(row, button(b, id)); len(row) == maxRowButtons {
			rows = append(rows, discordgo.ActionsRow{Components: row})
			row = nil
		}
	}
	if len(row) > 0 {
		rows = append(rows, discordgo.ActionsRow{Components: row})
	}
	return rows, left
}

func button(b chat.Button, id string) discordgo.Button {
	style := discordgo.SecondaryButton
	switch b.Style {
	case chat.StylePrimary:
		style = discordgo.PrimaryButton
	case chat.StyleDanger:
		style = discordgo.DangerButton
	case chat.StyleDefault:
	}
	label := cmp.Or(word(b.Label, maxButtonLabel), word(b.Action, maxButtonLabel), ellipsis)
	return discordgo.Button{Label: label, Style: style, CustomID: id}
}
