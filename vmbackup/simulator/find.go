package simulator

import "strings"

// VMs are the server's virtual machines as they are now, with their refs.
func (s *Server) VMs() []VM {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]VM, 0, len(s.machines))
	for _, m := range s.machines {
		all = append(all, m.VM)
	}
	return all
}

// Ref is the ref of the one VM that is called that: a name, name@host, or a ref. It is empty when there is none, when
// there are several, and for an unconfigured VM.
func (s *Server) Ref(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.named(name); m != nil {
		return m.Ref
	}
	return ""
}

// named is the one machine that is called that, nil when there is none or several.
func (s *Server) named(name string) *machine {
	if ref, ok := canonical(name); ok {
		return s.byRef(ref)
	}
	host := ""
	whole := s.matches("", name)
	if i := strings.LastIndexByte(name, '@'); i > 0 && len(whole) == 0 {
		name, host = name[:i], name[i+1:]
		whole = s.matches(host, name)
	}
	if len(whole) != 1 {
		return nil
	}
	return whole[0]
}

func (s *Server) matches(host, name string) []*machine {
	var out []*machine
	for _, m := range s.machines {
		if m.is(host, name) {
			out = append(out, m)
		}
	}
	return out
}

// byRef is the configured machine with that ref, nil for none.
func (s *Server) byRef(ref string) *machine {
	ref, ok := canonical(ref)
	if !ok {
		return nil
	}
	for _, m := range s.machines {
		if m.Ref == ref {
			return m
		}
	}
	return nil
}

func (s *Server) byUUID(uuid string) *machine {
	uuid, ok := canonical(uuid)
	if !ok {
		return nil
	}
	for _, m := range s.machines {
		if m.uuid == uuid && !m.Undiscovered {
			return m
		}
	}
	return nil
}
