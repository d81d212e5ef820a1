package operation

import "strings"

// Key is the name of one of an operation's messages: its id and the message's part in it. Keys stay within the 25
// characters of chat.MaxKey.
func (id ID) Key(part string) string { return string(id) + "." + part }

// The parts: three messages and no more (design, rule 6), and one more reply when an unknown outcome was found out late.
const (
	// PartRoot is the line where the request was made.
	PartRoot = "root"
	// PartCard is the card in its thread.
	PartCard = "card"
	// PartDone is the reply that mentions the requester when the last word falls.
	PartDone = "done"
	// PartLate is the reply that corrects an unknown outcome.
	PartLate = "late"
)

// OfKey is the operation that a message's key belongs to; ok is false for other messages.
func OfKey(key string) (id ID, part string, ok bool) {
	head, tail, found := strings.Cut(key, ".")
	if !found || len(head) != IDLen {
		return "", "", false
	}
	return ID(head), tail, true
}
