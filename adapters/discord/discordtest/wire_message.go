package discordtest

// Message types, as Discord numbers them.
const (
	messagePlain   = 0
	messageReply   = 19
	messageCommand = 20
)

// wireMessage is a message as the API shows it to the bot.
func (s *Server) wireMessage(m *message) object {
	own := m.author == s.opts.BotUser
	o := object{
		"id": m.id, "channel_id": m.channel, "type": messagePlain, "author": wireUser(s.member(m.author)), "content": m.content,
		"timestamp": stamp(m.at), "edited_timestamp": nil, "tts": false, "pinned": false, "flags": m.flags,
		"embeds": m.embeds, "components": m.components, "attachments": []object{}, "mention_everyone": false,
	}
	if !own {
		o["content"], o["embeds"], o["components"] = "", []object{}, []object{} // without the intent for content
	}
	if !m.edited.IsZero() {
		o["edited_timestamp"] = stamp(m.edited)
	}
	if m.reference != "" {
		o["type"] = messageReply
		o["message_reference"] = object{"type": 0, "channel_id": m.channel, "message_id": m.reference, "guild_id": s.opts.Guild}
	}
	users, roles := []object{}, []string{}
	for _, id := range m.mentions {
		switch known := s.members[id]; {
		case id == everyone:
			o["mention_everyone"] = true
		case known != nil:
			users = append(users, wireUser(known))
		default:
			roles = append(roles, id)
		}
	}
	o["mentions"], o["mention_roles"] = users, roles
	if x := m.interaction; x != nil {
		o["application_id"], o["webhook_id"] = s.opts.App, s.opts.App
		o["interaction_metadata"] = object{
			"id": x.id, "type": x.kind, "user": wireUser(s.member(x.user)), "authorizing_integration_owners": s.owners(x.direct),
		}
		if x.kind == kindCommand {
			o["type"] = messageCommand
		}
	}
	if t := s.channels[m.id]; t != nil {
		o["thread"] = s.wireChannel(t)
		o["flags"] = m.flags | 1<<5
	}
	return o
}
