// Package cli is the outside of the program: its verbs, the environment it reads, and the one place where everything is
// wired together.
//
// A verb reads what it needs, runs, and ends with one of three codes: 0 for well, 1 for what went wrong, 2 for a command
// line that makes no sense. What goes wrong is said once, on standard error, with the next step where there is one.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"vmbackup-bot/vmbackup"
)

// IO is where a verb reads and writes.
type IO struct {
	In       io.Reader
	Out, Err io.Writer
}

// The codes that the program ends with.
const (
	exitOK    = 0
	exitWrong = 1
	exitUsage = 2
)

// Run runs the verb that the arguments name and returns the code to end with. The first SIGINT or SIGTERM asks it to stop;
// a second one ends the process.
func Run(args []string, io IO) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // from then on a signal does what it does by itself

	code := exitOK
	root := rootCommand(io, &code)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return code
	}
	fmt.Fprintf(io.Err, "vmbackup-bot: %s\n", strings.ReplaceAll(err.Error(), "\n", "\nvmbackup-bot: "))
	for _, h := range hintsOf(err) {
		fmt.Fprintf(io.Err, "  → %s\n", h)
	}
	if _, usage := errors.AsType[usageError](err); usage {
		return exitUsage
	}
	return exitWrong
}

// hinted is an error with a next step.
type hinted struct {
	error
	hint string
}

// Unwrap is the error itself.
func (h hinted) Unwrap() error { return h.error }

// withHint adds the next step to an error.
func withHint(err error, hint string) error { return hinted{err, hint} }

// hintsOf are the next steps of an error and of all that it wraps, each once.
func hintsOf(err error) []string {
	var hints []string
	add := func(hint string) {
		if hint != "" && !slices.Contains(hints, hint) {
			hints = append(hints, hint)
		}
	}
	var look func(error)
	look = func(err error) {
		switch e := err.(type) { //nolint:errorlint // the whole tree is walked, error by error
		case hinted:
			add(e.hint)
		case *vmbackup.Error:
			add(e.Hint)
		}
		switch e := err.(type) { //nolint:errorlint // likewise
		case interface{ Unwrap() error }:
			look(e.Unwrap())
		case interface{ Unwrap() []error }:
			for _, inner := range e.Unwrap() {
				look(inner)
			}
		}
	}
	look(err)
	return hints
}

func rootCommand(io IO, code *int) *cobra.Command {
	var envFile string
	root := &cobra.Command{
		Use:   "vmbackup-bot",
		Short: "Back up virtual machines from chat",
		Long: "vmbackup-bot backs up virtual machines of VM Backup (Hornetsecurity / Altaro) from chat.\n\n" +
			"Start with: vmbackup-bot demo",
		SilenceUsage: true, SilenceErrors: true,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if envFile == "" {
				return nil
			}
			return applyEnvFile(envFile)
		},
	}
	root.PersistentFlags().StringVar(&envFile, "env-file", "", "read NAME=value lines; the real environment wins")
	root.SetIn(io.In)
	root.SetOut(io.Out)
	root.SetErr(io.Err)
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageError{withHint(err, "see "+c.CommandPath()+" --help")}
	})
	root.RunE = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return c.Help()
		}
		return unknownVerb(c, args[0])
	}
	root.Args = cobra.ArbitraryArgs
	root.AddCommand(serveCommand(io), demoCommand(io), consoleCommand(io), simulateCommand(io), checkCommand(io, code),
		auditCommand(io, code), versionCommand(io))
	return root
}

func unknownVerb(c *cobra.Command, verb string) error {
	err := usageError{fmt.Errorf("there is no verb %q", verb)}
	c.SuggestionsMinimumDistance = 2
	if near := c.SuggestionsFor(verb); len(near) > 0 {
		return withHint(err, "did you mean "+strings.Join(near, " or ")+"?")
	}
	return withHint(err, "see vmbackup-bot --help")
}

// none refuses arguments as a usage error.
func none(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{withHint(fmt.Errorf("%s takes no argument %q", c.Name(), args[0]), "see "+c.CommandPath()+" --help")}
	}
	return nil
}

func serveCommand(io IO) *cobra.Command {
	return &cobra.Command{
		Use: "serve", Short: "The bot, until it is told to stop", Args: none,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := loadConfig()
			if err != nil {
				return withHint(err, "vmbackup-bot check tells more; the README has a table of all settings")
			}
			return runServe(c.Context(), cfg, io)
		},
	}
}

func demoCommand(io IO) *cobra.Command {
	var o DemoOptions
	c := &cobra.Command{
		Use: "demo", Short: "A simulated server, the bot and a chat in this terminal; nothing is kept", Args: none,
		// The demo reads no environment, so that it is the same everywhere.
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil },
		RunE: func(c *cobra.Command, _ []string) error {
			if err := validSpeed(o.Speed); err != nil {
				return err
			}
			return runDemo(c.Context(), o, io)
		},
	}
	c.Flags().Float64Var(&o.Speed, "speed", 20, "how many times faster than real time the server's clock runs")
	c.Flags().Uint64Var(&o.Seed, "seed", 1, "what the simulated server makes up")
	c.Flags().BoolVar(&o.Plain, "plain", false, "one line for each message, also on a terminal")
	return c
}

func consoleCommand(io IO) *cobra.Command {
	var plain bool
	c := &cobra.Command{
		Use: "console", Short: "The chat in this terminal, against the configured server", Args: none,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := loadConfig()
			if err != nil {
				return withHint(err, "vmbackup-bot check tells more; the README has a table of all settings")
			}
			return runConsole(c.Context(), cfg, plain, io)
		},
	}
	c.Flags().BoolVar(&plain, "plain", false, "one line for each message, also on a terminal")
	return c
}
