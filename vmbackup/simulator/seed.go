package simulator

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
)

// draw is a source of values that depends on the seed and on what they are for, but not on the order of requests: two
// clients that race get the same values as two that do not.
type draw uint64

func (d draw) digest(parts ...any) [sha256.Size]byte {
	return sha256.Sum256([]byte(fmt.Sprintln(append([]any{uint64(d)}, parts...)...)))
}

// guid is a version 4 GUID in small letters.
func (d draw) guid(parts ...any) string {
	sum := d.digest(parts...)
	b := sum[:16]
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b)
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}

// between is a number of lo to hi, both included.
func (d draw) between(lo, hi int64, parts ...any) int64 {
	sum := d.digest(parts...)
	n := binary.BigEndian.Uint64(sum[:8]) >> 1
	return lo + int64(n)%(hi-lo+1) // never negative: the top bit was shifted out
}

// canonical is a GUID in small letters without braces, and whether it is one.
func canonical(text string) (string, bool) {
	t := strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(text, "{"), "}"))
	if len(t) != 36 {
		return "", false
	}
	for i, c := range []byte(t) {
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return "", false
			}
		default:
			if !strings.ContainsRune("0123456789abcdef", rune(c)) {
				return "", false
			}
		}
	}
	return t, true
}
