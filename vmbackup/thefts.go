package vmbackup

import "time"

const (
	// theftCount and theftWindow tell a habit from an accident.
	theftCount  = 3
	theftWindow = 10 * time.Minute
	// expiry is when the server itself drops a session (about five minutes; idle or absolute is not known), and
	// expiryMargin how far "about" may be off.
	expiry       = 5 * time.Minute
	expiryMargin = 30 * time.Second
)

// thefts are the moments at which a session turned out to be ended by somebody else.
type thefts []time.Time

// note leaves out what the server's own expiry explains.
func (t *thefts) note(gone *session, now time.Time) {
	age := now.Sub(gone.since)
	if now.Sub(gone.used) >= expiry-expiryMargin || (age >= expiry-expiryMargin && age <= expiry+expiryMargin) {
		return
	}
	*t = append(*t, now)
	if len(*t) > theftCount {
		*t = (*t)[len(*t)-theftCount:]
	}
}

// many reports three within the window that ends now.
func (t thefts) many(now time.Time) bool {
	return len(t) == theftCount && now.Sub(t[0]) <= theftWindow
}
