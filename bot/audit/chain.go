package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Head is the end of a log: how many lines it has, and the hash of the last. The zero value is the head of an empty log.
type Head struct {
	Count int64
	Hash  string
}

// String is COUNT:HASH, as the verify verb takes it.
func (h Head) String() string { return strconv.FormatInt(h.Count, 10) + ":" + h.Hash }

// ParseHead reads what String wrote.
func ParseHead(text string) (Head, error) {
	count, hash, ok := strings.Cut(strings.TrimSpace(text), ":")
	n, err := strconv.ParseInt(count, 10, 64)
	raw, hexErr := hex.DecodeString(hash)
	if !ok || err != nil || n < 0 || hexErr != nil || (n > 0 && len(raw) != sha256.Size) {
		return Head{}, fmt.Errorf("%q is not a head: it must be COUNT:HASH, as audit verify prints it", text)
	}
	return Head{Count: n, Hash: strings.ToLower(hash)}, nil
}

// Next is the head after one more line. The hash covers the hash before, the line's number and every member with its
// length in front, so that nothing can be moved from one member or line to another.
func (h Head) Next(e Entry) Head {
	d := sha256.New()
	add := func(s string) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		d.Write(n[:])
		d.Write([]byte(s))
	}
	next := Head{Count: h.Count + 1}
	add(h.Hash)
	add(strconv.FormatInt(next.Count, 10))
	add(e.At.UTC().Format(time.RFC3339Nano))
	for _, s := range []string{
		e.Site, e.Actor.Platform, e.Actor.Team, e.Actor.User, e.Actor.Name, strconv.Itoa(len(e.Actor.Roles)),
	} {
		add(s)
	}
	for _, r := range e.Actor.Roles {
		add(r)
	}
	for _, s := range []string{
		e.Place.Platform, e.Place.Team, e.Place.Channel, e.Place.Thread, strconv.FormatBool(e.Place.Direct),
		e.Verb, e.VM, e.Host, e.VMRef, e.Operation, e.GUID, e.Rule, e.Outcome, e.Detail,
	} {
		add(s)
	}
	next.Hash = hex.EncodeToString(d.Sum(nil))
	return next
}
