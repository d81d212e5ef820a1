package access_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"vmbackup-bot/bot/access"
	"vmbackup-bot/bot/chat"
)

func write(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "policy.yaml")
	rewrite(t, path, text)
	return path
}

func rewrite(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

const (
	aliceMay = `version: 1
grants:
  - {name: one, who: ["console:alice"], vms: ["*"], can: [status, backup]}
`
	carolMay = `version: 1
people: {c: ["console:carol"]}
groups: {g: ["console:carol"]}
grants:
  - {name: one, who: ["group:g"], in: ["console:#backups"], vms: ["*"], except: [x], can: [status], limit: 3/day}
approvals:
  - {verbs: [restore-over], by: ["group:g"], expires: 5m, break_glass: {by: ["group:g"], after: 1m}}
`
)

type changes struct {
	mu  sync.Mutex
	all []access.Change
}

func (c *changes) add(x access.Change) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, x)
}

func (c *changes) take() []access.Change {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.all
	c.all = nil
	return all
}

func may(t *testing.T, a *access.Access, who string) bool {
	actor := alice
	actor.User = who
	return a.Decide(t.Context(), access.Question{Actor: actor, Place: backups, Verb: access.Status, VM: &web01}).Allowed
}

func TestRunFollowsTheFile(t *testing.T) {
	path := write(t, aliceMay)
	synctest.Test(t, func(t *testing.T) {
		var told changes
		a := access.New(access.Options{Path: path, OnChange: told.add})
		first := a.Status()
		if !may(t, a, "alice") || first.Err != nil || first.Broken || first.Path != path || first.Loaded.IsZero() || len(told.take()) != 0 {
			t.Fatalf("at start: %+v", first)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- a.Run(ctx) }()
		next := func() []access.Change {
			<-time.After(access.DefaultEvery + time.Millisecond)
			synctest.Wait()
			return told.take()
		}
		if c := next(); len(c) != 0 {
			t.Errorf("told without a change: %+v", c)
		}

		rewrite(t, path, carolMay)
		c := next()
		if len(c) != 1 || c[0].Err != nil || c[0].Old != first.Hash || c[0].New != a.Status().Hash || may(t, a, "alice") || !may(t, a, "carol") {
			t.Fatalf("after a new file: %+v", c)
		}
		if d := cmp.Diff([]string{
			"grant one: who group:g in console:#backups vms * except x can status limit 3/day",
			"group g: is console:carol", "person c: is console:carol",
			"approval restore-over: by group:g expires 5m0s break-glass after 1m0s by group:g",
		}, c[0].Added); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff([]string{"grant one: who console:alice vms * can backup, status"}, c[0].Removed); d != "" {
			t.Error(d)
		}

		rewrite(t, path, "version: 3\n")
		c = next()
		if st := a.Status(); len(c) != 1 || c[0].Err == nil || !st.Broken || st.Err == nil || st.Since.IsZero() || st.Hash != c[0].Old || !may(t, a, "carol") {
			t.Fatalf("after a broken file: %+v, %+v", c, st)
		}
		if c := next(); len(c) != 0 {
			t.Errorf("told twice of one broken file: %+v", c)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		since := a.Status().Since
		if c := next(); len(c) != 1 || !a.Status().Since.Equal(since) || !errors.Is(c[0].Err, fs.ErrNotExist) || c[0].New != "" || !may(t, a, "carol") {
			t.Fatalf("after its removal: %+v", c)
		}
		rewrite(t, path, carolMay)
		if c := next(); len(c) != 1 || c[0].Err != nil || a.Status().Broken || !a.Status().Since.IsZero() || len(c[0].Added)+len(c[0].Removed) != 0 {
			t.Errorf("after it was mended: %+v", c)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestBrokenAtStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "policy.yaml")
	var told changes
	a := access.New(access.Options{Path: path, OnChange: told.add})
	if st := a.Status(); !st.Broken || !errors.Is(st.Err, fs.ErrNotExist) || st.Hash != "" || !st.Loaded.IsZero() {
		t.Errorf("status is %+v", st)
	}
	q := access.Question{Actor: alice, Place: backups, Verb: access.Status, VM: &web01}
	if d := a.Decide(t.Context(), q); d.Allowed || !strings.HasPrefix(plain(d.Reason), "Nobody may do anything") || len(d.Hint) == 0 {
		t.Errorf("decided %+v", d)
	}
	a.SetVMs(fleet())
	if a.Visible(t.Context(), alice, backups)(web01) || a.Contact() != "" || a.SameHuman(alice, carol) {
		t.Error("something is granted")
	}
	if x := a.Why(t.Context(), q); x.Allowed || len(x.Steps) != 0 {
		t.Errorf("why says %+v", x)
	}
	if id := a.Identity(t.Context(), alice, backups); len(id.Rules) != 0 || len(id.Paste) != 2 {
		t.Errorf("identity is %+v", id)
	}
	rewrite(t, path, aliceMay)
	a.Reload()
	if c := told.take(); !may(t, a, "alice") || len(c) != 1 || c[0].Old != "" || len(c[0].Added) != 1 {
		t.Errorf("after it was written: %+v", c)
	}
}

func TestStatic(t *testing.T) {
	p := mustParse(t, aliceMay)
	a := access.Static(p)
	a.Reload()
	if st := a.Status(); st.Broken || st.Hash != p.Hash() || st.Path != "" {
		t.Errorf("status is %+v", st)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := a.Run(ctx); err != nil {
		t.Error(err)
	}
	if may(t, access.Static(nil), "alice") {
		t.Error("no policy grants something")
	}
}

// TestReloadUnderLoad asks while the file flips between two policies: alice is never allowed what only carol has, and each
// answer is that of one whole policy.
func TestReloadUnderLoad(t *testing.T) {
	path := write(t, aliceMay)
	a := access.New(access.Options{Path: path})
	stop := make(chan struct{})
	var asking sync.WaitGroup
	for range 4 {
		asking.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				d := a.Decide(t.Context(), access.Question{Actor: carol, Place: backups, Verb: access.Backup, VM: &web01})
				if d.Allowed {
					t.Error("carol was never granted backup")
				}
				a.Visible(t.Context(), alice, backups)(web01)
				a.Why(t.Context(), access.Question{Actor: alice, Place: backups, Verb: access.Status, VM: &sql01})
				a.Status()
			}
		})
	}
	for i := range 60 {
		text, now := carolMay, "carol"
		if i%2 == 1 {
			text, now = aliceMay, "alice"
		}
		rewrite(t, path, text)
		a.Reload()
		a.SetVMs(fleet())
		if !may(t, a, now) || may(t, a, map[string]string{"alice": "carol", "carol": "alice"}[now]) {
			t.Fatalf("%s is not the one who may", now)
		}
	}
	close(stop)
	asking.Wait()
}

// slow is a directory whose first answer takes so long that something else happens meanwhile.
type slow struct {
	once      sync.Once
	meanwhile func()
}

func (s *slow) InGroup(context.Context, chat.Actor, string) (bool, error) {
	s.once.Do(s.meanwhile)
	return true, nil
}

func (s *slow) FullMember(context.Context, chat.Actor) (bool, error) { return true, nil }

// TestReloadDuringALookUp makes sure that what was decided by an old policy is not kept for the new one.
func TestReloadDuringALookUp(t *testing.T) {
	const granted = "version: 1\ngrants:\n  - {name: one, who: [\"slack:usergroup:S1\"], vms: [\"*\"], can: [status]}\n"
	path := write(t, granted)
	a := access.New(access.Options{Path: path, OwnTeam: everyTeam})
	a.SetDirectory("slack", &slow{meanwhile: func() {
		rewrite(t, path, "version: 1\n")
		a.Reload()
	}})
	q := access.Question{Actor: slackUser("U1"), Place: slackPlace("C1"), Verb: access.Status, VM: &web01}
	a.Decide(t.Context(), q)
	if a.Decide(t.Context(), q).Allowed {
		t.Error("a decision by the old policy outlived it")
	}
}
