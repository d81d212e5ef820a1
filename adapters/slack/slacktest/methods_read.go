package slacktest

import (
	"cmp"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxPage is the largest limit that the paged methods take.
const maxPage = 999

func (s *Server) conversationsInfo(c *call) answer {
	ch, no := s.readable(c, "read")
	if no != nil {
		return *no
	}
	return ok(object{"channel": s.wireChannel(ch)})
}

func (s *Server) wireChannel(ch *Channel) object {
	if ch.IM {
		return object{"id": ch.ID, "is_im": true, "is_archived": ch.Archived, "context_team_id": s.opts.Team}
	}
	return object{
		"id": ch.ID, "name": ch.Name, "is_channel": !ch.Private, "is_group": ch.Private,
		"is_im": false, "is_mpim": false, "is_private": ch.Private, "is_archived": ch.Archived, "is_member": ch.Member,
		"is_general": false, "is_shared": false, "is_ext_shared": false, "is_org_shared": false,
		"context_team_id": s.opts.Team, "creator": "U0ALICE", "created": 1700000000, "unlinked": 0,
	}
}

// conversationsHistory lists what stands in the channel itself, newest first: broadcast replies too, other replies not.
func (s *Server) conversationsHistory(c *call) answer {
	ch, no := s.readable(c, "history")
	if no != nil {
		return *no
	}
	var found []*message
	for _, m := range s.messages {
		if m.channel == ch.ID && !m.deleted && (m.thread == "" || m.broadcast) && s.visible(m) {
			found = append(found, m)
		}
	}
	slices.SortFunc(found, func(a, b *message) int { return cmp.Compare(micros(b), micros(a)) })
	return s.page(c, found, nil, true)
}

// conversationsReplies lists a thread, oldest first and on each page led by its parent.
func (s *Server) conversationsReplies(c *call) answer {
	ch, no := s.readable(c, "history")
	if no != nil {
		return *no
	}
	ts := c.arg("ts")
	if m := s.find(ch.ID, ts); m != nil && m.thread != "" {
		ts = m.thread
	}
	var parent *message
	var found []*message
	for _, m := range s.messages {
		switch {
		case m.channel != ch.ID || !s.visible(m):
		case m.ts == ts:
			parent = m
		case m.thread == ts && !m.deleted:
			found = append(found, m)
		}
	}
	if parent == nil || parent.deleted && len(found) == 0 {
		return refuse("thread_not_found")
	}
	return s.page(c, found, parent, false)
}

func (s *Server) visible(m *message) bool { return time.Since(m.at) >= s.trouble.lag }

func micros(m *message) int64 {
	n, _ := parseTS(m.ts)
	return n
}

// page answers with a part of the messages found, as oldest, latest, inclusive, limit and cursor ask for.
func (s *Server) page(c *call, found []*message, parent *message, isHistory bool) answer {
	limit := 100
	if raw := c.arg("limit"); raw != "" {
		n, err := strconv.Atoi(raw)
		if err != nil || n < 1 || n > maxPage {
			return refuse("invalid_limit")
		}
		limit = n
	}
	start, fine := readCursor(c.arg("cursor"))
	if !fine {
		return refuse("invalid_cursor")
	}
	keep, fine := between(c)
	if !fine {
		return refuse("invalid_ts_oldest")
	}
	found = slices.DeleteFunc(found, func(m *message) bool { return !keep(micros(m)) })
	found = slices.DeleteFunc(found, func(m *message) bool {
		return start != 0 && (isHistory && micros(m) > start || !isHistory && micros(m) < start)
	})
	body := object{"has_more": len(found) > limit}
	if len(found) > limit {
		next := base64.StdEncoding.EncodeToString([]byte("next_ts:" + strconv.FormatInt(micros(found[limit]), 10)))
		body["response_metadata"] = object{"next_cursor": next}
		found = found[:limit]
	}
	list := make([]object, 0, len(found)+1)
	if parent != nil {
		list = append(list, s.wireThreaded(parent, c.yes("include_all_metadata")))
	}
	for _, m := range found {
		list = append(list, s.wireThreaded(m, c.yes("include_all_metadata")))
	}
	body["messages"] = list
	if isHistory {
		body["pin_count"] = 0
	}
	return ok(body)
}

func readCursor(cursor string) (int64, bool) {
	if cursor == "" {
		return 0, true
	}
	raw, err := base64.StdEncoding.DecodeString(cursor)
	digits, fine := strings.CutPrefix(string(raw), "next_ts:")
	n, bad := strconv.ParseInt(digits, 10, 64)
	return n, err == nil && fine && bad == nil
}

// between reads oldest and latest, which exclude themselves unless inclusive is set.
func between(c *call) (func(int64) bool, bool) {
	oldest, latest := int64(0), int64(1)<<62
	for name, bound := range map[string]*int64{"oldest": &oldest, "latest": &latest} {
		if raw := c.arg(name); raw != "" && raw != "0" && raw != "now" {
			n, fine := parseTS(raw)
			if !fine {
				return nil, false
			}
			*bound = n
		}
	}
	if c.yes("inclusive") {
		return func(n int64) bool { return n >= oldest && n <= latest }, true
	}
	return func(n int64) bool { return n > oldest && n < latest }, true
}

func (s *Server) usersConversations(c *call) answer {
	types := c.arg("types")
	if types == "" {
		types = "public_channel"
	}
	scopes := map[string]string{"public_channel": "channels:read", "private_channel": "groups:read", "im": "im:read", "mpim": "mpim:read"}
	for kind := range strings.SplitSeq(types, ",") {
		scope, known := scopes[strings.TrimSpace(kind)]
		if !known {
			return refuse("invalid_types")
		}
		if !slices.Contains(s.trouble.scopes, scope) {
			return s.missing(scope)
		}
	}
	list := make([]object, 0, len(s.channels))
	for _, ch := range s.channels {
		kind := "public_channel"
		if ch.IM {
			kind = "im"
		} else if ch.Private {
			kind = "private_channel"
		}
		if ch.Member && strings.Contains(","+types+",", ","+kind+",") && (!ch.Archived || !c.yes("exclude_archived")) {
			list = append(list, s.wireChannel(ch))
		}
	}
	slices.SortFunc(list, func(a, b object) int { return cmp.Compare(a.text("id"), b.text("id")) })
	return ok(object{"channels": list, "response_metadata": object{"next_cursor": ""}})
}
