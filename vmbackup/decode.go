package vmbackup

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// object is one JSON object, its names in lower case. Its readers never fail: what is absent, null or of an odd type is
// the zero value, because one odd member must not hide the rest of an answer.
type object map[string]json.RawMessage

// errNotObject means that the JSON is something else than an object.
var errNotObject = errors.New("not a JSON object")

// parseObject reads one object; text round it is an error.
func parseObject(raw []byte) (object, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, errNotObject // the decoder's own words may quote the answer
	}
	if members == nil {
		return nil, errNotObject
	}
	o := make(object, len(members))
	for _, name := range slices.Sorted(maps.Keys(members)) { // of two spellings the one with more capitals counts, always
		if low := strings.ToLower(name); !o.has(low) {
			o[low] = members[name]
		}
	}
	return o, nil
}

// has reports whether the member is there at all, null included.
func (o object) has(name string) bool { _, ok := o[strings.ToLower(name)]; return ok }

// text is a string as it is, a number or truth value as written, and anything else as compact JSON.
func (o object) text(name string) string { return textOf(o[strings.ToLower(name)]) }

func textOf(raw json.RawMessage) string {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		return ""
	}
	if raw[0] == '"' {
		var s string
		if json.Unmarshal(raw, &s) == nil {
			return s
		}
	}
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return ""
	}
	return b.String()
}

// number is a number, or a string that holds one; 0 otherwise.
func (o object) number(name string) float64 {
	n, err := strconv.ParseFloat(strings.TrimSpace(o.text(name)), 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return 0
	}
	return n
}

// bytes is a size; whole numbers are exact beyond what a float64 holds.
func (o object) bytes(name string) int64 {
	if n, err := strconv.ParseInt(strings.TrimSpace(o.text(name)), 10, 64); err == nil {
		return max(n, 0)
	}
	n := o.number(name)
	if n <= 0 {
		return 0
	}
	if n >= math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(n)
}

// seconds is a duration of that many seconds; never negative.
func (o object) seconds(name string) time.Duration {
	n := o.number(name) * float64(time.Second)
	if n <= 0 {
		return 0
	}
	if n >= math.MaxInt64 {
		return math.MaxInt64
	}
	return time.Duration(n)
}

// percent is 0 to 100.
func (o object) percent(name string) float64 { return min(max(o.number(name), 0), 100) }

// flag reads true, "true" and 1; ok is false where none of these or their opposites is there.
func (o object) flag(name string) (value, ok bool) {
	switch strings.ToLower(strings.TrimSpace(o.text(name))) {
	case "true", "1":
		return true, true
	case "false", "0":
		return false, true
	default:
		return false, false
	}
}

// stamp is the zero value for a date that is absent or of another form.
func (o object) stamp(name string) Stamp {
	s, err := ParseStamp(o.text(name))
	if err != nil {
		return Stamp{}
	}
	return s
}

// list reads an array of objects. A lone object counts as an array of one, null and absent as none; elements that are
// not objects are left out. ok is false where something else is there.
func (o object) list(name string) (entries []object, ok bool) {
	raw := bytes.TrimSpace(o[strings.ToLower(name)])
	if len(raw) == 0 || string(raw) == "null" {
		return nil, true
	}
	if one, err := parseObject(raw); err == nil {
		return []object{one}, true
	}
	var all []json.RawMessage
	if json.Unmarshal(raw, &all) != nil {
		return nil, false
	}
	for _, r := range all {
		if e, err := parseObject(r); err == nil {
			entries = append(entries, e)
		}
	}
	return entries, true
}

// value reads a member that is either the value itself or an object that holds it under one of the names.
func (o object) value(name string, inner ...string) string {
	raw := o[strings.ToLower(name)]
	if nested, err := parseObject(raw); err == nil {
		for _, n := range inner {
			if v := strings.TrimSpace(nested.text(n)); v != "" {
				return v
			}
		}
		return ""
	}
	if raw = bytes.TrimSpace(raw); len(raw) > 0 && raw[0] == '[' {
		return ""
	}
	return strings.TrimSpace(textOf(raw))
}
