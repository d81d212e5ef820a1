package payload_test

import (
	"testing"

	"vmbackup-bot/adapters/payload"
)

func TestNode(t *testing.T) {
	n, err := payload.Read([]byte(`{"s":"a","n":9007199254740993,"q":"12","t":true,"z":null,"l":[1,{"x":"y"}],"o":{"a":{"b":"c"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"s": "a", "n": "9007199254740993", "q": "12", "t": "true", "z": "", "l": "", "o": "", "missing": ""} {
		if got := n.At(path).Text(); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	if n.At("q").Number() != 12 || n.At("n").Number() != 9007199254740993 || n.At("s").Number() != 0 || n.At("l").Number() != 0 {
		t.Error("numbers are misread")
	}
	if n.At("o", "a", "b").Text() != "c" || n.At("s", "a").Has() || n.At("o", "x", "y").Has() || n.At("z").Has() || !n.At("o").Has() {
		t.Error("paths are misread")
	}
	if l := n.At("l").List(); len(l) != 2 || l[1].At("x").Text() != "y" || n.At("o").List() != nil {
		t.Errorf("list %v", l)
	}
	if m := n.At("o").Members(); len(m) != 1 || m["a"].At("b").Text() != "c" || n.At("l").Members() != nil {
		t.Errorf("members %v", m)
	}
	if _, err := payload.Read([]byte(`{"s":`)); err == nil {
		t.Error("half a payload was read")
	}
}
