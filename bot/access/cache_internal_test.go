package access

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

func TestCacheIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache()
		for i := range mostEntries + 10 {
			c.put(strconv.Itoa(i), i, time.Now().Add(keep))
		}
		if n := c.items.ItemCount(); n != 10 {
			t.Errorf("%d entries after the bound was passed", n)
		}
		// What has expired goes with the next entry, a minute later.
		<-time.After(keep + time.Second)
		c.put("last", 1, time.Now().Add(keep))
		if n := c.items.ItemCount(); n != 1 {
			t.Errorf("%d entries after a minute", n)
		}
		c.put("past", 1, time.Now())
		if _, _, ok := c.get("past"); ok || c.items.ItemCount() != 1 {
			t.Error("an entry without any time left is kept")
		}
		c.flush()
		if _, _, ok := c.get("last"); ok {
			t.Error("flushed, and still there")
		}
	})
}

func TestKeysAreDistinct(t *testing.T) {
	if keyOf("a", "b") == keyOf("a\"\"b") || keyOf("a", "") == keyOf("", "a") || keyOf("ab", "c") == keyOf("a", "bc") {
		t.Error("two lists of parts make the same key")
	}
}
