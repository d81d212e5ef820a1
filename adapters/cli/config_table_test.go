package cli

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vmbackup-bot/vmbackup"
)

var update = flag.Bool("update", false, "write the golden files anew")

// configMarkdown is the table as the README shows it.
func configMarkdown() string {
	var b strings.Builder
	b.WriteString("| name | default | meaning |\n| --- | --- | --- |\n")
	for _, r := range configTable() {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", strings.Join(r.Names, "`, `"), strings.Join(r.Default, ", "), r.Meaning)
	}
	return b.String()
}

// TestEverySettingHasARow holds the rows to the struct's tags: same names, same order, same defaults.
func TestEverySettingHasARow(t *testing.T) {
	defaults := make(map[string]string)
	for f := range reflect.TypeFor[Config]().Fields() {
		name := f.Tag.Get("envconfig")
		if name == "" {
			if f.IsExported() {
				t.Errorf("Config.%s is read from no variable", f.Name)
			}
			continue
		}
		defaults[name] = f.Tag.Get("default")
	}
	var names []string
	for _, r := range configTable() {
		names = append(names, r.Names...)
		if n := len(r.Default); n != len(r.Names) && n != 1 {
			t.Errorf("%v has %d defaults", r.Names, n)
			continue
		}
		for i, name := range r.Names {
			shown := r.Default[min(i, len(r.Default)-1)]
			if tag := defaults[name]; tag != "" && shown != "`"+tag+"`" {
				t.Errorf("%s: the default is %q, the table says %q", name, tag, shown)
			} else if tag == "" && strings.HasPrefix(shown, "`") && name != "POLICY_FILE" {
				t.Errorf("%s has no default, the table says %q", name, shown)
			}
		}
	}
	if diff := cmp.Diff(settings(), names); diff != "" {
		t.Errorf("settings (-) and rows (+) differ:\n%s", diff)
	}
}

// TestSecretsHaveFiles holds the list of secrets to the struct, both ways.
func TestSecretsHaveFiles(t *testing.T) {
	var want, got []string
	for f := range reflect.TypeFor[Config]().Fields() {
		if f.Type == reflect.TypeFor[vmbackup.Secret]() {
			want = append(want, f.Tag.Get("envconfig"))
		}
	}
	var c Config
	for _, s := range c.secrets() {
		got = append(got, s.name)
		*s.value = vmbackup.NewSecret(s.name)
	}
	for f, v := range reflect.ValueOf(c).Fields() {
		if !f.IsExported() {
			continue
		}
		if s, ok := reflect.TypeAssert[vmbackup.Secret](v); ok && s.Reveal() != f.Tag.Get("envconfig") {
			t.Errorf("the file of %s goes to another setting", f.Tag.Get("envconfig"))
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("secrets of Config (-) and of secrets() (+) differ:\n%s", diff)
	}
}

// TestReadmeTable holds the README to the rows.
func TestReadmeTable(t *testing.T) {
	want := configMarkdown()
	golden := filepath.Join("testdata", "configuration.md")
	if *update {
		if err := os.WriteFile(golden, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(data)); diff != "" {
		t.Errorf("%s is not the table (-); run the test with -update:\n%s", golden, diff)
	}
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(readme), "\n## Configuration\n")
	section, _, _ = strings.Cut(section, "\n## ")
	_, table, found := strings.Cut(section, "| name | default | meaning |\n")
	if !ok || !found {
		t.Fatal("the README's section Configuration has no table of settings")
	}
	table, _, _ = strings.Cut("| name | default | meaning |\n"+table, "\n\n")
	if diff := cmp.Diff(want, strings.TrimRight(table, "\n")+"\n"); diff != "" {
		t.Errorf("the README's table is not the one of the program (-):\n%s", diff)
	}
}
