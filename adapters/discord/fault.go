package discord

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"vmbackup-bot/adapters/network"
	"vmbackup-bot/bot/chat"
)

// Discord's codes that are minded here (topics/opcodes-and-status-codes, JSON error codes). Where the library has a
// constant it is not taken: half of them are missing there.
const (
	codeUnknownChannel     = 10003
	codeUnknownGuild       = 10004
	codeUnknownMember      = 10007
	codeUnknownMessage     = 10008
	codeUnknownUser        = 10013
	codeUnknownWebhook     = 10015
	codeUnknownInteraction = 10062
	codeExplicit           = 20009
	codeSlowMode           = 20016
	codeAnnouncements      = 20022
	codeFlaggedForDMs      = 20026
	codeChannelWrites      = 20028
	codeGuildWrites        = 20029
	codeCommandsPerDay     = 30034
	codeOldEdits           = 30046
	codeDMsTooFast         = 40003
	codeSendingOff         = 40004
	codeTooLarge           = 40005
	codeFeatureOff         = 40006
	codeAnswered           = 40060
	codeSharedLimit        = 40062
	codeMissingAccess      = 50001
	codeNotTheAuthor       = 50005
	codeEmptyMessage       = 50006
	codeNoDM               = 50007
	codeNoText             = 50008
	codeMissingPermissions = 50013
	codeBadToken           = 50014
	codeSystemMessage      = 50021
	codeWrongChannelType   = 50024
	codeTokenExpired       = 50027
	codeInvalidForm        = 50035
	codeArchived           = 50083
	codeInvalidJSON        = 50109
	codeNoHistory          = 160002
	codeThreadExists       = 160004
	codeLocked             = 160005
	codeThreadsFull        = 160006
	codeAutoMod            = 200000
	codeAutoModTitle       = 200001
	codeHarmfulLink        = 240000
)

// budgetGlobal is the deliverer's name for all requests.
const budgetGlobal = "global"

// Waits that no header tells.
const (
	// commandsWait is after too many new commands in a day (200): a few become possible with each hour.
	commandsWait = time.Hour
	// offWait is after Discord switched something off for the time being.
	offWait = time.Minute
)

// faultOf says what an error means for what was asked; nil is none. Neither a token nor an address is in the fault.
func faultOf(c act, err error) *chat.Fault {
	if err == nil {
		return nil
	}
	if f, ok := errors.AsType[*chat.Fault](err); ok {
		return f
	}
	if e := answerOf(err); e != nil {
		f := answerFault(c, e)
		f.Err = fmt.Errorf("%s: %w", c.name, e) // and not err, which may hold a whole request
		return f
	}
	if e, ok := errors.AsType[*transportError](err); ok && !e.sent {
		return &chat.Fault{Kind: chat.FaultRetry, Err: fmt.Errorf("%s: not sent: %w", c.name, e)}
	}
	// A time-out, a connection that was cut, or an answer that is not Discord's.
	return &chat.Fault{Kind: chat.FaultLost, Err: fmt.Errorf("%s: %w", c.name, network.WithoutURL(err))}
}

// answerFault is a refusal as a fault, without its Err.
func answerFault(c act, e *answerError) *chat.Fault {
	switch {
	case e.blocked():
		return &chat.Fault{Kind: chat.FaultThrottled, After: e.retryAfter, Budget: budgetGlobal}
	case e.status == http.StatusTooManyRequests:
		return &chat.Fault{Kind: chat.FaultThrottled, After: e.retryAfter, Budget: hit(c, e)}
	case e.status >= 500, e.status == http.StatusRequestTimeout, e.status < 400:
		return &chat.Fault{Kind: chat.FaultLost} // it may have been done
	case e.html:
		return &chat.Fault{Kind: chat.FaultRetry, After: e.retryAfter}
	}
	f := &chat.Fault{Kind: kindOf(c, e), After: e.retryAfter}
	switch f.Kind {
	case chat.FaultThrottled:
		f.Budget = hit(c, e)
		f.After = max(f.After, defaultWait)
		if e.code == codeCommandsPerDay {
			f.After = commandsWait
		}
	case chat.FaultForbidden:
		f.Need = need(c, e)
	case chat.FaultRetry:
		if e.code == codeSendingOff || e.code == codeFeatureOff {
			f.After = offWait
		}
	}
	return f
}

// hit is the limit that was exceeded.
func hit(c act, e *answerError) string {
	switch {
	case e.global:
		return budgetGlobal
	case e.code == codeOldEdits:
		return oldEdits(c.channel)
	case e.code == codeGuildWrites && c.guild != "":
		return guildWrites(c.guild)
	}
	return c.limit()
}

// kindOf sorts Discord's codes. Of a code that is not known the status still says that nothing was done.
func kindOf(c act, e *answerError) chat.FaultKind {
	switch e.code {
	case codeUnknownMessage, codeNotTheAuthor, codeSystemMessage:
		return chat.FaultMessageGone
	case codeUnknownChannel, codeUnknownGuild, codeNoText, codeWrongChannelType, codeThreadsFull,
		codeUnknownInteraction, codeTokenExpired: // an interaction that is over is a place that is gone
		return chat.FaultPlaceGone
	case codeArchived, codeLocked:
		if c.name == actEdit || c.name == actUnlock {
			return chat.FaultFrozen
		}
		return chat.FaultPlaceGone // sending would open an archived thread again, so this one is locked
	case codeOldEdits, codeSlowMode, codeAnnouncements, codeChannelWrites, codeGuildWrites, codeDMsTooFast,
		codeSharedLimit, codeCommandsPerDay:
		return chat.FaultThrottled
	case codeInvalidForm, codeInvalidJSON, codeEmptyMessage, codeTooLarge, codeExplicit, codeHarmfulLink:
		return chat.FaultBadCard
	case codeMissingAccess, codeMissingPermissions, codeNoDM, codeNoHistory, codeFlaggedForDMs, codeAutoMod,
		codeAutoModTitle:
		return chat.FaultForbidden
	case codeBadToken:
		return chat.FaultFatal
	case codeAnswered:
		return chat.FaultLost // the answer that stands may be ours
	case codeUnknownWebhook, codeSendingOff, codeFeatureOff: // the first is also said of what was deferred just now
		return chat.FaultRetry
	}
	switch e.status {
	case http.StatusUnauthorized:
		if c.name == actInteract { // about the interaction's token, not the bot's
			return chat.FaultPlaceGone
		}
		return chat.FaultFatal
	case http.StatusForbidden:
		return chat.FaultForbidden
	}
	return chat.FaultRetry
}

// need is what is missing, for whoever looks after the guild.
func need(c act, e *answerError) string {
	switch e.code {
	case codeMissingAccess:
		return permView.name()
	case codeMissingPermissions:
		if c.need != "" {
			return c.need
		}
		return "a permission (" + c.name + ")"
	case codeNoHistory:
		return permHistory.name()
	case codeNoDM, codeFlaggedForDMs:
		return "direct messages to that person"
	case codeAutoMod, codeAutoModTitle:
		return "an exemption from AutoMod"
	}
	return fmt.Sprintf("the right to do this (code %d)", e.code)
}
