package discordtest_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"vmbackup-bot/adapters/discord/discordtest"
)

const messages = "/channels/" + discordtest.Backups + "/messages"

func TestMessage(t *testing.T) {
	r := start(t, discordtest.Options{})
	body := `{"content":"hello <@` + discordtest.Alice + `> @everyone","nonce":"op1.card","enforce_nonce":true,` +
		`"allowed_mentions":{"parse":[],"users":["` + discordtest.Alice + `"]},` +
		`"embeds":[{"title":"Backup","footer":{"text":"note · op1.card"}}]}`
	id := r.post(body)
	if again := r.post(body); again != id {
		t.Errorf("the nonce made a second message: %s after %s", again, id)
	}
	r.want(200, 0, "PATCH", messages+"/"+id, `{"content":"now <@`+discordtest.Bob+`>"}`)
	m := r.fake.Messages()
	if len(m) != 1 || m[0].Key != "op1.card" || m[0].Nonce != "op1.card" || len(m[0].Forms) != 2 {
		t.Fatalf("got %+v", m)
	}
	if !slices.Equal(m[0].Pings, []string{discordtest.Alice}) || !slices.Equal(m[0].Forms[1].Highlights, []string{discordtest.Bob}) {
		t.Errorf("pings %v, highlights of the edit %v", m[0].Pings, m[0].Forms[1].Highlights)
	}
	if got := r.fake.Read(m[0].Content, m[0].Embeds); got != "now @bob\nBackup\nnote · op1.card" {
		t.Errorf("read %q", got)
	}
	r.want(204, 0, "DELETE", messages+"/"+id, "")
	r.want(404, 10008, "PATCH", messages+"/"+id, `{"content":"x"}`)
	if other := r.post(body); other == id {
		t.Error("a deleted message came back")
	}
}

func TestMentionsByDefault(t *testing.T) {
	r := start(t, discordtest.Options{})
	r.post(`{"content":"@here <@` + discordtest.Carol + `> <@&900000000000000001>"}`)
	r.fake.SetPermissions(discordtest.Backups, discordtest.AllPermissions&^(discordtest.MentionEveryone|discordtest.Administrator))
	r.post(`{"content":"@everyone <@` + discordtest.Carol + `> <@&900000000000000001>"}`)
	m := r.fake.Messages()
	if want := []string{"everyone", discordtest.Carol, "900000000000000001"}; !slices.Equal(m[0].Pings, want) {
		t.Errorf("got %v, want %v", m[0].Pings, want)
	}
	if want := []string{discordtest.Carol}; !slices.Equal(m[1].Pings, want) {
		t.Errorf("got %v, want %v", m[1].Pings, want)
	}
}

func long(n int) string { return strings.Repeat("x", n) }

func many(n int, one string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = strings.ReplaceAll(one, "#", fmt.Sprint(i))
	}
	return "[" + strings.Join(all, ",") + "]"
}

// TestSizes checks each limit at its edge: what is just allowed, and what is one too many, with the path of the error.
func TestSizes(t *testing.T) {
	r := start(t, discordtest.Options{Unlimited: true})
	button := `{"type":2,"style":1,"label":"go","custom_id":"id#"}`
	row := `{"type":1,"components":[` + button + `]}`
	field := `{"name":"n","value":"v"}`
	one := func(parts string) string { return `{"embeds":[{` + parts + `}]}` }
	in := func(parts string) string {
		return `{"components":[{"type":1,"components":[{"type":2,"style":1,` + parts + `}]}]}`
	}
	for _, c := range []struct{ name, good, bad, path string }{
		{"content", `{"content":"` + long(2000) + `"}`, `{"content":"` + long(2001) + `"}`, "content"},
		{"wide content", `{"content":"` + strings.Repeat("🦊", 1000) + `"}`, `{"content":"` + strings.Repeat("🦊", 1001) + `"}`, "content"},
		{"embeds", `{"embeds":` + many(10, `{"title":"t"}`) + `}`, `{"embeds":` + many(11, `{"title":"t"}`) + `}`, "embeds"},
		{"title", one(`"title":"` + long(256) + `"`), one(`"title":"` + long(257) + `"`), "embeds.0.title"},
		{"description", one(`"description":"` + long(4096) + `"`), one(`"description":"` + long(4097) + `"`), "embeds.0.description"},
		{"fields", one(`"fields":` + many(25, field)), one(`"fields":` + many(26, field)), "embeds.0.fields"},
		{
			"field name", one(`"fields":[{"name":"` + long(256) + `","value":"v"}]`),
			one(`"fields":[{"name":"` + long(257) + `","value":"v"}]`), "embeds.0.fields.0.name",
		},
		{"empty field name", one(`"fields":[` + field + `]`), one(`"fields":[{"name":" ","value":"v"}]`), "embeds.0.fields.0.name"},
		{"empty field value", one(`"fields":[` + field + `]`), one(`"fields":[{"name":"n","value":""}]`), "embeds.0.fields.0.value"},
		{
			"field value", one(`"fields":[{"name":"n","value":"` + long(1024) + `"}]`),
			one(`"fields":[{"name":"n","value":"` + long(1025) + `"}]`), "embeds.0.fields.0.value",
		},
		{
			"footer", one(`"title":"t","footer":{"text":"` + long(2048) + `"}`),
			one(`"title":"t","footer":{"text":"` + long(2049) + `"}`), "embeds.0.footer.text",
		},
		{"empty embed", one(`"title":"t"`), one(`"color":1`), "embeds.0.description"},
		{"colour", one(`"title":"t","color":16777215`), one(`"title":"t","color":16777216`), "embeds.0.color"},
		{"timestamp", one(`"title":"t","timestamp":"2026-01-02T03:04:05Z"`), one(`"title":"t","timestamp":"today"`), "embeds.0.timestamp"},
		{
			"sum of two", `{"embeds":[{"description":"` + long(4096) + `"},{"description":"` + long(1904) + `"}]}`,
			`{"embeds":[{"description":"` + long(4096) + `"},{"description":"` + long(1905) + `"}]}`, "embeds",
		},
		{"rows", `{"components":` + many(5, row) + `}`, `{"components":` + many(6, row) + `}`, "components"},
		{
			"buttons", `{"components":[{"type":1,"components":` + many(5, button) + `}]}`,
			`{"components":[{"type":1,"components":` + many(6, button) + `}]}`, "components.0.components",
		},
		{"empty row", `{"components":[` + row + `]}`, `{"components":[{"type":1,"components":[]}]}`, "components.0.components"},
		{
			"one id twice", `{"components":[{"type":1,"components":` + many(2, button) + `}]}`,
			`{"components":[{"type":1,"components":[` + button + `,` + button + `]}]}`, "components.0.components.1.custom_id",
		},
		{
			"label", in(`"custom_id":"a","label":"` + long(80) + `"`), in(`"custom_id":"a","label":"` + long(81) + `"`),
			"components.0.components.0.label",
		},
		{
			"custom id", in(`"label":"a","custom_id":"` + long(100) + `"`), in(`"label":"a","custom_id":"` + long(101) + `"`),
			"components.0.components.0.custom_id",
		},
		{"no custom id", in(`"label":"a","custom_id":"a"`), in(`"label":"a"`), "components.0.components.0.custom_id"},
		{"v2 without its flag", `{"components":[` + row + `]}`, `{"components":[{"type":10,"content":"x"}]}`, "components.0.type"},
		{"v2 with content", `{"flags":32768,"components":[{"type":10,"content":"x"}]}`, `{"flags":32768,"content":"x"}`, "content"},
		{"nonce", `{"content":"x","nonce":"` + long(25) + `"}`, `{"content":"x","nonce":"` + long(26) + `"}`, "nonce"},
		{
			"mentions", `{"content":"x","allowed_mentions":{"parse":["roles"],"users":["400000000000000001"]}}`,
			`{"content":"x","allowed_mentions":{"parse":["users"],"users":["400000000000000001"]}}`, "allowed_mentions",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := *r
			r.t = t
			r.want(200, 0, "POST", messages, c.good)
			got := r.want(400, 50035, "POST", messages, c.bad)
			at := got.object(t)["errors"]
			for key := range strings.SplitSeq(c.path, ".") {
				o, _ := at.(map[string]any)
				at = o[key]
			}
			if o, _ := at.(map[string]any); o["_errors"] == nil {
				t.Errorf("no error at %s in %s", c.path, got.raw)
			}
		})
	}
	r.want(400, 50006, "POST", messages, `{"content":" "}`)
	r.want(400, 50109, "POST", messages, `{"content":`)
}

func TestHistory(t *testing.T) {
	r := start(t, discordtest.Options{Unlimited: true})
	var ids []string
	for i := range 7 {
		ids = append(ids, r.post(fmt.Sprintf(`{"content":"%d"}`, i)))
	}
	if !slices.IsSorted(ids) {
		t.Errorf("ids do not increase: %v", ids)
	}
	list := func(query string) (got []string) {
		t.Helper()
		var all []struct{ ID string }
		if err := json.Unmarshal(r.want(200, 0, "GET", messages+query, "").raw, &all); err != nil {
			t.Fatal(err)
		}
		for _, m := range all {
			got = append(got, m.ID)
		}
		slices.Reverse(got)
		return got
	}
	for query, want := range map[string][]string{
		"":                            ids,
		"?limit=2":                    ids[5:],
		"?limit=2&before=" + ids[3]:   ids[1:3],
		"?limit=2&after=" + ids[3]:    ids[4:6],
		"?limit=100&after=" + ids[6]:  nil,
		"?limit=100&before=" + ids[0]: nil,
		"?limit=50&after=1":           ids,
	} {
		if got := list(query); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", query, got, want)
		}
	}
	r.want(400, 50035, "GET", messages+"?limit=101", "")
	r.fake.SetPermissions(discordtest.Backups, discordtest.ViewChannel)
	if got := list(""); len(got) > 0 {
		t.Errorf("history without the permission: %v", got)
	}
}

func TestPermissions(t *testing.T) {
	r := start(t, discordtest.Options{Unlimited: true})
	all := discordtest.AllPermissions &^ discordtest.Administrator
	id := r.post(`{"content":"root"}`)
	set := func(less uint64) { r.fake.SetPermissions(discordtest.Backups, all&^less) }
	set(discordtest.SendMessages)
	r.want(403, 50013, "POST", messages, `{"content":"x"}`)
	r.want(200, 0, "PATCH", messages+"/"+id, `{"content":"still mine"}`)
	set(discordtest.CreatePublicThreads)
	r.want(403, 50013, "POST", messages+"/"+id+"/threads", `{"name":"x"}`)
	set(discordtest.EmbedLinks)
	r.post(`{"embeds":[{"title":"gone"}]}`)
	set(discordtest.ReadMessageHistory)
	r.want(403, 50013, "GET", messages+"/"+id, "")
	set(discordtest.ViewChannel)
	r.want(403, 50001, "POST", messages, `{"content":"x"}`)
	r.want(403, 50001, "PATCH", messages+"/"+id, `{"content":"x"}`)
	r.want(404, 10003, "POST", "/channels/299999999999999999/messages", `{"content":"x"}`)
	if m := r.fake.Messages(); string(m[1].Embeds) != "[]" {
		t.Errorf("embeds without EMBED_LINKS: %s", m[1].Embeds)
	}
}

func TestThread(t *testing.T) {
	r := start(t, discordtest.Options{Unlimited: true})
	id := r.post(`{"content":"root"}`)
	r.want(400, 50035, "POST", messages+"/"+id+"/threads", `{"name":"","auto_archive_duration":61}`)
	if got := r.want(201, 0, "POST", messages+"/"+id+"/threads", `{"name":"op","auto_archive_duration":60}`).id(t); got != id {
		t.Errorf("the thread is %s, not %s", got, id)
	}
	r.want(400, 160004, "POST", messages+"/"+id+"/threads", `{"name":"op"}`)
	in := "/channels/" + id + "/messages"
	card := r.want(200, 0, "POST", in, `{"content":"card"}`).id(t)
	r.fake.ArchiveThread(id)
	r.want(400, 50083, "PATCH", in+"/"+card, `{"content":"x"}`)
	r.want(200, 0, "PATCH", "/channels/"+id, `{"archived":false}`)
	r.want(200, 0, "PATCH", in+"/"+card, `{"content":"x"}`)
	r.fake.ArchiveThread(id)
	r.want(200, 0, "POST", in, `{"content":"opens it"}`)
	r.want(200, 0, "PATCH", in+"/"+card, `{"content":"y"}`)
	r.fake.SetPermissions(discordtest.Backups, discordtest.AllPermissions&^(discordtest.ManageThreads|discordtest.Administrator))
	r.fake.LockThread(id)
	r.want(400, 160005, "POST", in, `{"content":"no"}`)
	r.want(400, 160005, "PATCH", in+"/"+card, `{"content":"no"}`)
	r.fake.ArchiveThread(id)
	r.want(400, 50083, "PATCH", in+"/"+card, `{"content":"no"}`)
	r.want(403, 50013, "PATCH", "/channels/"+id, `{"archived":false}`)
	if got := r.fake.Threads(); len(got) != 1 || !got[0].Archived || !got[0].Locked || got[0].Parent != discordtest.Backups {
		t.Errorf("threads %+v", got)
	}
	if m := r.fake.Messages()[1]; m.Channel != id || m.Parent != discordtest.Backups {
		t.Errorf("the card is in %s below %s", m.Channel, m.Parent)
	}
	r.fake.RemoveChannel(discordtest.Backups)
	r.want(404, 10003, "PATCH", in+"/"+card, `{"content":"no"}`)
}
