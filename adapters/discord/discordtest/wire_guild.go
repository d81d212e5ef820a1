package discordtest

import (
	"slices"
	"time"
)

// joined is when everybody came.
const joined = "2020-01-02T03:04:05.000000+00:00"

// wireChannel is a channel as Discord shows it.
func (s *Server) wireChannel(c *channel) object {
	o := object{"id": c.id, "type": c.kind, "last_message_id": nil, "flags": 0}
	if newest := s.newestIn(c.id); newest != "" {
		o["last_message_id"] = newest
	}
	if c.kind == typeDM {
		o["recipients"] = []object{wireUser(s.member(c.user))}
		return o
	}
	o["guild_id"], o["name"], o["parent_id"], o["rate_limit_per_user"] = s.opts.Guild, c.name, nil, 0
	if !c.isThread() {
		o["position"], o["permission_overwrites"], o["nsfw"], o["topic"] = 0, []object{}, false, nil
		return o
	}
	o["parent_id"], o["owner_id"], o["member_count"] = c.parent, s.opts.BotUser, 1
	count := 0
	for _, m := range s.messages {
		if m.channel == c.id && !m.deleted {
			count++
		}
	}
	o["message_count"], o["total_message_sent"] = count, count
	o["thread_metadata"] = object{
		"archived": c.isArchived(), "locked": c.locked, "auto_archive_duration": int(c.autoArchive / time.Minute),
		"archive_timestamp": stamp(c.active), "create_timestamp": stamp(c.active),
	}
	return o
}

func wireUser(m *Member) object {
	return object{
		"id": m.ID, "username": m.Name, "global_name": m.Name, "discriminator": "0", "avatar": nil, "bot": m.Bot,
		"public_flags": 0,
	}
}

func wireMember(m *Member) object {
	return object{
		"user": wireUser(m), "nick": nil, "avatar": nil, "roles": append([]string{}, m.Roles...), "joined_at": joined,
		"premium_since": nil, "deaf": false, "mute": false, "pending": m.Pending, "flags": 0,
		"communication_disabled_until": nil,
	}
}

// wireRoles are the guild's roles: everyone's, which has the guild's id, and those that members have.
func (s *Server) wireRoles() []object {
	ids := []string{s.opts.Guild}
	for _, m := range s.members {
		for _, id := range m.Roles {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids[1:])
	roles := make([]object, len(ids))
	for i, id := range ids {
		name := "role-" + id
		if i == 0 {
			name = "@everyone"
		}
		roles[i] = object{
			"id": id, "name": name, "color": 0, "hoist": false, "position": i, "permissions": formatPermissions(memberPermissions),
			"managed": false, "mentionable": false, "icon": nil, "unicode_emoji": nil, "flags": 0,
		}
	}
	return roles
}

func (s *Server) wireGuild() object {
	return object{
		"id": s.opts.Guild, "name": "Backup Guild", "icon": nil, "owner_id": Carol, "preferred_locale": "en-US",
		"features": []string{}, "roles": s.wireRoles(), "emojis": []object{}, "stickers": []object{}, "verification_level": 0,
		"afk_timeout": 300, "afk_channel_id": nil, "system_channel_id": nil, "premium_tier": 0, "nsfw_level": 0, "mfa_level": 0,
	}
}

// wireJoined is the guild as GUILD_CREATE shows it: with its channels and the threads that are not archived.
func (s *Server) wireJoined() object {
	o := s.wireGuild()
	channels, threads := []object{}, []object{}
	for _, c := range s.sortedChannels() {
		switch {
		case c.kind == typeDM || !s.may(c, ViewChannel):
		case !c.isThread():
			channels = append(channels, s.wireChannel(c))
		case !c.isArchived():
			threads = append(threads, s.wireChannel(c))
		}
	}
	o["channels"], o["threads"], o["members"] = channels, threads, []object{wireMember(s.member(s.opts.BotUser))}
	o["joined_at"], o["large"], o["unavailable"], o["member_count"] = joined, false, false, len(s.members)
	return o
}

func (s *Server) wireApplication() object {
	bot := s.member(s.opts.BotUser)
	return object{
		"id": s.opts.App, "name": bot.Name, "description": "", "icon": nil, "bot_public": false, "bot_require_code_grant": false,
		"verify_key": "", "flags": 0, "guild_id": s.opts.Guild, "bot": wireUser(bot), "summary": "",
		"interactions_endpoint_url": nil, "owner": wireUser(s.member(Carol)),
	}
}
