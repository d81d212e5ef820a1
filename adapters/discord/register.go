package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/bwmarrin/discordgo"

	"vmbackup-bot/bot/chat"
)

const (
	// arrangeSoon and arrangeLate bound the wait until commands that could not be registered are tried again.
	arrangeSoon = time.Minute
	arrangeLate = time.Hour
	// lookEvery is how often it is seen whether another process has not been noticed for long.
	lookEvery = time.Minute
	// mostCleared bounds the guilds in which an old command is looked for.
	mostCleared = 25
)

// arrange has the commands looked at, soon and elsewhere.
func (a *Adapter) arrange() {
	select {
	case a.rearrange <- struct{}{}:
	default: // it is due already
	}
}

// tend does what has time: it registers the commands after each READY, again and again until that succeeds, and forgets
// another process that is not noticed any more.
func (a *Adapter) tend(ctx context.Context) error {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	again := time.NewTimer(arrangeLate)
	again.Stop()
	defer again.Stop()
	wait := arrangeSoon
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
			a.lookAround(ctx)
			continue
		case <-a.rearrange:
			wait = arrangeSoon
		case <-again.C:
		}
		again.Stop()
		err := a.register(ctx)
		if err == nil || ctx.Err() != nil {
			a.state.lacksCommand("")
			continue
		}
		f := asFault(err)
		if f.Kind == chat.FaultForbidden || f.Kind == chat.FaultBadCard { // else it may well be there from before
			a.state.lacksCommand(fmt.Sprintf("the command could not be registered, so nobody can type it (%v); let the bot in again by %s",
				chat.Cause(f), invitation(a.identity().App, a.o.Guild)))
		}
		a.log.Warn("the commands could not be registered; it is tried again", "error", f, "wait", max(wait, f.After))
		again.Reset(max(wait, f.After))
		wait = min(2*wait, arrangeLate)
	}
}

// lookAround tells that another process is gone, as far as anybody can know.
func (a *Adapter) lookAround(ctx context.Context) {
	if !a.state.alone(time.Now()) {
		return
	}
	a.log.Info("no other process has answered for long")
	if a.o.Company != nil {
		a.o.Company(ctx, 0)
	}
}

// register sees that the bot has its one command in its scope and in no other, where it would be shown twice. Nothing is
// written that stands there already.
func (a *Adapter) register(ctx context.Context) error {
	id := a.identity()
	if id.App == "" {
		return nil // READY comes first
	}
	want := definition(a.o.Command, a.o.Guild != "")
	have, err := a.commandsIn(ctx, id.App, a.o.Guild)
	if err != nil {
		return err
	}
	if len(have) != 1 || !sameCommand(have[0], want) {
		// This replaces all commands of the scope: those of earlier versions go.
		err := a.call(ctx, act{name: actCommands}, http.MethodPut, commandsPath(id.App, a.o.Guild),
			[]*discordgo.ApplicationCommand{want}, nil)
		if err != nil {
			return err
		}
		a.log.Info("the command is registered", "command", a.o.Command, "guild", a.o.Guild)
	}
	if a.o.Guild != "" {
		return a.clear(ctx, id.App, "")
	}
	var failed []error
	for _, guild := range id.Guilds[:min(len(id.Guilds), mostCleared)] {
		failed = append(failed, a.clear(ctx, id.App, guild))
	}
	return errors.Join(failed...)
}

// clear removes the command of our name from a scope.
func (a *Adapter) clear(ctx context.Context, app, guild string) error {
	have, err := a.commandsIn(ctx, app, guild)
	if err != nil {
		return err
	}
	for _, c := range have {
		if c == nil || c.Name != a.o.Command || c.ID == "" {
			continue
		}
		path := commandsPath(app, guild) + "/" + join(c.ID)
		if err := a.call(ctx, act{name: actCommands}, http.MethodDelete, path, nil, nil); err != nil {
			return err
		}
		a.log.Info("the command of another scope is removed", "command", a.o.Command, "guild", guild)
	}
	return nil
}

// commandsIn are the commands of a guild, or the global ones; nil stands for one that the library cannot read.
//
// They go the way of everything else, and not through the library's own calls: those queue behind a lock that knows no
// context.
func (a *Adapter) commandsIn(ctx context.Context, app, guild string) ([]*discordgo.ApplicationCommand, error) {
	var raw []json.RawMessage
	if err := a.call(ctx, act{name: actCommands}, http.MethodGet, commandsPath(app, guild), nil, &raw); err != nil {
		return nil, err
	}
	list := make([]*discordgo.ApplicationCommand, len(raw))
	for i, r := range raw {
		var c discordgo.ApplicationCommand
		if json.Unmarshal(r, &c) == nil {
			list[i] = &c
		}
	}
	return list, nil
}

func commandsPath(app, guild string) string {
	if guild == "" {
		return join("applications", app, "commands")
	}
	return join("applications", app, "guilds", guild, "commands")
}

var _ chat.Adapter = (*Adapter)(nil)
