package card

import (
	"strconv"
	"time"

	"github.com/dustin/go-humanize"

	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
)

const day = 24 * time.Hour

// units are those that durations are told in, largest first.
var units = []struct {
	of   time.Duration
	name string
}{{day, " d"}, {time.Hour, " h"}, {time.Minute, " min"}, {time.Second, " s"}}

// duration is d in its two largest units: "1 h 33 min". What is smaller is left out, not rounded.
func duration(d time.Duration) string {
	for i, u := range units {
		if d < u.of {
			continue
		}
		s := strconv.FormatInt(int64(d/u.of), 10) + u.name
		if i+1 < len(units) {
			if n := d % u.of / units[i+1].of; n > 0 {
				s += " " + strconv.FormatInt(int64(n), 10) + units[i+1].name
			}
		}
		return s
	}
	return "under 1 s"
}

// age says how long before now something was; an instant that lies ahead, because clocks differ, was just now.
func age(t, now time.Time) string {
	if d := now.Sub(t); d >= time.Second {
		return duration(d) + " ago"
	}
	return "just now"
}

// remaining is a guess, and is worded like one: seconds only by tens, and minutes once there are two of them.
func remaining(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return "a few seconds left"
	case d < 2*time.Minute:
		d = d.Round(10 * time.Second)
	default:
		d = d.Round(time.Minute)
	}
	return "about " + duration(d) + " left"
}

// size is a number of bytes; a server that gives none, or nonsense, gives nothing to say.
func size(n int64) string {
	if n <= 0 {
		return ""
	}
	return humanize.IBytes(uint64(n))
}

// percent is a whole number from 0 to 100, rounded down: 100 is said only of what is complete. Comparing first keeps a
// NaN out, which compares as nothing.
func percent(p float64) int {
	switch {
	case p >= 100:
		return 100
	case p >= 1:
		return int(p)
	}
	return 0
}

// elapsed is how long the job had been going when it was last seen; zero where it was not.
func elapsed(o operation.Operation) time.Duration {
	if o.Seen.IsZero() || o.Sent.IsZero() {
		return 0
	}
	return max(o.Seen.Sub(o.Sent), 0)
}

// enough is the percentage from which on it can be reckoned with.
const enough = 10

// timeLeft is the estimate: what the last run took, less what has passed. Where the percentage promises an earlier end,
// that one is believed, since runs after the first move far less data. Without history there is none, and none while nobody can look.
func timeLeft(o operation.Operation) string {
	expected := o.Expected()
	if expected == 0 || o.Seen.IsZero() || !o.Gone.IsZero() {
		return ""
	}
	gone := elapsed(o)
	left := expected - gone
	if p := percent(o.Status.Percentage); p >= enough {
		byPercent := time.Duration(float64(gone) * float64(100-p) / float64(p))
		if left > 0 {
			left = min(left, byPercent)
		}
	}
	if left <= 0 {
		return "longer than the " + duration(expected) + " of the last run"
	}
	return remaining(left)
}

// took is how long the run took: by its report, else about as long as the bot saw it.
func took(o operation.Operation) string {
	switch {
	case o.Report != nil && o.Report.Duration > 0:
		return duration(o.Report.Duration)
	case !o.Over.IsZero() && !o.Sent.IsZero() && o.GUID != "" && o.Over.After(o.Sent):
		return "about " + duration(o.Over.Sub(o.Sent))
	}
	return ""
}

// transferred says how much data went over; nothing where the server gave no number.
func transferred(compressed, uncompressed int64) string {
	c, u := size(compressed), size(uncompressed)
	switch {
	case c != "" && u != "":
		return c + " (" + u + " before compression)"
	case c != "":
		return c
	case u != "":
		return u + " before compression"
	}
	return ""
}

// since is an instant with its age; the age is left out where now is not known.
func since(t, now time.Time) chat.Text {
	if now.IsZero() {
		return chat.T(t)
	}
	return chat.T(t, " ("+age(t, now)+")")
}
