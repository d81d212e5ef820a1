package store_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vmbackup-bot/bot/audit"
	"vmbackup-bot/bot/card"
	"vmbackup-bot/bot/chat"
	"vmbackup-bot/bot/operation"
	"vmbackup-bot/bot/store"
	"vmbackup-bot/vmbackup"
)

// childFolder names the folder of a child process that works until it is killed.
const childFolder = "STORE_TEST_CHILD_FOLDER"

// life is one operation from its claim to its last message, in four commits; told hears of each once it is durable.
func life(ctx context.Context, s *store.Store, id operation.ID, told func(what string)) error {
	claim, _, err := s.Claim(ctx, chat.Claim{Deliveries: []string{"d:" + string(id)}, Actor: alice, Place: room, Text: "backup", At: t0})
	if err != nil {
		return err
	}
	told("claim")
	o := wish(id)
	o.VM.Ref = vmbackup.VMRef("ref-" + id)
	if err := s.Record(ctx, claim, o, audit.Entry{Site: "demo", Actor: alice, Operation: string(id), Outcome: "recorded"}); err != nil {
		return err
	}
	told("record")
	guid := vmbackup.OperationGUID("guid-" + id)
	if _, err := s.ApplyAll(ctx, []operation.Change{
		{ID: id, Event: operation.Sent{At: t0}}, {ID: id, Event: operation.Taken{At: t0, GUID: guid}},
	}); err != nil {
		return err
	}
	told("accepted")
	root := id.Key(operation.PartRoot)
	if err := s.Attempt(ctx, root, 1, t0); err != nil {
		return err
	}
	told("attempt")
	return nil
}

// TestChild is no test: it is what TestKill runs and kills.
func TestChild(t *testing.T) {
	folder := os.Getenv(childFolder)
	if folder == "" {
		t.Skip("only as a child of TestKill")
	}
	s, err := store.Open(t.Context(), store.Options{
		Path: filepath.Join(folder, "bot.db"), Render: card.Style{Zone: time.UTC}.Operation, Now: func() time.Time { return t0 },
	})
	ok(t, err)
	boot, _, err := s.Begin(t.Context())
	ok(t, err)
	for i := 0; ; i++ {
		id := operation.ID(strings.ToLower(boot[:6]) + fmt.Sprintf("%04d", i))
		ok(t, life(t.Context(), s, id, func(what string) {
			head, err := s.Head(t.Context())
			ok(t, err)
			fmt.Printf("ack %s %s %s\n", id, what, head)
		}))
	}
}

// TestKill kills a process that commits without a pause, again and again in one folder: what it was told is done must be
// there, whole, and the audit log must hold every head that was seen.
func TestKill(t *testing.T) {
	folder := t.TempDir()
	self := must[string](t)(os.Executable())
	acked := make(map[operation.ID]string)
	var head audit.Head
	for round := range 5 {
		cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestChild$", "-test.count=1")
		cmd.Env = append(os.Environ(), childFolder+"="+folder)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		ok(t, err)
		ok(t, cmd.Start())
		lines := bufio.NewScanner(out)
		for n := 0; n < 9+3*round && lines.Scan(); n++ {
			f := strings.Fields(lines.Text())
			if len(f) != 4 || f[0] != "ack" {
				t.Fatalf("the child said %q", lines.Text())
			}
			acked[operation.ID(f[1])] = f[2]
			head = must[audit.Head](t)(audit.ParseHead(f[3]))
		}
		ok(t, cmd.Process.Kill()) // kill -9, while it is in the middle of what comes next
		_ = cmd.Wait()            // killed is an error, and wanted

		s, err := store.Open(t.Context(), store.Options{
			Path: filepath.Join(folder, "bot.db"), Render: card.Style{Zone: time.UTC}.Operation, Now: func() time.Time { return t0 },
		})
		ok(t, err)
		if _, unclean, err := s.Begin(t.Context()); err != nil || !unclean {
			t.Errorf("a killed run passed for a clean one: %v %v", unclean, err)
		}
		for id, what := range acked {
			checkLife(t, s, id, what)
		}
		must[audit.Head](t)(s.Verify(t.Context(), head))
		whole(t, s)
		ok(t, s.End(t.Context()))
		ok(t, s.Close())
	}
}

// checkLife checks what must be there of one operation when the process was told that what is done.
func checkLife(t *testing.T, s *store.Store, id operation.ID, what string) {
	t.Helper()
	_, st, err := s.Claim(t.Context(), chat.Claim{Deliveries: []string{"d:" + string(id)}})
	ok(t, err)
	if st == chat.ClaimNew {
		t.Errorf("%s: its claim is gone", id)
	}
	o, found, err := s.Operation(t.Context(), id)
	ok(t, err)
	if what == "claim" {
		return // the record may have been committed and not told any more
	}
	if !found || st != chat.ClaimRepeat {
		t.Errorf("%s: recorded %v, standing of its claim %d", id, found, st)
	}
	if what != "record" && (o.State != operation.Accepted || o.GUID != vmbackup.OperationGUID("guid-"+id)) {
		t.Errorf("%s is %s with OperationGuid %q", id, o.State, o.GUID)
	}
	if what != "attempt" {
		return
	}
	for _, m := range due(t, s, t0) {
		if m.Key == id.Key(operation.PartRoot) && m.Attempt.IsZero() {
			t.Errorf("%s: the attempt is forgotten", id)
		}
	}
}

// whole checks that no commit is there in part: each operation has its audit lines and its message, and each line its
// operation.
func whole(t *testing.T, s *store.Store) {
	t.Helper()
	ops := must[[]operation.Operation](t)(s.Recent(t.Context(), "demo", time.Time{}, 10_000))
	count := make(map[string]int)
	for _, l := range must[[]audit.Entry](t)(s.AuditLog(t.Context(), store.Filter{})) {
		count[l.Operation+" "+l.Outcome]++
	}
	messages := make(map[string]bool)
	out, _, err := s.Due(t.Context(), t0, 10_000)
	ok(t, err)
	for _, m := range out {
		messages[m.Key] = true
	}
	lines := 0
	for _, o := range ops {
		want := 1
		if o.State == operation.Accepted {
			want = 3
		}
		lines += want
		for i, outcome := range []string{"recorded", "sending", "accepted"} {
			if n := count[string(o.ID)+" "+outcome]; (n == 1) != (i < want) {
				t.Errorf("%s is %s, and the log says %d times that it was %s", o.ID, o.State, n, outcome)
			}
		}
		if !messages[o.ID.Key(operation.PartRoot)] {
			t.Errorf("%s has no message", o.ID)
		}
	}
	if head := must[audit.Head](t)(s.Head(t.Context())); head.Count != int64(lines) {
		t.Errorf("%d audit lines for what needs %d", head.Count, lines)
	}
}

// TestCopies copies the files after each commit, and cuts the copy's log where a power failure could: what is read back
// must be the state after one of the commits, never less than the checkpointed one and never a mixture.
func TestCopies(t *testing.T) {
	folder := t.TempDir()
	s := open(t, folder)
	var heads []audit.Head
	id := operation.ID("abcdefgh00")
	take := func(string) {
		heads = append(heads, must[audit.Head](t)(s.Head(t.Context())))
		c := reopen(t, folder, -1)
		if head := must[audit.Head](t)(c.Verify(t.Context(), heads[len(heads)-1])); head != heads[len(heads)-1] {
			t.Errorf("the copy has head %v, want %v", head, heads[len(heads)-1])
		}
		whole(t, c)
		ok(t, c.Close())
	}
	ok(t, life(t.Context(), s, id, take))
	ok(t, life(t.Context(), s, "abcdefgh01", take))

	seen := map[audit.Head]bool{{}: true}
	for _, h := range heads {
		seen[h] = true
	}
	size := must[os.FileInfo](t)(os.Stat(filepath.Join(folder, "bot.db-wal"))).Size()
	for cut := int64(0); cut < size; cut += max(size/40, 1) {
		c := reopen(t, folder, cut)
		head, err := c.Verify(t.Context(), audit.Head{})
		if err != nil || !seen[head] {
			t.Errorf("log cut at %d of %d: head %v, %v", cut, size, head, err)
		}
		whole(t, c)
		ok(t, c.Close())
	}
}

// reopen opens a copy of a database that is in use, with its write-ahead log cut to a length (negative: whole).
func reopen(t *testing.T, folder string, cut int64) *store.Store {
	t.Helper()
	to := t.TempDir()
	for _, name := range []string{"bot.db", "bot.db-wal"} {
		b, err := os.ReadFile(filepath.Join(folder, name))
		ok(t, err)
		if cut >= 0 && strings.HasSuffix(name, "-wal") {
			b = b[:min(cut, int64(len(b)))]
		}
		ok(t, os.WriteFile(filepath.Join(to, name), b, 0o600))
	}
	s, err := store.Open(t.Context(), store.Options{
		Path: filepath.Join(to, "bot.db"), Render: card.Style{Zone: time.UTC}.Operation, Now: func() time.Time { return t0 },
	})
	ok(t, err)
	return s
}
