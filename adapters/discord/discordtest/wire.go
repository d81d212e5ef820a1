package discordtest

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf16"
)

// discordEpoch is the first instant of snowflakes, 2015-01-01, in Unix milliseconds.
const discordEpoch = 1420070400000

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

// decode reads JSON and keeps numbers as they were written: ids must not become floats.
func decode(raw []byte) (any, error) {
	var v any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	err := d.Decode(&v)
	return v, err
}

// asObject returns a value as an object, or nil when it is none.
func asObject(v any) object {
	switch m := v.(type) {
	case object:
		return m
	case map[string]any:
		return m
	}
	return nil
}

func (o object) text(key string) string {
	switch v := o[key].(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

func (o object) yes(key string) bool {
	v, _ := o[key].(bool)
	return v
}

// number returns an integer field; what is none is zero.
func (o object) number(key string) int {
	n, _ := strconv.Atoi(o.text(key))
	if v, ok := o[key].(int); ok {
		return v
	}
	return n
}

func (o object) child(key string) object { return asObject(o[key]) }

func (o object) list(key string) []any {
	l, _ := o[key].([]any)
	return l
}

// children returns the objects in a list; what is no object becomes an empty one, so that positions stay.
func (o object) children(key string) []object {
	if l, ok := o[key].([]object); ok {
		return l
	}
	return objects(o.list(key))
}

func objects(list []any) []object {
	out := make([]object, len(list))
	for i, v := range list {
		if out[i] = asObject(v); out[i] == nil {
			out[i] = object{}
		}
	}
	return out
}

func (o object) clone() object {
	v, _ := decode(encode(o))
	return asObject(v)
}

// length counts characters as the stricter of the two readings that the documentation allows: UTF-16 units.
func length(s string) int { return len(utf16.Encode([]rune(s))) }

// newID returns a snowflake that is greater than every one before and tells the time.
func (s *Server) newID() string {
	ms := max(time.Now().UnixMilli()-discordEpoch, 1)
	s.lastID = max(s.lastID+1, ms<<22)
	return strconv.FormatInt(s.lastID, 10)
}

// later reports whether one snowflake is greater than another.
func later(a, b string) bool {
	if len(a) != len(b) {
		return len(a) > len(b)
	}
	return a > b
}

// isID reports whether a text is a snowflake.
func isID(s string) bool {
	n, err := strconv.ParseUint(s, 10, 63)
	return err == nil && n > 0
}

func newSecret(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// stamp is an instant as Discord writes it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000-07:00") }
