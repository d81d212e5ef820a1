package vmbackup

import (
	"fmt"
	"io"
	"log/slog"
)

// redacted is what every secret looks like to everybody but [Secret.Reveal].
const redacted = "[redacted]"

// Secret is a value that must not be seen: a password or a session token. Every way of printing or encoding it yields
// "[redacted]"; only [Secret.Reveal] gives the value. The zero value is empty.
type Secret struct {
	// A pointer, because fmt cannot call methods on unexported fields of other structs: it would print a string there,
	// but prints only the address of this.
	value *string
}

// NewSecret keeps value secret.
func NewSecret(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{value: &value}
}

// Reveal is the value itself: call it only where the value leaves for the server.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsZero reports whether there is no value.
func (s Secret) IsZero() bool { return s.value == nil }

// String is "[redacted]".
func (s Secret) String() string { return redacted }

// GoString is "[redacted]".
func (s Secret) GoString() string { return redacted }

// Format prints "[redacted]" for every verb, also for those that would go round String.
func (s Secret) Format(f fmt.State, _ rune) {
	// A fmt.State keeps its own errors; there is nobody to tell here.
	_, _ = io.WriteString(f, redacted)
}

// LogValue is "[redacted]".
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText is "[redacted]", for JSON and every other encoding.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// UnmarshalText takes the text as the value. It never fails, since an error could quote it.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = NewSecret(string(text))
	return nil
}
