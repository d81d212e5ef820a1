package discord_test

import (
	"testing"

	"go.uber.org/goleak"
)

// net/http goes on dialling for a request that was given up, until the dialler's own limit; one test has a dialler without.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*Transport).dialConnFor"))
}
