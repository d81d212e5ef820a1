package access

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// VM is a virtual machine as the policy sees it.
type VM struct {
	// Ref is VM Backup's own id.
	Ref string
	// Name and Host are what it is called and where it runs; either may be empty where it is not known.
	Name, Host string
}

// unknown reports whether nothing is known of the VM.
func (v VM) unknown() bool { return v == VM{} }

// Selector picks VMs: a glob on the name, "host:<glob>/<glob>" on host and name, or "ref:<id>".
type Selector struct {
	text       string
	ref        string
	host, name string // globs, neutralised; host is empty where it does not count
}

// String is the selector as it stands in the file.
func (s Selector) String() string { return s.text }

// every reports whether the selector is the plain star, which alone takes VMs of which nothing is known.
func (s Selector) every() bool { return s.text == "*" }

// matches reports whether the selector picks v.
func (s Selector) matches(v VM) bool {
	switch {
	case s.every():
		return true
	case v.unknown():
		return false
	case s.ref != "":
		return strings.EqualFold(s.ref, v.Ref)
	case s.host != "" && (v.Host == "" || !glob(s.host, v.Host)):
		return false
	default:
		return glob(s.name, v.Name)
	}
}

// mayMatch reports whether the selector picks v, or would if what is not known of v were known. Exceptions go by it: what
// cannot be told apart from an excepted VM is excepted.
func (s Selector) mayMatch(v VM) bool {
	switch {
	case s.every():
		return true
	case s.ref != "":
		return v.Ref == "" || strings.EqualFold(s.ref, v.Ref)
	case s.host != "" && v.Host != "" && !glob(s.host, v.Host):
		return false
	default:
		return v.Name == "" || glob(s.name, v.Name)
	}
}

// glob matches without regard to case. A slash in a name is a character like any other.
func glob(pattern, s string) bool {
	ok, err := path.Match(pattern, neutral(s))
	return ok && err == nil
}

// neutral is s without what must not count: the case of letters, whether an umlaut was typed as one character or two, and
// the meaning of slashes, at which path.Match would stop.
func neutral(s string) string {
	return strings.ReplaceAll(strings.Map(fold, norm.NFC.String(s)), "/", "\x01")
}

// fold is one rune for all forms of a letter. Lower case alone would keep apart what has two small forms, as the Greek
// sigma does.
func fold(r rune) rune {
	if r < utf8.RuneSelf {
		return unicode.ToLower(r)
	}
	first := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		first = min(first, f)
	}
	return unicode.ToLower(first)
}

// parseSelector reads one entry of vms or except; the string is what is wrong with it.
func parseSelector(text string) (Selector, string) {
	s := Selector{text: text}
	prefix, rest, hasPrefix := strings.Cut(text, ":")
	switch {
	case hasPrefix && prefix == "ref":
		s.ref = strings.TrimSpace(rest)
		if s.ref == "" || strings.ContainsAny(s.ref, "*?[") {
			return s, quoted(text) + " must be ref: and one whole id"
		}
		return s, ""
	case hasPrefix && prefix == "host":
		host, name, ok := strings.Cut(rest, "/")
		if !ok || host == "" || name == "" {
			return s, quoted(text) + " must be host:<glob>/<glob>" + `; did you mean ` + quoted("host:"+strings.Trim(rest, "/")+"/*") + "?"
		}
		s.host, s.name = neutral(host), neutral(name)
	case hasPrefix && nearest(prefix, []string{"host", "ref"}) != "" && !strings.ContainsAny(prefix, "*?["):
		return s, "unknown form " + quoted(text) + meantPrefix(prefix, rest, []string{"host", "ref"})
	default:
		s.name = neutral(text)
	}
	for _, g := range []string{s.host, s.name} {
		if !goodGlob(g) {
			return s, quoted(text) + " is not a glob: a bracket is not closed, a range is not whole, or a backslash stands last"
		}
	}
	return s, ""
}

// goodGlob reports whether a glob is well formed; path.Match looks at the whole of it even when the name does not fit.
func goodGlob(g string) bool {
	_, err := path.Match(g, "")
	return err == nil
}
