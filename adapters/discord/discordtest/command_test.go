package discordtest_test

import (
	"fmt"
	"strings"
	"testing"

	"vmbackup-bot/adapters/discord/discordtest"
)

func TestCommandRules(t *testing.T) {
	r := start(t, discordtest.Options{Unlimited: true})
	command := func(options string) string { return `[{"name":"c","description":"d","options":[` + options + `]}]` }
	option := func(parts string) string { return command(`{"type":3,"description":"d",` + parts + `}`) }
	for name, c := range map[string][2]string{
		"name":          {`[{"name":"büro-1_a","description":"d"}]`, `[{"name":"Abc","description":"d"}]`},
		"long name":     {`[{"name":"` + long(32) + `","description":"d"}]`, `[{"name":"` + long(33) + `","description":"d"}]`},
		"blank in name": {option(`"name":"a-b"`), option(`"name":"a b"`)},
		"description":   {`[{"name":"c","description":"` + long(100) + `"}]`, `[{"name":"c","description":""}]`},
		"duplicates":    {command(""), `[{"name":"c","description":"d"},{"name":"c","description":"d"}]`},
		"order": {
			command(`{"type":3,"name":"a","description":"d","required":true},{"type":3,"name":"b","description":"d"}`),
			command(`{"type":3,"name":"b","description":"d"},{"type":3,"name":"a","description":"d","required":true}`),
		},
		"option twice": {
			command(`{"type":3,"name":"a","description":"d"},{"type":3,"name":"b","description":"d"}`),
			command(`{"type":3,"name":"a","description":"d"},{"type":3,"name":"a","description":"d"}`),
		},
		"autocomplete": {
			option(`"name":"a","choices":[{"name":"x","value":"x"}]`),
			option(`"name":"a","autocomplete":true,"choices":[{"name":"x","value":"x"}]`),
		},
		"options": {
			command(strings.Trim(many(25, `{"type":3,"name":"a#","description":"d"}`), "[]")),
			command(strings.Trim(many(26, `{"type":3,"name":"a#","description":"d"}`), "[]")),
		},
		"choices": {
			option(`"name":"a","choices":` + many(25, `{"name":"#","value":"#"}`)),
			option(`"name":"a","choices":` + many(26, `{"name":"#","value":"#"}`)),
		},
		"empty value":  {option(`"name":"a","choices":[{"name":"x","value":"x"}]`), option(`"name":"a","choices":[{"name":"x","value":""}]`)},
		"length":       {option(`"name":"a","max_length":6000`), option(`"name":"a","max_length":6001`)},
		"bounds":       {command(`{"type":4,"name":"a","description":"d","min_value":1}`), option(`"name":"a","min_value":1`)},
		"mixed":        {command(`{"type":1,"name":"a","description":"d"}`), command(`{"type":1,"name":"a","description":"d"},{"type":3,"name":"b","description":"d"}`)},
		"permissions":  {`[{"name":"c","description":"d","default_member_permissions":"0"}]`, `[{"name":"c","description":"d","default_member_permissions":"all"}]`},
		"nested":       {command(`{"type":2,"name":"a","description":"d","options":[{"type":1,"name":"b","description":"d"}]}`), command(`{"type":1,"name":"a","description":"d","options":[{"type":1,"name":"b","description":"d"}]}`)},
		"sum of 8000":  {option(`"name":"a"`), command(strings.Trim(many(25, `{"type":3,"name":"a#","description":"`+long(90)+`","choices":`+"["+choicesOf(25)+"]"+`}`), "[]"))},
		"unknown type": {option(`"name":"a"`), command(`{"type":12,"name":"a","description":"d"}`)},
	} {
		t.Run(name, func(t *testing.T) {
			r := *r
			r.t = t
			r.want(200, 0, "PUT", commands, c[0])
			r.want(400, 50035, "PUT", commands, c[1])
		})
	}
}

func choicesOf(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(`{"name":"choice %d","value":"value %d"}`, i, i)
	}
	return strings.Join(all, ",")
}

func TestCommandLifeAndCreates(t *testing.T) {
	r := start(t, discordtest.Options{Unlimited: true})
	r.register()
	first := string(r.want(200, 0, "GET", commands, "").raw)
	r.register()
	if again := string(r.want(200, 0, "GET", commands, "").raw); again != first {
		t.Errorf("the same definition changed something:\n%s\n%s", first, again)
	}
	if strings.Contains(first, `"required":false`) || r.fake.CommandCreates() != 1 {
		t.Errorf("%d creates, %s", r.fake.CommandCreates(), first)
	}
	for range 2 {
		r.want(200, 0, "PUT", commands, many(99, `{"name":"c#","description":"d"}`))
		r.want(200, 0, "PUT", commands, `[]`)
	}
	if n := r.fake.CommandCreates(); n != 199 {
		t.Errorf("%d creates", n)
	}
	r.want(400, 30034, "PUT", commands, many(2, `{"name":"c#","description":"d"}`))
	r.want(400, 30032, "PUT", commands, many(101, `{"name":"c#","description":"d"}`))
	id := r.want(201, 0, "POST", commands, `{"name":"last","description":"d"}`).id(t)
	r.want(204, 0, "DELETE", commands+"/"+id, "")
	r.want(404, 10063, "DELETE", commands+"/"+id, "")
	if got := string(r.fake.Commands()); got != "[]" {
		t.Errorf("left: %s", got)
	}
}
