package access

import "slices"

// Channels are the channels of a platform that the policy names anywhere, each once, in its order.
func (p *Policy) Channels(platform string) []string {
	var out []string
	add := func(all []Where) {
		for _, w := range all {
			if w.Platform == platform && !w.Direct && !slices.Contains(out, w.Channel) {
				out = append(out, w.Channel)
			}
		}
	}
	for i := range p.Grants {
		add(p.Grants[i].In)
	}
	for i := range p.Approvals {
		add(p.Approvals[i].In)
	}
	for i := range p.Routes {
		add(p.Routes[i].To)
	}
	return out
}
