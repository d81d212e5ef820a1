package vmbackup_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"vmbackup-bot/vmbackup"
)

func TestSecretShowsNowhere(t *testing.T) {
	s := vmbackup.NewSecret("hunter2")
	hidden := struct{ inner vmbackup.Secret }{s}
	cfg := vmbackup.Config{Password: s}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X", "%t", "%T %v", "%08.3f", "%p"} {
		for _, v := range []any{s, &s, hidden, &hidden, []vmbackup.Secret{s}, map[string]vmbackup.Secret{"a": s}, cfg, &cfg} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
	}
	for _, v := range []any{s, &s, hidden, cfg, map[string]any{"p": s}} {
		b, err := json.Marshal(v)
		if err == nil {
			out.Write(b)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
	}
	for _, form := range []string{"hunter2", "68756e74657232", "68756E74657232", "104 117"} {
		if strings.Contains(out.String(), form) {
			t.Errorf("%q shows in:\n%s", form, out.String())
		}
	}
	if s.String() != "[redacted]" || s.GoString() != "[redacted]" || s.Reveal() != "hunter2" {
		t.Error("wrong forms")
	}
}

func TestSecretIsRead(t *testing.T) {
	var s vmbackup.Secret
	if !s.IsZero() || s.Reveal() != "" {
		t.Error("zero value is not empty")
	}
	wantOK(t, s.UnmarshalText([]byte("\xff \x00")))
	if s.IsZero() || s.Reveal() != "\xff \x00" {
		t.Error("not taken as it is")
	}
	wantOK(t, s.UnmarshalText(nil))
	if !s.IsZero() {
		t.Error("empty text is a secret")
	}
}
