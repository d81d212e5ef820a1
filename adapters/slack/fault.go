package slack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"

	"vmbackup-bot/adapters/network"
	"vmbackup-bot/bot/chat"
)

const (
	// defaultWait is how long to wait after a throttle that does not say: limits are counted per minute, so that half of
	// one gives back half of it.
	defaultWait = 30 * time.Second
	// longestWait bounds what a throttle may ask for: Slack asks for a minute or less, and what stands on the way may ask
	// for anything.
	longestWait = time.Hour
	// capWait is how long to wait after message_limit_exceeded: the cap of a free plan does not lift within minutes.
	capWait = time.Hour
)

// Slack's words that more than one place here minds.
const (
	codeMissingScope = "missing_scope"
	codeNoChannel    = "channel_not_found"
	codeNoThread     = "thread_not_found"
	codeTokenType    = "not_allowed_token_type"
)

// needBot is said when the token is good, but of another kind.
const needBot = "a bot token (xoxb-…)"

// faultOf says what an error of the web client means; nil is none. Whether a request had left is known for contexts from
// [tracked]; without one only an error that names the dial proves that it had not. No address or token is in the fault.
func faultOf(ctx context.Context, err error) *chat.Fault {
	if err == nil {
		return nil
	}
	if f, ok := errors.AsType[*chat.Fault](err); ok {
		return f
	}
	if e, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		return refusal(e)
	}
	if e, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		return throttled(e.RetryAfter, err)
	}
	if e, ok := errors.AsType[slack.StatusCodeError](err); ok {
		return statusFault(e)
	}
	err = network.WithoutURL(err)
	if notSent(ctx, err) {
		return &chat.Fault{Kind: chat.FaultRetry, Err: fmt.Errorf("not sent: %w", err)}
	}
	// A time-out, a connection that was cut, or an answer that is not Slack's.
	return &chat.Fault{Kind: chat.FaultLost, Err: err}
}

func throttled(after time.Duration, err error) *chat.Fault {
	if after <= 0 {
		after = defaultWait
	}
	return &chat.Fault{Kind: chat.FaultThrottled, After: min(after, longestWait), Err: err}
}

// statusFault is an HTTP status in place of an answer. Slack refuses with 200 as a rule, so that these come from what
// stands before it. Of 4xx it is certain that nothing was done.
func statusFault(e slack.StatusCodeError) *chat.Fault {
	switch {
	case e.Code == http.StatusTooManyRequests:
		return throttled(0, e)
	case e.Code == http.StatusRequestTimeout || e.Code < 400 || e.Code >= 500:
		return &chat.Fault{Kind: chat.FaultLost, Err: e}
	default:
		return &chat.Fault{Kind: chat.FaultRetry, Err: e}
	}
}

// refusal is an answer that says ok:false.
func refusal(e slack.SlackErrorResponse) *chat.Fault {
	f := &chat.Fault{Kind: kindOf(e.Err), Err: e}
	if len(e.ResponseMetadata.Messages) > 0 { // with the JSON pointer to what is wrong
		f.Err = fmt.Errorf("%w: %s", e, strings.Join(e.ResponseMetadata.Messages, "; "))
	}
	switch f.Kind {
	case chat.FaultThrottled:
		f.After = defaultWait
		if e.Err == "message_limit_exceeded" {
			f.After = capWait
		}
	case chat.FaultForbidden:
		f.Need = need(e)
	}
	return f
}

// kindOf sorts Slack's words (docs.slack.dev: the errors of chat.postMessage, chat.update, chat.delete and
// conversations.replies). A word that is not known still says that nothing was done.
func kindOf(code string) chat.FaultKind {
	switch code {
	case "message_not_found", "cant_update_message":
		return chat.FaultMessageGone
	case "edit_window_closed":
		return chat.FaultFrozen
	case "is_inactive", "is_archived", "channel_is_archived", codeNoChannel, "user_not_found", "user_disabled",
		codeNoThread, "cannot_reply_to_message", "invalid_thread_ts": // the last three: the thread is gone
		return chat.FaultPlaceGone
	case "ratelimited", "rate_limited", "message_limit_exceeded":
		return chat.FaultThrottled
	case "token_revoked", "account_inactive", "invalid_auth", "not_authed", "token_expired", codeTokenType:
		return chat.FaultFatal
	case "fatal_error", "internal_error", "service_unavailable", "request_timeout":
		return chat.FaultLost // Slack gave up on the way, and may have done it
	case "block_mismatch", "msg_too_long", "no_text", "metadata_too_large", "invalid_arguments":
		return chat.FaultBadCard
	case "not_in_channel", "user_not_in_channel", codeMissingScope, "no_permission", "accesslimited", "access_denied",
		"ekm_access_denied", "team_access_not_granted", "messages_tab_disabled", "cant_delete_message",
		"compliance_exports_prevent_deletion", "enterprise_is_restricted", "two_factor_setup_required", "cannot_dm_bot", "forbidden_team":
		return chat.FaultForbidden
	}
	for _, p := range []string{"invalid_blocks", "msg_blocks_", "invalid_metadata"} {
		if strings.HasPrefix(code, p) {
			return chat.FaultBadCard
		}
	}
	for _, part := range []string{"restricted_action", "_read_only", "_thread_only", "_non_threadable", "_thread_locked", "_denied", "_not_supported"} {
		if strings.Contains(code, part) {
			return chat.FaultForbidden
		}
	}
	return chat.FaultRetry
}

// need is what is missing, for whoever looks after the workspace.
func need(e slack.SlackErrorResponse) string {
	switch e.Err {
	case codeMissingScope:
		return cmp.Or(e.Needed, "a scope that the app does not have")
	case "not_in_channel":
		return "membership of the channel: /invite the bot"
	case "user_not_in_channel":
		return "the person's membership of the channel"
	case "accesslimited":
		return "access from this network, by the workspace's list of allowed addresses"
	case "ekm_access_denied":
		return "access by the workspace's own encryption keys"
	case "team_access_not_granted", "access_denied", "enterprise_is_restricted":
		return "the app's access to this workspace"
	case "messages_tab_disabled":
		return "the Messages tab of the app's home"
	case "cant_delete_message", "compliance_exports_prevent_deletion":
		return "the right to delete its own messages"
	case "no_permission":
		return cmp.Or(e.Needed, "a permission that an administrator of the workspace gives")
	case "two_factor_setup_required":
		return "two-factor authentication"
	default:
		return "the right to post there (" + e.Err + ")"
	}
}

// hasCode reports whether an error is Slack's refusal by that word.
func hasCode(err error, code string) bool {
	e, ok := errors.AsType[slack.SlackErrorResponse](err)
	return ok && e.Err == code
}

// errEmpty is an answer that refuses nothing and holds nothing, as {} is to the library. It may be anybody's.
var errEmpty = errors.New("an answer without content")

// errBlank is a card without a word in it.
var errBlank = errors.New("a message without text")

type trackKey struct{}

// tracked is ctx for one call, with a note of whether a connection was in hand. Up to that moment no byte can have left;
// after it one may have, even if the call failed or was given up at once.
func tracked(ctx context.Context) context.Context {
	connected := new(atomic.Bool)
	ctx = context.WithValue(ctx, trackKey{}, connected)
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		// The transport asks for a second connection only when nothing was written to the first, a stale one.
		GetConn: func(string) { connected.Store(false) },
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
}

// notSent reports whether it is certain that no byte of the request left.
func notSent(ctx context.Context, err error) bool {
	if connected, ok := ctx.Value(trackKey{}).(*atomic.Bool); ok {
		return !connected.Load()
	}
	op, ok := errors.AsType[*net.OpError](err)
	return ok && (op.Op == "dial" || op.Op == "proxyconnect")
}
