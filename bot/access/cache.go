package access

import (
	"strconv"
	"sync"
	"time"

	gocache "github.com/patrickmn/go-cache"
)

const (
	// keep is how long an answer may be believed that rests on a membership, by the contract.
	keep = 60 * time.Second
	// believe is how long what a directory said may be used: a directory may itself remember it for 15 seconds.
	believe = keep - 15*time.Second
	// mostEntries bounds the cache. Its keys come from chat, so anybody could make new ones.
	mostEntries = 10_000
)

// cache is a bounded go-cache without its sweeper: expired entries are deleted when something is stored. Values are
// never changed after they were stored. Expiry there goes by the wall clock, so each value holds its own end as well,
// which no step of the clock can move.
type cache struct {
	mu    sync.Mutex // keeps the bound: counting and storing are one step
	items *gocache.Cache
	swept time.Time
}

// kept is one cached value and the moment until which it holds.
type kept struct {
	value any
	until time.Time
}

func newCache() *cache { return &cache{items: gocache.New(keep, 0), swept: time.Now()} }

// get is the value under key, and until when it holds.
func (c *cache) get(key string) (any, time.Time, bool) {
	got, ok := c.items.Get(key)
	if !ok {
		return nil, time.Time{}, false
	}
	k, ok := got.(kept)
	if !ok || !time.Now().Before(k.until) {
		return nil, time.Time{}, false
	}
	return k.value, k.until, true
}

// put keeps value until a moment at most keep away.
func (c *cache) put(key string, value any, until time.Time) {
	left := time.Until(until)
	if left <= 0 { // to go-cache that would mean: forever
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if full := c.items.ItemCount() >= mostEntries; full || time.Since(c.swept) >= keep {
		c.items.DeleteExpired()
		c.swept = time.Now()
		if c.items.ItemCount() >= mostEntries {
			c.items.Flush()
		}
	}
	c.items.Set(key, kept{value, until}, min(left, keep))
}

func (c *cache) flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.items.Flush()
}

// keyOf joins parts so that no two lists of parts make the same key.
func keyOf(parts ...string) string {
	var b []byte
	for _, p := range parts {
		b = strconv.AppendQuote(b, p)
	}
	return string(b)
}
