package chattest

import (
	"time"

	"vmbackup-bot/bot/chat"
)

// slack is how much too early a call may be: clocks and floating point are not exact.
const slack = time.Millisecond

// meter counts calls against limits by their theoretical arrival time, so that it shares no arithmetic with a caller that
// counts tokens.
type meter struct {
	next map[string]time.Time // when the limit would be unused again
	over map[string]int
}

func newMeter() *meter {
	return &meter{next: make(map[string]time.Time), over: make(map[string]int)}
}

// count takes one call from each limit, or answers as a platform does whose limit is used up.
func (m *meter) count(list []chat.Budget, now time.Time) error {
	for _, b := range list {
		at := m.next[b.Name]
		if at.Before(now) {
			at = now
		}
		allowed := at.Add(-time.Duration(max(b.Burst, 1)-1) * b.Every)
		if wait := allowed.Sub(now); wait > slack {
			m.over[b.Name]++
			return &chat.Fault{Kind: chat.FaultThrottled, After: wait, Budget: b.Name}
		}
		m.next[b.Name] = at.Add(b.Every)
	}
	return nil
}

// Budgets is deliver.Pacer.
func (f *Fake) Budgets(c chat.Call, to chat.Place, _ time.Duration) []chat.Budget {
	var b chat.Budget
	switch c {
	case chat.CallPost:
		b = f.opts.Post
		b.Name = "post " + to.Root().String()
	case chat.CallEdit, chat.CallDelete:
		b = f.opts.Edit
		b.Name = "edit"
	default:
		b = f.opts.Read
		b.Name = "read"
	}
	if b.Every <= 0 {
		return nil
	}
	return []chat.Budget{b}
}

// SafeRepeat is deliver.Pacer.
func (f *Fake) SafeRepeat() time.Duration { return f.opts.SafeRepeat }
