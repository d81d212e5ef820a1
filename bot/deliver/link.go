package deliver

import (
	"sync"
	"time"

	"vmbackup-bot/bot/chat"
)

// Calls in flight per platform. Progress leaves one of them to messages that matter more.
const (
	maxFlights = 4
	maxOngoing = maxFlights - 1
)

// stepKind is what one flight does.
type stepKind int

const (
	stepPost stepKind = iota
	stepEdit
	stepThread
	stepLook  // for a post whose end is unknown
	stepTwins // for copies of a post that was repeated
)

// step is one call that is about to be made.
type step struct {
	kind stepKind
	call chat.Call
	to   chat.Place
	age  time.Duration
	// hunt is set for every step that follows a post whose end is unknown.
	hunt *hunt
	// safe says that the platform itself prevents a twin.
	safe bool
	// wait is when there is something to do; zero for now.
	wait time.Time
}

// hunt is the search for a message whose post may or may not have happened. Its first attempt stays the same however often
// the post is repeated, so that a copy which turns up late is still found. It belongs to the flight of its key; between
// flights to the pass.
type hunt struct {
	first   time.Time
	version int             // the oldest version that may stand there
	looks   int             // successful looks that found nothing
	tries   int             // looks that failed
	blind   bool            // the history may not be read
	not     chat.MessageRef // a message of the same key that is known and given up
}

// link is one platform: what is in flight there, what its limits leave, and what is known of its health.
type link struct {
	name  string
	chat  Chat
	pacer Pacer

	mu      sync.Mutex
	flying  map[string]bool // keys with a call in flight
	ongoing int             // flights that carry progress
	opening map[string]bool // roots whose thread is being opened
	landed  map[string]bool // keys and roots whose flight ended since the outbox was read: what was read of them is old
	limits  *buckets
	hunts   map[string]*hunt     // by key
	posted  map[string]*hunt     // repeated posts whose twins are still to be looked for
	shut    map[string]time.Time // places where progress is forbidden until then
	waiting map[string]time.Time // finals not yet delivered, since when
	last    string
	lastAt  time.Time
	dead    string    // why the platform refuses us altogether; empty while it does not
	reborn  time.Time // when that is tried again
}

func newLink(name string, p Platform) *link {
	return &link{
		name: name, chat: p.Chat, pacer: p.Pacer,
		flying:  make(map[string]bool),
		opening: make(map[string]bool),
		landed:  make(map[string]bool),
		limits:  newBuckets(),
		hunts:   make(map[string]*hunt),
		posted:  make(map[string]*hunt),
		shut:    make(map[string]time.Time),
		waiting: make(map[string]time.Time),
	}
}

// round is one pass over what is due.
type round struct {
	now  time.Time
	next time.Time // the earliest time at which something may leave that cannot now; zero for none
	held int       // messages that are due or in flight now
}

// again asks for a pass at t; zero asks for none.
func (r *round) again(t time.Time) {
	if t.IsZero() {
		return
	}
	if !t.After(r.now) { // not yet, says the outbox of something that is due: no reason to spin
		t = r.now.Add(firstWait)
	}
	if r.next.IsZero() || t.Before(r.next) {
		r.next = t
	}
}

// newRound begins a pass; it comes before the outbox is read.
func (l *link) newRound() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.limits.wanted)
	clear(l.landed)
}

// claim decides whether m can leave now, takes what that needs, and says how.
func (l *link) claim(r *round, m Message, recheck time.Duration) (step, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if m.Gone && m.Class != chat.Final {
		return step{}, false
	}
	if l.dead != "" && r.now.Before(l.reborn) {
		r.again(l.reborn)
		return step{}, false
	}
	if m.Class == chat.Final && m.Sent < m.Version {
		if _, ok := l.waiting[m.Key]; !ok {
			l.waiting[m.Key] = r.now
		}
	}
	if len(l.flying) == maxFlights || l.flying[m.Key] || l.landed[m.Key] {
		r.held++ // the end of a flight starts the next pass
		return step{}, false
	}
	s := l.plan(m, r.now, recheck)
	if until, ok := l.shut[s.to.String()]; ok && !r.now.Before(until) {
		delete(l.shut, s.to.String())
	} else if ok && m.Class == chat.Ongoing {
		s.wait = until
	}
	if !s.wait.IsZero() {
		r.again(s.wait)
		return step{}, false
	}
	r.held++
	if m.Class == chat.Ongoing && l.ongoing == maxOngoing {
		return step{}, false
	}
	if s.kind == stepThread && (l.opening[m.Under] || l.landed[threadOf(m)]) {
		return step{}, false
	}
	if ok, at := l.limits.take(r.now, l.pacer.Budgets(s.call, s.to, s.age), m.Class == chat.Ongoing); !ok {
		r.again(at)
		return step{}, false
	}
	if l.dead != "" {
		l.reborn = r.now.Add(fatalPause) // one message at a time finds out
	}
	l.flying[m.Key] = true
	if m.Class == chat.Ongoing {
		l.ongoing++
	}
	if s.kind == stepThread {
		l.opening[m.Under] = true
	}
	return s, true
}

// plan is the next call for a message.
func (l *link) plan(m Message, now time.Time, recheck time.Duration) step {
	switch {
	case m.standing():
		if m.Recheck && !now.Before(m.Posted.Add(recheck)) {
			return step{kind: stepTwins, call: chat.CallFind, to: m.Ref.Place}
		}
		if m.Recheck && m.Sent >= m.Version {
			return step{to: m.Ref.Place, wait: m.Posted.Add(recheck)}
		}
		return step{kind: stepEdit, call: chat.CallEdit, to: m.Ref.Place, age: now.Sub(m.Posted)}
	case m.Under != "" && m.Thread == chat.Place{}:
		return step{kind: stepThread, call: chat.CallThread, to: m.UnderRef.Place}
	}
	s := step{kind: stepPost, call: chat.CallPost, to: m.place(), hunt: l.hunts[m.Key]}
	if s.hunt == nil && !m.Attempt.IsZero() { // found so at start
		s.hunt = l.startHunt(m, m.Attempt, m.AttemptVersion)
	}
	switch h := s.hunt; {
	case h == nil:
	case h.looks == 0 && !h.blind && now.Sub(h.first) < l.pacer.SafeRepeat():
		s.safe = true
	case h.looks < 2 && !h.blind:
		s.kind, s.call = stepLook, chat.CallFind
	}
	return s
}

// startHunt notes that a post may have happened. The caller holds the lock.
func (l *link) startHunt(m Message, first time.Time, version int) *hunt {
	h := &hunt{first: first, version: version}
	if m.Gone {
		h.not = m.Ref
	}
	l.hunts[m.Key] = h
	return h
}

// lost notes that a post may have happened, or may have happened again.
func (l *link) lost(m Message, first time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if h := l.hunts[m.Key]; h != nil {
		h.looks = 0
		return
	}
	l.startHunt(m, first, m.Version)
}

// release ends a flight.
func (l *link) release(m Message, s step) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.flying, m.Key)
	l.landed[m.Key] = true
	if m.Class == chat.Ongoing {
		l.ongoing--
	}
	if s.kind == stepThread {
		delete(l.opening, m.Under)
		l.landed[threadOf(m)] = true
	}
}

// threadOf names the thread of a message among keys; no key begins like that.
func threadOf(m Message) string { return "\x00" + m.Under }

// settled forgets what was remembered of a message until its end was known; with newest nothing is left to send.
func (l *link) settled(key string, newest bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.hunts, key)
	if newest {
		delete(l.waiting, key)
	}
}

// failed notes the newest fault for Health.
func (l *link) failed(f *chat.Fault, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last, l.lastAt = f.Error(), now
}

// stop ends all deliveries to this platform until a time; it reports whether that is new. What refuses us may take us
// again: a token that was mended, a platform that was not well itself.
func (l *link) stop(f *chat.Fault, until time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	was := l.dead
	l.dead, l.reborn = f.Error(), until
	return was == ""
}

// alive notes that the platform does not refuse us altogether.
func (l *link) alive() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dead = ""
}
