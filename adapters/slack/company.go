package slack

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Two processes on one app get each a part of what people type, at random: an old service that still runs, or a test bot
// with the production tokens. Slack says in each hello how many connections the app has.
const (
	// aloneFor is how long no link of ours is open before a count is taken for certain: our old link may be counted for a
	// moment after we dropped it.
	aloneFor = 2 * time.Second
	// lookSoon is when a doubtful count is looked at again, lookLater how often while others are known to be there.
	lookSoon  = 15 * time.Second
	lookLater = 5 * time.Minute
	// A doubtful count costs a new link. How often it may is between firstDoubtful and lastDoubtful, longer each time
	// that nobody was there after all.
	firstDoubtful = 10 * time.Minute
	lastDoubtful  = 6 * time.Hour
)

// errLookAgain ends a session so that the next one's hello counts connections while none of ours is left.
var errLookAgain = errors.New("the connections are counted again")

// company is what is known of other processes on the same app. The zero value knows of none.
type company struct {
	mu      sync.Mutex
	others  int
	look    time.Time // when to count again; zero for never
	doubted time.Time
	every   time.Duration // how often to doubt
}

// count takes a hello's count. Right after a link of ours was replaced by another (again), two may be the old and the new
// one: then it is counted again later. It reports how many others there are, and whether that there are any is news.
func (c *company) count(n int, again bool, now time.Time) (others int, news bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	others = max(n-1, 0)
	if others > 0 && again && c.others == 0 {
		if c.doubted.IsZero() || now.Sub(c.doubted) >= c.every {
			c.doubted, c.look = now, now.Add(lookSoon)
			c.every = min(max(2*c.every, firstDoubtful), lastDoubtful)
		}
		return 0, false
	}
	news = (others > 0) != (c.others > 0)
	c.others, c.look = others, time.Time{}
	if others > 0 {
		c.look, c.every = now.Add(lookLater), 0
	}
	return others, news
}

// due reports whether it is time to count again.
func (c *company) due(now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.look.IsZero() && !now.Before(c.look)
}

func (c *company) there() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.others > 0
}

// counted acts on a hello's count.
func (a *Adapter) counted(d *desk, n int, again bool) {
	others, news := a.company.count(n, again, time.Now())
	if !news {
		return
	}
	if others > 0 {
		a.log.Error("another process is connected as the same Slack app and gets a part of what people type; stop it, or give it an app of its own", "others", others)
	} else {
		a.log.Info("this is the only process on the Slack app again")
	}
	if a.o.Company != nil {
		d.Take(func(ctx context.Context) { a.o.Company(ctx, others) }) // it may write to the disk, and the link is read here
	}
}
