package access

import "vmbackup-bot/bot/chat"

// SameHuman reports whether both accounts belong to one human: they are one account, or the policy's people lists both
// under one name.
//
// An account is its platform and user alone. Both platforms give a person one id everywhere, while the team is the place
// of the moment: none in a direct message on Discord, and on Slack whichever workspace of the organisation it was. Nobody
// becomes a second person, who could approve what the first one asked for, by going elsewhere.
func (a *Access) SameHuman(x, y chat.Actor) bool {
	if x.User == "" || y.User == "" {
		return false
	}
	if x.Platform == y.Platform && x.User == y.User {
		return true
	}
	v := a.view.Load()
	if v.policy == nil {
		return false
	}
	for _, accounts := range v.policy.People {
		var hasX, hasY bool
		for _, w := range accounts {
			hasX = hasX || v.isAccount(w, x)
			hasY = hasY || v.isAccount(w, y)
		}
		if hasX && hasY {
			return true
		}
	}
	return false
}

// isAccount reports whether w is that account. On Slack an id without a team is one of the bot's own.
func (v *view) isAccount(w Who, actor chat.Actor) bool {
	if w.kind != whoUser || w.platform != actor.Platform || w.id != actor.User || actor.User == "" {
		return false
	}
	if w.team != "" {
		return w.team == actor.Team
	}
	return !v.stranger(actor)
}

// stranger reports whether the account comes from a Slack workspace that is not the bot's own, as in a shared channel.
func (v *view) stranger(actor chat.Actor) bool {
	return actor.Platform == slack && (v.ownTeam == nil || !v.ownTeam(actor.Platform, actor.Team))
}
