package slack

import (
	"context"
	"sync"
	"time"

	"vmbackup-bot/bot/chat"
)

// recogniseWithin bounds the look-up of somebody from another workspace: a person is waiting for the answer.
const recogniseWithin = 3 * time.Second

// kin are the teams that count as the bot's own: its workspace, its organisation, and the other workspaces of the
// organisation that Slack itself named. Ids of people are the same in all of them. The set only grows, from what Slack
// says and never from what people type.
type kin struct {
	mu    sync.Mutex
	teams map[string]bool
}

func newKin() *kin { return &kin{teams: map[string]bool{}} }

// add takes a team in; an empty one is none.
func (k *kin) add(team string) {
	if team == "" {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.teams[team] = true
}

func (k *kin) has(team string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return team != "" && k.teams[team]
}

// OwnTeam reports whether a team is the bot's own workspace or organisation, or another workspace of it that Slack named.
// It is access.Options' OwnTeam; until Slack has said who the bot is no team is.
func (a *Adapter) OwnTeam(platform, team string) bool { return platform == Name && a.kin.has(team) }

// related takes in a team that Slack says belongs to an organisation, if that is the bot's own.
func (a *Adapter) related(enterprise, team string) {
	if own := a.identity().Enterprise; own != "" && enterprise == own {
		a.kin.add(team)
	}
}

// recognise finds out whether somebody from an unknown team belongs to the bot's organisation: whoever sees a button can
// press it, and the press does not say. Where that cannot be found out the team stays a foreign one.
func (a *Adapter) recognise(ctx context.Context, who chat.Actor) {
	if a.identity().Enterprise == "" || who.Team == "" || a.kin.has(who.Team) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, recogniseWithin)
	defer cancel()
	if _, err := a.people.user(ctx, who.User); err != nil {
		a.log.Warn("somebody's workspace is not known, so it counts as a foreign one", "team", who.Team, "error", err)
	}
}

// recogniser asks who somebody is before a request of theirs is handled, and after it was acknowledged.
type recogniser struct {
	chat.Handler
	a *Adapter
}

// Handle is chat.Handler.
func (h recogniser) Handle(ctx context.Context, r chat.Request, a chat.Answer) {
	h.a.recognise(ctx, r.Actor)
	h.Handler.Handle(ctx, r, a)
}
