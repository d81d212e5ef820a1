package cli

// usageError is a command line that makes no sense; the program ends with 2.
type usageError struct{ error }

// Unwrap is the error itself.
func (e usageError) Unwrap() error { return e.error }
