package chattest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"vmbackup-bot/bot/chat"
)

func secretCases() []suiteCase {
	return []suiteCase{
		{name: "secret not leaked", run: caseSecret},
		{name: "secret not leaked when cut off", run: caseSecretCut},
	}
}

// caseSecret makes all the trouble that the harness can make, one after the other, and reads everything that came of it.
func caseSecret(t testing.TB, h Harness) {
	b := runBot(t, h, func(ctx context.Context, r chat.Request, a chat.Answer) {
		_ = a.Private(ctx, card("", "For your eyes")) // best effort
		if isAbout(r, "web09") {
			panic("a fault of the bot")
		}
	})
	h.Send(t, command(h, "backup web01"), false)
	h.Send(t, command(h, "backup web09"), false)
	handled(t, b, 2)
	ref := post(t, h, h.Place, card("op0.root", "Backup"))
	var said []string
	hear := func(err error) {
		if err != nil {
			said = append(said, err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err))
		}
	}
	for i, what := range []Trouble{TroubleThrottled, TroubleFailing, TroubleLostAnswer, TroubleLink, TroubleDeleted, TroubleForbidden, TroublePlaceGone, TroubleFatal} {
		if _, lacks := h.Lacks[string(what)]; lacks {
			continue
		}
		h.Trouble(t, what, ref)
		key := fmt.Sprintf("op%d.root", i)
		_, err := h.Chat.Post(context.Background(), h.Place, card(key, "Backup"))
		hear(err)
		hear(h.Chat.Edit(context.Background(), ref, card("op0.root", "Backup")))
		health := h.Adapter.Health()
		said = append(said, health.State, health.Detail)
	}
	checkSecrets(t, h, said)
}

// caseSecretCut makes calls that end before they are answered: errors of that kind like to print the URL.
func caseSecretCut(t testing.TB, h Harness) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := h.Chat.Post(ctx, h.Place, card("op1.root", "Backup"))
	if err == nil {
		t.Skip("a call whose context has ended succeeds here")
	}
	kindOf(t, err)
	said := []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err)}
	if err := h.Chat.Edit(ctx, chat.MessageRef{Place: h.Place, ID: "m1"}, card("op1.root", "Backup")); err != nil {
		said = append(said, err.Error())
	}
	if _, err := h.Chat.Find(ctx, h.Place, "op1.root", time.Time{}); err != nil {
		said = append(said, err.Error())
	}
	checkSecrets(t, h, said)
}

func checkSecrets(t testing.TB, h Harness, said []string) {
	t.Helper()
	for _, s := range h.Seen(t) {
		said = append(said, s.Text)
	}
	for _, s := range h.Privates(t) {
		said = append(said, s.Text)
	}
	said = append(said, h.Log())
	for _, secret := range h.Secrets {
		for _, s := range said {
			if strings.Contains(s, secret) {
				t.Errorf("a secret is in %q", strings.ReplaceAll(s, secret, "[the secret]"))
				break
			}
		}
	}
}
