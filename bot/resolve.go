package bot

import (
	"slices"
	"strings"

	"github.com/hbollon/go-edlib"

	"vmbackup-bot/bot/access"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/vmbackup"
)

// minIDPart is how many characters of an id are enough to name something by it.
const minIDPart = 8

// nearEnough is the Jaro-Winkler similarity from which a name is offered as "did you mean": measured on the mistakes that
// people make (transposed letters, missing dashes, missing accents).
const nearEnough = 0.70

// mostOffered is how many near names are offered.
const mostOffered = 3

// roster is the VM list as one caller may see it.
type roster struct {
	vms []vmbackup.VM
}

// asAccess is the VM as the policy sees it.
func asAccess(v vmbackup.VM) access.VM {
	return access.VM{Ref: string(v.Ref), Name: v.Name, Host: v.Host}
}

// named are the VMs that a word names: by id (whole, or its first eight characters), by name@host, or by name. More than
// one is for the caller to refuse.
func (r roster) named(text string) []vmbackup.VM {
	if text == "" {
		return nil
	}
	want := fold(text)
	if hits := r.where(func(v vmbackup.VM) bool { return v.Ref != "" && fold(string(v.Ref)) == want }); len(hits) > 0 {
		return hits
	}
	if hits := r.where(func(v vmbackup.VM) bool { return fold(v.Name) == want }); len(hits) > 0 {
		return hits
	}
	if at := strings.LastIndexByte(want, '@'); at > 0 {
		name, host := strings.TrimSpace(want[:at]), strings.TrimSpace(want[at+1:])
		if hits := r.where(func(v vmbackup.VM) bool { return fold(v.Name) == name && fold(v.Host) == host }); len(hits) > 0 {
			return hits
		}
	}
	if len(want) >= minIDPart {
		return r.where(func(v vmbackup.VM) bool { return v.Ref != "" && strings.HasPrefix(fold(string(v.Ref)), want) })
	}
	return nil
}

func (r roster) where(keep func(vmbackup.VM) bool) []vmbackup.VM {
	var hits []vmbackup.VM
	for _, v := range r.vms {
		if keep(v) {
			hits = append(hits, v)
		}
	}
	return hits
}

// leading finds the VM that a command's words begin with, and how many words its name takes. An unquoted name may have
// blanks; where that could be read in two ways ("web 01" and "web" with a note), both readings are returned.
func (r roster) leading(words []word) (hits []vmbackup.VM, used int) {
	if len(words) == 0 {
		return nil, 0
	}
	if words[0].quoted {
		return r.named(words[0].text), 1
	}
	name := ""
	for n, w := range words {
		if w.quoted {
			break
		}
		name = strings.TrimSpace(name + " " + w.text)
		if found := r.named(name); len(found) > 0 {
			hits = append(hits, found...)
			used = n + 1
		}
	}
	if used == 0 {
		used = 1
	}
	return hits, used
}

// pick is the one VM that the words begin with, and the rest of the words' count; or an Error that says why there is none.
func (r roster) pick(words []word, usage string) (vmbackup.VM, int, error) {
	if len(words) == 0 {
		return vmbackup.VM{}, 0, &chat.Error{
			Kind: chat.Invalid, Say: chat.T("Which VM?"), Hint: chat.T("Write ", chat.Typed(usage), "."),
		}
	}
	hits, used := r.leading(words)
	switch len(hits) {
	case 1:
		return hits[0], used, nil
	case 0:
		return vmbackup.VM{}, 0, r.noSuch(words[0].text)
	}
	return vmbackup.VM{}, 0, ambiguous(hits)
}

// noSuch is the one answer for a VM that does not exist and for one that the caller may not see.
func (r roster) noSuch(text string) *chat.Error {
	e := &chat.Error{
		Kind: chat.NotFound,
		Say:  chat.T("There is no VM ", chat.Code(shown(text)), " here, or it is not yours."),
		Hint: chat.T("See ", chat.Typed("vms"), " for yours; a name with a blank or comma goes in quotes."),
	}
	if near := r.near(text); len(near) > 0 {
		e.Say = append(e.Say, chat.T(" Did you mean one of these?")...)
		for _, v := range near {
			e.Lines = append(e.Lines, vmLine(v))
		}
	}
	return e
}

// near are the VMs whose names are most like the text, best first.
func (r roster) near(text string) []vmbackup.VM {
	type candidate struct {
		vm    vmbackup.VM
		score float32
	}
	want := fold(text)
	var all []candidate
	for _, v := range r.vms {
		score, err := edlib.StringsSimilarity(want, fold(v.Name), edlib.JaroWinkler)
		if err == nil && score >= nearEnough {
			all = append(all, candidate{v, score})
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return strings.Compare(a.vm.Name, b.vm.Name)
	})
	var out []vmbackup.VM
	for _, c := range all[:min(len(all), mostOffered)] {
		out = append(out, c.vm)
	}
	return out
}

// ambiguous lists what a name could mean. Nothing was chosen, so nothing was started.
func ambiguous(hits []vmbackup.VM) *chat.Error {
	e := &chat.Error{
		Kind: chat.Ambiguous,
		Say:  chat.T(len(hits), " VMs answer to that name, so nothing was started."),
		Hint: chat.T("Name one of them as ", chat.Code("name@host"), " or by the start of its id."),
	}
	for _, v := range hits {
		e.Lines = append(e.Lines, vmLine(v))
	}
	return e
}

// vmLine names a VM so that it can be told from every other one.
func vmLine(v vmbackup.VM) chat.Text {
	id := string(v.Ref)
	if id == "" {
		return chat.T(chat.Code(shown(v.Name)), " on ", chat.Code(shown(v.Host)), ", not set up for backup")
	}
	return chat.T(chat.Code(shown(v.Name)+"@"+shown(v.Host)), ", id ", chat.Code(id[:min(len(id), minIDPart)]))
}

// longestShown is how much of foreign text an answer repeats.
const longestShown = 80

// shown is foreign text fit for one line.
func shown(s string) string { return chat.Cut(chat.OneLine(s), longestShown) }
