package discordtest

import "strconv"

// Permissions, by the bits that Discord documents.
const (
	// Administrator is every permission.
	Administrator uint64 = 1 << 3
	// ViewChannel lets see a channel at all.
	ViewChannel uint64 = 1 << 10
	// SendMessages lets post in a channel; it does not count in threads.
	SendMessages uint64 = 1 << 11
	// ManageMessages lets delete what others wrote.
	ManageMessages uint64 = 1 << 13
	// EmbedLinks lets embeds stand; without it they are dropped in silence.
	EmbedLinks uint64 = 1 << 14
	// ReadMessageHistory lets read older messages.
	ReadMessageHistory uint64 = 1 << 16
	// MentionEveryone lets notify everyone and any role.
	MentionEveryone uint64 = 1 << 17
	// UseCommands lets people use application commands.
	UseCommands uint64 = 1 << 31
	// ManageThreads lets lock threads, and write in locked ones.
	ManageThreads uint64 = 1 << 34
	// CreatePublicThreads lets open threads.
	CreatePublicThreads uint64 = 1 << 35
	// SendMessagesInThreads lets post in threads.
	SendMessagesInThreads uint64 = 1 << 38
	// AllPermissions is every permission, Administrator included.
	AllPermissions uint64 = 1<<50 - 1
	// memberPermissions is what people have who were given nothing else.
	memberPermissions = ViewChannel | SendMessages | EmbedLinks | ReadMessageHistory | UseCommands |
		CreatePublicThreads | SendMessagesInThreads
)

// may reports whether the bot has a permission in a channel; a thread has its parent's.
func (s *Server) may(c *channel, bits uint64) bool {
	p := s.permissions(c)
	return p&Administrator != 0 || p&bits == bits
}

func (s *Server) permissions(c *channel) uint64 {
	if parent := s.channels[c.parent]; parent != nil {
		c = parent
	}
	return c.permissions
}

func formatPermissions(p uint64) string { return strconv.FormatUint(p, 10) }

// see returns a channel that the bot sees, or the refusal.
func (s *Server) see(id string) (*channel, *answer) {
	c := s.channels[id]
	switch {
	case c == nil && !isID(id):
		return nil, invalidForm("channel_id", "NUMBER_TYPE_COERCE", "Value \""+id+"\" is not snowflake.")
	case c == nil:
		return nil, refuse(404, 10003, "Unknown Channel")
	case !s.may(c, ViewChannel):
		return nil, refuse(403, 50001, "Missing Access")
	}
	return c, nil
}

// maySend returns the refusal of a new message in a channel or thread, or nil.
func (s *Server) maySend(c *channel) *answer {
	need := SendMessages
	if c.isThread() {
		need = SendMessagesInThreads
	}
	if !s.may(c, need) {
		return missingPermissions()
	}
	if c.locked && !s.may(c, ManageThreads) {
		return refuse(400, 160005, "Thread is locked")
	}
	return nil
}

// mayEdit returns the refusal of a change to a message that stands in a channel or thread, or nil.
func (s *Server) mayEdit(c *channel) *answer {
	switch {
	case c.isArchived():
		return refuse(400, 50083, "Thread is archived")
	case c.locked && !s.may(c, ManageThreads):
		return refuse(400, 160005, "Thread is locked")
	}
	return nil
}

func missingPermissions() *answer { return refuse(403, 50013, "Missing Permissions") }
