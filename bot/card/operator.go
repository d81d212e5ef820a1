package card

import "vmbackup-bot/bot/chat"

// AppShared tells the people who run the bot that other processes are connected as the same app of a platform, and with
// none that they are gone.
func AppShared(platform, server string, others int) chat.Card {
	if others == 0 {
		return chat.Card{
			Summary: chat.T("The bot for ", vmName(server), " is the only process on its ", platform, " app again."),
			Tone:    chat.ToneGood,
		}
	}
	return chat.Card{
		Summary: chat.T("Another process is connected as the same ", platform, " app as the bot for ", vmName(server),
			", so a part of what people type does not reach it."),
		Tone: chat.ToneBad,
		Lines: []chat.Text{
			chat.T("Stop the other one, such as an old service or a test bot, or give it an app and tokens of its own."),
			chat.T("Until then commands and buttons may seem to do nothing; running backups are watched as ever."),
		},
	}
}

// Forged tells them that a button was pressed on a message that carries the bot's buttons and is not the bot's.
func Forged(who chat.Actor, where chat.Place, action string) chat.Card {
	return chat.Card{
		Summary: chat.T("A button was pressed on a message that looks like the bot's and is not; it was not obeyed."),
		Tone:    chat.ToneBad,
		Lines: []chat.Text{
			chat.T("Pressed by ", by(who), ", ", typed(who.ID(), typedMax), ", in ", typed(where.String(), typedMax), ": ", typed(action, typedMax), "."),
			chat.T("Whoever posted it may hold the bot's token. Look who wrote the message, and replace the token if it was not an old bot of yours."),
		},
	}
}

// PlatformLost tells them that nobody can talk to the bot on a platform any more, and why.
func PlatformLost(platform, server, why string) chat.Card {
	return chat.Card{
		Summary: chat.T("The bot for ", vmName(server), " has lost ", platform, ": nobody can talk to it there until it is started again."),
		Tone:    chat.ToneBad,
		Quote:   why,
	}
}
