package cli

import (
	"context"
	"strings"

	"vmbackup-bot/bot/access"
	"vmbackup-bot/bot/audit"
)

// The policy file, as the app follows it: what it says decides who may do what, so every change of it is written down.

// policyChanged writes down that the policy file was read anew. A broken one changes nothing but is worth knowing:
// whoever took a right out of it believes that it is gone.
func (a *app) policyChanged(ctx context.Context, c access.Change) {
	line := audit.Entry{Site: a.p.Site, Verb: "policy", Outcome: "loaded", Detail: policyDetail(c)}
	log := a.p.Logger.Info
	if c.Err != nil {
		line.Outcome, log = "broken", a.p.Logger.Error
	}
	log("the policy file was read", "outcome", line.Outcome, "detail", line.Detail)
	if err := a.store.Audit(context.WithoutCancel(ctx), line); err != nil {
		a.p.Logger.Error("a change of the policy could not be written to the audit log", "error", err)
	}
}

// policyDetail is a change in one line: which file, by its hash, and the rules that came and went.
func policyDetail(c access.Change) string {
	parts := []string{"sha256 " + c.New}
	for _, r := range c.Added {
		parts = append(parts, "added "+r)
	}
	for _, r := range c.Removed {
		parts = append(parts, "removed "+r)
	}
	if c.Err != nil {
		what := "revocations are not in force: "
		if c.Old == "" {
			what = "there is no good policy, so everybody is refused: "
		}
		parts = append(parts, what+c.Err.Error())
	}
	return strings.Join(parts, "; ")
}

// policyAtStart writes down the policy that the run begins with.
func (a *app) policyAtStart(ctx context.Context) {
	s := a.p.Access.Status()
	a.policyChanged(ctx, access.Change{Old: s.Hash, New: s.Hash, Err: s.Err})
}
