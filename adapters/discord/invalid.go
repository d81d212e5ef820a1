package discord

import (
	"sync"
	"time"
)

const (
	// invalidLimit is how many invalid requests from one address within invalidWindow make Cloudflare turn the address
	// away (topics/rate-limits, invalid request limit). It counts every bot behind the same firewall.
	invalidLimit  = 10000
	invalidWindow = 10 * time.Minute
	// invalidBrake is where this process stops asking: half is left to others at the same address.
	invalidBrake = invalidLimit / 2
	// invalidSlots is how finely the window slides.
	invalidSlots = 60
	slotLength   = invalidWindow / invalidSlots
)

// invalids counts invalid requests over the last ten minutes. The zero value has counted none.
type invalids struct {
	mu    sync.Mutex
	slots [invalidSlots + 1]slot // the slot that is running and a whole window before it
}

// slot holds what fell into one piece of time.
type slot struct {
	number int64 // slot lengths since 1970
	n      int
}

// counts reports whether Discord counts an answer as invalid: a 429 does not where the limit is shared with others, who
// may have used it up.
func counts(status int, scope string) bool {
	switch status {
	case 401, 403:
		return true
	case 429:
		return scope != scopeShared
	}
	return false
}

func slotNumber(now time.Time) int64 { return now.UnixNano() / int64(slotLength) }

// add counts one.
func (i *invalids) add(now time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	number := slotNumber(now)
	s := &i.slots[number%int64(len(i.slots))]
	if s.number != number {
		*s = slot{number: number}
	}
	s.n++
}

// brake is how long nothing may be asked; zero where there is no need.
func (i *invalids) brake(now time.Time) time.Duration {
	i.mu.Lock()
	defer i.mu.Unlock()
	newest := slotNumber(now)
	oldest := newest - invalidSlots
	total := 0
	for _, s := range i.slots {
		if s.number >= oldest && s.number <= newest {
			total += s.n
		}
	}
	if total < invalidBrake {
		return 0
	}
	// Wait for as many slots to leave the window as it takes.
	for number := oldest; number <= newest; number++ {
		if s := i.slots[number%int64(len(i.slots))]; s.number == number {
			total -= s.n
		}
		if total < invalidBrake {
			leaves := time.Unix(0, (number+invalidSlots+1)*int64(slotLength))
			return leaves.Sub(now)
		}
	}
	return slotLength
}
