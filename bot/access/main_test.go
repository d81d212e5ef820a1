package access_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vmbackup-bot/bot/access"
	"vmbackup-bot/bot/chat"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func mustParse(t testing.TB, text string) *access.Policy {
	t.Helper()
	p, err := access.Parse("policy.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var (
	web01 = access.VM{Ref: "ba2e9cdc-0d85-48e6-8db7-a45c5a40819e", Name: "web01", Host: "HV01"}
	app01 = access.VM{Ref: "r-app01", Name: "app01", Host: "HV02"}
	sql01 = access.VM{Ref: "r-sql01", Name: "SQL01", Host: "HV02"}
	tmpl  = access.VM{Ref: "r-tmpl", Name: "web-template", Host: "HV01"}
	slash = access.VM{Ref: "r-slash", Name: "web/prod/1", Host: "HV03"}
)

func fleet() []access.VM { return []access.VM{web01, app01, sql01, tmpl, slash} }

var (
	alice   = chat.Actor{Platform: "console", User: "alice"}
	carol   = chat.Actor{Platform: "console", User: "carol"}
	backups = chat.Place{Platform: "console", Channel: "#backups"}
)

// people is a directory that behaves: it knows its groups and guests, and can be out of reach.
type people struct {
	mu     sync.Mutex
	groups map[string][]string
	guests map[string]bool
	down   bool
	asked  int
}

func (p *people) InGroup(_ context.Context, a chat.Actor, group string) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	if p.down {
		return false, errors.New("out of reach")
	}
	if slices.Contains(p.groups[group], a.User) {
		return true, nil
	}
	return false, nil
}

func (p *people) FullMember(_ context.Context, a chat.Actor) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	if p.down {
		return false, errors.New("out of reach")
	}
	return !p.guests[a.User], nil
}

func (p *people) set(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

func (p *people) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

func plain(t chat.Text) string { return t.Plain(time.UTC) }
