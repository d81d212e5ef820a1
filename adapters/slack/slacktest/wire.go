package slacktest

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// object is a JSON object on its way in or out.
type object map[string]any

// encode is JSON without the escapes for HTML, so that what tests look at reads as it was sent.
func encode(v any) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // only values that were decoded from JSON, or are built here, get this far
	}
	return bytes.TrimSpace(b.Bytes())
}

// decodeObject reads a JSON object; ok is false when it is something else.
func decodeObject(raw []byte) (o object, ok bool) {
	return o, json.Unmarshal(raw, &o) == nil && o != nil
}

func (o object) text(key string) string {
	v, _ := o[key].(string)
	return v
}

func (o object) yes(key string) bool {
	v, _ := o[key].(bool)
	return v
}

func (o object) child(key string) object {
	v, _ := o[key].(map[string]any)
	return v
}

// children returns the objects in a list; what is no object becomes an empty one, so that positions stay.
func (o object) children(key string) []object {
	list, _ := o[key].([]any)
	return objects(list)
}

func objects(list []any) []object {
	out := make([]object, len(list))
	for i, v := range list {
		m, _ := v.(map[string]any)
		out[i] = m
	}
	return out
}

// decodeBlocks reads a list of blocks; nothing at all is an empty list.
func decodeBlocks(raw json.RawMessage) []object {
	var list []any
	if len(raw) == 0 || json.Unmarshal(raw, &list) != nil {
		return nil
	}
	return objects(list)
}

// length counts as the stricter of the two readings of "character" that the documentation allows: UTF-16 units.
func length(s string) int { return len(utf16.Encode([]rune(s))) }

// newUUID returns an id that no other server gave out, since a bot may keep ids for days.
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func newHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// newID returns the next id with this prefix, such as V0000001.
func (s *Server) newID(prefix string) string {
	s.serial++
	return fmt.Sprintf("%s%07d", prefix, s.serial)
}

// newTS returns the time now as a ts that is greater than every one before.
func (s *Server) newTS() string {
	s.lastTS = max(s.lastTS+1, time.Now().UnixMicro())
	return formatTS(s.lastTS)
}

func formatTS(micros int64) string { return fmt.Sprintf("%d.%06d", micros/1e6, micros%1e6) }

// parseTS reads a ts, or a plain number of seconds, as microseconds; ok is false for anything else.
func parseTS(ts string) (micros int64, ok bool) {
	whole, fraction, _ := strings.Cut(ts, ".")
	digits := whole + (fraction + "000000")[:6]
	n, err := strconv.ParseUint(digits, 10, 62)
	return int64(n), err == nil && whole != ""
}
