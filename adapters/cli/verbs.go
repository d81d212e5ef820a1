package cli

import (
	"github.com/spf13/cobra"
)

// The verbs that look and tell, and the simulated server.

func simulateCommand(io IO) *cobra.Command {
	var o simulateOptions
	c := &cobra.Command{
		Use: "simulate", Short: "A simulated VM Backup server", Args: none,
		RunE: func(c *cobra.Command, _ []string) error { return runSimulate(c.Context(), o, io) },
	}
	c.Flags().StringVar(&o.Listen, "listen", "127.0.0.1:0", "address on loopback")
	c.Flags().StringVar(&o.Version, "version", "9.1", "8, 9.0 or 9.1")
	c.Flags().Float64Var(&o.Speed, "speed", 1, "how many times faster than real time its clock runs")
	c.Flags().Uint64Var(&o.Seed, "seed", 1, "what it makes up")
	c.Flags().BoolVar(&o.HTTP, "http", false, "plain http instead of https")
	return c
}

func checkCommand(io IO, code *int) *cobra.Command {
	var format string
	c := &cobra.Command{
		Use: "check", Short: "Tries everything that is configured, and says what to do about what is wrong", Args: none,
		RunE: func(c *cobra.Command, _ []string) error {
			ok, err := runCheck(c.Context(), format, io)
			if err == nil && !ok {
				*code = exitWrong
			}
			return err
		},
	}
	c.Flags().StringVar(&format, "format", "text", "text or json")
	return c
}

func auditCommand(io IO, code *int) *cobra.Command {
	var o auditOptions
	c := &cobra.Command{
		Use: "audit", Short: "Reads the audit log", Args: none,
		RunE: func(c *cobra.Command, _ []string) error { return runAudit(c.Context(), o, io) },
	}
	c.Flags().StringVar(&o.VM, "vm", "", "only this VM: name, host, name@host or id")
	c.Flags().StringVar(&o.User, "user", "", "only this person: id or name")
	c.Flags().StringVar(&o.Since, "since", "", "only the last while, such as 30d or 12h")
	c.Flags().StringVar(&o.Format, "format", "text", "text, json or csv")

	var head string
	verify := &cobra.Command{
		Use: "verify", Short: "Checks that nothing in the audit log was changed, and that nothing is missing at its end", Args: none,
		RunE: func(c *cobra.Command, _ []string) error {
			ok, err := runAuditVerify(c.Context(), head, io)
			if err == nil && !ok {
				*code = exitWrong
			}
			return err
		},
	}
	verify.Flags().StringVar(&head, "head", "", "COUNT:HASH, as an earlier verify printed it")
	c.AddCommand(verify)
	return c
}

func versionCommand(io IO) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Version, commit and Go version", Args: none,
		RunE: func(*cobra.Command, []string) error { return runVersion(io) },
	}
}
