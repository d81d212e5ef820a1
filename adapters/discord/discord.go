package discord

import (
	"context"
	"log/slog"
	"net"
)

// Name is the platform's name in actors, places and the policy file.
const Name = "discord"

// DefaultAPIURL is Discord itself; the version follows it.
const DefaultAPIURL = "https://discord.com/api/"

// Options say which bot the adapter is. Only Token is required.
type Options struct {
	// Token is the bot's token, without the word Bot.
	Token string
	// Guild is the server whose commands are registered; empty for global commands.
	Guild string
	// APIURL is where Discord's API is, with a slash at its end and without a version; empty is DefaultAPIURL.
	APIURL string
	// Command is the application command's name, without a slash; empty is "vmbackup".
	Command string
	// Company is told when it turns out that another process answers with the same token (one), and with zero when none has
	// been noticed for long; may be nil. How many there are is not known.
	Company func(ctx context.Context, others int)
	// Dial replaces the way to the network, for tests; nil is the ordinary one.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Logger may be nil.
	Logger *slog.Logger
}
