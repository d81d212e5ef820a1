package cli

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"vmbackup-bot/bot/audit"
	"vmbackup-bot/bot/chat"
)

// auditFormats write lines of the log.
var auditFormats = map[string]func(io.Writer, []audit.Entry) error{
	"text": writeAuditText,
	"json": writeAuditJSON,
	"csv":  writeAuditCSV,
}

// auditLine is one line as the json format has it, one object to a line. Its names, and those of the csv format, are the
// same.
type auditLine struct {
	At        string `json:"at"`
	Site      string `json:"site"`
	Actor     string `json:"actor"`
	Name      string `json:"name"`
	Place     string `json:"place"`
	Verb      string `json:"verb"`
	VM        string `json:"vm"`
	Host      string `json:"host"`
	VMRef     string `json:"vm_ref"`
	Operation string `json:"operation"`
	GUID      string `json:"guid"`
	Rule      string `json:"rule"`
	Outcome   string `json:"outcome"`
	Detail    string `json:"detail"`
}

func lineOf(e audit.Entry) auditLine {
	l := auditLine{
		At: e.At.UTC().Format(time.RFC3339), Site: e.Site, Name: e.Actor.Name, Verb: e.Verb,
		VM: e.VM, Host: e.Host, VMRef: e.VMRef, Operation: e.Operation, GUID: e.GUID, Rule: e.Rule,
		Outcome: e.Outcome, Detail: e.Detail,
	}
	if !e.Actor.IsZero() {
		l.Actor = e.Actor.ID()
	}
	if e.Place.Platform != "" {
		l.Place = e.Place.String()
	}
	return l
}

// columns is the line as a row of a table, in the order of auditHeader.
func (l auditLine) columns() []string {
	return []string{
		l.At, l.Site, l.Actor, l.Name, l.Place, l.Verb, l.VM, l.Host, l.VMRef, l.Operation, l.GUID, l.Rule, l.Outcome, l.Detail,
	}
}

var auditHeader = []string{
	"at", "site", "actor", "name", "place", "verb", "vm", "host", "vm_ref", "operation", "guid", "rule", "outcome", "detail",
}

func writeAuditJSON(w io.Writer, entries []audit.Entry) error {
	out := bufio.NewWriter(w)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	for _, e := range entries {
		if err := enc.Encode(lineOf(e)); err != nil {
			return err
		}
	}
	return out.Flush()
}

func writeAuditCSV(w io.Writer, entries []audit.Entry) error {
	out := csv.NewWriter(w)
	if err := out.Write(auditHeader); err != nil {
		return err
	}
	for _, e := range entries {
		row := lineOf(e).columns()
		for i := range row {
			row[i] = harmless(row[i])
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// formulaStarts begin a formula in some spreadsheet, wide forms included.
const formulaStarts = "=+-@＝＋－＠"

// harmless keeps a spreadsheet from taking foreign text for a formula, with an apostrophe in front (OWASP, CSV
// injection). Some programs look behind what cannot be seen, so this does as well.
func harmless(cell string) string {
	seen := strings.TrimLeftFunc(cell, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) })
	first, _ := utf8.DecodeRuneInString(seen)
	if seen != "" && strings.ContainsRune(formulaStarts, first) || cell != "" && strings.ContainsRune("\t\r\n", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

func writeAuditText(w io.Writer, entries []audit.Entry) error {
	out := bufio.NewWriter(w)
	for _, e := range entries {
		if _, err := out.WriteString(auditText(e) + "\n"); err != nil {
			return err
		}
	}
	return out.Flush()
}

// auditText is a line for people: when, who, what, and what came of it. Names and details are foreign text, so nothing
// in them may end the line or move the cursor.
func auditText(e audit.Entry) string {
	parts := []string{e.At.Local().Format("2006-01-02 15:04:05 -0700")}
	add := func(before, text string) {
		if text != "" {
			parts = append(parts, before+chat.OneLine(text))
		}
	}
	l := lineOf(e)
	if l.Name != "" && l.Name != e.Actor.User {
		add("", l.Actor+" ("+l.Name+")")
	} else {
		add("", l.Actor)
	}
	add("in ", l.Place)
	add("", l.Verb)
	if l.VM != "" && l.Host != "" {
		add("", l.VM+"@"+l.Host)
	} else {
		add("", l.VM)
	}
	add("by ", l.Rule)
	add("", l.Operation)
	add("guid ", l.GUID)
	add("→ ", l.Outcome)
	add("", l.Detail)
	return strings.Join(parts, "  ")
}
